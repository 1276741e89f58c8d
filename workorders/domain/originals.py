"""The column 二次报修(原工单号): a repeat repair, or with kind 重复登记 a duplicate, of an earlier order (§3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from satisfaction.accounts.models import User

from ..enums import Kind
from ..models import WorkOrder
from .comparing import original_number
from .rows import OrderCells, RowRejected
from .words import read_kind

AT_ONCE = 500  # ids in one query


def write_kind_and_original(cells: OrderCells, order: WorkOrder, fields: set[str]) -> None:
    """Writes what of the two is in `fields`. The original stays a text until `link_originals`.

    A duplicate that was marked by hand stays one, whatever the file says: that is a lead's judgement.
    """
    if cells.original == order.number:
        raise RowRejected("original", _("原工单号是这张工单自己的工单号"))
    is_marked_by_hand = order.duplicate_of_id is not None and order.kind != Kind.DUPLICATE
    was_duplicate = order.kind == Kind.DUPLICATE
    if "kind" in fields:
        order.kind, order.kind_text = read_kind(cells.kind)
    moves = was_duplicate != (order.kind == Kind.DUPLICATE)
    if is_marked_by_hand or not ("original" in fields or moves):
        return
    order.original_number = cells.original if "original" in fields else original_number(order)
    order.repeat_of = order.duplicate_of = None


def awaiting_original() -> QuerySet[WorkOrder]:
    """Orders that name an earlier one which has arrived, and are not linked to it yet."""
    original = WorkOrder.objects.filter(number=OuterRef("original_number"))
    unlinked = WorkOrder.objects.filter(repeat_of=None, duplicate_of=None).exclude(original_number="")
    return unlinked.filter(Exists(original)).exclude(original_number=F("number"))


def link_originals(*, now: datetime, by: User | None) -> None:
    """Links what can be linked, in whatever order the two came in; links that would close a circle stay text.

    Orders received before `now` get a row in their history.
    """
    original = WorkOrder.objects.filter(number=OuterRef("original_number")).values("pk")[:1]
    links = dict(awaiting_original().values_list("pk", Subquery(original)))
    ids = sorted(links.keys() - in_circles(links))
    for start in range(0, len(ids), AT_ONCE):
        part = WorkOrder.objects.filter(pk__in=ids[start : start + AT_ONCE])
        known = list(part.filter(received_at__lt=now).values_list("pk", flat=True))
        part.filter(kind=Kind.DUPLICATE).update(duplicate_of=Subquery(original))
        part.exclude(kind=Kind.DUPLICATE).update(repeat_of=Subquery(original))
        WorkOrder.history.bulk_history_create(  # type: ignore[attr-defined]
            list(WorkOrder.objects.filter(pk__in=known)), update=True, default_user=by, default_date=now
        )


def in_circles(links: dict[int, int]) -> set[int]:
    """Those of the new links (order → its original) that would lead back to their own order."""
    onwards = dict(links)
    frontier: Iterable[int] = set(links.values()) - onwards.keys()
    while frontier:
        linked = WorkOrder.objects.filter(pk__in=list(frontier)).annotate(
            original=Coalesce("repeat_of", "duplicate_of")
        )
        found = dict(linked.exclude(original=None).values_list("pk", "original"))
        onwards |= found
        frontier = set(found.values()) - onwards.keys()
    return {order for order in links if _comes_back(order, onwards)}


def _comes_back(order: int, onwards: dict[int, int]) -> bool:
    seen, at = {order}, onwards[order]
    while at in onwards and at not in seen:
        seen.add(at)
        at = onwards[at]
    return at == order
