"""Checks that actions on meetings and projects share."""

from __future__ import annotations

from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed, Refused

from .readers import RUNNERS


def require_runner(by: User) -> None:
    if not by.has_role(*RUNNERS):
        raise NotAllowed(_("故障分析会和改善项目由管理人员或科室负责人主持。"))


def require_words(text: str, sentence: str) -> str:
    """Returns the stripped text. Raises Refused with `sentence` when it is empty."""
    if not text.strip():
        raise Refused(sentence)
    return text.strip()
