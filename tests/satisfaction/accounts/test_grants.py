"""The roles head and admin need a second person if there is one; a command on the server does not."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction

from satisfaction.accounts.enums import GrantState
from satisfaction.accounts.grants import confirm_grant, decline_grant
from satisfaction.accounts.models import RoleGrant, User
from satisfaction.accounts.people import set_roles
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.roles import Role
from satisfaction.scheduler.reminders.office import grant_reminders
from satisfaction.scheduler.reminders.staff import load_present_staff
from tests.factories import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
NOW = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)
PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def boss():
    return make_person("boss", "admin", name="管理")


@pytest.fixture
def head():
    return make_person("wu", "head", name="吴")


@pytest.fixture
def person():
    return make_person("zhang", "technician", name="张")


@pytest.fixture
def grant(boss, head, person):
    set_roles(person, ["technician", "head"], by=boss, now=NOW)
    return RoleGrant.objects.get()


def roles_of(person):
    return User.objects.get(pk=person.pk).roles


def kinds():
    return list(AuditEvent.objects.order_by("id").values_list("kind", flat=True))


def test_role_head_waits_and_the_other_roles_are_given(boss, head, person):
    set_roles(person, ["foreman", "head"], by=boss, now=NOW)
    set_roles(person, ["foreman", "head"], by=boss, now=NOW)

    assert roles_of(person) == {"foreman"}
    assert RoleGrant.objects.values_list("person__name", "role", "asked_by__name").get() == (
        "张",
        "head",
        "管理",
    )
    assert kinds() == [AuditKind.ROLE_ASKED, AuditKind.ROLES_CHANGED]


def test_admin_does_not_give_himself_the_role_head(boss, head):
    set_roles(boss, ["admin", "head"], by=boss, now=NOW)

    with pytest.raises(NotAllowed):
        confirm_grant(RoleGrant.objects.get(), by=boss, now=NOW)
    assert roles_of(boss) == {"admin"}


def test_second_person_gives_the_role_once(grant, head, person):
    confirm_grant(grant, by=head, now=NOW)
    confirm_grant(grant, by=head, now=NOW)

    assert roles_of(person) == {"technician", "head", "manager"}
    assert kinds()[-2:] == [AuditKind.ROLES_CHANGED, AuditKind.CONFIRMED]


@pytest.mark.parametrize("who", ["boss", "person", "stranger"])
def test_nobody_else_gives_the_role(grant, boss, person, who):
    people = {"boss": boss, "person": person, "stranger": make_person("li", "manager")}

    with pytest.raises(NotAllowed):
        confirm_grant(grant, by=people[who], now=NOW)
    assert roles_of(person) == {"technician"}


@pytest.mark.parametrize("who", ["boss", "head"])
def test_second_person_declines_and_who_asked_takes_back(grant, boss, head, person, who):
    by = {"boss": boss, "head": head}[who]
    decline_grant(grant, by=by, now=NOW)
    decline_grant(grant, by=by, now=NOW)

    with pytest.raises(Refused):
        confirm_grant(grant, by=head, now=NOW)
    assert (roles_of(person), kinds().count(AuditKind.DECLINED)) == ({"technician"}, 1)


def test_grant_to_somebody_deactivated_or_of_the_other_group_is_refused(grant, head, person):
    User.objects.filter(pk=person.pk).update(is_active=False)
    with pytest.raises(Refused, match="停用"):
        confirm_grant(grant, by=head, now=NOW)
    User.objects.filter(pk=person.pk).update(is_active=True)
    set_roles(person, ["dispatcher"], by=None)
    with pytest.raises(Refused, match="一个回访组"):
        confirm_grant(grant, by=head, now=NOW)


def test_only_admin_gives_the_role_at_once(boss, person):
    set_roles(person, ["head"], by=boss, now=NOW)

    assert roles_of(person) == {"head", "manager"}


def test_roles_that_one_has_already_wait_for_nobody(boss, head):
    set_roles(head, ["head", "foreman"], by=boss, now=NOW)

    assert (roles_of(head), RoleGrant.objects.count()) == ({"head", "manager", "foreman"}, 0)


def test_database_refuses_a_grant_confirmed_by_who_asked(grant, boss):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.update(state=GrantState.CONFIRMED, decided_by=boss, decided_at=NOW)


def test_reminder_goes_to_those_who_may_decide(grant, head):
    second = make_person("su", "admin")

    assert {reminder.person for reminder in grant_reminders(load_present_staff(NOW))} == {head.pk, second.pk}


def test_page_lets_the_second_person_confirm(client, grant, boss, head, person):
    client.force_login(boss)
    asked = client.get("/accounts/grants/").text
    refused = client.post(f"/accounts/grants/{grant.pk}/", {"decision": "confirm"}).status_code
    client.force_login(head)
    offered = client.get("/accounts/grants/").text
    client.post(f"/accounts/grants/{grant.pk}/", {"decision": "confirm"})

    assert ("确认授予" in asked, "撤回" in asked, refused) == (False, True, 403)
    assert "确认授予" in offered
    assert roles_of(person) == {"technician", "head", "manager"}


def test_admin_site_says_that_the_role_waits(client, boss, head, person):
    client.force_login(boss)
    data = {"username": "zhang", "name": "张", "roles": ["technician", "admin"]}

    page = client.post(f"{PEOPLE}{person.pk}/change/", data, follow=True).text

    assert "等另一名系统管理员或科室负责人确认" in page
    assert roles_of(person) == {"technician"}


def test_upload_needs_the_second_person_and_the_command_does_not(client, boss, head, tmp_path):
    content = "username,name,roles\nlu,陆,head\n"
    client.force_login(boss)
    upload = SimpleUploadedFile("people.csv", content.encode())
    preview = client.post("/people/import/", {"file": upload})
    page = client.post("/people/import/confirm/", {"payload": preview.context["payload"]}, follow=True)
    by_upload = Role.HEAD in roles_of(User.objects.get(username="lu"))
    path = tmp_path / "people.csv"
    path.write_text(content)
    call_command("import_people", str(path))

    assert "这些角色等另一名系统管理员或科室负责人确认:陆: 科室负责人。" in preview.text
    assert "这些角色等另一名系统管理员或科室负责人确认:陆: 科室负责人。" in page.text
    assert (by_upload, Role.HEAD in roles_of(User.objects.get(username="lu"))) == (False, True)
