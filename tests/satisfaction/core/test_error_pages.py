"""Pages for refusals and errors: a sentence, a way back, never a traceback."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import include, path
from django.views.decorators.http import require_POST

from satisfaction.accounts.models import User
from satisfaction.core.errors import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.satisfaction.core.test_error_pages")]
SENTENCE = "该工单已截止,请联系调度长。"
RAISED = {
    "refused": Refused(SENTENCE),
    "denied": PermissionDenied(),
    "gone": Http404(),
    "odd": SuspiciousOperation(),
    "broken": ZeroDivisionError("secret detail"),
}


def raising(request, what):
    raise RAISED[what]


@require_POST
def form_only(request):
    return HttpResponse("done")


def fine(request):
    return HttpResponse("fine")


urlpatterns = [
    path("raise/<str:what>", raising),
    path("fine", fine),
    path("form-only", form_only),
    path("", include("satisfaction.urls")),
]
handler400 = "satisfaction.core.error_pages.bad_request"
handler403 = "satisfaction.core.error_pages.permission_denied"
handler404 = "satisfaction.core.error_pages.not_found"
handler500 = "satisfaction.core.error_pages.server_error"


@pytest.fixture
def client():
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create(username="zhang", name="张"))
    return client


def test_refusal_is_a_page_with_the_sentence_and_the_way_back(client):
    response = client.get("/raise/refused", headers={"Referer": "http://testserver/orders?page=2"})

    assert response.status_code == 422
    assert SENTENCE in response.text
    assert 'href="/orders?page=2"' in response.text or "http://testserver/orders?page=2" in response.text


def test_refusal_never_leads_to_a_strangers_page(client):
    response = client.get("/raise/refused", headers={"Referer": "https://elsewhere.example/"})

    assert "elsewhere.example" not in response.text
    assert (response.status_code, response.context["back"]) == (422, "/")


def test_refusal_of_a_partial_request_is_a_sentence_for_the_page(client):
    response = client.get("/raise/refused", headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Retarget"], response["HX-Reswap"]) == (
        422,
        "#notices",
        "innerHTML",
    )
    assert f"<span>{SENTENCE}</span>" in response.text
    assert "<html" not in response.text


@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        ("denied", 403, "您没有权限进行此操作。"),
        ("gone", 404, "找不到这个页面"),
        ("odd", 400, "请求有误"),
        ("broken", 500, "系统出错"),
    ],
)
def test_error_is_a_page_in_words(client, what, status, words):
    response = client.get(f"/raise/{what}")

    assert (response.status_code, words in response.text) == (status, True)
    assert "secret detail" not in response.text


@pytest.mark.parametrize("address", ["/fi%00ne", "/fine?crew=%00", "/orders/%00/", "/orders/?q=a%00b"])
def test_address_with_a_character_that_no_address_holds_is_a_bad_request(client, address):
    response = client.get(address)

    assert (response.status_code, "请求有误" in response.text) == (400, True)


def test_not_found_without_sign_in_is_a_page_too():
    response = Client().get("/nowhere")

    assert (response.status_code, "找不到这个页面" in response.text) == (404, True)


def test_post_from_a_page_left_open_too_long_is_told_so(client):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies

    response = strict.post("/fine")

    assert response.status_code == 403
    assert "页面已过期,刚才的操作没有保存。" in response.text


def test_partial_request_after_signing_out_sends_the_whole_page_to_the_sign_in():
    response = Client().get("/fine", headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert response["HX-Redirect"].startswith("/accounts/login/?next=")


def test_opening_what_only_takes_a_form_is_answered_in_words(client):
    response = client.get("/form-only")

    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "这个地址只处理页面上的提交" in response.text


@pytest.mark.parametrize(("what", "status"), [("odd", 400), ("broken", 500)])
@pytest.mark.parametrize(("language", "lang"), [("zh-hans", "zh-Hans"), ("en", "en")])
def test_bare_error_page_is_styled_and_in_the_readers_language(client, what, status, language, lang):
    client.cookies["django_language"] = language

    response = client.get(f"/raise/{what}")

    assert response.status_code == status
    assert f'<html lang="{lang}">' in response.text and 'href="/static/css/base.css"' in response.text
