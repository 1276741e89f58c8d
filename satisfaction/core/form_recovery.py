"""Recovers a form that was submitted after its session ended, or from a page older than the last sign-in.

The same person sees the fields again and sends them once more; nothing is sent automatically. Only forms from
our own pages are shown again: the origin is ours, and the token was valid before the last sign-in.
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
SALT = "satisfaction.kept_forms"  # never change it: existing cookies are signed with it
SECRETS_KEY = "csrf_secrets_before"  # session key: the browser's CSRF secrets before its last sign-ins
MAX_SECRETS = 3
COOKIE_MAX_AGE = 56 * 24 * 3600  # seconds
MAX_CHARACTERS = 100_000
EXCLUDED_FIELDS = ("csrfmiddlewaretoken", "password")


class LoginRequiredKeepingForm(LoginRequiredMiddleware):
    """Redirects to the sign-in page and keeps a submitted form."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseRedirect:
        if request.method == "POST" and not getattr(request, "htmx", False):
            keep_form(request)
        return super().handle_no_permission(request, view_func)


def remember_person(sender: object, request: SignInRequest, user: Any, **kwargs: Any) -> None:
    """Stores who signed in with this browser and the CSRF secret it had before."""
    request.signed_in_person = user.pk
    before = request.COOKIES.get(settings.CSRF_COOKIE_NAME)
    if before:
        secrets = [secret for secret in request.session.get(SECRETS_KEY, []) if secret != before]
        request.session[SECRETS_KEY] = [*secrets, before][-MAX_SECRETS:]


user_logged_in.connect(remember_person, dispatch_uid=SALT)


class LastPersonMiddleware:
    """Writes the cookie from which `keep_form` reads the person; deletes a kept form once it was sent.

    The cookie holds the signed id of the person and grants no access.
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
    """Returns the id of the last person who signed in with this browser; "" if there is none."""
    return request.get_signed_cookie(PERSON_COOKIE, default="", salt=SALT, max_age=COOKIE_MAX_AGE) or ""


def keep_form(request: HttpRequest) -> None:
    """Stores the fields in the session. Skips passwords, files, and forms of more than MAX_CHARACTERS."""
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
    """Returns the kept form of this person; deletes one that belongs to somebody else."""
    kept = request.session.get(FORM_KEY)
    if kept and kept["person"] != str(request.user.pk):
        del request.session[FORM_KEY]
        return None
    return kept


def is_from_own_page(request: HttpRequest) -> bool:
    """Whether the form came from one of our pages: our origin, and a token of an earlier secret.

    `Origin: null` and a missing origin do not count as ours.
    """
    is_from_here = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    token = request.POST.get("csrfmiddlewaretoken", "")
    return is_from_here and any(_matches(token, secret) for secret in request.session.get(SECRETS_KEY, []))


def _matches(token: str, secret: str) -> bool:
    """Compares with Django's own functions, since Django masks its tokens differently in each form."""
    private: Any = csrf
    try:
        private._check_token_format(token)
        private._check_token_format(secret)
    except csrf.InvalidTokenFormat:
        return False
    return bool(private._does_token_match(token, secret))


def render_send_again(
    request: HttpRequest, *, path: str, fields: list[tuple[str, str]], status: int = 200, sentence: str = ""
) -> HttpResponse:
    """A page with the submitted form and a button that sends it. `sentence`: why it was not stored."""
    shown = [value for _name, value in fields if len(value) > 3]
    context = {"path": path, "fields": fields, "shown": shown, "sentence": sentence}
    response = render(request, "accounts/send_again.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response
