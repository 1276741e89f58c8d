"""A form whose words are not lost when the domain refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest

from satisfaction.core.versioned import Stale

from .error_pages import UNPROCESSABLE
from .errors import NotAllowed, Refused


def tried(form: Any, act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What the domain answers, None when it refuses: its sentence stands above the form. NotAllowed flies on.

    After a conflict of two tabs the form carries the version that is now shown beside it.
    """
    try:
        return act(*args, **kwargs)
    except NotAllowed:
        raise
    except Stale as stale:
        form.add_error(None, str(stale))
        form.data = form.data.copy()
        form.data[form.add_prefix("version")] = str(stale.row.version)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return None


def sentence_of(form: BaseForm) -> str:
    """Returns all errors of the form in one line."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def version_of(request: HttpRequest) -> int | None:
    """Of the row that was on the page, where there is no form to say it."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def status_of(form: Any) -> int:
    return UNPROCESSABLE if form.is_bound and form.errors else 200
