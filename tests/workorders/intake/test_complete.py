"""Completing incomplete orders (domain §3)."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from satisfaction.audit.models import AuditEvent
from satisfaction.core.errors import Refused
from tests.factories import CrewFactory, OrderFactory, TechnicianFactory, make_person
from workorders.intake.complete import Completion, complete_orders
from workorders.models import WorkOrder
from workorders.phones import phone_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    return OrderFactory(technician=None, reporter_phone="", kind="", with_deadlines=False)


def test_complete_fills_what_is_missing_and_enters_the_order(order):
    dispatcher, technician, now, entered = (
        make_person("d", "dispatcher"),
        TechnicianFactory(),
        timezone.now() - timedelta(days=1),
        [],
    )
    completion = Completion(order.pk, technician.crew, technician, "+86 138 0000 0001", "fault", "other")

    changed = complete_orders([completion], by=dispatcher, now=now, on_entry=entered.extend)

    order.refresh_from_db()
    assert changed == entered == [order]
    assert (order.crew, order.technician, order.kind) == (technician.crew, technician, "fault")
    assert (order.reporter_phone, order.reporter_phone_key) == ("13800000001", phone_key("13800000001"))
    assert order.channel == "hotline"  # already known, unchanged
    assert order.entered_at == now
    assert order.history.first().history_user == dispatcher


def test_complete_in_part_leaves_the_order_incomplete(order):
    crew = CrewFactory()

    complete_orders([Completion(order.pk, crew)], by=make_person("d", "dispatcher"), now=timezone.now())

    order.refresh_from_db()
    assert (order.crew, order.entered_at) == (crew, None)


def test_complete_twice_changes_nothing(order):
    person, completion = make_person("d", "dispatcher"), Completion(order.pk, CrewFactory())
    complete_orders([completion], by=person, now=timezone.now())

    again = complete_orders([completion], by=person, now=timezone.now())

    assert again == []


def test_complete_leaves_orders_of_others(order):
    complete_orders(
        [Completion(order.pk, CrewFactory())], by=make_person("f", "foreman"), now=timezone.now(), orders=[]
    )

    assert WorkOrder.objects.get(pk=order.pk).crew is None


@pytest.mark.parametrize("phone", ["138****0001", "无", "-", "12"])
def test_complete_with_a_phone_nobody_can_dial_is_refused(order, phone):
    with pytest.raises(Refused, match="不是可以拨打的号码"):
        complete_orders([Completion(order.pk, phone=phone)], by=make_person("d"), now=timezone.now())


def test_complete_never_touches_complete_orders():
    order = OrderFactory(day=date(2026, 5, 11))

    changed = complete_orders([Completion(order.pk, CrewFactory())], by=make_person("d"), now=timezone.now())

    assert changed == []


@pytest.mark.parametrize("is_own", [True, False])
def test_complete_keeps_that_the_crew_wrote_the_phone(order, is_own):
    technician, now = TechnicianFactory(), timezone.now() - timedelta(days=1)
    foreman = make_person("f", "foreman")
    completion = Completion(order.pk, technician.crew, technician, "13800001234", "fault", "hotline")
    crews = {technician.crew_id} if is_own else {technician.crew_id + 1}

    for _ in range(2):
        complete_orders([completion], by=foreman, now=now, writers_crews=crews)

    kept = list(AuditEvent.objects.values_list("kind", "by", "at", "subject_id", "details"))
    expected = {"phone": ["", "138****1234"], "by_crew": True}
    assert kept == [("number_changed", foreman.pk, now, order.pk, expected)] * is_own
