"""Revisits, the monthly meeting, improvement projects and their steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.db.models import QuerySet

from evaluations.enums import Rating
from evaluations.models import ProblemType
from improvement.enums import Decision, ItemKind, ProjectSource
from improvement.meetings.actions import close_meeting, open_meeting, plan_meeting, save_minutes
from improvement.meetings.decisions import Resolution, decide_item
from improvement.models import AgendaItem, AnalysisMeeting, ImprovementProject
from improvement.projects.actions import ProjectPlan, create_project
from improvement.projects.steps import StepPlan, add_step, report_step
from improvement.projects.transitions import evaluate_project, start_project
from improvement.revisits.actions import (
    RevisitAnswers,
    answers_from_call,
    return_with_question,
    save_revisit_draft,
    submit_revisit,
)
from improvement.revisits.queries import orders_needing_revisit, with_seen_at
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from workorders.models import WorkOrder

from .dates import EFFECT_DAYS, DemoDates
from .people import DemoPeople
from .rating import SelfEvaluationHistory

MEETING_DAY = 12
MEETS_AT, ENDS_AT = time(14), time(15, 40)
PLACE = "控制中心 401 会议室"
UNVISITED_EVERY, RECENT_EVERY = 9, 3
"""One in nine revisits of the settled month is not submitted; one in three of the recent ones is."""
VISITS: dict[int, tuple[str, str]] = {
    1: (
        "核对接报记录,派单后 40 分钟才联系报修人,当时班组两人同在外站。",
        "高峰时段留一人值守,接单 15 分钟内先电话联系。",
    ),
    2: ("与报修人面谈,当时未说明故障原因和等待时间,已当面致歉。", "修前说明、修后演示,班会上讲评一次。"),
    3: ("到现场复测,同一现象偶发,原更换件与现场型号批次不符。", "同批次部件全部更换,修后观察 1 小时再销单。"),
    4: ("现场已恢复整洁;断网前确实没有通知值班站长。", "作业前填写影响告知单,作业后拍照确认现场。"),
}
PROJECTS = {
    3: ("同类设备修后短期内再次故障", "建立易损件批次台账,修后统一观察 1 小时", "foreman1"),
    1: ("高峰时段首次联系超时", "高峰值守轮班,超时 45 分钟自动提醒工长", "lead"),
    2: ("沟通不到位引起的不满意", "编写现场沟通口袋卡,新人跟班考核", "manager1"),
}
"""Problem type → problem, measure and responsible person of the new project."""


@dataclass
class ImprovementHistory:
    dates: DemoDates
    cast: DemoPeople
    random: Random
    ratings: SelfEvaluationHistory

    def play(self) -> None:
        self.evaluate_first_project()
        self.found_earlier_project()
        held = self.meeting_of(days.next_month(self.dates.settled))
        self.revisit_settled_month(before=held.planned_at)
        if days.local_day(held.planned_at) < self.dates.today:
            self.hold(held)
            self.work_on_projects(held.planned_at)
            self.meeting_of(days.next_month(held.month))
        self.revisit_recent()

    def meeting_of(self, month: date) -> AnalysisMeeting:
        called = min(days.moment_at(month, time(9)), self.dates.at(self.dates.today, time(8, 30)))
        planned_at = days.moment_at(month.replace(day=MEETING_DAY), MEETS_AT)
        return plan_meeting(by=self.cast["manager1"], planned_at=planned_at, place=PLACE, now=called)

    # --- Revisits ----------------------------------------------------------------------------------

    def revisit_settled_month(self, *, before: datetime) -> None:
        """Submits most revisits some days after the crew could see the result."""
        last = min(before, days.start_of_day(self.dates.today)) - timedelta(hours=1)
        orders = self.to_visit(last).filter(closed_on__lt=days.next_month(self.dates.settled))
        for n, order in enumerate(orders):
            if n % UNVISITED_EVERY != UNVISITED_EVERY - 1:
                self.hand_in(order, min(order.seen_at + timedelta(days=3, hours=2), last))

    def revisit_recent(self) -> None:
        """Makes revisits of the current month: some submitted, one returned, two drafts, the rest open."""
        orders = self.to_visit(days.start_of_day(self.dates.today) - timedelta(days=2))
        recent = list(orders.filter(closed_on__gte=days.next_month(self.dates.settled)))
        yesterday = days.moment_at(self.dates.yesterday, time(16))
        for n, order in enumerate(recent):
            if n % RECENT_EVERY == 0:
                self.hand_in(order, min(order.seen_at + timedelta(days=2, hours=3), yesterday))
            elif n in (1, 4):
                self.begin(order, yesterday)
        handed_in = [order for n, order in enumerate(recent) if n % RECENT_EVERY == 0]
        if len(handed_in) > 1:
            self.send_back(handed_in[-2], days.moment_at(self.dates.yesterday, time(17)))

    def to_visit(self, now: datetime) -> QuerySet[WorkOrder, Any]:
        """Returns orders that need a revisit, with `seen_at`, oldest first."""
        orders = orders_needing_revisit(now).filter(revisit__isnull=True, crew__isnull=False)
        return with_seen_at(orders).select_related("technician").order_by("closed_at", "number")

    def hand_in(self, order: WorkOrder, at: datetime) -> None:
        submit_revisit(order, by=self.visitor(order, at), answer=self.form(order, at), version=0, now=at)

    def begin(self, order: WorkOrder, at: datetime) -> None:
        answer = replace(self.form(order, at), measure="")
        save_revisit_draft(order, by=self.visitor(order, at), answer=answer, version=0, now=at)

    def send_back(self, order: WorkOrder, at: datetime) -> None:
        order = WorkOrder.objects.select_related("revisit").get(pk=order.pk)
        question = "同批次部件还有多少在用?请补充数量和更换计划。"
        return_with_question(order.revisit, by=self.cast["head"], question=question, now=at)

    def visitor(self, order: WorkOrder, at: datetime) -> User:
        """Returns the foreman; the deputy if the foreman repaired or is absent."""
        return self.ratings.rater(order, days.local_day(at))

    def form(self, order: WorkOrder, at: datetime) -> RevisitAnswers:
        told = answers_from_call(order)
        code = ProblemType.objects.filter(pk__in=told.problem_types).values_list("code", flat=True)[0]
        findings, measure = VISITS[code]
        second = self.random.choice((Rating.SATISFIED, Rating.BASICALLY_SATISFIED, ""))
        return replace(
            told,
            words=told.words or "报修人当面说明:修好当天下午又出现一次。",
            visited_at=at - timedelta(hours=1),
            findings=findings,
            measure=measure,
            second_rating=second,
        )

    # --- The meeting --------------------------------------------------------------------------------

    def hold(self, meeting: AnalysisMeeting) -> None:
        by, begins = self.cast["manager1"], meeting.planned_at
        meeting = open_meeting(meeting, by=by, now=begins)
        items = list(meeting.items.filter(kind=ItemKind.REVISIT).select_related("revisit__order__crew"))
        founded: dict[int, ImprovementProject] = {}
        for n, item in enumerate(items):
            at = begins + timedelta(minutes=2 + n)
            decide_item(item, by=by, resolution=self.resolution(n, len(items), item, founded), now=at)
            self.remember(item, founded)
        for item in meeting.items.filter(kind=ItemKind.EFFECT):
            confirmed = Resolution(Decision.CONFIRMED)
            decide_item(item, by=by, resolution=confirmed, now=begins + timedelta(minutes=75))
        self.end(meeting, "逐张讨论了不满意回访;重复故障集中在易损件批次和高峰时段响应,分别立项。")

    def end(self, meeting: AnalysisMeeting, minutes: str) -> None:
        """Dismisses proposals, writes the minutes and closes the meeting."""
        by, begins = self.cast["manager1"], meeting.planned_at
        for item in meeting.items.filter(kind=ItemKind.PROPOSAL):
            dismissed = Resolution(Decision.DISMISSED, reason="不同设备、不同原因,暂不立项,下月再看")
            decide_item(item, by=by, resolution=dismissed, now=begins + timedelta(minutes=80))
        meeting = AnalysisMeeting.objects.get(pk=meeting.pk)
        people = [self.cast[name] for name in ("head", "manager1", "manager2", "lead")]
        save_minutes(
            meeting,
            by=by,
            attendees=[*people, *self.cast.foremen.values()],
            other_attendees="综合科记录员",
            minutes=minutes,
            now=days.moment_at(days.local_day(begins), time(15, 30)),
        )
        close_meeting(meeting, by=by, now=days.moment_at(days.local_day(begins), ENDS_AT))

    def resolution(
        self, n: int, of: int, item: AgendaItem, founded: dict[int, ImprovementProject]
    ) -> Resolution:
        """Returns the decision: a new project for the first of a problem type, which later ones join."""
        code = self.code(item)
        if n == of - 2:
            return Resolution(Decision.DEFERRED, reason="备件厂家检测报告未到,下次会议再议")
        if code in founded:
            return Resolution(Decision.ADDED, project=founded[code])
        if code not in PROJECTS:
            return Resolution(Decision.NO_ACTION, reason="个别情况,工班已整改,不另立项")
        problem, measure, responsible = PROJECTS[code]
        return Resolution(
            Decision.NEW_PROJECT, problem=problem, measure=measure, responsible=self.cast[responsible]
        )

    def code(self, item: AgendaItem) -> int:
        assert item.revisit
        return item.revisit.problem_types.order_by("code").values_list("code", flat=True)[0]

    def remember(self, item: AgendaItem, founded: dict[int, ImprovementProject]) -> None:
        item.refresh_from_db()
        if item.decision == Decision.NEW_PROJECT and item.project:
            founded[self.code(item)] = item.project

    # --- Projects ------------------------------------------------------------------------------------

    def evaluate_first_project(self) -> None:
        """Creates a project that was decided in the settled month, done, and evaluated."""
        plan = ProjectPlan(
            problem="报修人不知道故障处理进度,反复来电询问",
            responsible=self.cast["manager2"],
            source=ProjectSource.KPI,
            source_text=f"{self.cast.learning}的不满意率连续偏高",
            initial_measure="接单、到场、恢复三个节点各回一次电话",
            crews=frozenset({self.cast.learning.pk}),
        )
        meeting = self.meeting_of(self.dates.settled)
        met = meeting.planned_at
        project = create_project(by=self.cast["manager2"], plan=plan, now=met - timedelta(days=4))
        meeting = open_meeting(meeting, by=self.cast["manager1"], now=met)
        for item in meeting.items.filter(kind=ItemKind.PROJECT):
            accepted = Resolution(Decision.ACCEPTED, measure="三个节点各回一次电话,工班长每周抽查十张")
            decide_item(item, by=self.cast["manager1"], resolution=accepted, now=met + timedelta(minutes=10))
        self.end(meeting, "本月回访刚开始;同意先行改进报修人的进度告知。")
        self.do_first_project(project, met)

    def do_first_project(self, project: ImprovementProject, decided_at: datetime) -> None:
        """Reports its steps done on the day when the crew's quality improves, and evaluates the effect."""
        by, crew, now = self.cast["manager2"], self.cast.learning, decided_at + timedelta(hours=3)
        plans = {
            StepPlan("编写三个节点的告知用语", self.dates.learns_on, who=by): self.dates.learns_on
            - timedelta(1),
            StepPlan("班会宣贯,当日起执行", self.dates.learns_on, crew=crew): self.dates.learns_on,
        }
        steps = [add_step(project, by=by, plan=plan, now=now) for plan in plans]
        start_project(project, by=by, now=now)
        for step, day in zip(steps, plans.values(), strict=True):
            report_step(step, by=by, progress="已完成", done_on=day, now=days.moment_at(day, time(17)))
        observed = self.dates.learns_on + timedelta(days=EFFECT_DAYS + 1)
        said = "报修人重复来电明显减少,不满意率下降。"
        evaluate_project(project, by=by, effect=said, now=days.moment_at(observed, time(10)))

    def found_earlier_project(self) -> None:
        """Creates a project that a manager proposed after an audit, not decided yet."""
        plan = ProjectPlan(
            problem="工单原因栏填写过于简单",
            responsible=self.cast["manager2"],
            source=ProjectSource.AUDIT,
            source_text="内部审核第 3 条",
            initial_measure="按设备类别给出原因填写示例",
            crews=frozenset(crew.pk for crew in self.cast.crews[:3]),
        )
        now = days.moment_at(days.next_month(self.dates.settled), time(10))
        create_project(by=self.cast["manager2"], plan=plan, now=min(now, days.start_of_day(self.dates.today)))

    def work_on_projects(self, decided_at: datetime) -> None:
        """Starts the projects after the meeting, each with one step done and two open."""
        day, by = days.local_day(decided_at), self.cast["manager1"]
        now = decided_at + timedelta(hours=3)
        for n, project in enumerate(
            ImprovementProject.objects.filter(created_at__gte=decided_at).order_by("pk")
        ):
            crew = project.crews.order_by("pk").first() or self.cast.crews[0]
            plans = (
                StepPlan("统计近三个月同类工单,列出清单", day + timedelta(days=4), crew=crew),
                StepPlan("按清单逐站整改并登记台账", day + timedelta(days=8 + 10 * n), crew=crew),
                StepPlan("抽查整改情况,汇总效果", day + timedelta(days=40), who=self.cast["manager2"]),
            )
            steps = [add_step(project, by=by, plan=plan, now=now) for plan in plans]
            start_project(project, by=by, now=now)
            done = min(
                decided_at + timedelta(days=3), days.start_of_day(self.dates.today) - timedelta(hours=6)
            )
            if done > now:
                said = "清单已报管理人员"
                report_step(steps[0], by=by, progress=said, done_on=days.local_day(done), now=done)
