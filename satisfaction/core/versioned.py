"""Rows with a version: saving with history, and refusing changes based on an older version (two tabs)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.core.person import Person

from .errors import Refused
from .formats import format_short_minute
from .history import set_change_author


class StaleVersion(Refused):
    """Somebody saved the row after the page was rendered; `row` is its current state.

    `sentence` replaces the general message; it has the placeholders %(who)s and %(at)s.
    """

    def __init__(self, row: Any, sentence: Any = None) -> None:
        self.row = row
        last = row.history.select_related("history_user").first()
        who, at = (last.history_user, last.history_date) if last else (None, timezone.now())
        sentence = sentence or _(
            "这里已由%(who)s于%(at)s在别处修改,您这次的内容还没有保存。请对照现在的内容,改好后再保存。"
        )
        super().__init__(str(sentence) % {"who": who or _("系统"), "at": format_short_minute(at)})


def save_change(
    row: Any, *, by: Person | None, now: datetime, fields: Iterable[str] | None = None, reason: str = ""
) -> None:
    """Saves the row with author, time and reason in its history.

    `fields`: saves only these and the next version; None: saves a new row with its present version.
    """
    set_change_author(row, by=by, reason=reason, at=now)
    if fields is None:
        row.save()
        return
    row.version += 1
    row.save(update_fields=[*fields, "version"])


def require_version(row: Any, version: int | None) -> None:
    """Raises StaleVersion if the row has another version. None: the caller shows no page (a command)."""
    if version is not None and version != row.version:
        raise StaleVersion(row)
