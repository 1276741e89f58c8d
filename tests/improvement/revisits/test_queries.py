"""Due revisits derive from the dissatisfied callbacks that the crew may see (domain §4, §6, §7, §9)."""

from collections import defaultdict
from datetime import date, time, timedelta

import pytest

from evaluations.enums import Rating, Source
from evaluations.models import Callback, Objection, RatingCorrection, SelfEvaluation, TakenOut
from improvement.enums import Decision, RevisitStanding
from improvement.kpis.due_revisits import revisits_due
from improvement.meetings.agenda import undecided_revisits
from improvement.models import Revisit
from improvement.revisits.due import count_overdue, due_revisits, orders_to_visit, overdue_revisits
from improvement.revisits.due_dates import RevisitDeadlines
from improvement.revisits.queries import (
    decided,
    dropped,
    orders_needing_revisit,
    revisits_visible_to,
    submitted,
    submitted_undecided,
    unfinished,
    with_standing,
)
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from tests.factories import TechnicianFactory, make_callback, make_lead, make_person
from tests.worlds.crew import AFTER_D2, D1, DAY, EVENING, make_absent, technician_of
from tests.worlds.revisits import (
    JUNE,
    LATE,
    NOW,
    dissatisfied,
    handed_in,
    on_agenda,
    open_meeting,
    plan_meeting,
    returned,
    turned_satisfied,
    uphold,
)
from workorders.models import CrewLead, WorkOrder

pytestmark = pytest.mark.django_db
DUE = days.moment_at(date(2026, 6, 8), time(18))


def needed(now=NOW):
    return list(orders_needing_revisit(now))


def row_of(order, now=NOW):
    orders = with_standing(WorkOrder.objects.filter(pk=order.pk), now=now)
    return due_revisits(orders, now=now)[0]


def standing(order, now=NOW):
    row = row_of(order, now)
    return row.standing, row.is_late, row.is_dropped


def test_needs_a_revisit_is_every_published_dissatisfied_callback(stage):
    order = dissatisfied(stage)
    stage.called(stage.order(), Rating.BASICALLY_SATISFIED)

    assert needed() == [order]


def test_needs_no_revisit_before_the_crew_may_see_the_result(stage):
    order = stage.order()
    callback = stage.called(order, Rating.DISSATISFIED, published_at=None)
    unpublished = needed(EVENING)
    Callback.objects.filter(pk=callback.pk).update(published_at=EVENING)

    assert (unpublished, needed(EVENING), needed(AFTER_D2)) == ([], [], [order])


@pytest.mark.parametrize("how", ["imported", "corrected upward", "objection upheld", "taken out"])
def test_needs_no_revisit(stage, how):
    order = dissatisfied(stage)
    if how == "imported":
        Callback.objects.update(source=Source.IMPORTED, run=None)
    elif how == "corrected upward":
        turned_satisfied(order)
    elif how == "objection upheld":
        uphold(order, stage)
    else:
        TakenOut.objects.create(order=order, reason="重复", by=stage.head, at=NOW)

    assert needed() == []


@pytest.mark.parametrize("state", ["undecided", "rejected"])
def test_an_objection_that_is_not_upheld_changes_nothing(stage, state):
    order = dissatisfied(stage)
    objection = uphold(order, stage)
    fields = {} if state == "rejected" else {"decision": "", "decided_by": None, "decided_at": None}
    Objection.objects.filter(pk=objection.pk).update(state=state, **fields)

    assert needed() == [order]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("published last", days.moment_at(D1, time(17, 30))),
        ("rated after it was published", EVENING),
        ("never rated: at D+2", days.moment_at(D1 + timedelta(days=1), time(18))),
        ("rated after D+2", days.moment_at(D1 + timedelta(days=1), time(18))),
        ("no deadline, never rated", days.moment_at(D1, time(17, 30))),
        ("corrected to dissatisfied later", NOW),
        ("its words corrected later", days.moment_at(D1, time(17, 30))),
    ],
)
def test_seen_at_is_when_the_crew_could_see_that_the_reporter_was_dissatisfied(stage, case, expected):
    order = dissatisfied(stage)
    own = SelfEvaluation.objects.filter(order=order)
    if case == "rated after it was published":
        own.update(rated_at=EVENING)
    elif case == "rated after D+2":
        own.update(rated_at=NOW)
    elif "never rated" in case:
        own.delete()
    if "no deadline" in case:
        WorkOrder.objects.update(due_at=None, last_due_at=None)
    if "corrected" in case:
        before = "dissatisfied" if "words" in case else "satisfied"
        RatingCorrection.objects.create(
            callback=order.callback,
            before={"rating": before},
            after={"rating": "dissatisfied"},
            by=stage.head,
            at=NOW,
        )

    assert with_standing(orders_needing_revisit(LATE), now=LATE).get().seen_at == expected


