"""The request as a view gets it after the middlewares, for annotations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from .person import Person


class UserRequest(HttpRequest):
    """A request of a signed-in person: LoginRequiredMiddleware has redirected everybody else."""

    user: Person
    htmx: HtmxDetails
    navigation_counts: Mapping[str, int]


class SignInRequest(HttpRequest):
    """A request that signs somebody in, or tries to; each attribute is there once it is known."""

    sign_in_wait: timedelta
    """How long this attempt has to wait; zero: not at all."""
    sign_in_link: dict[str, Any]
    """How the person came: by a one-time link, and who issued it. For the audit."""
    signed_in_person: int
    """The id of the person."""


def person_of(request: HttpRequest) -> Person:
    """Returns the signed-in person where Django's signature says HttpRequest (the admin site, middlewares).

    PermissionDenied: nobody is signed in.
    """
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def set_navigation_counts(request: UserRequest, counts: Mapping[str, int]) -> None:
    """The navigation of this page shows these numbers (keys of places) and counts nothing itself."""
    request.navigation_counts = counts


def hide_navigation_counts(request: UserRequest) -> None:
    """The navigation of this page shows no numbers.

    For pages that need their queries for their own numbers, and for the projector: what waits for the person at the
    keyboard is not for the meeting.
    """
    set_navigation_counts(request, {})


def navigation_counts(request: HttpRequest) -> Mapping[str, int] | None:
    """Returns what `set_navigation_counts` set; None: the navigation counts itself."""
    return getattr(request, "navigation_counts", None)
