"""Every order either takes part or has exactly one reason not to; SQL and Python agree (domain §8)."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import product
from typing import Any

import pytest

from evaluations.enums import CallbackState as S
from evaluations.enums import LeftOut, Rating, Source, WithdrawnReason
from evaluations.models import Callback, Objection, SelfEvaluation, TakenOut
from evaluations.months import not_too_late
from evaluations.scores.participation import ParticipationRules, month_sums, participating_orders
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import OrderFactory, TechnicianFactory, make_person, make_run
from tests.worlds.months import MAY, SETTLES_AT
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db

LAST = date(2026, 5, 31)
CALLBACKS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "waiting": {"state": S.WAITING},
    "open": {"state": S.ASSIGNED},
    "set aside": {"state": S.SET_ASIDE},
    "unreachable": {"state": S.UNREACHABLE},
    "refused": {"state": S.REFUSED, "is_published": True},
    "rated": {"state": S.RATED},
    "published": {"state": S.RATED, "is_published": True},
    "imported": {"state": S.RATED, "is_published": True, "source": Source.IMPORTED},
    **{
        why: {"state": S.WITHDRAWN, "withdrawn_reason": why}
        for why in (WithdrawnReason.TAKEN_OUT, WithdrawnReason.DO_NOT_CALL, WithdrawnReason.MONTH_SETTLED)
    },
}
FACTS = list(product(CALLBACKS, *[(False, True)] * 5))
"""callback, rated by the crew, taken out, objection (rejected or upheld), late, incomplete"""


def expected(
    callback: str,
    own: bool,
    is_out: bool,
    upheld: bool,
    late: bool,
    incomplete: bool,
    rules: ParticipationRules,
) -> str | None:
    """The rules in order of precedence; None means the order takes part."""
    said = {
        "set aside": LeftOut.DO_NOT_CALL,
        WithdrawnReason.TAKEN_OUT: LeftOut.TAKEN_OUT,
        WithdrawnReason.DO_NOT_CALL: LeftOut.WITHDRAWN,
        WithdrawnReason.MONTH_SETTLED: LeftOut.MONTH_SETTLED,
    }
    later = {
        "none": LeftOut.WAITING,
        "waiting": LeftOut.WAITING,
        "open": LeftOut.OPEN,
        "unreachable": LeftOut.UNREACHABLE,
        "refused": LeftOut.REFUSED,
        "rated": LeftOut.UNPUBLISHED,
    }
    counts_unrated = rules.missing_self_points is not None and callback != "imported"
    found = [
        LeftOut.INCOMPLETE if incomplete else None,
        LeftOut.TAKEN_OUT if is_out else None,
        LeftOut.OBJECTION if upheld else None,
        said.get(callback),
        LeftOut.TOO_LATE if late and rules.late_after else None,
        later.get(callback),
        None if own or counts_unrated else LeftOut.NO_SELF_EVALUATION,
    ]
    return next((reason for reason in found if reason), None)


@pytest.fixture
def caller() -> User:
    return make_person("caller", "dispatcher")


@pytest.fixture
def every_fact(caller: User) -> dict[str, tuple[Any, ...]]:
    """One order for every combination of facts, by number."""
    who, run = TechnicianFactory(), make_run(date(2026, 5, 11))
    early, late = days.moment_at(date(2026, 5, 12), time(8)), SETTLES_AT + timedelta(seconds=1)
    orders, rest = {}, []
    for i, facts in enumerate(FACTS):
        *_rest, is_late, incomplete = facts
        order = OrderFactory.build(
            technician=who,
            number=f"A-{i:04}",
            received_at=early,
            entered_at=late if is_late else early,
            reporter_phone="" if incomplete else "13800000000",
        )
        orders[order.number] = (order, facts)
        rest += rows(order, facts, caller, run)
    WorkOrder.objects.bulk_create(order for order, _facts in orders.values())
    for model in (SelfEvaluation, Callback, TakenOut, Objection):
        model.objects.bulk_create(row for row in rest if isinstance(row, model))
    return {number: facts for number, (_order, facts) in orders.items()}


def rows(order: WorkOrder, facts: tuple[Any, ...], by: User, run: Any) -> list[Any]:
    callback, own, is_out, upheld, _late, _incomplete = facts
    at = days.moment_at(date(2026, 5, 12), time(18))
    found: list[Any] = []
    if own:
        found.append(
            SelfEvaluation(order=order, rating=Rating.SATISFIED, points=10, rated_by=by, rated_at=at)
        )
    if is_out:
        found.append(TakenOut(order=order, reason="演练", by=by, at=at))
    state = "upheld" if upheld else "rejected"
    decided = {"decision": "已核实", "decided_by": by, "decided_at": at}
    found.append(Objection(order=order, state=state, reason="不属实", by=by, at=at, **decided))
    if said := CALLBACKS[callback]:
        fields = dict(said)
        is_rated, is_open = fields["state"] == S.RATED, fields["state"] in (S.WAITING, S.ASSIGNED)
        is_drawn = fields["state"] != S.SET_ASIDE and "source" not in fields
        found.append(
            Callback(
                order=order,
                published_at=at if fields.pop("is_published", False) else None,
                ended_at=None if is_open else at,
                rating=Rating.DISSATISFIED if is_rated else "",
                points=6 if is_rated else None,
                caller=None if fields["state"] == S.WAITING else by,
                group="dispatcher" if is_drawn else "",
                drawn_group="dispatcher" if is_drawn else "",
                run=run if is_drawn else None,
                **fields,
            )
        )
    return found


@pytest.mark.parametrize("missing", [None, 6])
@pytest.mark.parametrize("late_after", [None, SETTLES_AT])
def test_every_combination_of_facts_takes_part_or_has_its_reason(
    every_fact: dict[str, tuple[Any, ...]], missing: int | None, late_after: Any
) -> None:
    rules = ParticipationRules(late_after, missing)
    told = {number: expected(*facts, rules) for number, facts in every_fact.items()}

    found = month_sums(MAY, LAST, rules)
    left_out = {number: reason for row in found for number, reason, _day in row["left_out"]}
    part, complete = participating_orders(MAY, LAST, rules), [row for row in found if row["is_complete"]]

    assert left_out == {number: reason for number, reason in told.items() if reason}
    assert set(part.values_list("number", flat=True)) == {n for n, reason in told.items() if not reason}
    assert sum(row["dissatisfied"] for row in complete) == len(part)
    assert sum(row["callback_points"] or 0 for row in complete) == 6 * len(part)
    assert sum(row["self_points"] or 0 for row in complete) == sum(part.values_list("own_points", flat=True))
    assert sum(row["orders"] for row in complete) == len(FACTS) // 2


def test_orders_out_of_scope_are_not_in_question(caller: User) -> None:
    for kind, channel in (
        ("request", "hotline"),
        ("other", "hotline"),
        ("fault", "other"),
        ("duplicate", "hotline"),
    ):
        OrderFactory(kind=kind, channel=channel)
    OrderFactory(duplicate_of=OrderFactory(day=date(2026, 4, 1)))
    incomplete = OrderFactory(kind="request", reporter_phone="", number="A-1")

    found = [row["left_out"] for row in month_sums(MAY, LAST, ParticipationRules())]

    assert found == [[(incomplete.number, "incomplete", "2026-05-11")]]


def test_incomplete_without_crew_or_technician_is_told(caller: User) -> None:
    OrderFactory(number="A-1", technician=None, crew=None, with_deadlines=False)

    rows = [
        (row["orders"], row["is_complete"], row["left_out"])
        for row in month_sums(MAY, LAST, ParticipationRules())
    ]

    assert rows == [(1, False, [("A-1", "incomplete", "2026-05-11")])]


def test_not_too_late_keeps_what_came_in_before_the_month_settles() -> None:
    OrderFactory(number="in time", received_at=SETTLES_AT)
    OrderFactory(number="early", received_at=days.moment_at(date(2026, 5, 12), time(8)))
    OrderFactory(number="late", received_at=SETTLES_AT + timedelta(seconds=1))

    found = not_too_late(WorkOrder.objects.all(), month=MAY)

    assert sorted(found.values_list("number", flat=True)) == ["early", "in time"]


def test_not_too_late_keeps_all_of_history() -> None:
    OrderFactory(number="A-1", received_at=days.moment_at(date(2026, 11, 2), time(8)))

    assert not_too_late(WorkOrder.objects.all(), month=MAY).count() == 1
