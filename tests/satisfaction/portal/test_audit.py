"""The audit trail (domain §12), with §4 in force."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from evaluations.domain.self_evaluation import Answer, correct, rate
from evaluations.models import DoNotCall
from satisfaction.traces import sign
from tests.factories import OrderFactory, make_callback, make_lead, make_person
from workorders.domain.repeats import link_repeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_person("h", "head", name="负责人甲")


def trail(client, person, **query) -> str:
    client.force_login(person)
    return client.get(reverse("audit"), query).content.decode()


def test_audit_names_who_did_what_to_which_order(client, head):
    earlier = OrderFactory(number="A")
    later = OrderFactory(number="B", reported_at=earlier.closed_at)
    link_repeat(later, number="A", by=make_person("d", "dispatcher", name="调度甲"))

    content = trail(client, head)

    assert ("调度甲" in content, "原工单" in content, reverse("orders:page", args=["B"]) in content) == (
        True,
    ) * 3


def test_audit_keeps_a_corrected_self_evaluation_until_the_callback_is_published(client, head):
    now, foreman = timezone.now(), make_person("f", "foreman")
    order = OrderFactory(day=timezone.localdate() - timedelta(days=1), received_at=now)
    make_lead(order.crew, foreman)
    given = rate(order, by=foreman, answer=Answer(rating="satisfied"), now=now)
    correct(given, by=foreman, answer=Answer(rating="basically_satisfied"), reason="看错了", now=now)
    callback = make_callback(order, make_person("d", "dispatcher"))

    before = trail(client, head)
    callback.state, callback.ended_at = "refused", now
    callback.save()
    ended = trail(client, head)
    callback.published_at = now
    callback.save()
    after = trail(client, head)

    assert ["自评:满意 → 基本满意 · 看错了" in page for page in (before, ended, after)] == [
        False,
        False,
        True,
    ]


def test_audit_shows_one_week_at_a_time(client, head):
    order = OrderFactory(number="A")
    sign(order, by=head, reason="地点写错")
    order.reporter_location = "三号机房"
    order.save()

    assert "地点写错" in trail(client, head)
    assert "地点写错" not in trail(client, head, day="2020-01-01")


def test_audit_shows_do_not_call_without_the_number(client, head):
    DoNotCall.objects.create(
        phone="13800001234",
        phone_key="13800001234",
        name="站务",
        reason="要求不再来电",
        until_on=timezone.localdate(),
        by=head,
        at=timezone.now(),
    )

    content = trail(client, head)

    assert ("要求不再来电" in content, "13800001234" in content) == (True, False)


@pytest.mark.parametrize("role", ["technician", "foreman", "dispatcher", "lead"])
def test_audit_is_not_for_others(client, role):
    client.force_login(make_person("x", role))

    assert client.get(reverse("audit")).status_code == 403


def test_audit_takes_the_same_queries_for_1_and_30_acts(
    client, head, django_assert_num_queries, django_assert_max_num_queries
):
    orders = OrderFactory.create_batch(31)

    def change(some):
        for order in some:
            order.equipment = "交换机"
            order.save()

    change(orders[:1])
    client.force_login(head)
    with django_assert_max_num_queries(60) as one:
        client.get(reverse("audit"))
    change(orders[1:])

    with django_assert_num_queries(len(one)):
        client.get(reverse("audit"))
