"""Confirms and declines changes that wait for dispatch (domain §3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from evaluations.deadlines import set_deadlines_on_entry
from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import acquire_lock, after_lock
from satisfaction.core.roles import Role
from workorders.enums import ChangeSource, ChangeState
from workorders.intake.columns import ORDER_COLUMNS, titles
from workorders.intake.complete import Completion, complete_orders
from workorders.intake.order_rows import display_value, row_of_values
from workorders.intake.order_state import OrderState
from workorders.intake.pending import waiting
from workorders.models import Crew, CrewLead, PendingChange, Technician, WorkOrder
from workorders.phones import masked

from .import_rows import import_rows

DECIDERS = (Role.DISPATCHER, Role.LEAD)


@dataclass(frozen=True)
class ValueChange:
    """One changed value as display text; phones are masked.

    `needs_confirmation`: this value is a reason why the whole change waits.
    """

    title: str
    old: str
    new: str
    needs_confirmation: bool


def changes_for(person: User) -> QuerySet[PendingChange]:
    """Returns waiting changes the person may decide: leads decide all, other dispatchers only completions."""
    rows = waiting().select_related("order__crew", "order__technician", "by")
    if person.has_role(Role.LEAD):
        return rows
    return rows.filter(source=ChangeSource.COMPLETION) if person.has_role(Role.DISPATCHER) else rows.none()


def value_changes(change: PendingChange) -> Iterator[ValueChange]:
    """Yields the values that would change, in the order of the workbook's columns."""
    stored = OrderState.of(change.order).values()
    for field, title in titles(ORDER_COLUMNS).items():
        new = change.said.get(field, "")
        if new and new != stored.get(field):
            old = stored.get(field, "")
            if field == "technician" and change.order.technician:
                old = change.order.technician.name
            if old != new:
                named = _named(new) if field == "employee_no" and "technician" not in change.said else ""
                yield ValueChange(
                    title,
                    _shown(field, old),
                    named or _shown(field, new),
                    needs_confirmation=field in change.fields,
                )


def _named(employee_no: str) -> str:
    """Returns name and crew of the technician with that number, so that a different crew is noticed."""
    technician = Technician.objects.select_related("crew").filter(employee_no=employee_no).first()
    return f"{technician} · {technician.crew or '–'}" if technician else ""


def _shown(field: str, value: str) -> str:
    if not value:
        return ""
    return masked(value) if field == "reporter_phone" else display_value(field, value)


@transaction.atomic
def confirm_change(change: PendingChange, *, by: User, reason: str, now: datetime) -> PendingChange:
    """Applies the change to its order. Idempotent.

    Raises Refused: the order is frozen, its month is settled, or an import has no reason.
    Raises NotAllowed: see `_guard`.
    """
    change, is_decided = _lock(change, by)
    if is_decided:
        return change
    now = after_lock(now)
    _guard(change, by, reason)
    values = _masked(value_changes(change))
    if change.source == ChangeSource.IMPORT:
        _import(change, by=by, now=now)
    else:
        _complete(change, now=now)
    return _decide(change, ChangeState.CONFIRMED, by=by, reason=reason, now=now, values=values)


@transaction.atomic
def decline_change(change: PendingChange, *, by: User, reason: str, now: datetime) -> PendingChange:
    """Declines the change; the order stays, and the same row in a later workbook does not wait again.

    Raises Refused: no reason. Raises NotAllowed: see `_guard`.
    """
    change, is_decided = _lock(change, by)
    if is_decided:
        return change
    now = after_lock(now)
    _guard(change, by, reason)
    if not reason.strip():
        raise Refused(_("请写明原因。"))
    values = _masked(value_changes(change))
    if change.source == ChangeSource.IMPORT:
        order = WorkOrder.objects.select_for_update(of=("self",)).get(pk=change.order_id)
        order.imported = order.imported | change.said
        order.save(update_fields=["imported"])
    return _decide(change, ChangeState.DECLINED, by=by, reason=reason, now=now, values=values)


def _lock(change: PendingChange, by: User) -> tuple[PendingChange, bool]:
    """Locks the change; returns it and whether it is already decided.

    An import takes locks in the order of `import_rows`: the intake here, then the months and the orders
    there.
    Raises NotAllowed: `by` is not in dispatch.
    """
    if not by.has_role(*DECIDERS):
        raise NotAllowed(_("由调度确认工班补全的资料，由调度长确认导入的更改。"))
    if change.source == ChangeSource.IMPORT:
        acquire_lock("intake")
    else:
        WorkOrder.objects.select_for_update(of=("self",)).get(pk=change.order_id)
    rows = PendingChange.objects.select_related("order__crew", "order__technician", "by")
    locked = rows.select_for_update(of=("self",)).get(pk=change.pk)
    return locked, locked.state != ChangeState.WAITING


def _guard(change: PendingChange, by: User, reason: str) -> None:
    """Raises Refused: an import without a reason.

    Raises NotAllowed: an import decided by anyone but a lead, the author's own completion, or the person's
    own crew.
    """
    if change.source == ChangeSource.IMPORT and not by.has_role(Role.LEAD):
        raise NotAllowed(_("导入的更改由调度长确认。"))
    if change.source == ChangeSource.IMPORT and not reason.strip():
        raise Refused(_("请写明原因。"))
    if change.source == ChangeSource.COMPLETION and change.by_id == by.pk:
        raise NotAllowed(_("补全的人不能自己确认。"))
    values = change.said
    named = Q(name=values.get("crew", "")) | Q(technicians__employee_no=values.get("employee_no", ""))
    crews = Crew.objects.filter(named | Q(pk=change.order.crew_id)).values("pk")
    leads = CrewLead.objects.filter(crew__in=crews, person=by)
    if leads.exists() or Technician.objects.filter(user=by, crew__in=crews).exists():
        raise NotAllowed(_("涉及本人工班的更改由其他调度人员确认。"))


def _import(change: PendingChange, *, by: User, now: datetime) -> None:
    """Imports the row now, without another confirmation. Raises Refused: the row is rejected."""
    result = import_rows([row_of_values(change.order.number, change.said)], now=now, by=by)
    for problem in result.rejected.values():
        raise Refused(problem.message)


def _complete(change: PendingChange, *, now: datetime) -> None:
    values = change.said
    completion = Completion(
        order=change.order_id,
        crew=Crew.objects.filter(name=values.get("crew", "")).first(),
        technician=Technician.objects.filter(employee_no=values.get("employee_no", "")).first(),
        phone=values.get("reporter_phone", ""),
        kind=values.get("kind", ""),
        channel=values.get("channel", ""),
    )
    complete_orders(
        [completion],
        by=change.by,
        now=now,
        writers_crews=[crew.pk for crew in (change.order.crew, completion.crew) if crew],
        on_entry=lambda entered: set_deadlines_on_entry(entered, now=now),
    )


def _masked(values: Iterable[ValueChange]) -> dict[str, list[str]]:
    return {value.title: [value.old, value.new] for value in values}


def _decide(
    change: PendingChange,
    state: ChangeState,
    *,
    by: User,
    reason: str,
    now: datetime,
    values: dict[str, list[str]],
) -> PendingChange:
    change.state, change.decided_by, change.decided_at, change.reason = state, by, now, reason.strip()
    change.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    kind = AuditKind.CONFIRMED if state == ChangeState.CONFIRMED else AuditKind.DECLINED
    details = {"source": change.source, "proposed_by": str(change.by), "changes": values}
    record_event(kind, by=by, at=now, subject=change.order, reason=reason.strip(), details=details)
    return change
