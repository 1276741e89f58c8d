"""Every change of a revisit, a meeting, its items, a project and its steps, from every state, by every role, by direct
POST: the exact response, and no change after a refusal.

`ok`: done. `same`: responds like `ok` but changes nothing (done before). `sign in`: redirects to the sign-in page.
403: not permitted. 404: hidden from this person. 422: forbidden by the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from evaluations.enums import Rating
from evaluations.models import Callback
from improvement.enums import PLANNABLE, Decision, ItemKind, MeetingState, ProjectState
from improvement.models import AgendaItem, ImprovementProject, Revisit, RevisitPhoto, RevisitQuestion
from satisfaction.accounts.models import Absence
from satisfaction.core.roles import Role
from tests.factories import CrewFactory, make_lead, make_person
from tests.worlds.crew import DAY
from tests.worlds.meetings import (
    NEXT_AT,
    NOW,
    PLANNED_AT,
    ROLES,
    Room,
    item_in,
    local,
    make_room,
)
from tests.worlds.revisits import picture
from workorders.enums import LeadKind
from workorders.models import CrewLead

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
WHO = ("anonymous", *ROLES, "acting", "former")
"""`acting` is the deputy while the foreman is away; `former` led the crew until the day before yesterday."""
ACTING, LEADING = ("foreman", "acting"), ("foreman", "acting", "deputy")
RUNNERS = ("manager", "head")
Outcome = str | int
S = ProjectState


@pytest.fixture
def room() -> Room:
    room = make_room()
    room.people["former"] = make_person("former", Role.FOREMAN)
    until = NOW.date() - timedelta(days=2)
    former = {"person": room.former, "kind": LeadKind.FOREMAN, "from_on": DAY - timedelta(days=99)}
    CrewLead.objects.create(crew=room.crew, to_on=until, **former)
    make_lead(CrewFactory(), room.former, from_on=until + timedelta(days=1))
    return room


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def doors(room: Room) -> dict[str, Client]:
    """A signed-in browser for each of them."""
    found = {name: Client() for name in WHO}
    for name, client in found.items():
        if name != "anonymous":
            client.force_login(room.people[{"acting": "deputy"}.get(name, name)])
    return found


@contextmanager
def writes() -> Iterator[list[str]]:
    """Everything written to the app's tables meanwhile, including history."""
    found: list[str] = []

    def notice(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and '"improvement_' in sql:
            found.append(sql)
        return execute(sql, *args)

    with connection.execute_wrapper(notice):
        yield found


def outcomes(
    doors: dict[str, Client], room: Room, address: str, data: dict[str, Any], *, who: Iterable[str] = WHO
) -> dict[str, Outcome]:
    """Each person's response to the same POST, each from the same state."""
    return {name: outcome(doors, room, name, address, data) for name in who}


def outcome(doors: dict[str, Client], room: Room, name: str, address: str, data: dict[str, Any]) -> Outcome:
    """The response; its changes are rolled back."""
    with transaction.atomic():
        if name == "acting":
            Absence.objects.create(person=room.foreman, first_on=NOW.date(), last_on=NOW.date())
        with writes() as written:
            answer = doors[name].post(address, data)
        transaction.set_rollback(True)
    if answer.status_code != 302:
        assert not written, f"{name}: {answer.status_code}, and yet something changed"
        return answer.status_code
    if answer.url.startswith(reverse("accounts:login")):
        assert not written
        return "sign in"
    return "ok" if written else "same"


def expected(
    able: Iterable[str], result: Outcome, *, unknown: Iterable[str] = (), barred: Outcome = 403
) -> dict[str, Outcome]:
    """`able` get the result, `unknown` get 404, `anonymous` is sent to sign in, everybody else gets `barred`."""
    found: dict[str, Outcome] = dict.fromkeys(WHO, barred) | dict.fromkeys(unknown, 404)
    return found | {"anonymous": "sign in"} | dict.fromkeys(able, result)


# --- Revisits ------------------------------------------------------------------------------------------------------


def hidden(room: Room) -> Any:
    """Dissatisfied but not published: the revisit does not exist for anybody yet."""
    order = room.dissatisfied()
    Callback.objects.filter(order=order).update(published_at=None)
    return order


def returned(room: Room) -> Any:
    revisit = room.revisit(state="returned")
    RevisitQuestion.objects.create(revisit=revisit, question="何时?", asked_by=room.head, asked_at=NOW)
    return revisit.order


def before_the_meeting(room: Room) -> Any:
    revisit = room.revisit()
    room.opened()
    return revisit.order


def returned_by_the_meeting(room: Room) -> Any:
    order = before_the_meeting(room)
    Revisit.objects.update(state="returned")
    RevisitQuestion.objects.create(revisit=order.revisit, question="何时?", asked_by=room.head, asked_at=NOW)
    return order


def decided(room: Room) -> Any:
    order = before_the_meeting(room)
    room.decide(AgendaItem.objects.get(revisit__order=order), Decision.NO_ACTION)
    return order


def dropped(room: Room) -> Any:
    """The revisit was begun, then the rating was corrected upward."""
    order = room.revisit(state="draft").order
    Callback.objects.filter(order=order).update(rating=Rating.SATISFIED, points=10)
    return order


REVISITS: dict[str, Callable[[Room], Any]] = {
    "hidden": hidden,
    "due": lambda room: room.dissatisfied(),
    "draft": lambda room: room.revisit(state="draft").order,
    "submitted": lambda room: room.revisit().order,
    "returned": returned,
    "before the meeting": before_the_meeting,
    "returned by the meeting": returned_by_the_meeting,
    "decided": decided,
    "dropped": dropped,
}
# Results for permitted people, by state in the order above; None: the action has no object in this state.
OF_A_REVISIT: dict[str, tuple[Outcome | None, ...]] = {
    "draft": (404, "ok", "ok", 422, "ok", 422, "ok", 422, "ok"),
    "submit": (404, "ok", "ok", "ok", "ok", 422, "ok", 422, "ok"),
    "return": (404, 422, 422, "ok", 422, "ok", 422, 422, 422),
    "remove photo": (None, None, "ok", 422, "ok", 422, "ok", 422, "ok"),
}


def form_of(order: Any, action: str) -> dict[str, Any]:
    revisit = Revisit.objects.filter(order=order).first()
    return {
        "version": revisit.version if revisit else 0,
        "action": action,
        "visited_at": local(order.due_at),
        "problem_types": list(order.callback.problem_types.values_list("pk", flat=True)),
        "findings": "另一种情况",
        "measure": "另一项措施",
        "reply": "本周五",
    }


def post_of(order: Any, act: str, room: Room) -> tuple[str, dict[str, Any]]:
    if act == "remove photo":
        photo = RevisitPhoto(revisit=order.revisit, size=1, added_by=room.foreman, added_at=NOW)
        photo.file.save("a.jpg", picture(form="JPEG"), save=True)
        return reverse("improvement:revisit_photo_remove", args=[photo.pk]), {}
    if act == "return":
        return reverse("improvement:revisit_return", args=[order.number]), {"question": "为何?"}
    return reverse("improvement:revisit", args=[order.number]), form_of(order, act)


@pytest.mark.parametrize("act", OF_A_REVISIT)
def test_revisit(doors, room, act):
    able = ["head"] if act == "return" else ACTING
    found, wanted = {}, {}
    for (state, make), result in zip(REVISITS.items(), OF_A_REVISIT[act], strict=True):
        if result is None:
            continue
        wanted[state] = expected(able, result, unknown=("outsider", "former"))
        if state == "hidden":
            wanted[state] |= dict.fromkeys(("lead", "manager", "head", *LEADING), 404)
        with transaction.atomic():
            address, data = post_of(make(room), act, room)
            found[state] = outcomes(doors, room, address, data)
            transaction.set_rollback(True)

    assert found == wanted


# --- Meetings ------------------------------------------------------------------------------------------------------


def meeting_in(room: Room, state: str) -> Any:
    if state == MeetingState.CLOSED:
        return room.held()
    return room.planned() if state == MeetingState.PLANNED else room.opened()


OF_A_MEETING: dict[str, tuple[Callable[[Any], dict[str, Any]], tuple[Outcome, ...]]] = {
    "meeting_plan": (lambda m: {"planned_at": local(NEXT_AT), "place": "二楼"}, ("ok", "ok", "ok")),
    "meeting_move": (
        lambda m: {"version": m.version, "planned_at": local(PLANNED_AT), "place": "二楼"},
        ("ok", 422, 422),
    ),
    "meeting_open": (lambda m: {}, ("ok", "same", "same")),
    "meeting_attendance": (lambda m: {"version": m.version, "minutes": "讨论"}, ("ok", "ok", 422)),
    "meeting_close": (lambda m: {"version": m.version}, (422, "ok", "same")),
}


@pytest.mark.parametrize("act", OF_A_MEETING)
def test_meeting(doors, room, act):
    told, results = OF_A_MEETING[act]
    found = {}
    for state in MeetingState:
        with transaction.atomic():
            meeting = meeting_in(room, state)
            more = [] if act == "meeting_plan" else [meeting.month]
            address = reverse(f"improvement:{act}", args=more)
            found[state] = outcomes(doors, room, address, told(meeting))
            transaction.set_rollback(True)

    assert found == {
        state: expected(RUNNERS, result) for state, result in zip(MeetingState, results, strict=True)
    }


ITEMS = {
    (ItemKind.REVISIT, "no_action"): {"reason": "例外"},
    (ItemKind.REVISIT, "deferred"): {"reason": "下次"},
    (ItemKind.REVISIT, "new_project"): {"problem": "慢", "measure": "值守"},
    (ItemKind.EFFECT, "confirmed"): {},
    (ItemKind.EFFECT, "not_effective"): {"reason": "仍有"},
    (ItemKind.PROJECT, "accepted"): {"measure": "值守"},
    (ItemKind.PROPOSAL, "dismissed"): {"reason": "偶然"},
}


@pytest.mark.parametrize("kind, decision", ITEMS)
def test_item(doors, room, kind, decision):
    """Decided while the meeting is open; a manager responsible for the work may not decide on its effect."""
    found = {}
    for state in (MeetingState.OPEN, MeetingState.CLOSED):
        with transaction.atomic():
            item = item_in(room, kind, state)
            address = reverse("improvement:meeting_screen", args=[item.meeting.month, item.position])
            data = {"version": item.version, "decision": decision, "responsible": room.manager.pk}
            found[state] = outcomes(doors, room, address, data | ITEMS[kind, decision])
            transaction.set_rollback(True)

    own_work = {"manager": 403} if decision == "confirmed" else {}
    assert found == {
        MeetingState.OPEN: expected(RUNNERS, "ok") | own_work,
        MeetingState.CLOSED: expected(RUNNERS, 422),
    }


def test_question_of_the_meeting(doors, room):
    found = {}
    for state in (MeetingState.OPEN, MeetingState.CLOSED):
        with transaction.atomic():
            item = item_in(room, ItemKind.REVISIT, state)
            address = reverse("improvement:meeting_ask", args=[item.meeting.month, item.position])
            found[state] = outcomes(doors, room, address, {"question": "为何?"})
            transaction.set_rollback(True)

    assert found == {
        MeetingState.OPEN: expected(["head"], "ok"),
        MeetingState.CLOSED: expected(["head"], 422),
    }


# --- Projects and steps --------------------------------------------------------------------------------------------


def project_in(room: Room, state: str) -> ImprovementProject:
    """A project with one step; the step is done if the project is evaluated, confirmed or ready to be evaluated."""
    project = room.project_in(state)
    if not project.steps.exists():
        project.steps.create(what="值守", due_on=DAY, crew=room.crew)
    return project


def finished(room: Room, project: ImprovementProject) -> None:
    """Its step is done and its period over: only the project's state can prevent an evaluation."""
    done_on = DAY - timedelta(days=40)
    project.steps.filter(done_on=None).update(done_on=done_on, done_by=room.foreman, reported_on=done_on)


def plan_of(room: Room, project: ImprovementProject) -> dict[str, Any]:
    return {
        "version": project.version,
        "problem": "改过的描述",
        "source": "kpi",
        "responsible": room.manager.pk,
        "crews": [room.crew.pk],
    }


def words(project: ImprovementProject, text: str) -> dict[str, Any]:
    return {"version": project.version, "words": text}


OF_A_PROJECT: dict[str, tuple[Callable[[Room, Any], dict[str, Any]], dict[str, Outcome]]] = {
    "project_edit": (plan_of, dict.fromkeys(PLANNABLE, "ok")),
    "project_start": (lambda room, p: {"version": p.version}, {S.DECIDED: "ok", S.IN_PROGRESS: "same"}),
    "project_evaluate": (lambda room, p: words(p, "有效"), {S.IN_PROGRESS: "ok"}),
    "project_cancel": (
        lambda room, p: words(p, "重复"),
        dict.fromkeys((S.PROPOSED, S.DECIDED, S.IN_PROGRESS, S.EVALUATED), "ok"),
    ),
    "step_add": (lambda room, p: {"what": "新步骤", "due_on": "2026-06-20"}, dict.fromkeys(PLANNABLE, "ok")),
    "step_edit": (
        lambda room, p: {"version": p.steps.get().version, "what": "改", "due_on": "2026-06-20"},
        dict.fromkeys(PLANNABLE, "ok"),
    ),
    "step_remove": (lambda room, p: {}, dict.fromkeys(PLANNABLE, "ok")),
    "step_report": (
        lambda room, p: {"version": p.steps.get().version, "progress": "做了一半"},
        {S.IN_PROGRESS: "ok"},
    ),
}


@pytest.mark.parametrize("act", OF_A_PROJECT)
def test_project(doors, room, act):
    told, results = OF_A_PROJECT[act]
    found = {}
    for state in S:
        with transaction.atomic():
            project = project_in(room, state)
            if act == "project_evaluate":
                finished(room, project)
            step = [project.steps.get().pk] if act in ("step_edit", "step_remove", "step_report") else []
            address = reverse(f"improvement:{act}", args=[project.pk, *step])
            found[state] = outcomes(doors, room, address, told(room, project))
            transaction.set_rollback(True)

    able, unknown = RUNNERS, ()
    if act == "step_report":
        able, unknown = (*RUNNERS, *ACTING), ("outsider", "former")
    assert found == {state: expected(able, results.get(state, 422), unknown=unknown) for state in S}


def test_project_is_proposed_by_managers(doors, room):
    plan = {"problem": "慢", "source": "kpi", "responsible": room.manager.pk}

    assert outcomes(doors, room, reverse("improvement:project_new"), plan) == expected(RUNNERS, "ok")


@pytest.mark.parametrize("state", S)
def test_project_in_no_other_state_than_the_meeting_may_move_it_from(doors, room, state):
    """A forged decision about a project whose state does not match its item is refused."""
    effect, proposed = room.project_in(S.EVALUATED), room.project_in(S.PROPOSED)
    meeting = room.opened()
    if state not in (S.EVALUATED, S.PROPOSED):
        other = room.project_in(state)
        kept = {"state": state, "confirmed_by": other.confirmed_by, "confirmed_at": other.confirmed_at}
        kept["cancelled_reason"] = other.cancelled_reason
        ImprovementProject.objects.filter(pk__in=[effect.pk, proposed.pk]).update(
            **kept, decided_on=DAY, effect="x", evaluated_by=room.manager, evaluated_at=NOW
        )
    found = {}
    for kind, decision, more in (
        (ItemKind.EFFECT, "confirmed", {}),
        (ItemKind.EFFECT, "not_effective", {"reason": "仍有"}),
        (ItemKind.PROJECT, "accepted", {"measure": "值守"}),
    ):
        item = meeting.items.get(kind=kind)
        address = reverse("improvement:meeting_screen", args=[meeting.month, item.position])
        data = {"version": item.version, "decision": decision} | more
        found[decision] = outcome(doors, room, "head", address, data)

    is_as_said = state in (S.EVALUATED, S.PROPOSED)
    assert found == dict.fromkeys(("confirmed", "not_effective", "accepted"), "ok" if is_as_said else 422)
