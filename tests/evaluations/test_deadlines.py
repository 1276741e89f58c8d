"""Deadlines of orders, and a change of the calendar (domain §2 Days)."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from evaluations.deadline_rules import deadlines
from evaluations.deadlines import looks_back_to, recompute_open_deadlines, without_deadline
from evaluations.enums import CallbackState
from evaluations.models import Settlement
from satisfaction.calendars import days
from satisfaction.calendars.models import CalendarOverride
from satisfaction.calendars.service_calendar import ServiceCalendar
from tests.factories import OrderFactory, make_callback, make_person

ZONE = ZoneInfo("Asia/Shanghai")
HOLIDAY = {date(2026, 5, 12): False}


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("entered", "overrides", "due", "last_due"),
    [
        pytest.param(local(11, 20), {}, 12, 13, id="came in on the day it was closed"),
        pytest.param(local(12, 8, 30), {}, 12, 13, id="yesterday's workbook is due today"),
        pytest.param(local(12, 11, 59), {}, 12, 13, id="just before noon"),
        pytest.param(local(12, 12, 0), {}, 13, 14, id="at noon it is too late for today"),
        pytest.param(local(20, 9), {}, 20, 21, id="an order that arrives late gets its own deadlines"),
        pytest.param(local(20, 13), {}, 21, 22, id="late, in the afternoon"),
        pytest.param(local(11, 20), HOLIDAY, 13, 14, id="the next day is no service day"),
        pytest.param(local(12, 8), HOLIDAY, 13, 14, id="came in on a day that is no service day"),
        pytest.param(local(12, 13), HOLIDAY, 13, 14, id="the afternoon of a day that is no service day"),
    ],
)
def test_deadlines_of_an_order_closed_on_the_11th(entered, overrides, due, last_due):
    found = deadlines(
        closed_on=date(2026, 5, 11),
        entered_at=entered,
        calendar=ServiceCalendar(overrides=overrides),
        cutoff=time(12, 0),
        close_of_business=time(18, 0),
        zone=ZONE,
    )

    assert (found.due_at, found.last_due_at) == (local(due, 18), local(last_due, 18))


@pytest.mark.django_db
def test_change_of_the_calendar_moves_open_deadlines_and_their_callbacks():
    order = OrderFactory(day=date(2026, 5, 11))
    callback = make_callback(order, make_person("d", "dispatcher"))
    CalendarOverride.objects.create(day=date(2026, 5, 12), is_service_day=False)

    changed = recompute_open_deadlines(now=local(12, 9))

    order.refresh_from_db()
    callback.refresh_from_db()
    assert changed == 1
    assert (order.due_at, order.last_due_at) == (local(13, 18), local(14, 18))
    assert (callback.due_at, callback.calling_on) == (local(13, 18), date(2026, 5, 13))
    assert recompute_open_deadlines(now=local(12, 9)) == 0


@pytest.mark.django_db
def test_change_of_the_calendar_leaves_what_has_passed():
    order = OrderFactory(day=date(2026, 5, 11))
    callback = make_callback(order, make_person("d", "dispatcher"), CallbackState.REFUSED)
    CalendarOverride.objects.create(day=date(2026, 5, 13), is_service_day=False)

    recompute_open_deadlines(now=local(12, 19))

    order.refresh_from_db()
    callback.refresh_from_db()
    assert (order.due_at, order.last_due_at) == (local(12, 18), local(14, 18))
    assert callback.due_at == local(12, 18)


@pytest.mark.django_db
def test_change_of_the_calendar_after_d1_has_passed_leaves_d2_the_service_day_after_it():
    order = OrderFactory(day=date(2026, 5, 11))
    CalendarOverride.objects.create(day=date(2026, 5, 12), is_service_day=False)

    assert recompute_open_deadlines(now=local(12, 19)) == 0

    order.refresh_from_db()
    assert (order.due_at, order.last_due_at) == (local(12, 18), local(13, 18))


@pytest.mark.django_db
def test_without_deadline_looks_back_62_days_and_leaves_settled_months():
    now = local(12, 9)
    near = OrderFactory(day=looks_back_to(now), with_deadlines=False)
    OrderFactory(day=days.date(2026, 3, 10), with_deadlines=False)
    OrderFactory(day=date(2026, 4, 30), with_deadlines=False)
    Settlement.objects.create(month=date(2026, 4, 1), snapshot={}, policy={}, settled_at=now)

    assert list(without_deadline(now)) == [near]
