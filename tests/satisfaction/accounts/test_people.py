"""Roles, active and former people, one-time links (domain §12)."""

import pytest

from satisfaction.accounts.models import User
from satisfaction.accounts.people import deactivate, one_time_link, reactivate, set_roles, with_implied
from satisfaction.core.errors import Refused
from satisfaction.core.roles import Role
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "held", "group"),
    [
        ([], set(), ""),
        (["technician"], {"technician"}, ""),
        (["foreman", "technician"], {"foreman", "technician"}, ""),
        (["dispatcher"], {"dispatcher"}, "dispatcher"),
        (["lead"], {"lead", "dispatcher"}, "dispatcher"),
        (["manager"], {"manager"}, "manager"),
        (["head", "admin"], {"head", "manager", "admin"}, "manager"),
        (["lead", "foreman", "admin"], {"lead", "dispatcher", "foreman", "admin"}, "dispatcher"),
    ],
)
def test_set_roles_gives_the_roles_and_what_they_imply(given, held, group):
    person = make_person("zhang")

    set_roles(person, given, by=None)

    person = User.objects.get(pk=person.pk)
    assert (person.group_roles(), person.caller_group, person.is_staff) == (held, group, "admin" in held)


@pytest.mark.parametrize("given", [["dispatcher", "manager"], ["lead", "manager"], ["dispatcher", "head"]])
def test_set_roles_refuses_both_caller_groups_and_changes_nothing(given):
    person = make_person("zhang", "technician")

    with pytest.raises(Refused, match="一个回访组"):
        set_roles(person, given, by=None)

    assert User.objects.get(pk=person.pk).roles == {"technician"}


def test_set_roles_takes_away_what_is_not_named():
    person = make_person("zhang", "lead", "foreman")

    person = set_roles(person, ["technician"], by=None)

    assert (person.roles, person.caller_group) == ({"technician"}, "")


def test_set_roles_leaves_a_trace_of_who_and_what():
    admin, person = make_person("admin", "admin"), make_person("zhang")

    set_roles(person, ["lead"], by=admin)

    trace = person.history.first()
    assert (trace.history_user, trace.history_change_reason) == (admin, "角色:调度长、调度")


def test_set_roles_twice_leaves_one_trace():
    person = make_person("zhang")
    set_roles(person, ["foreman"], by=None)
    traces = person.history.count()

    set_roles(person, ["foreman"], by=None)

    assert person.history.count() == traces


def test_set_roles_keeps_the_last_active_admin():
    only = make_person("admin", "admin")
    make_person("former", "admin", is_active=False)

    with pytest.raises(Refused, match="至少要保留一名系统管理员"):
        set_roles(only, ["manager"], by=only)


def test_set_roles_lets_an_admin_go_when_a_superuser_remains():
    person = make_person("admin", "admin")
    User.objects.create_superuser("root", name="根", password="x")

    person = set_roles(person, [], by=None)

    assert (person.roles, person.is_staff) == (frozenset(), False)


def test_superuser_has_the_role_admin():
    root = User.objects.create_superuser("root", name="根", password="x")

    assert root.roles == {Role.ADMIN}


def test_with_implied_refuses_an_unknown_role():
    with pytest.raises(ValueError, match="emperor"):
        with_implied(["emperor"])


def test_deactivate_twice_is_done_once_and_reactivate_restores():
    admin, person = make_person("admin", "admin"), make_person("zhang", "foreman")

    person = deactivate(deactivate(person, by=admin), by=admin)
    traces = [trace.history_change_reason for trace in person.history.all()]
    person = reactivate(person, by=admin)

    assert (traces.count("停用"), person.is_active, person.roles) == (1, True, {"foreman"})


def test_deactivate_refuses_oneself():
    admin = make_person("admin", "admin")
    make_person("second", "admin")

    with pytest.raises(Refused, match="不能停用自己"):
        deactivate(admin, by=admin)


def test_deactivate_refuses_the_last_admin():
    with pytest.raises(Refused, match="至少要保留一名系统管理员"):
        deactivate(make_person("admin", "admin"), by=None)


def test_one_time_link_leads_to_our_site():
    link = one_time_link(make_person("zhang"), site="https://centre.example")

    assert link.startswith("https://centre.example/accounts/password/")


def test_one_time_link_of_a_deactivated_person_is_refused():
    with pytest.raises(Refused, match="已停用"):
        one_time_link(make_person("zhang", is_active=False))


@pytest.mark.parametrize(
    ("asked", "found"), [("ZHANG", "zhang"), ("zhang", "zhang"), ("Li", "Li"), ("LI", None), ("wang", None)]
)
def test_named_finds_whatever_the_case_unless_ambiguous(asked, found):
    for username in ("zhang", "Li", "li"):
        make_person(username)

    person = User.objects.named(asked)

    assert (person and person.username) == found
