"""Limits on wrong passwords, stored in the tables of django-axes (AXES_HANDLER), with events in the audit.

Each wrong password delays the next attempt for longer. There are three counts: one name from one address, all
names from one address, one name from all addresses. A browser in which the person has signed in before
(signed cookie) has its own count, so that others cannot delay it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.db import transaction
from django.db.models import Count, F, Max, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.client_address import address_of
from satisfaction.core.form_recovery import last_person
from satisfaction.core.locks import acquire_lock
from satisfaction.core.requests import SignInRequest

from .models import User
from .waiting_rules import (
    COUNTING_WINDOW,
    MANY_ADDRESSES,
    NO_WAIT,
    ONE_ADDRESS,
    ONE_NAME,
    RETENTION,
    WaitRule,
    is_recorded,
)

# Stored in the column user_agent of axes: the client's own user agent is not used.
KNOWN, UNKNOWN = "known", ""


class SignInLimits(AxesDatabaseHandler):
    """The handler that django-axes calls before and after each attempt."""

    def is_locked(self, request: SignInRequest, credentials: dict[str, Any] | None = None) -> bool:
        request.sign_in_wait = wait_of(request, name_in(credentials), now=timezone.now())
        return request.sign_in_wait > NO_WAIT

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        """Counts a wrong password. An attempt during the delay is not checked and does not extend it."""
        if request is None or request.axes_locked_out:
            return
        now = timezone.now()
        name = name_in(credentials)
        count_failure(name, address_of(request), browser_of(request, name), now=now)
        request.sign_in_wait = wait_of(request, name, now=now)
        request.axes_locked_out = request.sign_in_wait > NO_WAIT

    def user_logged_in(self, sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        name = user.get_username()
        own = _of(name, address_of(request), browser_of(request, name))
        with transaction.atomic():
            failures = own.aggregate(n=Sum("failures_since_start"))["n"] or 0
            own.delete()
            details: dict[str, Any] = {"how": "password"}
            if link := getattr(request, "sign_in_link", None):
                details = link
            if failures:
                details["failures"] = failures
            record_event(
                AuditKind.SIGN_IN,
                by=user,
                at=timezone.now(),
                subject=user,
                details=details,
                address=address_of(request),
            )

    def user_logged_out(self, sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
        """Counts nothing."""


def name_in(credentials: dict[str, Any] | None) -> str:
    return str((credentials or {}).get("username") or "")


def browser_of(request: HttpRequest, name: str) -> str:
    """Returns KNOWN if this person was the last to sign in with this browser, else UNKNOWN."""
    last = last_person(request)
    person = User.objects.named(name) if last else None
    return KNOWN if person and str(person.pk) == last else UNKNOWN


def wait_of(request: HttpRequest, name: str, *, now: datetime) -> timedelta:
    """Returns how long this attempt must wait; zero if it may be made now."""
    address, browser = address_of(request), browser_of(request, name)
    waits = [_left(_of(name, address, browser), ONE_NAME, RETENTION, now)]
    if browser == UNKNOWN:
        strangers = AccessAttempt.objects.filter(user_agent=UNKNOWN)
        waits += [
            _left(strangers.filter(ip_address=address), ONE_ADDRESS, COUNTING_WINDOW, now),
            _left(strangers.filter(username=name), MANY_ADDRESSES, COUNTING_WINDOW, now),
        ]
    return max(waits)


def _of(name: str, address: str | None, browser: str) -> QuerySet[AccessAttempt]:
    return AccessAttempt.objects.filter(username=name, ip_address=address, user_agent=browser)


def _left(rows: QuerySet[AccessAttempt], limit: WaitRule, window: timedelta, now: datetime) -> timedelta:
    counted = rows.filter(attempt_time__gt=now - window).aggregate(
        failures=Sum("failures_since_start"), last=Max("attempt_time")
    )
    wait = limit.wait(counted["failures"] or 0)
    return max(counted["last"] + wait - now, NO_WAIT) if wait else NO_WAIT


@transaction.atomic
def count_failure(name: str, address: str | None, browser: str, *, now: datetime) -> None:
    """Counts one wrong password; audits the first, 5th, 10th, 20th … and the beginning of a delay."""
    acquire_lock(f"sign-in {name}")
    forget_old(now=now)
    attempt, is_first = AccessAttempt.objects.select_for_update().get_or_create(
        username=name,
        ip_address=address,
        user_agent=browser,
        defaults={
            "failures_since_start": 1,
            "get_data": "",
            "post_data": "",
            "http_accept": "",
            "path_info": "",
        },
    )
    if not is_first:
        attempt.failures_since_start = F("failures_since_start") + 1
        attempt.attempt_time = now
        attempt.save(update_fields=["failures_since_start", "attempt_time"])
        attempt.refresh_from_db(fields=["failures_since_start"])
    if is_recorded(attempt.failures_since_start):
        _tell(AuditKind.SIGN_IN_FAILED, attempt, now=now)
    if attempt.failures_since_start == ONE_NAME.free:
        _tell(AuditKind.LOCKED_OUT, attempt, now=now)
    of_address = AccessAttempt.objects.filter(
        ip_address=address, user_agent=UNKNOWN, attempt_time__gt=now - COUNTING_WINDOW
    ).aggregate(n=Sum("failures_since_start"), names=Count("pk"))
    if browser == UNKNOWN and of_address["n"] == ONE_ADDRESS.free:
        details = {"failures": of_address["n"], "names": of_address["names"]}
        record_event(
            AuditKind.LOCKED_OUT, by=None, at=now, about=address or "", details=details, address=address
        )


def forget_old(*, now: datetime) -> None:
    """Deletes expired counts after recording their last number in the audit."""
    old = AccessAttempt.objects.filter(attempt_time__lte=now - RETENTION)
    for attempt in old:
        if not is_recorded(attempt.failures_since_start):
            _tell(AuditKind.SIGN_IN_FAILED, attempt, now=now)
    old.delete()


def _tell(kind: AuditKind, attempt: AccessAttempt, *, now: datetime) -> None:
    name = attempt.username or ""
    record_event(
        kind,
        by=None,
        at=now,
        subject=User.objects.named(name),
        about=name,
        details={"failures": attempt.failures_since_start},
        address=attempt.ip_address,
    )


@transaction.atomic
def unlock(name: str, *, by: User | None, now: datetime, address: str | None = None) -> int:
    """Deletes the wrong passwords of this name from all addresses; returns how many.

    Without any it returns 0 and records nothing.
    """
    rows = AccessAttempt.objects.select_for_update().filter(username=name)
    failures = sum(row.failures_since_start for row in rows)
    rows.delete()
    if failures:
        record_event(
            AuditKind.UNLOCKED,
            by=by,
            at=now,
            subject=User.objects.named(name),
            about=name,
            details={"failures": failures},
            address=address,
        )
    return failures
