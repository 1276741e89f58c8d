"""Completing incomplete orders, many on one page (domain §3, §12)."""

import pytest
from django.urls import reverse

from tests.factories import CrewFactory, OrderFactory, TechnicianFactory, make_lead, make_person
from workorders.enums import LeadKind
from workorders.models import PendingChange

pytestmark = pytest.mark.django_db


@pytest.fixture
def lacking():
    return OrderFactory(number="LACK", technician=None, with_deadlines=False)


def test_incomplete_orders_are_completed_on_one_page(client, lacking):
    second = OrderFactory(technician=None, with_deadlines=False)
    technician = TechnicianFactory()
    client.force_login(make_person("d", "dispatcher"))

    answer = client.post(
        reverse("orders:incomplete"),
        {
            f"o{lacking.pk}-crew": technician.crew_id,
            f"o{lacking.pk}-employee_no": technician.employee_no.lower(),
            f"o{second.pk}-crew": technician.crew_id,
        },
    )

    lacking.refresh_from_db()
    second.refresh_from_db()
    assert answer.status_code == 302
    assert (lacking.technician, lacking.entered_at is not None) == (technician, True)
    assert (second.crew, second.entered_at) == (technician.crew, None)


def test_incomplete_with_an_unknown_technician_says_so_and_keeps_what_was_typed(client, lacking):
    client.force_login(make_person("d", "dispatcher"))

    answer = client.post(reverse("orders:incomplete"), {f"o{lacking.pk}-employee_no": "NOBODY"})

    assert answer.status_code == 422
    assert "没有工号为“NOBODY”的维修人" in answer.content.decode()
    assert 'value="NOBODY"' in answer.content.decode()


def test_incomplete_shows_a_foreman_the_own_crews(client):
    mine, theirs = OrderFactory(kind="", with_deadlines=False), OrderFactory(kind="", with_deadlines=False)
    foreman = make_person("f", "foreman")
    make_lead(mine.crew, foreman)
    client.force_login(foreman)

    content = client.get(reverse("orders:incomplete")).content.decode()

    assert mine.number in content
    assert theirs.number not in content


def save(client, **typed: str):
    """Posts the page with the typed values, `o{pk}-{field}`."""
    return client.post(reverse("orders:incomplete"), typed)


def test_good_rows_are_saved_and_bad_ones_shown_again_as_typed(client, lacking):
    other = OrderFactory(number="PHONE", reporter_phone="", with_deadlines=False)
    technician = TechnicianFactory()
    client.force_login(make_person("d", "dispatcher"))

    answer = save(
        client, **{f"o{lacking.pk}-employee_no": technician.employee_no, f"o{other.pk}-phone": "无<1>"}
    )

    content = answer.content.decode()
    lacking.refresh_from_db()
    assert (answer.status_code, lacking.technician) == (422, technician)
    assert "不是可以拨打的号码" in content
    assert "本页其余的已经保存" in content
    assert 'value="无&lt;1&gt;"' in content
    assert "LACK" not in content


def test_rows_that_were_on_the_page_are_saved_whatever_came_in_meanwhile(client, lacking):
    technician = TechnicianFactory()
    OrderFactory.create_batch(
        31, technician=None, with_deadlines=False
    )  # newer: they fill a whole page before it
    client.force_login(make_person("d", "dispatcher"))

    save(client, **{f"o{lacking.pk}-employee_no": technician.employee_no})

    lacking.refresh_from_db()
    assert lacking.technician == technician


def test_row_that_somebody_else_completed_meanwhile_stays_and_that_is_said(client):
    done = OrderFactory()
    client.force_login(make_person("d", "dispatcher"))

    answer = save(client, **{f"o{done.pk}-phone": "13900000000"})

    assert "1 张工单已由别人补全,没有改动" in client.get(answer["Location"]).content.decode()
    assert done.reporter_phone == type(done).objects.get().reporter_phone


def test_nobody_makes_a_duplicate_by_completing(client):
    order = OrderFactory(kind="", with_deadlines=False)
    client.force_login(make_person("d", "dispatcher"))

    assert "重复登记" not in client.get(reverse("orders:incomplete")).content.decode()
    assert save(client, **{f"o{order.pk}-kind": "duplicate"}).status_code == 422


def test_deputy_completes_only_while_the_foreman_is_away(client):
    order = OrderFactory(kind="", with_deadlines=False)
    deputy = make_person("p", "deputy")
    make_lead(order.crew, deputy, LeadKind.DEPUTY)
    foreman = make_lead(order.crew, make_person("f", "foreman"))
    client.force_login(deputy)

    read = client.get(reverse("orders:incomplete")).content.decode()
    refused = save(client, **{f"o{order.pk}-kind": "fault"})
    foreman.delete()
    saved = save(client, **{f"o{order.pk}-kind": "fault"})

    order.refresh_from_db()
    assert (order.number in read, f"o{order.pk}-kind" in read) == (True, False)
    assert (refused.status_code, saved.status_code, order.kind) == (403, 302, "fault")


def test_foreman_writes_to_no_other_crew(client):
    order = OrderFactory(kind="", with_deadlines=False)
    foreman = make_person("f", "foreman")
    make_lead(CrewFactory(), foreman)
    client.force_login(foreman)

    save(client, **{f"o{order.pk}-kind": "fault"})

    order.refresh_from_db()
    assert order.kind == ""


def test_dispatcher_who_belongs_to_the_crew_completes_as_the_crew_does(client):
    own, other = (OrderFactory(kind="", entered_at=None, with_deadlines=False) for _ in range(2))
    person = make_person("d", "dispatcher", "deputy")
    make_lead(own.crew, person, LeadKind.DEPUTY)
    client.force_login(person)

    save(client, **{f"o{own.pk}-kind": "request", f"o{other.pk}-kind": "request"})

    own.refresh_from_db()
    other.refresh_from_db()
    assert (own.kind, other.kind) == ("", "request")
    assert PendingChange.objects.get().order == own


@pytest.mark.parametrize("role", ["manager", "head", "technician"])
def test_incomplete_is_not_for_others(client, role):
    client.force_login(make_person("x", role))

    assert client.get(reverse("orders:incomplete")).status_code == 403
