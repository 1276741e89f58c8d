"""Who may open a view: one decorator per view (§12). What objects one sees is decided by `visible_to`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from satisfaction.core.roles import Role

View = Callable[..., HttpResponseBase]
EVALUATORS = (Role.FOREMAN, Role.DEPUTY, Role.DISPATCHER, Role.LEAD, Role.MANAGER, Role.HEAD)


def roles_required(*roles: str) -> Callable[[View], View]:
    """Only people with one of the roles; others are answered 403. Every view names its roles (a test looks)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_role(*roles):  # type: ignore[union-attr]
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.roles = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate


def everybody_signed_in(view: View) -> View:
    """Any signed-in person (LoginRequiredMiddleware has seen to that); says so for the test that looks."""
    view.roles = frozenset(Role.values)  # type: ignore[attr-defined]
    return view
