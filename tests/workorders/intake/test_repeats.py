"""Repeat repairs and duplicate registrations (domain §3)."""

from datetime import time, timedelta

import pytest

from satisfaction.core.errors import Refused
from tests.factories import OrderFactory, make_person
from workorders.enums import Kind
from workorders.intake.repeats import link_repeat, mark_duplicate, unlink

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_person("l", "lead")


@pytest.fixture
def earlier():
    return OrderFactory(number="A")


@pytest.fixture
def later(earlier):
    return OrderFactory(number="B", reported_at=earlier.finished_at + timedelta(minutes=1))


def test_repeat_reported_after_the_repair_is_linked(earlier, later, lead):
    assert link_repeat(later, number=" A ", by=lead).repeat_of == earlier
    assert link_repeat(later, number="A", by=lead).repeat_of == earlier


def test_repeat_reported_before_the_repair_was_finished_is_refused(earlier, lead):
    early = OrderFactory(number="B", reported_at=earlier.finished_at - timedelta(minutes=1))

    with pytest.raises(Refused, match="重复登记"):
        link_repeat(early, number="A", by=lead)


def test_link_to_an_unknown_number_is_refused(later, lead):
    with pytest.raises(Refused, match="没有工单号"):
        link_repeat(later, number="nowhere", by=lead)


def test_link_that_closes_a_circle_is_refused(earlier, later, lead):
    link_repeat(later, number="A", by=lead)

    with pytest.raises(Refused, match="自己的原工单"):
        mark_duplicate(earlier, number="B", reason="同一次报修", by=lead, is_frozen=lambda order: False)


@pytest.fixture
def second_call(earlier):
    """Reported during the earlier repair."""
    return OrderFactory(number="C", reported_at=earlier.finished_at - timedelta(minutes=1))


def test_duplicate_is_marked_with_a_reason_and_out_of_scope(earlier, second_call, lead):
    order = mark_duplicate(
        second_call, number="A", reason="同一次报修", by=lead, is_frozen=lambda order: False
    )

    assert (order.duplicate_of, order.repeat_of, order.out_of_scope) == (earlier, None, "duplicate")
    entry = order.history.first()
    assert (entry.history_user, entry.history_change_reason) == (lead, "同一次报修")


@pytest.mark.parametrize(
    ("reason", "is_frozen", "sentence"), [("", False, "原因"), ("同一次", True, "不能再改")]
)
def test_duplicate_without_reason_or_after_freezing_is_refused(
    earlier, second_call, reason, is_frozen, sentence, lead
):
    with pytest.raises(Refused, match=sentence):
        mark_duplicate(second_call, number="A", reason=reason, by=lead, is_frozen=lambda order: is_frozen)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("finished", "closed", "reported", "is_refused"),
    [
        (0, 1, 1, True),
        (0, 1, 0, True),
        (0, 1, -1, False),
        (None, 0, 1, True),
        (None, 0, -1, False),
        (None, None, 1, False),
        (0, 1, None, False),
    ],
    ids=[
        "after the repair",
        "at the very moment",
        "before it was finished",
        "after the closing",
        "before the closing",
        "repair still going on",
        "nobody knows when reported",
    ],
)
def test_duplicate_is_judged_by_the_times(earlier, lead, finished, closed, reported, is_refused):
    moment = earlier.finished_at
    earlier.finished_at, earlier.closed_at = (
        None if hours is None else moment + hours * HOUR for hours in (finished, closed)
    )
    earlier.closed_on = earlier.closed_on if earlier.closed_at else None
    earlier.save()
    order = OrderFactory(
        number="B", reported_at=None if reported is None else moment + reported * HOUR, closing_clock=time(20)
    )

    try:
        mark_duplicate(order, number="A", reason="同一次报修", by=lead, is_frozen=lambda order: False)
    except Refused as refusal:
        assert is_refused, refusal
        assert "是二次报修,不能标记为重复登记" in str(refusal)
    else:
        assert not is_refused


def test_refused_duplicate_stays_in_scope(earlier, later, lead):
    with pytest.raises(Refused):
        mark_duplicate(later, number="A", reason="同一次报修", by=lead, is_frozen=lambda order: False)

    later.refresh_from_db()
    assert (later.duplicate_of, later.out_of_scope) == (None, None)


def test_unlinked_duplicate_is_a_fault_again(earlier, lead):
    order = OrderFactory(number="B", kind=Kind.DUPLICATE, duplicate_of=earlier, original_number="A")

    order = unlink(order, reason="另一台设备", by=lead, is_frozen=lambda order: False)

    assert (order.duplicate_of, order.original_number, order.kind) == (None, "", Kind.FAULT)


def test_unlink_twice_is_unlinked_once(later, lead):
    link_repeat(later, number="A", by=lead)
    unlink(later, reason="误点", by=lead, is_frozen=lambda order: False)
    entries = later.history.count()

    unlink(later, reason="误点", by=lead, is_frozen=lambda order: False)

    assert later.history.count() == entries
