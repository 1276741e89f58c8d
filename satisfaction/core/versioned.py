"""Saving a row with its trail, and refusing what was written over an older state (two tabs)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.core.person import Person

from .errors import Refused
from .history import sign


class Stale(Refused):
    """Somebody saved the row since this page was made; `row` is as it stands."""

    def __init__(self, row: Any) -> None:
        self.row = row
        last = row.history.select_related("history_user").first()
        who, at = (last.history_user, last.history_date) if last else (None, timezone.now())
        super().__init__(
            _("这里已由%(who)s于%(at)s在别处修改,您这次的内容还没有保存。请对照现在的内容,改好后再保存。")
            % {"who": who or _("系统"), "at": f"{timezone.localtime(at):%m-%d %H:%M}"}
        )


def save(
    row: Any, *, by: Person | None, now: datetime, fields: Iterable[str] | None = None, reason: str = ""
) -> None:
    """Saves the row (only `fields`, and its version) with who, when and why in its history."""
    sign(row, by=by, reason=reason)
    row._history_date = now
    if fields is None:
        row.save()
        return
    row.version += 1
    row.save(update_fields=[*fields, "version"])


def require_version(row: Any, version: int | None) -> None:
    """None: whoever asks has not looked at a page (a command, another function)."""
    if version is not None and version != row.version:
        raise Stale(row)
