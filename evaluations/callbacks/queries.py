"""Queries for the caller's screens: one query each, whatever the size (domain §6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact

from evaluations.enums import ENDED_BY_CALL, REACHED, CallbackState
from evaluations.models import Callback, CallbackAttempt
from evaluations.models.callbacks import CallbackQuerySet
from satisfaction.accounts.models import User
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from satisfaction.calendars import days
from workorders.models import CrewLead, WorkOrder
from workorders.phones import phone_keys, phones, with_phone
from workorders.spelling import same_word, same_word_of

from .rules import finish_at_pace


def concerning(person: User) -> Q:
    """Filters callbacks whose orders concern the person, like `draw.gather.barred_callers` (domain §5.6)."""
    led = CrewLead.objects.filter(
        Q(to_on__isnull=True) | Q(to_on__gte=OuterRef("order__closed_on")),
        person=person,
        crew=OuterRef("order__crew"),
    )
    found = Q(order__technician__user=person) | Q(order__self_evaluation__rated_by=person) | Q(Exists(led))
    if name := same_word(person.name):
        found |= Q(Exact(same_word_of("order__reporter_name"), name))
    if phones(person.phone):
        found |= with_phone(phone_keys(person.phone), "order__")
    return found


def offered_to(caller: User, *, now: datetime) -> CallbackQuerySet:
    """Returns due promised calls of colleagues that are open to the group.

    Excludes calls from which `caller` is barred (domain §5.6, §6).
    """
    promised = Callback.objects.filter(
        group=caller.caller_group,
        is_anybodys=True,
        state=CallbackState.ASSIGNED,
        has_wrong_number=False,
        call_again_at__lte=now,
    )
    others = promised.exclude(caller=caller).exclude(concerning(caller))
    return others.of_unsettled_months().select_related("order__crew", "caller", "held_by")


S = CallbackState


@dataclass(frozen=True)
class HeadLine:
    """A caller's day: assigned = done + not reached + left; `left` includes overdue and wrong numbers."""

    done: int = 0
    not_reached: int = 0
    left: int = 0
    overdue: int = 0
    wrong_numbers: int = 0
    due_at: datetime | None = None
    ended_today: int = 0
    first_ended_at: datetime | None = None
    finishes_at: datetime | None = None

    @property
    def assigned(self) -> int:
        return self.done + self.not_reached + self.left

    @property
    def is_too_slow(self) -> bool:
        """Whether the deadline passes before the last call at the current pace."""
        return bool(self.finishes_at and self.due_at and self.finishes_at > self.due_at)


def head_line(caller: User, *, now: datetime) -> HeadLine:
    """Counts open callbacks, and those ended today or scheduled for today."""
    today = days.local_day(now)
    of_today = Q(ended_at__gte=days.start_of_day(today)) | Q(calling_on=today)
    mine = Callback.objects.filter(
        Q(caller=caller) & (Q(state=S.ASSIGNED) | Q(state__in=ENDED_BY_CALL) & of_today)
    )
    ended_today = Q(state__in=ENDED_BY_CALL, ended_at__gte=days.start_of_day(today))
    counts = mine.aggregate(
        done=Count("pk", filter=Q(state__in=REACHED)),
        not_reached=Count("pk", filter=Q(state=S.UNREACHABLE)),
        left=Count("pk", filter=Q(state=S.ASSIGNED)),
        overdue=Count("pk", filter=Q(state=S.ASSIGNED, due_at__lt=now)),
        wrong_numbers=Count("pk", filter=Q(state=S.ASSIGNED, has_wrong_number=True)),
        due_at=Min("due_at", filter=Q(state=S.ASSIGNED, due_at__gte=now)),
        ended_today=Count("pk", filter=ended_today),
        first_ended_at=Min("ended_at", filter=ended_today),
    )
    finishes_at = finish_at_pace(now, counts["first_ended_at"], counts["ended_today"], counts["left"])
    return HeadLine(**counts, finishes_at=finishes_at)


def ended_by(caller: User, *, now: datetime) -> QuerySet[Callback]:
    """Returns callbacks the caller ended since yesterday, for review and for correction until publication."""
    since = days.start_of_day(days.local_day(now) - timedelta(days=1))
    rows = Callback.objects.filter(caller=caller, state__in=ENDED_BY_CALL, ended_at__gte=since)
    return rows.select_related("order").order_by("-ended_at")


