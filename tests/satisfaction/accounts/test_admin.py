"""The admin site: admins only; people are changed by our rules and never deleted (domain §12)."""

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.core.management import call_command
from django.urls import reverse

from satisfaction.accounts.models import User
from satisfaction.calendars.models import CalendarOverride
from tests.factories import make_person

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def boss(client):
    person = make_person("boss", "admin", name="管理")
    client.force_login(person)
    return person


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), *[(role, 403) for role in ("technician", "foreman", "lead", "manager", "head")]],
)
def test_admin_site_is_open_to_the_role_admin_alone(client, role, status):
    client.force_login(make_person("someone", role))

    assert client.get("/admin/", follow=True).status_code == status


def test_admin_site_sends_outsiders_to_our_sign_in_page(client):
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


def test_every_list_and_form_of_the_site_opens(client, boss):
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages = [reverse(f"{name}_changelist")]
        if model_admin.has_add_permission(type("Request", (), {"user": boss})()):
            pages.append(reverse(f"{name}_add"))
        assert [client.get(page).status_code for page in pages] == [200] * len(pages), name


def test_person_is_added_with_roles_and_without_a_password(client, boss):
    data = {"username": "lu", "name": "陆", "phone": "", "email": "", "roles": ["lead"]}

    response = client.post(PEOPLE + "add/", data)

    person = User.objects.get(username="lu")
    assert response.status_code == 302
    assert (person.roles, person.caller_group) == ({"lead", "dispatcher"}, "dispatcher")
    assert not person.has_usable_password()


def test_user_name_is_taken_whatever_the_case(client, boss):
    page = client.post(PEOPLE + "add/", {"username": "BOSS", "name": "另一个", "roles": []}).text

    assert ("不分大小写" in page, User.objects.count()) == (True, 1)


def test_both_caller_groups_are_refused_on_the_form(client, boss):
    person = make_person("zhang", "technician")
    data = {"username": "zhang", "name": "张", "roles": ["lead", "manager"]}

    page = client.post(f"{PEOPLE}{person.pk}/change/", data).text

    assert "一个回访组" in page
    assert User.objects.get(pk=person.pk).roles == {"technician"}


def test_user_name_is_kept_in_the_width_in_which_one_signs_in(client, boss):
    client.post(PEOPLE + "add/", {"username": " ｌｕ１ ", "name": "陆", "roles": ["lead"]})
    again = client.post(PEOPLE + "add/", {"username": "LU１", "name": "另一个", "roles": []}).text

    assert list(User.objects.exclude(pk=boss.pk).values_list("username", flat=True)) == ["lu1"]
    assert "不分大小写" in again


def test_last_admin_is_not_locked_out(client, boss):
    data = {"username": "boss", "name": "改名", "roles": ["head"]}

    form = client.post(f"{PEOPLE}{boss.pk}/change/", data)
    action = client.post(PEOPLE, {"action": "deactivate_people", "_selected_action": [boss.pk]}, follow=True)

    boss = User.objects.get(pk=boss.pk)
    assert (form.status_code, "至少要保留一名系统管理员" in form.text) == (200, True)
    assert "不能停用自己的账号" in action.text
    assert (boss.roles, boss.is_active, boss.name) == ({"admin"}, True, "管理")


def test_another_admin_may_take_over(client, boss):
    make_person("second", "admin")

    client.post(f"{PEOPLE}{boss.pk}/change/", {"username": "boss", "name": "管理", "roles": ["manager"]})

    assert User.objects.get(pk=boss.pk).roles == {"manager"}


def test_nothing_is_deleted_but_what_nothing_refers_to(client, boss):
    """Only calendar exceptions and failed sign-ins can be deleted, one at a time or many at once."""
    deletable = {
        model
        for model, its_admin in admin.site._registry.items()
        if its_admin.has_delete_permission(type("Request", (), {"user": boss})())
    }

    assert deletable == {CalendarOverride, AccessAttempt}


def test_people_are_deactivated_not_deleted(client, boss):
    person = make_person("zhang", "technician")

    deleted = client.post(f"{PEOPLE}{person.pk}/delete/", {"post": "yes"})
    client.post(PEOPLE, {"action": "deactivate_people", "_selected_action": [person.pk]})

    person.refresh_from_db()
    assert (deleted.status_code, person.is_active) == (403, False)


def test_one_time_links_are_shown_once_for_active_people(client, boss):
    people = [make_person("zhang", name="张工"), make_person("gone", name="走了", is_active=False)]

    page = client.post(PEOPLE, {"action": "make_links", "_selected_action": [p.pk for p in people]})

    assert ("张工" in page.text, "走了" in page.text, "no-store" in page["Cache-Control"]) == (
        True,
        False,
        True,
    )
    assert page.text.count("http://testserver/accounts/password/") == 1


def test_list_of_people_asks_the_same_number_of_queries(client, boss, django_assert_max_num_queries):
    for number in range(30):
        make_person(f"p{number}", "lead")

    with django_assert_max_num_queries(10):
        client.get(PEOPLE)


def test_calendar_override_says_who_entered_it(client, boss):
    client.post("/admin/calendars/calendaroverride/add/", {"day": "2026-10-01", "name": "国庆"})

    override = CalendarOverride.objects.get()
    assert (str(override.day), override.is_service_day, override.entered_by) == ("2026-10-01", False, boss)


def test_createsuperuser_gives_the_first_admin(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse")

    call_command("createsuperuser", "--noinput", "--username", "first", "--name", "首位", verbosity=0)

    client.post("/accounts/login/", {"username": "first", "password": "correct horse"})
    assert (client.get("/admin/").status_code, "系统管理员" in client.get("/").text) == (200, True)
