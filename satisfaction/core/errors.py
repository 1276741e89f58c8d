"""The one exception that business rules raise: a sentence fit for the person at the screen."""

from django.db import OperationalError
from django.utils.translation import gettext_lazy as _

BUSY = _("系统正忙:别人正在保存大量数据。这一次没有保存,请稍后再试。")


class Refused(ValueError):
    """What was asked for may not or cannot be done; str(error) says why and what to do instead."""


class NotAllowed(Refused):
    """One may know of it, but not do it (§12): answered 403 with the sentence."""


def is_busy(error: BaseException | None) -> bool:
    """Whether somebody else was writing for too long (SQLite has one writer): nothing is broken, try again."""
    return isinstance(error, OperationalError) and "locked" in str(error)
