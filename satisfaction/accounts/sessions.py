"""The end of a session: idle for too long, too old, or ended everywhere by the person or an admin.

Automatic requests of a page are no activity (header `X-Automatic`). Those of an open call are: callers are
not signed out during a call, but at the latest two hours after their last own action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from satisfaction.core.errors import is_busy
from satisfaction.core.requests import person_of

SIGNED_IN, ACTED, ACTIVE = "signed_in_at", "acted_at", "active_at"  # seconds since 1970
ENDED = "session_ended"  # key in the next session: why the previous one ended
AUTOMATIC_HEADER, OPEN_CALL = "X-Automatic", "call"
MAX_CALL_DURATION = timedelta(hours=2)
WRITE_INTERVAL = 60  # seconds; the session is not written with each request


def start_session_clock(sender: object, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    now = timezone.now().timestamp()
    request.session.update({SIGNED_IN: now, ACTED: now, ACTIVE: now})


user_logged_in.connect(start_session_clock, dispatch_uid="satisfaction.accounts.sessions")


class PatientSessionMiddleware(SessionMiddleware):
    """Answers a request even if its session could not be stored because SQLite was locked.

    The time of the last activity or a message is lost. A session that is new or has ended must be stored: the
    error is raised.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except (OperationalError, SessionInterrupted) as error:
            same = request.COOKIES.get(settings.SESSION_COOKIE_NAME) == request.session.session_key
            if not same or not any(is_busy(reason) for reason in exception_chain(error)):
                raise
            return response


def exception_chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yields the error and its contexts: Django reports a session that could not be stored as interrupted."""
    while error:
        yield error
        error = error.__context__


class SessionEndMiddleware:
    """Signs out a person whose session has ended; `form_recovery` keeps a submitted form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now()
            if why := end_reason(request, now=now):
                logout(request)
                request.session[ENDED] = why
            else:
                note_activity(request, now=now)
        return self.get_response(request)


def end_reason(request: HttpRequest, *, now: datetime) -> str:
    """Returns why the session has ended: "idle", "age" or "everywhere"; "" if it has not."""
    signed_in, active = request.session.get(SIGNED_IN, 0.0), request.session.get(ACTIVE, 0.0)
    ended_at = person_of(request).sessions_ended_at
    if ended_at and signed_in <= ended_at.timestamp():
        return "everywhere"
    if now.timestamp() - signed_in > settings.SESSION_COOKIE_AGE:
        return "age"
    return "idle" if now.timestamp() - active > settings.SESSION_IDLE_SECONDS else ""


def note_activity(request: HttpRequest, *, now: datetime) -> None:
    at, automatic = now.timestamp(), request.headers.get(AUTOMATIC_HEADER, "")
    if automatic and not (
        automatic == OPEN_CALL and at - request.session.get(ACTED, 0.0) < MAX_CALL_DURATION.total_seconds()
    ):
        return
    if at - request.session[ACTIVE] > WRITE_INTERVAL:
        request.session[ACTIVE] = at
    if not automatic and at - request.session[ACTED] > WRITE_INTERVAL:
        request.session[ACTED] = at
