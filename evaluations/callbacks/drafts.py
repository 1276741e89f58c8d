"""Server-side drafts: a form survives a reload, a lost connection or a browser crash (domain §6)."""

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
"""Maximum characters of a draft over all fields; longer than any valid form."""


@transaction.atomic
def keep_draft(
    callback: Callback, values: Mapping[str, list[str]], *, by: User, now: datetime
) -> CallDraft | None:
    """Saves the form (field → values) as the callback's only draft; deletes the draft if the form is empty.

    Raises Refused: longer than a form can be, or ended (`AlreadyEnded`). Raises NotAllowed: not the caller.
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
    """Deletes the draft; the callback does not change."""
    CallDraft.objects.filter(callback=callback, by=by).delete()
