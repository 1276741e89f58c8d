"""Rows with a version: a save with its history, refused when it was written over an older state (two tabs)."""

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


class Stale(Refused):
    """Somebody saved the row since this page was made; `row` is as it stands.

    `sentence` replaces the general one; it names %(who)s and %(at)s.
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
    """Saves the row with who, when and why in its history.

    `fields`: only these, and the next version; None: a new row, whole, with the version it has.
    """
    set_change_author(row, by=by, reason=reason, at=now)
    if fields is None:
        row.save()
        return
    row.version += 1
    row.save(update_fields=[*fields, "version"])


def require_version(row: Any, version: int | None) -> None:
    """Stale unless the row still has the version; None: the caller has not looked at a page (a command)."""
    if version is not None and version != row.version:
        raise Stale(row)