def test_standing_of_a_revisit_from_due_to_decided(stage):
    order = dissatisfied(stage)
    due, late = standing(order), standing(order, LATE)
    revisit = handed_in(stage, order)
    in_time, still = standing(order), standing(order, LATE)
    on_agenda(revisit, open_meeting(stage), Decision.NO_ACTION)

    assert [due, late, in_time, still, standing(order, LATE)] == [
        (RevisitStanding.DUE, False, False),
        (RevisitStanding.OVERDUE, True, False),
        (RevisitStanding.SUBMITTED, False, False),
        (RevisitStanding.SUBMITTED, False, False),
        (RevisitStanding.DECIDED, False, False),
    ]


def test_standing_of_a_draft_and_of_a_returned_form(stage):
    order = returned(stage).revisit.order
    other = dissatisfied(stage)
    Revisit.objects.create(order=other, begun_by=stage.foreman, begun_at=NOW)

    assert [standing(order, LATE), standing(other), standing(other, LATE)] == [
        (RevisitStanding.RETURNED, False, False),
        (RevisitStanding.DRAFT, False, False),
        (RevisitStanding.OVERDUE, True, False),
    ]


@pytest.mark.parametrize("how", [turned_satisfied, "uphold"])
def test_a_begun_revisit_stays_and_is_marked_when_it_is_needed_no_more(stage, how):
    order = dissatisfied(stage)
    Revisit.objects.create(order=order, begun_by=stage.foreman, begun_at=NOW)
    uphold(order, stage) if how == "uphold" else how(order)

    row = row_of(order, LATE)

    assert (row.standing, row.due, row.is_late, row.is_dropped) == (RevisitStanding.DRAFT, None, False, True)
    assert list(WorkOrder.objects.filter(dropped(LATE))) == [order]
    assert list(WorkOrder.objects.filter(unfinished(LATE))) == []


def test_a_submitted_revisit_stays_before_the_meeting_marked_when_an_objection_is_upheld(stage):
    revisit = handed_in(stage)
    before = [one.is_dropped for one in undecided_revisits(NOW)]
    uphold(revisit.order, stage)

    after = [(one, one.is_dropped) for one in undecided_revisits(NOW)]

    assert (before, after) == ([False], [(revisit, True)])
    assert list(WorkOrder.objects.filter(submitted())) == [revisit.order]


@pytest.mark.parametrize(
    ("decision", "is_waiting"), [("", True), (Decision.DEFERRED, True), (Decision.NO_ACTION, False)]
)
def test_a_meeting_has_before_it_what_is_submitted_and_not_decided(stage, decision, is_waiting):
    revisit = handed_in(stage)
    on_agenda(revisit, open_meeting(stage), decision)

    assert list(submitted_undecided()) == ([revisit] if is_waiting else [])
    assert list(WorkOrder.objects.filter(decided())) == ([] if is_waiting else [revisit.order])


def test_a_returned_or_unfinished_form_is_not_before_the_meeting(stage):
    returned(stage)
    Revisit.objects.create(order=dissatisfied(stage), begun_by=stage.foreman, begun_at=NOW)

    assert list(submitted_undecided()) == []


def test_overdue_names_what_was_never_handed_in_oldest_first(stage):
    later, earlier = dissatisfied(stage), dissatisfied(stage, day=DAY - timedelta(days=1))
    handed_in(stage)
    returned(stage)

    found = overdue_revisits(LATE)

    assert [(row.order, str(row.order.crew), row.due.at) for row in found] == [
        (earlier, stage.crew.name, DUE),
        (later, stage.crew.name, DUE),
    ]
    assert overdue_revisits(DUE) == []
    assert count_overdue(WorkOrder.objects.filter(unfinished(LATE)), now=LATE) == 2


