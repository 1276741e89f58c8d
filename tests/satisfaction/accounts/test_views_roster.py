"""The duty roster's pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from satisfaction.accounts.models import Absence
from tests.factories import make_person

pytestmark = pytest.mark.django_db
LIST, ADD = "/accounts/roster/", "/accounts/roster/add/"


@pytest.fixture
def lead(client):
    person = make_person("lead", "lead", name="陆调度")
    client.force_login(person)
    return person


@pytest.fixture
def dispatcher():
    return make_person("dispatcher", "dispatcher", name="王调度")


def absent(person, *, first=0, last=3):
    today = timezone.localdate()
    return Absence.objects.create(
        person=person, first_on=today + timedelta(first), last_on=today + timedelta(last)
    )


def test_list_shows_the_own_groups_absences(client, lead, dispatcher):
    absent(dispatcher)
    absent(make_person("manager", "manager", name="马经理"))

    page = client.get(LIST).text

    assert ("王调度" in page, "马经理" in page) == (True, False)


def test_list_hides_what_is_over_until_asked(client, lead, dispatcher):
    absent(dispatcher, first=-9, last=-8)

    hidden, shown = client.get(LIST).text, client.get(LIST + "?all=1").text

    assert ("没有登记的缺勤" in hidden, "已结束" in shown) == (True, True)


@pytest.mark.parametrize("rows", [1, 30])
def test_list_asks_the_same_number_of_queries(client, lead, django_assert_num_queries, rows):
    for number in range(rows):
        absent(make_person(f"d{number}", "dispatcher"))

    with django_assert_num_queries(9):
        client.get(LIST)


def test_add_enters_the_absence_by_the_lead(client, lead, dispatcher):
    today = timezone.localdate()

    response = client.post(
        ADD, {"person": dispatcher.pk, "first_on": today, "last_on": today, "reason": "培训"}
    )

    entered = Absence.objects.values_list("person", "first_on", "last_on", "reason", "entered_by").get()
    assert response["Location"] == LIST
    assert entered == (dispatcher.pk, today, today, "培训", lead.pk)


def test_add_says_why_it_was_refused(client, lead, dispatcher):
    data = {"person": dispatcher.pk, "first_on": "2020-01-01", "last_on": "2020-01-02"}

    page = client.post(ADD, data).text

    assert ("已经过去" in page, Absence.objects.count()) == (True, 0)


def test_add_does_not_offer_oneself_or_the_other_group(client, lead, dispatcher):
    manager = make_person("manager", "manager")
    today = timezone.localdate()

    for person in (lead, manager):
        client.post(ADD, {"person": person.pk, "first_on": today, "last_on": today})

    assert Absence.objects.count() == 0


def test_end_brings_the_person_back(client, lead, dispatcher):
    absence = absent(dispatcher, first=-2)

    response = client.post(f"/accounts/roster/{absence.pk}/end/")

    absence.refresh_from_db()
    assert (response["Location"], absence.last_on) == (LIST, timezone.localdate() - timedelta(1))


def test_end_of_another_groups_absence_is_not_found(client, lead):
    absence = absent(make_person("manager", "manager"))

    assert client.post(f"/accounts/roster/{absence.pk}/end/").status_code == 404


def test_end_is_post_only(client, lead, dispatcher):
    assert client.get(f"/accounts/roster/{absent(dispatcher).pk}/end/").status_code == 405


@pytest.mark.parametrize("address", [LIST, ADD])
@pytest.mark.parametrize("role", ["technician", "foreman", "dispatcher", "manager"])
def test_roster_is_closed_to_others(client, role, address):
    client.force_login(make_person("someone", role))

    assert client.get(address).status_code == 403


def test_outsider_is_asked_to_sign_in(client):
    assert client.get(LIST)["Location"] == f"/accounts/login/?next={LIST}"
