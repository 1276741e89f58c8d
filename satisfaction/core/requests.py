"""Types of requests after the middlewares, for annotations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from .person import Person


class UserRequest(HttpRequest):
    """A request of a signed-in person; LoginRequiredMiddleware redirects everybody else."""

    user: Person
    htmx: HtmxDetails
    navigation_counts: Mapping[str, int]


class SignInRequest(HttpRequest):
    """A request that signs in or tries to; each attribute exists once it is known."""

    sign_in_wait: timedelta
    """How long this attempt must wait; zero: not at all."""
    sign_in_link: dict[str, Any]
    """Details of a sign-in by one-time link, for the audit."""
    signed_in_person: int
    """The id of the person."""


def person_of(request: HttpRequest) -> Person:
    """Returns the signed-in person of a plain HttpRequest (admin site, middlewares).

    Raises PermissionDenied if nobody is signed in.
    """
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def set_navigation_counts(request: UserRequest, counts: Mapping[str, int]) -> None:
    """Sets the numbers of the navigation (by key of place), which then counts nothing itself."""
    request.navigation_counts = counts


def hide_navigation_counts(request: UserRequest) -> None:
    """Hides the numbers of the navigation.

    For pages with a limit of queries, and for the projector, which must not show the tasks of the person at
    the keyboard.
    """
    set_navigation_counts(request, {})


def navigation_counts(request: HttpRequest) -> Mapping[str, int] | None:
    """Returns what `set_navigation_counts` set; None: the navigation counts itself."""
    return getattr(request, "navigation_counts", None)
