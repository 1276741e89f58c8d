"""Reads the orders of an import under lock and writes planned rows, in batched queries (domain §3, §11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from satisfaction.accounts.models import User
from workorders.enums import ChangeSource, Kind
from workorders.models import Crew, PendingChange, Technician, WorkOrder
from workorders.phones import phone_keys

from .crew_registry import NewPeople, RegisteredPeople
from .order_rows import OrderCells, OrderRow
from .order_state import SHARED, CrewFacts, OrderState, TechnicianFacts
from .pending import keep_waiting
from .plan import IntakeFacts, IntakePlan, PlannedRow, RowAction, originals_of_duplicates

BATCH_SIZE = 500  # values in one query
NOT_WRITTEN = {"id", "number"}
WRITTEN = [f.name for f in WorkOrder._meta.concrete_fields if f.name not in NOT_WRITTEN]
TURNED = ["repeat_of", "duplicate_of", "kind", "kind_text", "entered_at", "due_at", "last_due_at"]

CreatedModel = TypeVar("CreatedModel", Crew, Technician)
DueTimes = tuple[datetime | None, datetime | None]
"""`due_at` and `last_due_at` of an order."""


def closing_days(numbers: Iterable[str]) -> set[date]:
    """Returns the closing days of the existing closed orders."""
    wanted = sorted(numbers)
    found: set[date] = set()
    for start in range(0, len(wanted), BATCH_SIZE):
        orders = WorkOrder.objects.filter(
            number__in=wanted[start : start + BATCH_SIZE], closed_on__isnull=False
        )
        found.update(orders.order_by().values_list("closed_on", flat=True).distinct())  # type: ignore[arg-type]
    return found


def existing_orders(numbers: Iterable[str], *, lock: bool = True) -> dict[str, WorkOrder]:
    """Returns orders by number, locked in id order so that two transactions cannot deadlock.

    `lock=False`: reads without a lock, outside a transaction.
    """
    wanted = sorted(numbers)
    ids: list[int] = []
    for start in range(0, len(wanted), BATCH_SIZE):
        part = wanted[start : start + BATCH_SIZE]
        ids += WorkOrder.objects.filter(number__in=part).values_list("pk", flat=True)
    ids.sort()
    found: dict[str, WorkOrder] = {}
    for start in range(0, len(ids), BATCH_SIZE):
        orders = WorkOrder.objects.filter(pk__in=ids[start : start + BATCH_SIZE]).order_by("pk")
        orders = orders.select_related("crew", "technician", "repeat_of", "duplicate_of")
        if lock:
            orders = orders.select_for_update(of=("self",))
        found |= {order.number: order for order in orders}
    return found


def registered_people() -> RegisteredPeople:
    """Runs three queries."""
    accounts = User.objects.filter(technician__isnull=True).exclude(employee_no="")
    return RegisteredPeople(
        crews=tuple(CrewFacts(*row) for row in Crew.objects.values_list("name", "pk")),
        technicians=tuple(
            TechnicianFacts(*row) for row in Technician.objects.values_list("employee_no", "name", "pk")
        ),
        accounts=tuple(
            TechnicianFacts(number, name, account=pk)
            for number, name, pk in accounts.values_list("employee_no", "name", "pk")
        ),
    )


def gather_facts(
    rows: Iterable[OrderRow],
    orders: Mapping[str, WorkOrder],
    *,
    frozen: Mapping[str, frozenset[str]],
    file_cells: Mapping[str, OrderCells],
    people: RegisteredPeople,
) -> IntakeFacts:
    """Returns the facts needed to plan these rows; `orders` as returned by `existing_orders`."""
    states = {number: OrderState.of(order) for number, order in orders.items()}
    named = originals_of_duplicates(rows, states)
    repairs: dict[str, tuple[datetime | None, datetime | None]] = dict.fromkeys(named, (None, None))
    if named:
        originals = WorkOrder.objects.filter(number__in=named)
        for number, finished_at, closed_at in originals.values_list("number", "finished_at", "closed_at"):
            repairs[number] = finished_at, closed_at
    return IntakeFacts(orders=states, frozen=frozen, file_cells=file_cells, repairs=repairs, people=people)


def store_plan(
    plan: IntakePlan,
    orders: Mapping[str, WorkOrder],
    *,
    due: Mapping[str, DueTimes],
    now: datetime,
    by: User | None,
) -> dict[str, WorkOrder]:
    """Writes the plan. Returns the created and changed orders by number.

    `orders`: the existing ones, locked. `due`: new deadlines by number. Changes that wait for confirmation
    are stored only if `by` is a person, not if a command imports.
    """
    crews, technicians = _create_people(plan.registry.new, by=by)
    new: list[WorkOrder] = []
    changed: list[WorkOrder] = []
    remembered: list[WorkOrder] = []
    lists = {RowAction.CREATE: new, RowAction.UPDATE: changed, RowAction.REMEMBER: remembered}
    for planned in plan.rows:
        if planned.action in lists:
            number = planned.row.number
            order = orders.get(number) or WorkOrder(number=number, received_at=now)
            _write(order, planned, crews, technicians)
            if planned.enters:
                order.entered_by = by
            if number in due:
                order.due_at, order.last_due_at = due[number]
            lists[planned.action].append(order)
    WorkOrder.objects.bulk_create(new, batch_size=BATCH_SIZE)
    store_changed(changed, remembered, now=now, by=by)
    waiting = [planned for planned in plan.rows if planned.action == RowAction.WAIT]
    if waiting and by:
        keep_waiting([_pending(planned, orders, by=by, now=now) for planned in waiting])
    return {order.number: order for order in (*new, *changed)}


def _write(
    order: WorkOrder, planned: PlannedRow, crews: Mapping[str, int], technicians: Mapping[str, int]
) -> None:
    """Copies the planned state to the order; `crews` and `technicians`: ids of those just created."""
    after = planned.after
    assert after
    for name in SHARED:
        setattr(order, name, getattr(after, name))
    if "reporter_phone" in planned.changes:
        order.reporter_phone_key, order.reporter_other_key = phone_keys(order.reporter_phone)
    if after.crew:
        order.crew_id = after.crew.id or crews[after.crew.name]
    if after.technician:
        order.technician_id = after.technician.id or technicians[after.technician.employee_no]
    if not after.repeat_of:
        order.repeat_of = None
    if not after.duplicate_of:
        order.duplicate_of = None
    order.imported = dict(after.imported)


def _create_people(new: NewPeople, *, by: User | None) -> tuple[dict[str, int], dict[str, int]]:
    """Returns ids of the created crews by name, and of the created technicians by employee number."""
    crews = _created([Crew(name=crew.name) for crew in new.crews if crew.id is None], by=by)
    crew_ids = {crew.name: crew.pk for crew in crews}
    technicians = _created(
        [
            Technician(
                employee_no=technician.employee_no,
                name=technician.name,
                user_id=technician.account,
                crew_id=(crew.id or crew_ids[crew.name]) if crew else None,
            )
            for technician, crew in new.technicians
            if technician.id is None
        ],
        by=by,
    )
    return crew_ids, {technician.employee_no: technician.pk for technician in technicians}


def _created(rows: list[CreatedModel], *, by: User | None) -> list[CreatedModel]:
    return (
        bulk_create_with_history(rows, type(rows[0]), batch_size=BATCH_SIZE, default_user=by) if rows else []
    )


def store_changed(
    changed: Sequence[WorkOrder], remembered: Sequence[WorkOrder], *, now: datetime, by: User | None
) -> None:
    """Stores both lists; `changed` get a history row, `remembered` differ only in `imported`."""
    orders = [*changed, *remembered]
    ids = [order.pk for order in changed]
    for start in range(0, len(ids), BATCH_SIZE):
        WorkOrder.objects.filter(pk__in=ids[start : start + BATCH_SIZE]).keep_first_versions()
    if orders:
        # Upsert whole rows: a bulk_update of twenty columns takes ten times as long.
        WorkOrder.objects.bulk_create(
            orders, batch_size=BATCH_SIZE, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
        )
    WorkOrder.history.bulk_history_create(
        changed, batch_size=BATCH_SIZE, update=True, default_user=by, default_date=now
    )


def _pending(
    planned: PlannedRow, orders: Mapping[str, WorkOrder], *, by: User, now: datetime
) -> PendingChange:
    return PendingChange(
        order=orders[planned.row.number],
        source=ChangeSource.IMPORT,
        said=dict(planned.row.values),
        fields=list(planned.to_confirm),
        by=by,
        at=now,
    )


def awaiting_original() -> QuerySet[WorkOrder]:
    """Returns orders that refer to an existing earlier order and are not linked to it yet."""
    original = WorkOrder.objects.filter(number=OuterRef("original_number"))
    unlinked = WorkOrder.objects.filter(repeat_of=None, duplicate_of=None).exclude(original_number="")
    return unlinked.filter(Exists(original)).exclude(original_number=F("number"))


def link_originals(*, now: datetime, by: User | None) -> set[int]:
    """Links orders to their originals, whichever came in first; a link that would close a circle stays text.

    Orders received before `now` get a history row. Returns the ids of the linked orders.
    """
    original = WorkOrder.objects.filter(number=OuterRef("original_number")).values("pk")[:1]
    links = dict(awaiting_original().values_list("pk", Subquery(original)))
    ids = sorted(links.keys() - in_circles(links))
    for start in range(0, len(ids), BATCH_SIZE):
        part = WorkOrder.objects.filter(pk__in=ids[start : start + BATCH_SIZE])
        known = list(part.filter(received_at__lt=now).values_list("pk", flat=True))
        part.filter(received_at__lt=now).keep_first_versions()
        part.filter(kind=Kind.DUPLICATE).update(duplicate_of=Subquery(original))
        part.exclude(kind=Kind.DUPLICATE).update(repeat_of=Subquery(original))
        WorkOrder.history.bulk_history_create(
            list(WorkOrder.objects.filter(pk__in=known)), update=True, default_user=by, default_date=now
        )
    return set(ids)


def duplicates_after_repair(touched: Collection[int]) -> list[WorkOrder]:
    """Returns, locked, the duplicates reported after the earlier repair was finished.

    Only pairs with an order in `touched` are considered. This happens if the earlier order, or its repair
    time, was imported after the duplicate.
    """
    repaired = Coalesce("duplicate_of__finished_at", "duplicate_of__closed_at")
    found = WorkOrder.objects.filter(duplicate_of__isnull=False, reported_at__gte=repaired)
    pairs = found.order_by().values_list("pk", "duplicate_of")
    ids = [pk for pk, earlier in pairs if pk in touched or earlier in touched]
    orders = WorkOrder.objects.filter(pk__in=ids).select_related("crew", "technician", "duplicate_of")
    return list(orders.order_by("pk").select_for_update(of=("self",)))


def make_repeats(orders: Sequence[WorkOrder], *, now: datetime, by: User | None) -> None:
    """Stores orders that were turned into repeats and are now evaluated; the caller has set the deadlines."""
    WorkOrder.objects.filter(pk__in=[order.pk for order in orders]).keep_first_versions()
    bulk_update_with_history(
        orders, WorkOrder, TURNED, batch_size=BATCH_SIZE, default_user=by, default_date=now,
        default_change_reason=_("原工单修复之后报修:二次报修"),
    )  # fmt: skip


def turn_into_repeat(order: WorkOrder, *, now: datetime) -> None:
    """Turns a duplicate into a repeat, without storing it."""
    order.repeat_of, order.duplicate_of = order.duplicate_of, None
    if order.kind == Kind.DUPLICATE:
        order.kind, order.kind_text = Kind.FAULT, ""
    order.entered_at = None if order.missing else now


def in_circles(links: dict[int, int]) -> set[int]:
    """Returns the orders whose new link (order → its original) would lead back to themselves."""
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
