"""What is half filled in survives a reload, a lost line and a killed browser: it is kept on the server (domain §6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import Callback, CallDraft
from satisfaction.accounts.models import User
from satisfaction.core.errors import Refused
from satisfaction.core.locks import after_lock

from .guards import lock_callback, refuse_not_assigned, require_caller

LONGEST = 20_000
"""Characters of a draft, all fields together: a form never has more."""


@transaction.atomic
def keep_draft(
    callback: Callback, values: Mapping[str, list[str]], *, by: User, now: datetime
) -> CallDraft | None:
    """Keeps the form as it stands (field → values); nothing filled in: no draft. The latest one holds.

    Refused: ended (`AlreadyEnded`), somebody else's, or longer than a form can be.
    """
    target = lock_callback(callback)
    now = after_lock(now)
    refuse_not_assigned(target)
    require_caller(target, by, is_saving=True)
    filled = {name: list(texts) for name, texts in values.items() if any(texts)}
    if sum(len(name) + sum(map(len, texts)) for name, texts in filled.items()) > LONGEST:
        raise Refused(_("草稿太长,没有保存。"))
    if not filled:
        CallDraft.objects.filter(callback=target).delete()
        return None
    return CallDraft.objects.update_or_create(
        callback=target, defaults={"by": by, "values": filled, "at": now}
    )[0]


def drop_draft(callback: Callback, *, by: User) -> None:
    """Gives up what was filled in; the callback stays as it is."""
    CallDraft.objects.filter(callback=callback, by=by).delete()