def test_the_due_date_follows_the_meeting_when_it_is_moved(stage):
    order = dissatisfied(stage)
    meeting = plan_meeting(JUNE, days.moment_at(date(2026, 6, 5), time(14)), stage.head)
    planned = row_of(order).due.at
    meeting.planned_at = days.moment_at(date(2026, 6, 26), time(9))
    meeting.save()

    assert (planned, row_of(order).due.at) == (days.moment_at(date(2026, 6, 5), time(14)), meeting.planned_at)


# --- Assignment -----------------------------------------------------------------------------------------


def visits(person, now=NOW):
    return set(orders_to_visit(person, now=now))


def test_to_make_is_the_foremans_and_not_the_deputys(stage):
    order = dissatisfied(stage)

    assert (visits(stage.foreman), visits(stage.deputy), visits(stage.outsider)) == ({order}, set(), set())


def test_to_make_is_the_deputys_while_the_foreman_is_away_or_concerned(stage):
    order = dissatisfied(stage)
    concerned = dissatisfied(stage, technician=technician_of(stage.foreman, stage.crew))
    make_absent(stage.foreman, days.local_day(LATE))

    assert (visits(stage.deputy), visits(stage.foreman)) == ({concerned}, {order})
    assert visits(stage.deputy, LATE) == {order, concerned}


def test_to_make_is_a_managers_when_both_leads_are_concerned(stage):
    CrewLead.objects.filter(person=stage.deputy).delete()
    concerned = dissatisfied(stage, technician=technician_of(stage.foreman, stage.crew))
    dissatisfied(stage)

    assert (visits(stage.manager), visits(stage.dispatcher)) == ({concerned}, set())


def test_to_make_is_a_managers_when_the_crew_has_no_lead(stage):
    CrewLead.objects.filter(crew=stage.crew).delete()
    order = dissatisfied(stage)
    own = dissatisfied(stage, technician=technician_of(stage.head, stage.crew))

    found = {name: visits(getattr(stage, name)) for name in ("manager", "head", "dispatcher", "outsider")}

    assert found == {"manager": {order, own}, "head": {order}, "dispatcher": set(), "outsider": set()}


def test_to_make_has_no_submitted_and_no_dropped_ones(stage):
    handed_in(stage)
    order = returned(stage).revisit.order
    turned_satisfied(dissatisfied(stage))

    assert visits(stage.foreman) == {order}


def test_whoever_takes_the_crew_over_takes_its_revisits_over(stage):
    order = dissatisfied(stage)
    CrewLead.objects.filter(person=stage.foreman).update(to_on=days.local_day(NOW) - timedelta(days=1))
    successor = make_person("successor", Role.FOREMAN)
    make_lead(stage.crew, successor, from_on=days.local_day(NOW))

    assert (visits(stage.foreman), visits(successor)) == (set(), {order})


# --- Visibility --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "sees"),
    [
        ((Role.LEAD,), True),
        ((Role.MANAGER,), True),
        ((Role.HEAD,), True),
        ((Role.DISPATCHER,), False),
        ((Role.ADMIN,), False),
        ((Role.TECHNICIAN,), False),
        ((Role.FOREMAN,), False),
        ((Role.FOREMAN, Role.DISPATCHER), False),
    ],
)
def test_visible_to_readers_only_beside_the_crew(stage, roles, sees):
    order = dissatisfied(stage)
    person = make_person("somebody", *roles)

    assert list(revisits_visible_to(person, now=NOW)) == ([order] if sees else [])


def test_visible_to_the_crews_leads_and_not_to_its_technicians_or_other_crews(stage):
    order = dissatisfied(stage)

    seen = [
        list(revisits_visible_to(person, now=NOW))
        for person in (stage.foreman, stage.deputy, stage.worker, stage.outsider)
    ]

    assert seen == [[order], [order], [], []]


def test_a_manager_who_works_in_the_crew_sees_no_sooner_than_the_crew(stage):
    """With several roles the stricter rule applies (domain §4)."""
    order = stage.order()
    stage.called(order, Rating.DISSATISFIED)
    TechnicianFactory(crew=stage.crew, user=stage.manager)

    assert (
        list(revisits_visible_to(stage.manager, now=EVENING)),
        list(revisits_visible_to(stage.manager, now=AFTER_D2)),
    ) == ([], [order])


# --- The KPI ------------------------------------------------------------------------------------------------


