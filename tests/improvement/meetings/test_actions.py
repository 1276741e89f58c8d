import re
from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction

from improvement.enums import Decision, ItemKind, MeetingState, ProjectState, RevisitState
from improvement.meetings.actions import (
    close_meeting,
    move_meeting,
    open_meeting,
    plan_meeting,
    save_minutes,
)
from improvement.meetings.queries import annotated_meetings, is_meeting_overdue, overdue_meetings
from improvement.models import AgendaItem, AnalysisMeeting, Revisit
from improvement.revisits.actions import return_with_question
from improvement.revisits.due import due_revisits
from improvement.revisits.queries import submitted_undecided, with_standing
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.versioned import StaleVersion
from tests.worlds.meetings import (
    BEFORE,
    LATER,
    NEXT_AT,
    NOW,
    PLANNED_AT,
    ROLES,
    item_of,
)
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
MANAGING = {"manager", "head"}
OTHERS = [name for name in ROLES if name not in MANAGING]


def acts(room):
    """Every state change of a meeting, as `(action, state it starts from)`."""
    return {
        "plan": lambda by, _: plan_meeting(by=by, planned_at=NEXT_AT, now=NOW),
        "move": lambda by, m: move_meeting(
            m, by=by, planned_at=PLANNED_AT + timedelta(days=1), place="", now=BEFORE
        ),
        "open": lambda by, m: open_meeting(m, by=by, now=NOW),
        "minutes": lambda by, m: save_minutes(
            m, by=by, attendees=[], other_attendees="外单位", minutes="", now=NOW
        ),
        "close": lambda by, m: close_meeting(m, by=by, now=NOW),
    }


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("act", ["plan", "move", "open", "minutes", "close"])
def test_meetings_are_managers_to_run(room, act, name):
    meeting = room.opened() if act == "close" else room.planned()

    with pytest.raises(NotAllowed):
        acts(room)[act](getattr(room, name), meeting)


@pytest.mark.parametrize("name", sorted(MANAGING))
def test_managers_and_heads_run_a_meeting(room, name):
    by = getattr(room, name)

    meeting = plan_meeting(by=by, planned_at=PLANNED_AT, now=BEFORE)
    meeting = open_meeting(meeting, by=by, now=NOW)
    meeting = close_meeting(meeting, by=by, now=NOW)

    assert (meeting.state, meeting.opened_by, meeting.closed_by) == (MeetingState.CLOSED, by, by)


def test_plan_twice_is_one_meeting(room):
    first, second = room.planned(), room.planned()

    assert first == second
    assert (first.month, first.state, first.history.count()) == (date(2026, 6, 1), MeetingState.PLANNED, 1)


def test_month_has_one_meeting(room):
    room.planned()

    with pytest.raises(Refused, match="2026年6月已经安排"):
        room.planned(PLANNED_AT + timedelta(days=2))
    with pytest.raises(IntegrityError), transaction.atomic():
        AnalysisMeeting.objects.create(month=date(2026, 6, 1), planned_at=NOW, planned_by=room.head)


def test_plan_is_not_for_yesterday_nor_before_a_held_one(room):
    with pytest.raises(Refused, match="不能早于今天"):
        plan_meeting(by=room.head, planned_at=PLANNED_AT, now=PLANNED_AT + timedelta(days=1))
    room.opened(NEXT_AT, LATER)
    with pytest.raises(Refused, match="已经召开"):
        plan_meeting(by=room.head, planned_at=PLANNED_AT, now=BEFORE)


def test_move_recomputes_what_is_due_before_the_meeting(room):
    order = room.dissatisfied()
    meeting = room.planned()
    moved = PLANNED_AT + timedelta(days=5)

    def due_at():
        rows = with_standing(WorkOrder.objects.filter(pk=order.pk), now=BEFORE)
        return due_revisits(rows, now=BEFORE)[0].due.at

    before = due_at()
    move_meeting(meeting, by=room.head, planned_at=moved, place="会议室", now=BEFORE)

    assert (before, due_at()) == (PLANNED_AT, moved)


def test_move_twice_is_one_change(room):
    meeting = room.planned()
    moved = {"planned_at": PLANNED_AT + timedelta(days=5), "place": "二楼", "now": BEFORE}

    move_meeting(meeting, by=room.head, version=1, **moved)
    again = move_meeting(meeting, by=room.head, version=1, **moved)

    assert (again.planned_at, again.place, again.version, again.history.count()) == (
        moved["planned_at"],
        "二楼",
        2,
        2,
    )


def test_move_in_a_second_tab_is_told(room):
    meeting = room.planned()
    move_meeting(meeting, by=room.head, planned_at=PLANNED_AT, place="二楼", version=1, now=BEFORE)

    with pytest.raises(StaleVersion, match="已由head于06-01 09:00"):
        move_meeting(meeting, by=room.manager, planned_at=PLANNED_AT, place="三楼", version=1, now=BEFORE)


