"""From when on what an order is does not change any more (domain §3 Frozen, §8)."""

from __future__ import annotations

from workorders.models import WorkOrder

from .models import Callback, SelfEvaluation, Settlement


def is_frozen(order: WorkOrder) -> bool:
    """Drawn, rated by its crew, or of a settled month; ask it of a locked order."""
    if Callback.objects.filter(order=order).exists() or SelfEvaluation.objects.filter(order=order).exists():
        return True
    return order.closed_on is not None and Settlement.objects.is_settled(order.closed_on)
