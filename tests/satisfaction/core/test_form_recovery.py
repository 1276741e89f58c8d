"""After a sign-out in the middle of a form, the typed text comes back to its author and to nobody else."""

import re

import pytest
from django.test import Client

from satisfaction.core.form_recovery import MAX_CHARACTERS
from tests.factories import make_person

pytestmark = pytest.mark.django_db
LOGIN, AGAIN, PATH = "/accounts/login/", "/accounts/again/", "/people/import/confirm/?x=1"
TYPED = {"reason": "报修人说很慢 <b>", "action": "submit", "csrfmiddlewaretoken": "x"}


@pytest.fixture
def person():
    return make_person("zhang", "head")


def sign_in(client, username="zhang"):
    return client.post(LOGIN, {"username": username, "password": "correct horse"})


def sign_out_behind(client):
    """The session ends silently: expired or cleaned up."""
    del client.cookies["sessionid"]


def test_form_sent_after_the_session_ended_is_offered_again(client, person):
    sign_in(client)
    sign_out_behind(client)

    asked = client.post(PATH, TYPED)
    signed_in = sign_in(client)
    page = client.get(signed_in["Location"])

    assert (asked.status_code, asked["Location"].startswith(LOGIN), signed_in["Location"]) == (
        302,
        True,
        AGAIN,
    )
    assert page.context["fields"] == [["reason", TYPED["reason"]], ["action", "submit"]]
    assert f'action="{PATH}"' in page.text and "报修人说很慢 &lt;b&gt;" in page.text
    assert "no-store" in page["Cache-Control"]


def test_kept_form_is_forgotten_once_it_was_sent(client, person):
    sign_in(client)
    sign_out_behind(client)
    client.post(PATH, TYPED)
    sign_in(client)

    client.post(PATH, TYPED)

    assert client.get(AGAIN)["Location"] == "/"


def test_somebody_else_does_not_get_the_form(client, person):
    make_person("li", "head")
    sign_in(client)
    sign_out_behind(client)
    client.post(PATH, TYPED)

    assert sign_in(client, "li")["Location"] == "/"
    assert client.get(AGAIN)["Location"] == "/"


@pytest.mark.parametrize(
    "typed",
    [{}, {"old_password": "secret"}, {"reason": "x" * (MAX_CHARACTERS + 1)}],
    ids=["none", "password", "flood"],
)
def test_passwords_and_floods_are_not_kept(client, person, typed):
    sign_in(client)
    sign_out_behind(client)
    client.post(PATH, typed)

    assert sign_in(client)["Location"] == "/"


def test_stranger_leaves_no_form_behind(client, person):
    client.post(PATH, TYPED)

    assert "kept_form" not in client.session


OURS = {"Origin": "http://testserver"}


def token_of(page):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]


def sign_in_by_form(client):
    token = token_of(client.get(LOGIN))
    data = {"username": "zhang", "password": "correct horse", "csrfmiddlewaretoken": token}
    return client.post(LOGIN, data, headers=OURS)


@pytest.fixture
def page(person):
    """A browser that checks tokens, signed in a second time, with a page loaded before."""
    client = Client(enforce_csrf_checks=True)
    sign_in_by_form(client)
    old = token_of(client.get("/accounts/password/"))
    sign_out_behind(client)
    sign_in_by_form(client)
    return client, old


def test_page_older_than_the_last_sign_in_gives_the_form_back(page):
    client, old = page

    ours = client.post(PATH, {**TYPED, "csrfmiddlewaretoken": old}, headers=OURS)

    assert ours.status_code == 403
    assert ours.context["fields"] == [("reason", TYPED["reason"]), ("action", "submit")]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://testserver:8001"},
        {"Origin": "http://elsewhere.example"},
        {"Referer": "http://testserver/"},
    ],
    ids=str,
)
def test_form_of_an_origin_that_is_not_ours_is_never_offered(page, headers):
    client, old = page

    response = client.post(PATH, {**TYPED, "csrfmiddlewaretoken": old}, headers=headers)

    assert (response.status_code, "报修人说很慢" in response.text) == (403, False)


@pytest.mark.parametrize("token", ["", "x", "x" * 64, "x" * 32])
def test_form_whose_token_was_never_ours_is_not_offered(page, token):
    client, _old = page

    response = client.post(PATH, {**TYPED, "csrfmiddlewaretoken": token}, headers=OURS)

    assert (response.status_code, "报修人说很慢" in response.text) == (403, False)
    assert "页面已过期" in response.text


@pytest.mark.parametrize("origin", ["null", "https://centre.example:8443"])
def test_refused_origin_names_the_settings(page, origin):
    client, _old = page

    signed_in = client.post(PATH, TYPED, headers={"Origin": origin})
    stranger = Client(enforce_csrf_checks=True).post(LOGIN, TYPED, headers={"Origin": origin})

    for response in (signed_in, stranger):
        assert (response.status_code, "页面已过期" in response.text) == (403, False)
        assert f"“{origin}”不受信任" in response.text and "CSRF_TRUSTED_ORIGINS" in response.text
        assert "本系统认为自己的地址是 http://testserver" in response.text