@pytest.mark.parametrize(
    ("planned_at", "sentence"),
    [
        (days.moment_at(date(2026, 7, 1), time(14)), "每月一次"),
        (days.moment_at(date(2026, 5, 31), time(14)), "不能早于今天"),
    ],
)
def test_move_stays_in_its_month(room, planned_at, sentence):
    with pytest.raises(Refused, match=sentence):
        move_meeting(room.planned(), by=room.head, planned_at=planned_at, place="", now=BEFORE)


@pytest.mark.parametrize("state", ["opened", "held"])
def test_move_is_for_planned_meetings(room, state):
    meeting = getattr(room, state)()

    with pytest.raises(Refused, match="不能再改"):
        move_meeting(meeting, by=room.head, planned_at=PLANNED_AT, place="二楼", now=NOW)


def test_open_fixes_the_agenda(room):
    revisit = room.revisit()
    meeting = room.opened()
    late = room.revisit()

    found = [(item.position, item.kind, item.revisit) for item in meeting.items.filter(revisit__isnull=False)]

    assert found == [(1, ItemKind.REVISIT, revisit)]
    assert list(submitted_undecided()) == [revisit, late]


def test_open_twice_is_one_opening(room):
    room.revisit()
    first = room.opened()

    again = open_meeting(first, by=room.manager, now=NOW + timedelta(minutes=5))

    assert (again.opened_by, again.opened_at, again.version) == (room.head, NOW, 2)
    assert AgendaItem.objects.filter(meeting=again, kind=ItemKind.REVISIT).count() == 1


def test_open_puts_projects_on_the_agenda(room):
    evaluated = room.project_in(ProjectState.EVALUATED)
    proposed = room.proposed()
    for state in (ProjectState.DECIDED, ProjectState.IN_PROGRESS, ProjectState.CANCELLED):
        room.project_in(state)

    meeting = room.opened()

    assert [(item.kind, item.project) for item in meeting.items.all()] == [
        (ItemKind.EFFECT, evaluated),
        (ItemKind.PROJECT, proposed),
    ]
    assert meeting.items.first().proposal["effect"] == "响应变快"


def test_open_keeps_what_was_for_information(room):
    order = room.dissatisfied()
    step = room.step(room.project_in(ProjectState.IN_PROGRESS))

    meeting = room.opened()

    assert meeting.information["revisits"] == [
        {
            "number": order.number,
            "crew": room.crew.pk,
            "crew_name": "工班甲",
            "due_at": meeting.information["revisits"][0]["due_at"],
        }
    ]
    assert {row["what"] for row in meeting.information["steps"]} == {step.what}


@pytest.mark.parametrize(
    ("now", "sentence"), [(BEFORE, "要提前召开"), (PLANNED_AT - timedelta(days=1), "要提前召开")]
)
def test_open_waits_for_the_planned_day(room, now, sentence):
    with pytest.raises(Refused, match=sentence):
        open_meeting(room.planned(), by=room.head, now=now)


def test_open_waits_until_the_last_one_is_closed(room):
    room.opened()

    with pytest.raises(Refused, match="2026年6月的会议还没有结束"):
        room.opened(NEXT_AT, LATER)


def test_meeting_passed_over_is_not_opened_any_more(room):
    passed = room.planned()
    room.held(NEXT_AT, LATER)

    with pytest.raises(Refused, match="已经召开"):
        open_meeting(passed, by=room.head, now=LATER)


def test_meeting_not_held_carries_its_agenda_over(room):
    revisit = room.revisit()
    room.planned()

    meeting = room.opened(NEXT_AT, LATER)

    assert item_of(meeting).revisit == revisit


def test_meeting_not_held_is_overdue_until_a_later_one_is(room):
    june, july = room.planned(), room.planned(NEXT_AT)
    found = {}
    for name, now in (("before", NOW), ("after", NOW + timedelta(days=1))):
        found[name] = (
            list(overdue_meetings(now)),
            is_meeting_overdue(annotated_meetings().get(pk=june.pk), now),
        )
    open_meeting(july, by=room.head, now=LATER)

    assert found == {"before": ([], False), "after": ([june], True)}
    assert list(overdue_meetings(LATER)) == []


@pytest.mark.parametrize("state", ["planned", "opened"])
def test_minutes_are_kept_until_the_end(room, state):
    meeting = getattr(room, state)()
    given = {"attendees": [room.head, room.foreman], "other_attendees": "外单位一人", "minutes": "讨论响应"}

    save_minutes(meeting, by=room.manager, version=meeting.version, now=NOW, **given)
    again = save_minutes(meeting, by=room.manager, version=meeting.version, now=NOW, **given)

    assert (again.minutes, again.other_attendees, set(again.attendees.all()), again.version) == (
        "讨论响应",
        "外单位一人",
        {room.head, room.foreman},
        meeting.version + 1,
    )


