"""Encrypting stored values again after a change of keys (domain §12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evaluations.models import CallbackAttempt, DoNotCall
from improvement.meetings.proposal_keys import renew_proposal_keys
from improvement.models import AgendaItem
from satisfaction.core.encrypted_rows import rewrite_rows
from satisfaction.jobs.models import Job
from workorders.models import PendingChange, WorkOrder
from workorders.phones import is_dialable, phone_key, phone_keys

KEY_FIELDS = ["reporter_phone_key", "reporter_other_key"]


def reencrypt() -> dict[str, int]:
    """Encrypts every stored value with the first key and recomputes the keyed hashes of phones.

    Returns the number of rows by table. Repeating it is safe. If the oldest key changes, stop the service
    first: equal numbers are not recognised until it is done.
    """
    order_fields = ["reporter_phone", *KEY_FIELDS]
    listed_fields = ["phone", "phone_key"]
    steps: list[tuple[str, Any, list[str], Callable[[Any], object]]] = [
        ("orders", WorkOrder.objects, [*order_fields, "imported"], _order_keys),
        ("order_history", WorkOrder.history, order_fields, _order_keys),
        ("pending_changes", PendingChange.objects, ["said"], lambda row: None),
        ("attempts", CallbackAttempt.objects, ["phone"], lambda row: None),
        ("do_not_call", DoNotCall.objects, listed_fields, _listed_key),
        ("do_not_call_history", DoNotCall.history, listed_fields, _listed_key),
        ("jobs", Job.objects, ["result"], lambda row: None),
    ]
    done = {name: rewrite_rows(rows.all(), fields, derive=derive) for name, rows, fields, derive in steps}
    return done | {"proposals": renew_proposal_keys(AgendaItem.objects.all(), WorkOrder.objects.all())}


def _order_keys(row: Any) -> None:
    row.reporter_phone_key, row.reporter_other_key = phone_keys(row.reporter_phone)


def _listed_key(row: Any) -> None:
    """Recomputes the key of a listed number; a permanently masked number keeps its own key."""
    if is_dialable(row.phone):
        row.phone_key = phone_key(row.phone)
