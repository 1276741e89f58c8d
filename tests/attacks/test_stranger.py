"""Attacks by somebody without an account, on the sign-in page or through a signed-in person."""

import re

import pytest
from django.core import mail
from django.test import Client

import satisfaction.accounts.tasks  # noqa: F401 (a worker has found it by then)
from evaluations.models import DoNotCall
from satisfaction.accounts.people import one_time_link
from tests.worlds.attacked_centre import Centre
from tests.worlds.crew import DAY

pytestmark = pytest.mark.django_db
LOGIN, RESET, PASSWORD = "/accounts/login/", "/accounts/password/forgotten/", "correct horse"
STRANGER, OWNER = "10.9.9.9", "10.1.1.1"


@pytest.fixture(autouse=True)
def behind_the_proxy(settings):
    """Settings of the shipped proxy: every request comes from 127.0.0.1 and names the client."""
    settings.PROXY_COUNT = 1
    settings.SITE_URL = "https://centre.example"


def signs_in(username: str, password: str = "wrong", *, address: str = STRANGER):
    data = {"username": username, "password": password}
    return Client().post(LOGIN, data, headers={"X-Forwarded-For": address})


def test_locking_out_the_head_behind_the_proxy_fails_and_is_on_record(centre):
    """After thirty wrong passwords for the head's account, the head can still sign in from their own desk."""
    answers = [signs_in("head").status_code for _ in range(30)]

    assert answers == [200] * 4 + [429] * 26
    assert signs_in("head", PASSWORD, address=OWNER).status_code == 302
    assert centre.head_sees("登录失败", "head", STRANGER)
    assert centre.head_sees("登录被限制", STRANGER)


def test_forging_the_clients_address_does_not_start_the_count_anew(centre):
    for number in range(5):
        signs_in("head", address=f"192.0.2.{number}, {STRANGER}")

    assert signs_in("head", PASSWORD, address=f"192.0.2.77, {STRANGER}").status_code == 429


def test_spraying_one_password_over_many_names_is_limited(centre):
    answers = [signs_in(f"w{number:03}").status_code for number in range(60)]

    assert answers == [200] * 49 + [429] * 11
    assert signs_in("lead", PASSWORD, address=OWNER).status_code == 302
    assert centre.head_sees("登录被限制", STRANGER, "50")


def test_reset_mails_lead_to_our_site_and_are_few(centre):
    """A stranger asks seven times, with another host and port."""
    centre.head.email = "head@centre.example"
    centre.head.save()
    for _ in range(7):
        centre.at_once(
            lambda: Client().post(RESET, {"email": centre.head.email}, headers={"Host": "localhost:6666"})
        )
    unknown = Client().post(RESET, {"email": "nobody@centre.example"})
    known = Client().post(RESET, {"email": centre.head.email})

    assert len(mail.outbox) == 3
    assert {re.search(r"https?://([^/\s]+)", one.body)[1] for one in mail.outbox} == {"centre.example"}
    assert (unknown.status_code, unknown["Location"]) == (known.status_code, known["Location"])
    assert centre.head_sees("签发一次性链接", "head", "邮件")


@pytest.mark.parametrize("origin", ["null", "http://testserver:8001", "http://elsewhere.example"])
def test_form_of_another_site_is_not_offered_for_one_click(centre, origin):
    """A page on the neighbouring port posts a do-not-call entry as the head after one click."""
    head = Client(enforce_csrf_checks=True)
    head.force_login(centre.head)
    entry = {
        "phone": "13800004414",
        "reason": "要求",
        "until_on": "2026-12-31",
        "csrfmiddlewaretoken": "x" * 64,
    }

    answer = head.post("/do-not-call/", entry, headers={"Origin": origin})

    assert answer.status_code == 403
    assert "13800004414" not in answer.content.decode() and "要求" not in answer.content.decode()
    assert not DoNotCall.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "trace", "patch", "options"])
def test_other_methods_are_answered_405(centre, method):
    callback = centre.desk.callback()

    answers = {
        getattr(centre.browser(centre.head), method)(address).status_code
        for address in ("/", "/orders/", f"/orders/{callback.order.number}/", "/do-not-call/", "/audit/")
    }

    assert answers == {405}


def test_foreign_host_header_is_refused(settings):
    settings.ALLOWED_HOSTS = ["testserver"]

    assert Client().get(LOGIN, headers={"Host": "evil.example"}).status_code == 400


def test_without_an_account_every_page_leads_to_the_sign_in(centre):
    callback = centre.desk.callback()
    addresses = [
        *(
            "/",
            "/orders/",
            f"/orders/{callback.order.number}/",
            "/desk/",
            "/audit/",
            "/exports/",
            "/imports/",
        ),
        *(f"/draws/{DAY}/", "/admin/", f"/desk/{callback.pk}/number/"),
    ]

    answers = [Client().get(address) for address in addresses]

    assert {answer.status_code for answer in answers} == {302}
    assert all(answer["Location"].startswith(LOGIN) or "/login/" in answer["Location"] for answer in answers)


def test_back_button_of_a_shared_machine_shows_nothing(centre):
    """Browsers store no page with phone numbers, and a session expires by itself."""
    page = centre.browser(centre.head).get("/orders/")

    assert "no-store" in page["Cache-Control"]


def test_one_time_link_works_once(centre: Centre):
    link = one_time_link(centre.head, site="")
    client = Client()
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"new_password1": "brand new 1", "new_password2": "brand new 1"})

    assert Client().get(link, follow=True).status_code == 410
