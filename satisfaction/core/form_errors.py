"""Running an action from a view: when it refuses, its sentence is shown and what was typed stays on the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, QueryDict

from satisfaction.core.versioned import Stale

from .error_pages import UNPROCESSABLE
from .errors import NotAllowed, Refused
from .params import int_param

P = ParamSpec("P")
R = TypeVar("R")
VERSION_DIGITS = 9


def run_action(form: BaseForm, act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Returns what the action returns; None when it refuses: its sentence is an error of the form.

    It stands above the form, or beside the field that the form names in `refusal_field`. NotAllowed passes: it is
    answered with 403. After a conflict of two tabs (Stale) the form carries the version that is now shown beside it.
    """
    try:
        return act(*args, **kwargs)
    except NotAllowed:
        raise
    except Refused as refusal:
        form.add_error(getattr(form, "refusal_field", None), str(refusal))
        if isinstance(refusal, Stale):
            data = cast(QueryDict, form.data).copy()
            data[form.add_prefix("version")] = str(refusal.row.version)
            form.data = data
        return None


def run_or_tell(request: HttpRequest, act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Returns what the action returns; None when it refuses: its sentence is a message on the next page.

    NotAllowed passes: it is answered with 403.
    """
    try:
        return act(*args, **kwargs)
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, str(refusal))
        return None


def sentence_of(form: BaseForm) -> str:
    """Returns all errors of the form in one line."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def version_of(request: HttpRequest) -> int | None:
    """Of the row that was on the page, where there is no form to say it."""
    return int_param(request.POST.get("version", ""), digits=VERSION_DIGITS)


def status_of(form: BaseForm) -> int:
    return UNPROCESSABLE if form.is_bound and form.errors else 200
