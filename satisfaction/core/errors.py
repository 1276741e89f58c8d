"""The exception that business rules raise, with a sentence for the user."""

from django.db import OperationalError
from django.utils.translation import gettext_lazy as _

BUSY = _("系统正忙:别人正在保存大量数据。这一次没有保存,请稍后再试。")


class Refused(ValueError):
    """The request is not possible or not allowed; str(error) says why and what to do instead."""


class NotAllowed(Refused):
    """The object is visible, but the action is not allowed (domain §12): answered 403 with the sentence."""


def is_busy(error: BaseException | None) -> bool:
    """Whether the database was locked for too long (SQLite allows one writer): trying again helps."""
    return isinstance(error, OperationalError) and "locked" in str(error)