def in_time(month, now=LATE):
    """Maps crew to the number of revisits due or handed in in the month, and how many of them were in time."""
    found = defaultdict(list)
    for one in revisits_due(month, days.last_of_month(month), now=now, deadlines=RevisitDeadlines()):
        found[one.crew].append(one.is_in_time)
    return {crew: (sum(came), len(came)) for crew, came in found.items()}


def of_june(now=LATE):
    return in_time(JUNE, now)


def test_in_time_counts_in_the_month_in_which_it_is_due(stage):
    handed_in(stage)
    dissatisfied(stage)

    assert of_june() == {stage.crew.pk: (1, 2)}
    assert in_time(date(2026, 5, 1)) == {}
    assert in_time(date(2026, 7, 1)) == {}


def test_in_time_counts_what_is_not_due_yet_only_once_it_is_in(stage):
    handed_in(stage)
    dissatisfied(stage)

    assert of_june(NOW) == {stage.crew.pk: (1, 1)}


def test_in_time_does_not_count_a_late_form_and_leaves_dropped_ones_out(stage):
    handed_in(stage, now=LATE)
    turned_satisfied(handed_in(stage).order)

    assert of_june() == {stage.crew.pk: (0, 1)}


def test_in_time_of_a_result_that_came_too_late_for_the_meeting_counts_in_the_next_month(stage):
    order = dissatisfied(stage, published_at=days.moment_at(date(2026, 6, 6), time(9)))
    handed_in(stage, order, now=days.moment_at(date(2026, 6, 20), time(9)))

    july = in_time(date(2026, 7, 1), days.moment_at(date(2026, 7, 30), time(9)))

    assert (of_june(), july) == ({}, {stage.crew.pk: (1, 1)})


def test_what_is_due_in_months_agrees_with_the_due_date_of_each_order(stage):
    """From May to September: no revisit is missed or counted in another month."""
    now = days.moment_at(date(2026, 10, 1), time(9))
    plan_meeting(date(2026, 7, 1), days.moment_at(date(2026, 7, 15), time(14)), stage.head)
    plan_meeting(date(2026, 8, 1), days.moment_at(date(2026, 8, 3), time(14)), stage.head)
    for day in (date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 15)):
        for seen in (
            date(2026, 6, 5),
            date(2026, 6, 6),
            date(2026, 7, 12),
            date(2026, 7, 13),
            date(2026, 8, 1),
        ):
            dissatisfied(stage, day=day, published_at=days.moment_at(max(seen, day), time(23, 59)))

    months = [date(2026, month, 1) for month in range(5, 10)]
    found = [
        (month, one.order, one.due_on)
        for month in months
        for one in revisits_due(month, days.last_of_month(month), now=now, deadlines=RevisitDeadlines())
    ]

    rows = due_revisits(with_standing(orders_needing_revisit(now), now=now), now=now)
    due = [(row.order.pk, days.local_day(row.due.at)) for row in rows]
    assert sorted(found) == sorted((days.first_of_month(day), pk, day) for pk, day in due)
    assert len(found) == 15


def test_overdue_agrees_with_the_due_date_of_each_order(stage):
    for day in (date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 15)):
        for seen in (date(2026, 6, 5), date(2026, 6, 6), date(2026, 7, 5), date(2026, 7, 6)):
            dissatisfied(stage, day=day, published_at=days.moment_at(max(seen, day), time(0, 1)))

    for now in (
        DUE,
        LATE,
        days.moment_at(date(2026, 7, 8), time(18, 1)),
        days.moment_at(date(2026, 8, 9), time(9)),
    ):
        rows = due_revisits(with_standing(orders_needing_revisit(now), now=now), now=now)
        expected = {row.order.pk for row in rows if row.due.at < now}
        assert {row.order.pk for row in overdue_revisits(now)} == expected


def test_overdue_is_told_in_the_same_number_of_queries_for_one_and_for_many(stage, django_assert_num_queries):
    for _ in range(3):
        dissatisfied(stage)

    with django_assert_num_queries(4):
        assert len(overdue_revisits(LATE)) == 3
    with django_assert_num_queries(4):
        assert len(of_june()[stage.crew.pk]) == 2


def test_an_order_drawn_and_not_called_needs_nothing(stage):
    make_callback(stage.order(), stage.dispatcher)

    assert needed(LATE) == []
