"""Home pages and navigation show only what the roles may use (domain §12)."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from satisfaction.accounts.people import set_roles
from satisfaction.core.roles import Role
from satisfaction.portal.navigation import Navigation
from satisfaction.portal.places import PLACES, TABS, home_roles
from tests.factories import TechnicianFactory, make_person
from tests.worlds.crew import AFTER_D2, make_stage

pytestmark = pytest.mark.django_db


def navigation(person, path="/"):
    request = RequestFactory().get(path)
    request.user = person
    return Navigation(request)


def labels(items):
    return [str(item.label) for item in items]


@pytest.mark.parametrize(
    ("roles", "homes"),
    [
        (set(), []),
        ({"technician"}, ["technician"]),
        ({"deputy"}, ["foreman"]),
        ({"lead", "dispatcher"}, ["lead"]),
        ({"head", "manager", "admin"}, ["head", "admin"]),
        ({"technician", "admin", "foreman", "dispatcher"}, ["dispatcher", "foreman", "admin", "technician"]),
    ],
)
def test_home_roles_follow_the_order_of_the_plan(roles, homes):
    assert home_roles(frozenset(roles)) == homes


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_home(client, role):
    client.force_login(make_person("person", role, name="某人"))

    page = client.get("/")

    assert page.status_code == 200
    assert str(role.label) in page.text


def test_person_without_a_role_is_told_what_to_do(client):
    client.force_login(make_person("person"))

    assert "您的账号还没有角色" in client.get("/").text


def test_further_homes_are_in_the_navigation():
    person = make_person("person", "dispatcher", "foreman", "admin")

    homes = [item.url for item in navigation(person).items if item.place.key.startswith("home_")]

    assert homes == ["/home/foreman/", "/home/admin/"]


@pytest.mark.parametrize(("role", "status"), [("foreman", 200), ("lead", 403), ("nonsense", 403)])
def test_home_of_another_role_is_closed(client, role, status):
    client.force_login(make_person("person", "dispatcher", "foreman"))

    assert client.get(f"/home/{role}/").status_code == status


def test_home_is_read_only(client):
    client.force_login(make_person("person", "admin"))

    assert client.post("/").status_code == 405


def test_outsider_is_asked_to_sign_in(client):
    assert client.get("/")["Location"] == "/accounts/login/?next=/"


@pytest.mark.parametrize(
    ("role", "may"), [("admin", True), ("lead", False), ("foreman", False), ("technician", False)]
)
def test_navigation_shows_the_admin_site_to_admins_alone(role, may):
    assert ("系统管理" in labels(navigation(make_person("person", role)).items)) is may


def test_exactly_the_page_one_is_on_is_marked():
    person = make_person("person", "lead")

    marked = {
        path: [item.place.key for item in navigation(person, path).items if item.is_active]
        for path in ("/", "/accounts/roster/", "/accounts/roster/add/", "/elsewhere/")
    }

    assert marked == {
        "/": ["home"],
        "/accounts/roster/": ["roster"],
        "/accounts/roster/add/": ["roster"],
        "/elsewhere/": [],
    }


def test_role_names_leave_out_what_is_implied():
    assert navigation(make_person("person", "lead", "admin")).role_names == "调度长 · 系统管理员"


def test_counters_are_asked_once_before_the_navigation_is_shown(monkeypatch):
    asked = []
    monkeypatch.setattr(Navigation, "counters", {"roster": lambda user: asked.append(user) or 3})
    person = make_person("person", "lead")

    items = {item.place.key: item for item in navigation(person).items}
    shown = (items["roster"].count, items["roster"].count, items["home"].count)

    assert (shown, asked) == ((3, 3, 0), [person])


@pytest.mark.parametrize(("headers", "counted"), [({}, 1), ({"HX-Request": "true"}, 0)])
def test_a_part_of_a_page_counts_nothing(client, monkeypatch, headers, counted):
    asked = []
    monkeypatch.setattr(Navigation, "counters", {"notices": lambda user: asked.append(user) or 3})
    stage = make_stage()
    order = stage.order()
    client.force_login(stage.foreman)

    page = client.get(reverse("orders:deadlines", args=[order.number]), headers=headers)

    assert (page.status_code, len(asked)) == (200, counted)


def test_tabs_name_places_that_the_role_may_use():
    by_key = {place.key: place for place in PLACES}

    wrong = [(role, key) for role, keys in TABS.items() for key in keys if role not in by_key[key].roles]

    assert (wrong, max(len(keys) for keys in TABS.values())) == ([], 4)


def test_who_leads_a_crew_and_repairs_sees_the_own_published_orders_as_technician(client, time_machine):
    time_machine.move_to(AFTER_D2, tick=False)
    stage = make_stage()
    set_roles(stage.foreman, [Role.FOREMAN, Role.TECHNICIAN], by=None)
    own = stage.order(technician=TechnicianFactory(crew=stage.crew, user=stage.foreman))
    stage.called(own)
    stage.called(stage.order())
    client.force_login(stage.foreman)

    page = client.get(reverse("home_of", args=["technician"]))

    assert [row.order for row in page.context["rows"]] == [own]
