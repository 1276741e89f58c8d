"""Running an action from a view: if it refuses, its sentence is shown and the form keeps its input."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, QueryDict

from satisfaction.core.versioned import StaleVersion

from .error_pages import UNPROCESSABLE
from .errors import NotAllowed, Refused
from .params import int_param

P = ParamSpec("P")
R = TypeVar("R")
VERSION_DIGITS = 9


def run_action(form: BaseForm, act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Returns the result of the action; None if it refuses: its sentence becomes an error of the form.

    The error is shown above the form, or at the field `form.refusal_field`. NotAllowed is not caught: it is
    answered 403. After StaleVersion the form gets the current version, which the page now shows.
    """
    try:
        return act(*args, **kwargs)
    except NotAllowed:
        raise
    except Refused as refusal:
        form.add_error(getattr(form, "refusal_field", None), str(refusal))
        if isinstance(refusal, StaleVersion):
            data = cast(QueryDict, form.data).copy()
            data[form.add_prefix("version")] = str(refusal.row.version)
            form.data = data
        return None


def run_or_message(request: HttpRequest, act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Returns the result of the action; None if it refuses: its sentence becomes a message on the next page.

    NotAllowed is not caught: it is answered 403.
    """
    try:
        return act(*args, **kwargs)
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, str(refusal))
        return None


def error_sentence(form: BaseForm) -> str:
    """Returns all errors of the form in one line."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def submitted_version(request: HttpRequest) -> int | None:
    """Returns the version that the page submitted without a form; None if there is none."""
    return int_param(request.POST.get("version", ""), digits=VERSION_DIGITS)


def form_status(form: BaseForm) -> int:
    return UNPROCESSABLE if form.is_bound and form.errors else 200
