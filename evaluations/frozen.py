"""When the facts of an order are frozen (domain §3 Frozen, §8)."""

from __future__ import annotations

from workorders.models import WorkOrder

from .models import Callback, SelfEvaluation, Settlement


def is_frozen(order: WorkOrder) -> bool:
    """Returns whether the order is drawn, rated by its crew, or in a settled month. Lock the order first."""
    if Callback.objects.filter(order=order).exists() or SelfEvaluation.objects.filter(order=order).exists():
        return True
    return order.closed_on is not None and Settlement.objects.is_settled(order.closed_on)
