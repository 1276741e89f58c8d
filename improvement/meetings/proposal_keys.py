"""Renewal of proposal keys that contain a reporter, after the keyed hashes of phones have changed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from .rules_agenda import Likeness, make_proposal_key

REPORTER = f"{Likeness.REPORTER.value}:"


def renew_proposal_keys(items: QuerySet[Any], orders: QuerySet[Any]) -> int:
    """Rewrites the reporter's key in agenda items. Returns the number of changed items.

    All orders of such a proposal have the same reporter, so the first remaining order determines the key.
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
    return make_proposal_key(Likeness.REPORTER, first) if first else ""
