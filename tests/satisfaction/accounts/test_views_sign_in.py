"""Signing in, lock-out, one-time links, passwords, language."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from satisfaction.accounts.models import User
from satisfaction.accounts.people import one_time_link
from tests.factories import make_person

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
PASSWORD = "correct horse"


@pytest.fixture
def person():
    return make_person("zhang", "technician", name="张工", email="zhang@centre.example")


def sign_in(client, username="zhang", password=PASSWORD):
    return client.post(LOGIN, {"username": username, "password": password})


def signed_in(client):
    return "_auth_user_id" in client.session


def open_link(client, person):
    """Follows the one-time link to its form; the token moves to the session."""
    response = client.get(one_time_link(person, site=""), follow=True)
    return response, response.redirect_chain[-1][0] if response.redirect_chain else ""


@pytest.mark.parametrize("username", ["zhang", "Zhang", "ZHANG"])
def test_sign_in_leads_home_whatever_the_case(client, person, username):
    response = sign_in(client, username)

    assert (response.status_code, response["Location"], signed_in(client)) == (302, "/", True)


def test_sign_in_leads_to_the_page_that_was_asked_for(client, person):
    asked = client.get("/accounts/roster/")

    response = client.post(asked["Location"], {"username": "zhang", "password": PASSWORD, "next": "/home/x/"})

    assert (asked["Location"], response["Location"]) == (
        "/accounts/login/?next=/accounts/roster/",
        "/home/x/",
    )


def test_sign_in_never_leads_to_a_strangers_page(client, person):
    data = {"username": "zhang", "password": PASSWORD, "next": "https://elsewhere.example/"}

    assert client.post(LOGIN, data)["Location"] == "/"


@pytest.mark.parametrize("username", ["x" * 151, "长" * 70_000])
def test_name_longer_than_any_is_as_wrong_as_another(client, person, username):
    response = sign_in(client, username)

    assert (response.status_code, signed_in(client)) == (200, False)
    assert "用户名或密码不对" in response.text


def test_wrong_password_says_what_to_do(client, person):
    response = sign_in(client, password="wrong")

    assert (response.status_code, signed_in(client)) == (200, False)
    assert "用户名或密码不对" in response.text


def test_deactivated_person_does_not_get_in(client, person):
    User.objects.filter(pk=person.pk).update(is_active=False)

    sign_in(client)

    assert not signed_in(client)


def test_deactivated_person_is_out_at_the_next_click(client, person):
    sign_in(client)
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert client.get("/")["Location"] == f"{LOGIN}?next=/"


def test_wrong_passwords_make_the_next_attempt_wait_whatever_the_case(client, person):
    answers = [sign_in(client, username, "wrong") for username in ("zhang", "ZHANG") * 5]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 6
    assert "密码连续输错的次数太多。请 10 秒后再试" in answers[4].text


def test_lock_out_of_one_does_not_touch_another(client, person):
    make_person("li")
    for _attempt in range(12):
        sign_in(client, password="wrong")

    assert sign_in(client, "li").status_code == 302


def test_sign_out_is_post_and_leads_to_the_sign_in_page(client, person):
    client.force_login(person)

    wrong, right = client.get("/accounts/logout/"), client.post("/accounts/logout/")

    assert (wrong.status_code, right.status_code, right["Location"]) == (405, 302, LOGIN)


def test_one_time_link_sets_the_password_and_opens_home(client, person):
    _page, form = open_link(client, person)

    response = client.post(form, {"new_password1": "brand new 1", "new_password2": "brand new 1"})

    person.refresh_from_db()
    assert (response["Location"], signed_in(client)) == ("/", True)
    assert person.check_password("brand new 1")


def test_one_time_link_used_twice_says_so(client, person):
    link = one_time_link(person, site="")
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"new_password1": "brand new 1", "new_password2": "brand new 1"})
    client.logout()

    response = client.get(link, follow=True)

    assert response.status_code == 410
    assert "这个链接不能再用了" in response.text


@pytest.mark.parametrize(("hours", "status"), [(71, 200), (73, 410)])
def test_one_time_link_is_valid_for_72_hours(client, person, hours, status):
    link = one_time_link(person, site="")

    with time_machine.travel(timezone.localtime() + timedelta(hours=hours)):
        assert client.get(link, follow=True).status_code == status


def test_one_time_link_of_somebody_deactivated_meanwhile_is_gone(client, person):
    link = one_time_link(person, site="")
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert client.get(link, follow=True).status_code == 410


def test_weak_password_is_not_taken(client, person):
    _page, form = open_link(client, person)

    response = client.post(form, {"new_password1": "12345678", "new_password2": "12345678"})

    assert (response.status_code, signed_in(client)) == (200, False)


def test_password_change_keeps_the_person_signed_in(client, person):
    client.force_login(person)
    data = {"old_password": PASSWORD, "new_password1": "brand new 1", "new_password2": "brand new 1"}

    response = client.post(reverse("accounts:password_change"), data)

    assert (response["Location"], signed_in(client)) == ("/", True)


def test_password_change_asks_an_outsider_to_sign_in(client):
    assert client.get(reverse("accounts:password_change"))["Location"].startswith(LOGIN)


def test_language_switch_stands_on_the_sign_in_page_and_holds(client):
    before = client.get(LOGIN).text

    switched = client.post("/language/", {"language": "en", "next": LOGIN})
    after = client.get(LOGIN).text

    assert (switched.status_code, switched["Location"]) == (302, LOGIN)
    assert ('lang="zh-Hans"' in before, '<html lang="en"' in after, "简体中文" in after) == (True, True, True)


def test_language_is_chinese_whatever_the_browser_prefers(client):
    assert '<html lang="zh-Hans"' in client.get(LOGIN, headers={"Accept-Language": "en"}).text


def test_pages_hold_no_inline_script_or_style(client, person):
    client.force_login(person)

    page = client.get("/")

    assert re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", page.text) == []
    assert "default-src 'self'" in page["Content-Security-Policy"]
