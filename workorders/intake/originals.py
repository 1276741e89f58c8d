"""The column 二次报修(原工单号): a repeat repair, or with kind 重复登记 a duplicate, of an earlier order (§3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from simple_history.utils import bulk_update_with_history

from satisfaction.accounts.models import User
from workorders.enums import Kind
from workorders.models import WorkOrder

from .compare import original_number
from .repeats import is_after_repair
from .rows import OrderCells, RowRejected
from .wording import read_kind

AT_ONCE = 500  # ids in one query
TURNED = ["repeat_of", "duplicate_of", "kind", "kind_text", "entered_at", "due_at", "last_due_at"]


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


def repaired_before(
    rows: Iterable[tuple[OrderCells, WorkOrder | None]], *, said: Mapping[str, OrderCells]
) -> dict[str, datetime | None]:
    """When the earlier repairs that duplicates name were finished, by number: as the file says, else as is known.

    `rows`: cells with the orders that exist; `said`: all rows of the file by number.
    """
    named = {
        cells.original or (original_number(order) if order else "")
        for cells, order in rows
        if _is_duplicate(cells, order)
    }
    known = {order.number: order for order in WorkOrder.objects.filter(number__in=named)} if named else {}
    found: dict[str, datetime | None] = {}
    for number in named:
        cells, order = said.get(number), known.get(number)
        for field in ("finished_at", "closed_at"):
            found[number] = found.get(number) or getattr(cells, field, None) or getattr(order, field, None)
    return found


def _is_duplicate(cells: OrderCells, order: WorkOrder | None) -> bool:
    is_known = order is not None and (order.kind == Kind.DUPLICATE or order.duplicate_of_id is not None)
    return is_known or read_kind(cells.kind)[0] == Kind.DUPLICATE


def guard_duplicate(order: WorkOrder, repaired: Mapping[str, datetime | None]) -> None:
    """A duplicate was reported before the earlier repair was finished; later it is a repeat (domain §3)."""
    if order.kind != Kind.DUPLICATE and not order.duplicate_of_id:
        return
    number = original_number(order)
    if is_after_repair(order.reported_at, repaired.get(number)):
        raise RowRejected(
            "kind", _("在原工单 %(number)s 修复之后报修,是二次报修,不是重复登记") % {"number": number}
        )


def awaiting_original() -> QuerySet[WorkOrder]:
    """Orders that name an earlier one which has arrived, and are not linked to it yet."""
    original = WorkOrder.objects.filter(number=OuterRef("original_number"))
    unlinked = WorkOrder.objects.filter(repeat_of=None, duplicate_of=None).exclude(original_number="")
    return unlinked.filter(Exists(original)).exclude(original_number=F("number"))


def link_originals(*, now: datetime, by: User | None) -> set[int]:
    """Links what can be linked, in whatever order the two came in; links that would close a circle stay text.

    Orders received before `now` get a row in their history. Returns the ids of what was linked.
    """
    original = WorkOrder.objects.filter(number=OuterRef("original_number")).values("pk")[:1]
    links = dict(awaiting_original().values_list("pk", Subquery(original)))
    ids = sorted(links.keys() - in_circles(links))
    for start in range(0, len(ids), AT_ONCE):
        part = WorkOrder.objects.filter(pk__in=ids[start : start + AT_ONCE])
        known = list(part.filter(received_at__lt=now).values_list("pk", flat=True))
        part.filter(received_at__lt=now).keep_first_versions()
        part.filter(kind=Kind.DUPLICATE).update(duplicate_of=Subquery(original))
        part.exclude(kind=Kind.DUPLICATE).update(repeat_of=Subquery(original))
        WorkOrder.history.bulk_history_create(
            list(WorkOrder.objects.filter(pk__in=known)), update=True, default_user=by, default_date=now
        )
    return set(ids)


def repeats_among_duplicates(touched: Collection[int]) -> list[WorkOrder]:
    """Duplicates that were reported after the earlier repair was finished, as far as one of the two is `touched`.

    The earlier order, or the time of its repair, came in later than the duplicate.
    """
    repaired = Coalesce("duplicate_of__finished_at", "duplicate_of__closed_at")
    found = WorkOrder.objects.filter(duplicate_of__isnull=False, reported_at__gte=repaired)
    pairs = found.order_by().values_list("pk", "duplicate_of")
    ids = [pk for pk, earlier in pairs if pk in touched or earlier in touched]
    orders = WorkOrder.objects.filter(pk__in=ids).select_related("crew", "technician", "duplicate_of")
    return list(orders.order_by("pk").select_for_update(of=("self",)))


def make_repeats(orders: Sequence[WorkOrder], *, now: datetime, by: User | None) -> None:
    """They enter the evaluation now, each on its own; deadlines have been set by the caller."""
    WorkOrder.objects.filter(pk__in=[order.pk for order in orders]).keep_first_versions()
    bulk_update_with_history(
        orders, WorkOrder, TURNED, batch_size=AT_ONCE, default_user=by, default_date=now,
        default_change_reason=_("原工单修复之后报修:二次报修"),
    )  # fmt: skip


def turn_into_repeat(order: WorkOrder, *, now: datetime) -> None:
    """Not stored."""
    order.repeat_of, order.duplicate_of = order.duplicate_of, None
    if order.kind == Kind.DUPLICATE:
        order.kind, order.kind_text = Kind.FAULT, ""
    order.entered_at = None if order.missing else now


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