def test_minutes_in_a_second_tab_are_told(room):
    meeting = room.opened()
    given = {"attendees": [], "other_attendees": "", "version": meeting.version, "now": NOW}
    save_minutes(meeting, by=room.head, minutes="一", **given)

    with pytest.raises(StaleVersion):
        save_minutes(meeting, by=room.manager, minutes="二", **given)

    assert AnalysisMeeting.objects.get().minutes == "一"


def test_closed_minutes_do_not_change(room):
    meeting = room.held()

    with pytest.raises(Refused, match="纪要不能再改"):
        save_minutes(meeting, by=room.head, attendees=[], other_attendees="", minutes="补充", now=NOW)


def test_close_names_the_revisits_that_wait(room):
    first, second = room.revisit(), room.revisit()
    meeting = room.opened()
    room.decide(item_of(meeting), Decision.NO_ACTION)

    with pytest.raises(Refused) as refusal:
        close_meeting(meeting, by=room.head, now=NOW)

    assert re.search(rf"{second.order.number} ?\(工班甲\)", str(refusal.value))
    assert first.order.number not in str(refusal.value)
    assert AnalysisMeeting.objects.get().state == MeetingState.OPEN


def test_close_counts_what_it_does_not_name(room):
    for _ in range(12):
        room.revisit()

    with pytest.raises(Refused, match="另有 2 张"):
        close_meeting(room.opened(), by=room.head, now=NOW)


@pytest.mark.parametrize("decision", [Decision.NO_ACTION, Decision.DEFERRED, Decision.NEW_PROJECT])
def test_close_takes_any_decision(room, decision):
    room.revisit()
    meeting = room.opened()
    room.decide(item_of(meeting), decision)

    assert close_meeting(meeting, by=room.head, now=NOW).state == MeetingState.CLOSED


def test_close_does_not_wait_for_a_revisit_that_went_back(room):
    revisit = room.revisit()
    meeting = room.opened()
    return_with_question(revisit, by=room.head, question="何时到场?", now=NOW, meeting=meeting)

    assert close_meeting(meeting, by=room.head, now=NOW).state == MeetingState.CLOSED


def test_close_leaves_projects_and_proposals_for_the_next(room):
    project = room.project_in(ProjectState.EVALUATED)
    room.held()

    meeting = room.opened(NEXT_AT, LATER)

    assert [item.project for item in meeting.items.filter(kind=ItemKind.EFFECT)] == [project]


def test_close_twice_is_one_end(room):
    first = room.held()

    again = close_meeting(first, by=room.manager, now=LATER)

    assert (again.closed_by, again.closed_at, again.version) == (room.head, NOW, first.version)


def test_close_is_for_open_meetings(room):
    with pytest.raises(Refused, match="还没有开始"):
        close_meeting(room.planned(), by=room.head, now=NOW)


def test_close_of_an_older_page_is_told(room):
    meeting = room.opened()
    save_minutes(meeting, by=room.manager, attendees=[], other_attendees="", minutes="一", now=NOW)

    with pytest.raises(StaleVersion):
        close_meeting(meeting, by=room.head, version=meeting.version, now=NOW)


def test_deferred_revisit_comes_back(room):
    revisit = room.revisit()
    meeting = room.opened()
    room.decide(item_of(meeting), Decision.DEFERRED)
    close_meeting(meeting, by=room.head, now=NOW)

    assert item_of(room.opened(NEXT_AT, LATER)).revisit == revisit


@pytest.mark.parametrize("state", [RevisitState.DRAFT, RevisitState.RETURNED])
def test_unfinished_revisit_is_not_on_the_agenda(room, state):
    room.revisit(state=state)

    assert not room.opened().items.filter(kind=ItemKind.REVISIT).exists()


def test_history_says_who_did_what_when(room):
    meeting = room.held()

    found = [
        (row.state, row.history_user, row.history_date) for row in meeting.history.order_by("history_id")
    ]

    assert found == [
        (MeetingState.PLANNED, room.head, BEFORE),
        (MeetingState.OPEN, room.head, NOW),
        (MeetingState.CLOSED, room.head, NOW),
    ]


def test_meeting_is_of_a_first_and_its_state_goes_with_its_times(room):
    for fields in ({"month": date(2026, 6, 2)}, {"month": date(2026, 6, 1), "state": MeetingState.OPEN}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AnalysisMeeting.objects.create(planned_at=NOW, planned_by=room.head, **fields)


def test_item_is_about_what_its_kind_says(room):
    meeting, revisit = room.opened(), room.revisit()
    for fields in (
        {"kind": ItemKind.REVISIT},
        {"kind": ItemKind.EFFECT, "revisit": revisit},
        {"kind": ItemKind.PROPOSAL},
        {"kind": ItemKind.REVISIT, "revisit": revisit, "decision": Decision.NO_ACTION},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            AgendaItem.objects.create(meeting=meeting, position=90, **fields)

    assert Revisit.objects.count() == 1
