"""Signed out in the middle of a form: what was typed comes back to who typed it, and to nobody else."""

import pytest
from django.test import Client

from satisfaction.kept_forms import MOST_CHARACTERS
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
    """The session ends without a word: expired, or swept away."""
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
    [{}, {"old_password": "secret"}, {"reason": "x" * (MOST_CHARACTERS + 1)}],
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


def test_page_older_than_the_last_sign_in_gives_the_form_back(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)

    ours = client.post(PATH, TYPED, headers={"Origin": "http://testserver"})
    strangers = client.post(PATH, TYPED, headers={"Origin": "http://elsewhere.example"})

    assert (ours.status_code, ours.context["fields"]) == (
        403,
        [("reason", TYPED["reason"]), ("action", "submit")],
    )
    assert (strangers.status_code, TYPED["reason"] in strangers.text) == (403, False)
