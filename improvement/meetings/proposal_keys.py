"""The keys of proposals that are named after a reporter, when the keyed hashes of phones have changed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from .rules_agenda import Likeness, key_of

REPORTER = f"{Likeness.REPORTER.value}:"


def renew_proposal_keys(items: QuerySet[Any], orders: QuerySet[Any]) -> int:
    """Writes the key of the reporter anew into agenda items; returns how many changed.

    All orders of such a proposal are the same reporter's, so that the first one that still exists tells the key.
    """
    changed = 0
    for item in items.exclude(proposal_key="").only("proposal", "proposal_key"):
        keys = item.proposal.get("keys", [])
        key = _key(orders, [order["id"] for order in item.proposal.get("orders", [])])
        renewed = [key if key and one.startswith(REPORTER) else one for one in keys]
        if renewed != keys:
            item.proposal = item.proposal | {"keys": renewed}
            item.proposal_key = key if item.proposal_key.startswith(REPORTER) else item.proposal_key
            items.filter(pk=item.pk).update(proposal=item.proposal, proposal_key=item.proposal_key)
            changed += 1
    return changed


def _key(orders: QuerySet[Any], ids: list[int]) -> str:
    found = orders.filter(pk__in=ids).exclude(reporter_phone_key="").order_by("pk")
    first = found.values_list("reporter_phone_key", flat=True).first()
    return key_of(Likeness.REPORTER, first) if first else ""
