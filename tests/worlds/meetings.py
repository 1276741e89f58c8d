"""A crew, people of every role, and builders of revisits, meetings and projects in any state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from evaluations.enums import Rating
from evaluations.models import ProblemType
from improvement.enums import Decision, ItemKind, MeetingState, ProjectSource, ProjectState, RevisitState
from improvement.meetings.actions import close_meeting, open_meeting, plan_meeting
from improvement.meetings.decisions import Resolution, decide_item
from improvement.models import AgendaItem, AnalysisMeeting, ImprovementProject, ProjectStep, Revisit
from improvement.projects.actions import ProjectPlan, create_project
from improvement.projects.steps import StepPlan, add_step, report_step
from improvement.projects.transitions import cancel_project, evaluate_project, start_project
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from tests.factories import (
    CrewFactory,
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_lead,
    make_person,
    make_self_evaluation,
)
from workorders.enums import LeadKind
from workorders.models import Crew, Technician, WorkOrder

DAY = date(2026, 5, 11)
PLANNED_AT = days.moment_at(date(2026, 6, 10), time(14))
DECIDED_ON = DAY - timedelta(days=41)
BEFORE = days.moment_at(date(2026, 6, 1), time(9))
NOW = days.moment_at(date(2026, 6, 10), time(14, 5))
NEXT_AT = days.moment_at(date(2026, 7, 8), time(14))
LATER = days.moment_at(date(2026, 7, 8), time(14, 5))
ROLES = ("technician", "foreman", "deputy", "outsider", "dispatcher", "lead", "manager", "head", "admin")


@dataclass
class Room:
    """People are named for their roles; `outsider` leads another crew."""

    crew: Crew
    worker: Technician
    other_crew: Crew
    other_worker: Technician
    people: dict[str, User]

    def __getattr__(self, name: str) -> User:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def fresh(self, name: str) -> User:
        """Returns the person without values cached by an earlier request."""
        return User.objects.get(pk=self.people[name].pk)

    def dissatisfied(
        self, *, technician: Technician | None = None, types: tuple[int, ...] = (1,), **fields: Any
    ) -> WorkOrder:
        """An order rated by the crew and published as dissatisfied."""
        order = OrderFactory(technician=technician or self.worker, **fields)
        make_self_evaluation(order, by=self.foreman)
        self.rated(order, Rating.DISSATISFIED, types=types)
        return order

    def rated(self, order: WorkOrder, rating: str, *, types: tuple[int, ...] = ()) -> None:
        callback = make_callback(order, self.dispatcher, rating=rating, published_at=order.due_at)
        callback.problem_types.set(ProblemType.objects.filter(code__in=types))

    def revisit(
        self, order: WorkOrder | None = None, state: str = RevisitState.SUBMITTED, **fields: Any
    ) -> Revisit:
        """Returns the revisit form of an order, submitted by default."""
        order = order or self.dissatisfied()
        visited = (
            {}
            if state == RevisitState.DRAFT
            else {
                "visited_by": self.foreman,
                "visited_at": order.due_at,
                "findings": "到场确认",
                "measure": "当日联系报修人",
                "submitted_by": self.foreman,
                "submitted_at": order.due_at + timedelta(days=1),
            }
        )
        given = {
            "state": state,
            "words": "来得太慢",
            "begun_by": self.foreman,
            "begun_at": order.due_at,
        } | visited
        revisit = Revisit.objects.create(order=order, **(given | fields))
        revisit.problem_types.set(ProblemType.objects.filter(code=1))
        return revisit

    def planned(self, planned_at: datetime = PLANNED_AT) -> AnalysisMeeting:
        return plan_meeting(by=self.head, planned_at=planned_at, place="会议室", now=BEFORE)

    def opened(self, planned_at: datetime = PLANNED_AT, now: datetime = NOW) -> AnalysisMeeting:
        return open_meeting(self.planned(planned_at), by=self.head, now=now)

    def held(self, planned_at: datetime = PLANNED_AT, now: datetime = NOW) -> AnalysisMeeting:
        return close_meeting(self.opened(planned_at, now), by=self.head, now=now)

    def decide(
        self, item: AgendaItem, decision: str, *, by: User | None = None, now: datetime = NOW, **more: Any
    ) -> AgendaItem:
        return decide_item(item, by=by or self.head, resolution=self.resolution(decision, **more), now=now)

    def resolution(self, decision: str, **more: Any) -> Resolution:
        """Returns a resolution with default values for everything that a decision needs."""
        whole = Resolution(
            decision, reason="", problem="响应慢", measure="设专人值守", responsible=self.manager
        )
        reasoned = {Decision.NO_ACTION, Decision.DEFERRED, Decision.DISMISSED, Decision.NOT_EFFECTIVE}
        if decision in reasoned:
            whole = replace(whole, reason="理由充分")
        return replace(whole, **more)

    def plan(self, **fields: Any) -> ProjectPlan:
        given = {
            "problem": "响应慢",
            "responsible": self.manager,
            "source": ProjectSource.KPI,
            "crews": frozenset({self.crew.pk}),
        }
        return ProjectPlan(**(given | fields))

    def proposed(self, *, effective_on: date | None = None, **fields: Any) -> ImprovementProject:
        """Returns a project whose effective day may be in the past, as in rows older than the rule."""
        project = create_project(by=self.manager, plan=self.plan(**fields), now=BEFORE)
        if effective_on is not None:
            ImprovementProject.objects.filter(pk=project.pk).update(effective_on=effective_on)
            project.refresh_from_db()
        return project

    def step(
        self, project: ImprovementProject, due_on: date = DAY + timedelta(days=3), **fields: Any
    ) -> ProjectStep:
        given = {"what": "排班调整", "due_on": due_on, "crew": self.crew}
        return add_step(project, by=self.manager, plan=StepPlan(**(given | fields)), now=BEFORE)

    def project_in(self, state: str, **fields: Any) -> ImprovementProject:
        """Returns a project taken to the state; its step was done on DAY, its effect period is long over."""
        if state == ProjectState.CANCELLED:
            return cancel_project(self.proposed(**fields), by=self.manager, reason="不再需要", now=BEFORE)
        project = self.proposed(**fields)
        if state == ProjectState.PROPOSED:
            return project
        ImprovementProject.objects.filter(pk=project.pk).update(
            state=ProjectState.DECIDED, decided_measure="设专人值守", decided_on=DECIDED_ON
        )
        project.refresh_from_db()
        if state == ProjectState.DECIDED:
            return project
        step = self.step(project, crew=project.crews.first())
        project = start_project(project, by=self.manager, now=BEFORE)
        if state == ProjectState.IN_PROGRESS:
            return project
        report_step(step, by=self.foreman, progress="已完成", done_on=DAY - timedelta(days=40), now=BEFORE)
        project = evaluate_project(project, by=self.manager, effect="响应变快", now=BEFORE)
        if state == ProjectState.CONFIRMED:
            ImprovementProject.objects.filter(pk=project.pk).update(
                state=ProjectState.CONFIRMED, confirmed_by=self.head, confirmed_at=NOW
            )
            project.refresh_from_db()
        return project


def make_room() -> Room:
    crew, other = CrewFactory(name="工班甲"), CrewFactory(name="工班乙")
    people = {
        name: make_person(name, getattr(Role, {"outsider": "FOREMAN"}.get(name, name.upper())))
        for name in ROLES
    }
    make_lead(crew, people["foreman"])
    make_lead(crew, people["deputy"], LeadKind.DEPUTY)
    make_lead(other, people["outsider"])
    return Room(
        crew,
        TechnicianFactory(crew=crew, user=people["technician"]),
        other,
        TechnicianFactory(crew=other),
        people,
    )


def item_in(room: Room, kind: str, state: str = MeetingState.OPEN) -> AgendaItem:
    """An undecided item of the kind, in a meeting that is open, or closed with every revisit deferred."""
    if kind == ItemKind.REVISIT:
        room.revisit()
    elif kind == ItemKind.PROPOSAL:
        for _ in range(2):
            room.dissatisfied(reporter_location="三楼机房", types=())
    else:
        room.project_in(ProjectState.EVALUATED if kind == ItemKind.EFFECT else ProjectState.PROPOSED)
    meeting = room.opened()
    item = item_of(meeting, kind)
    if state == MeetingState.CLOSED:
        for waiting in meeting.items.filter(kind=ItemKind.REVISIT):
            room.decide(waiting, Decision.DEFERRED)
        close_meeting(meeting, by=room.head, now=NOW)
    return AgendaItem.objects.select_related("meeting").get(pk=item.pk)


def item_of(meeting: AnalysisMeeting, kind: str = ItemKind.REVISIT) -> AgendaItem:
    return meeting.items.filter(kind=kind).order_by("position")[0]


def local(moment: datetime) -> str:
    """Returns the time as a form's date picker sends it."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"
