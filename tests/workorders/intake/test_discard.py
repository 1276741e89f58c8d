"""An admin discards an order imported by mistake (domain §3)."""

from datetime import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from satisfaction.audit.models import AuditEvent
from satisfaction.core.errors import NotAllowed, Refused
from tests.factories import OrderFactory, make_person, make_self_evaluation
from workorders.intake.discard import discard_order
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(datetime(2026, 5, 12, 9))


@pytest.fixture
def admin():
    return make_person("admin-1", "admin")


@pytest.fixture
def note():
    return OrderFactory(
        number="制表：张三",
        technician=None,
        closed_at=None,
        kind="",
        reporter_phone="13800001234",
        reporter_name="",
    )


def test_discarded_order_is_gone_and_the_audit_keeps_what_it_held(note, admin):
    discard_order(note, reason="表尾", by=admin, now=NOW)
    discard_order(note, reason="表尾", by=admin, now=NOW)

    event = AuditEvent.objects.get()
    assert not WorkOrder.objects.exists()
    assert (event.kind, event.by, event.at, event.about, event.reason) == (
        "order_discarded", admin, NOW, "制表：张三", "表尾",
    )  # fmt: skip
    assert event.details["reporter_phone"] == "138****1234"
    assert event.details["fault"] == "终端无显示"
    assert "13800001234" not in str(event.details)


@pytest.mark.parametrize("reason", ["", "  "])
def test_discarding_without_a_reason_is_refused(note, admin, reason):
    with pytest.raises(Refused, match="请写明原因"):
        discard_order(note, reason=reason, by=admin, now=NOW)


def test_closed_order_is_not_discarded(admin):
    with pytest.raises(Refused, match="已关闭，不能删除"):
        discard_order(OrderFactory(), reason="误入", by=admin, now=NOW)


def test_order_that_something_refers_to_is_not_discarded(note, admin):
    make_self_evaluation(note)

    with pytest.raises(Refused, match="已有评价"):
        discard_order(note, reason="误入", by=admin, now=NOW)

    assert (WorkOrder.objects.count(), AuditEvent.objects.count()) == (1, 0)


def test_nobody_but_an_admin_discards(note):
    with pytest.raises(NotAllowed):
        discard_order(note, reason="误入", by=make_person("h", "head"), now=NOW)


def test_page_discards_and_leads_on(client, note, admin):
    client.force_login(admin)
    address = reverse("orders:discard", args=[note.number])
    shown = address in client.get(reverse("orders:page", args=[note.number])).text

    answer = client.post(address, {"reason": "表尾"})

    assert (shown, answer.status_code, answer["Location"]) == (True, 302, reverse("orders:incomplete"))
    assert client.post(address, {"reason": "表尾"}).status_code == 404


def test_page_offers_it_for_no_closed_order_and_to_no_dispatcher(client, note, admin):
    closed = OrderFactory()
    client.force_login(admin)
    of_closed = client.get(reverse("orders:page", args=[closed.number])).text
    client.force_login(make_person("d", "dispatcher"))
    of_dispatcher = client.get(reverse("orders:page", args=[note.number])).text

    assert ("/discard/" in of_closed, "/discard/" in of_dispatcher) == (False, False)
    assert client.post(reverse("orders:discard", args=[note.number])).status_code == 403