def wrong_numbers_of(caller: User) -> QuerySet[Callback]:
    rows = Callback.objects.filter(caller=caller).awaiting_number()
    return rows.select_related("order__crew").order_by("due_at", "pk")


def known_of_reporter(callback: Callback, person: User) -> QuerySet[Callback, Any]:
    """Returns the ids of the reporter's callbacks that do not concern the person (domain §4, §5.6).

    The call screen shows no others.
    """
    keys = callback.order.phone_keys
    same = with_phone(keys, "order__") if keys else Q(pk=callback.pk)
    return Callback.objects.filter(same).exclude(concerning(person)).values("pk")


LOOKED_BACK = timedelta(days=30)


def further_orders(order: WorkOrder, *, called: Iterable[int]) -> QuerySet[WorkOrder]:
    """Returns the reporter's other orders of the last 30 days and those of the same fault, newest first.

    One query. `called`: ids of orders already on the screen. Each part uses its own index.
    """
    assert order.closed_on
    orders = WorkOrder.objects.exclude(pk__in=[order.pk, *called]).order_by()
    found = orders.filter(repeat_of=order)
    if order.repeat_of_id:
        found = found.union(orders.filter(pk=order.repeat_of_id))
    if keys := order.phone_keys:
        of_reporter = with_phone(keys) & Q(closed_on__gte=order.closed_on - LOOKED_BACK)
        found = found.union(orders.filter(of_reporter))
    return found.order_by("-closed_at", "-number")


def attempts_at(order: WorkOrder) -> QuerySet[CallbackAttempt]:
    """Returns all attempts at the order's reporter, by any caller and for any order, newest first."""
    keys = order.phone_keys
    same = with_phone(keys, "callback__order__") if keys else Q(callback__order=order)
    return (
        CallbackAttempt.objects.filter(same).select_related("by", "callback__order").order_by("-started_at")
    )


def phoned_today(rows: list[Callback], *, now: datetime) -> set[int]:
    """Returns the ids of callbacks whose reporter was already called today; one query."""
    keys = {key for row in rows for key in row.order.phone_keys}
    attempts = CallbackAttempt.objects.filter(
        with_phone(keys, "callback__order__"), started_at__gte=days.start_of_day(days.local_day(now))
    )
    of_orders = attempts.values_list(
        "callback__order__reporter_phone_key", "callback__order__reporter_other_key"
    )
    phoned = {key for pair in of_orders for key in pair}
    return {row.pk for row in rows if row.order.phone_keys & phoned}


def siblings_of(callback: Callback) -> QuerySet[Callback]:
    """Returns the reporter's other assigned callbacks of the group (domain §6, one call per reporter)."""
    rows = Callback.objects.filter(
        with_phone(callback.order.phone_keys, "order__"),
        state=S.ASSIGNED,
        group=callback.group,
        has_wrong_number=False,
    )
    joins = ("order__crew", "order__technician", "order__repeat_of", "caller", "held_by")
    return rows.exclude(pk=callback.pk).with_repeats().select_related(*joins).order_by("pk")


def number_changes(callbacks: Iterable[Callback]) -> dict[int, list[AuditEvent]]:
    """Returns callback id → audit events of changes to the reporter's number, oldest first; one query.

    Includes numbers entered by the rated crew while completing the order.
    """
    of_order = {row.order_id: row.pk for row in callbacks}
    mine = Q(subject_type=Callback._meta.label_lower, subject_id__in=of_order.values())
    mine |= Q(subject_type=WorkOrder._meta.label_lower, subject_id__in=of_order)
    found: dict[int, list[AuditEvent]] = {pk: [] for pk in of_order.values()}
    events = AuditEvent.objects.filter(mine, kind=AuditKind.NUMBER_CHANGED).select_related("by")
    for event in events.order_by("at", "id"):
        is_callbacks = event.subject_type == Callback._meta.label_lower
        assert event.subject_id is not None
        found[event.subject_id if is_callbacks else of_order[event.subject_id]].append(event)
    return found
