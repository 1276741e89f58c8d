"""A form that came too late is not lost: signed out meanwhile, or the page was older than the last sign-in.

What was typed is shown again to the same person, who sends it once more; nothing is ever sent by itself. Only a form of
our own pages is shown again: its origin is ours, and its token was ours before the last sign-in.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware import csrf
from django.shortcuts import render

from .requests import SignInRequest

FORM_KEY = "kept_form"
PERSON_COOKIE = "last_person"
SALT = "satisfaction.kept_forms"  # as cookies in use were signed
SECRETS_KEY = "csrf_secrets_before"  # of this browser, before its last sign-ins
MAX_SECRETS = 3
COOKIE_MAX_AGE = 56 * 24 * 3600  # seconds
MAX_CHARACTERS = 100_000
EXCLUDED_FIELDS = ("csrfmiddlewaretoken", "password")


class LoginRequiredKeepingForm(LoginRequiredMiddleware):
    """Sends who is signed out to the sign-in page, as ever, and keeps the form that was sent."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseRedirect:
        if request.method == "POST" and not getattr(request, "htmx", False):
            keep_form(request)
        return super().handle_no_permission(request, view_func)


def remember_person(sender: object, request: SignInRequest, user: Any, **kwargs: Any) -> None:
    """The machine knows whose forms it may show again after a session that is gone, and by which tokens."""
    request.signed_in_person = user.pk
    before = request.COOKIES.get(settings.CSRF_COOKIE_NAME)
    if before:
        secrets = [secret for secret in request.session.get(SECRETS_KEY, []) if secret != before]
        request.session[SECRETS_KEY] = [*secrets, before][-MAX_SECRETS:]


user_logged_in.connect(remember_person, dispatch_uid=SALT)


class LastPersonMiddleware:
    """Writes the cookie by which `keep` knows the person, and forgets a kept form once it was sent.

    The cookie tells nothing and opens nothing.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        kept = (
            request.session.get(FORM_KEY)
            if request.method == "POST" and request.user.is_authenticated
            else None
        )
        response = self.get_response(request)
        if kept and kept["path"] == request.get_full_path():
            request.session.pop(FORM_KEY, None)
        if person := getattr(request, "signed_in_person", None):
            response.set_signed_cookie(
                PERSON_COOKIE,
                str(person),
                salt=SALT,
                max_age=COOKIE_MAX_AGE,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response


def last_person(request: HttpRequest) -> str:
    """The id of who signed in last with this browser; "" when nobody did."""
    return request.get_signed_cookie(PERSON_COOKIE, default="", salt=SALT, max_age=COOKIE_MAX_AGE) or ""


def keep_form(request: HttpRequest) -> None:
    """Puts the fields into the session of who will sign in; not passwords, not files, not a flood."""
    person = last_person(request)
    fields = submitted_fields(request)
    if person and fields and sum(len(value) for _name, value in fields) <= MAX_CHARACTERS:
        request.session[FORM_KEY] = {"person": person, "path": request.get_full_path(), "fields": fields}


def submitted_fields(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in request.POST.lists()
        if not any(part in name for part in EXCLUDED_FIELDS)
        for value in values
    ]


def kept_form(request: HttpRequest) -> dict[str, Any] | None:
    """The form that this person left behind; somebody else's is thrown away."""
    kept = request.session.get(FORM_KEY)
    if kept and kept["person"] != str(request.user.pk):
        del request.session[FORM_KEY]
        return None
    return kept


def is_from_own_page(request: HttpRequest) -> bool:
    """Whether the form stood on one of our own pages: the browser names our origin, and the token was ours.

    `Origin: null` and a missing origin are not ours.
    """
    is_from_here = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    token = request.POST.get("csrfmiddlewaretoken", "")
    return is_from_here and any(_matches(token, secret) for secret in request.session.get(SECRETS_KEY, []))


def _matches(token: str, secret: str) -> bool:
    """Django masks its tokens anew for each form; only its own functions compare them."""
    try:
        csrf._check_token_format(token)  # type: ignore[attr-defined]
        csrf._check_token_format(secret)  # type: ignore[attr-defined]
    except csrf.InvalidTokenFormat:
        return False
    return bool(csrf._does_token_match(token, secret))  # type: ignore[attr-defined]


def render_send_again(
    request: HttpRequest, *, path: str, fields: list[tuple[str, str]], status: int = 200, sentence: str = ""
) -> HttpResponse:
    """The page with the form as it was filled in, and the button that sends it. `sentence`: why it was not stored."""
    shown = [value for _name, value in fields if len(value) > 3]
    context = {"path": path, "fields": fields, "shown": shown, "sentence": sentence}
    response = render(request, "accounts/send_again.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response
