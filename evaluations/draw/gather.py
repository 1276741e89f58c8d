"""Gathers the input of one run: orders, barred callers, callers on duty, and earlier draws (domain §5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import Count, Q, QuerySet

from evaluations.enums import CallbackState, Group
from evaluations.models import Callback, SelfEvaluation
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from workorders.models import CrewLead, Technician, WorkOrder
from workorders.phones import phone_keys
from workorders.spelling import same_word

from .rules import DrawCount, DrawInput, DrawOrder


def gather_draw_input(
    *,
    day: date,
    new: Sequence[WorkOrder],
    waiting: Sequence[Callback],
    share: Fraction,
    seed: str,
    run: int,
    now: datetime,
) -> DrawInput:
    """Returns the input of a run. A fixed number of queries, and one per calling day for the roster.

    `new`: orders with deadlines, crew and technician loaded. `waiting`: callbacks with a group and no caller.
    """
    today = days.local_day(now)
    barred = barred_callers([*new, *(callback.order for callback in waiting)], today=today)
    orders = [_new_order(order, barred[order.pk]) for order in new]
    orders += [_waiting_order(callback, barred[callback.order_id], today) for callback in waiting]
    calling_days = {when for order in orders for when in (order.calling_on, order.later_calling_on)}
    drawn = Callback.objects.filter(
        run__isnull=False, order__closed_on__range=(day.replace(day=1), days.last_of_month(day))
    )
    return DrawInput(
        day=day,
        orders=tuple(orders),
        roster={when: callers_on_duty(when) for when in sorted(calling_days)},
        crew_counts=_counts(drawn, "order__crew__name"),
        technician_counts=_counts(drawn, "order__technician__employee_no"),
        spread=_loads(drawn, "order__technician__employee_no", "drawn_caller__username"),
        day_load=_loads(
            drawn.filter(order__closed_on=day, drawn_calling_on__in=calling_days),
            "drawn_calling_on",
            "drawn_caller__username",
        ),
        calling_day_load=_loads(
            Callback.objects.filter(run__isnull=False, drawn_calling_on__in=calling_days),
            "drawn_calling_on",
            "drawn_caller__username",
        ),
        month_load={name: n for (name,), n in _loads(drawn, "drawn_caller__username").items()},
        manager_share=share,
        seed=seed,
        run=run,
        excluded=excluded_orders(day),
    )


def excluded_orders(day: date) -> dict[str, tuple[str, ...]]:
    """Returns orders of the closing day that no run draws (domain §5.5): reason → numbers. One query."""
    excluded = Q(callback__state=CallbackState.SET_ASIDE) | Q(taken_out__isnull=False)
    rows = WorkOrder.objects.closed_on(day).filter(excluded).order_by("number")
    found: dict[str, list[str]] = {"do_not_call": [], "taken_out": []}
    for number, taken_out in rows.values_list("number", "taken_out"):
        found["taken_out" if taken_out else "do_not_call"].append(number)
    return {reason: tuple(numbers) for reason, numbers in found.items()}


def _new_order(order: WorkOrder, barred: frozenset[str]) -> DrawOrder:
    assert order.due_at and order.last_due_at and order.crew and order.technician, order.number
    return DrawOrder(
        number=order.number,
        crew=order.crew.name,
        technician=order.technician.employee_no,
        calling_on=days.local_day(order.due_at),
        later_calling_on=days.local_day(order.last_due_at),
        barred=barred,
    )


def _waiting_order(callback: Callback, barred: frozenset[str], today: date) -> DrawOrder:
    """Returns a waiting order; a past calling day becomes today, so that callers on duty now may get it."""
    order = callback.order
    assert order.last_due_at and order.crew and order.technician and callback.calling_on
    return DrawOrder(
        number=order.number,
        crew=order.crew.name,
        technician=order.technician.employee_no,
        calling_on=max(callback.calling_on, today),
        later_calling_on=max(days.local_day(order.last_due_at), today),
        barred=barred,
        group=callback.group,
    )


def callers_on_duty(day: date) -> dict[str, tuple[str, ...]]:
    """Returns usernames by group: active members of the group without an absence on the day."""
    found: dict[str, list[str]] = {group: [] for group in Group.values}
    people = User.objects.on_duty(day).filter(caller_group__in=Group.values).order_by("username")
    for group, username in people.values_list("caller_group", "username"):
        found[group].append(username)
    return {group: tuple(names) for group, names in found.items()}


def barred_callers(orders: Iterable[WorkOrder], *, today: date) -> dict[int, frozenset[str]]:
    """Returns order id → usernames that may not call it: technician, crew lead, reporter (same phone or name), and
    author of the self-evaluation (domain §5.6). Also used when a callback is reassigned or taken over.
    """
    orders = list(orders)
    callers = list(User.objects.exclude(caller_group=""))
    by_name = _usernames(callers, lambda person: [same_word(person.name)])
    by_phone = _usernames(callers, lambda person: phone_keys(person.phone))
    by_technician = _usernames_of_technicians()
    leads = _leads(orders, today)
    authors = _authors(orders)
    return {
        order.pk: frozenset(
            by_name.get(same_word(order.reporter_name), set())
            | {name for key in order.phone_keys for name in by_phone.get(key, set())}
            | by_technician.get(order.technician_id, set())
            | authors.get(order.pk, set())
            | _in_office(leads[order.crew_id], order.closed_on)
        )
        for order in orders
    }


def _usernames_of_technicians() -> dict[int | None, set[str]]:
    rows = Technician.objects.filter(user__isnull=False).exclude(user__caller_group="")
    return {pk: {username} for pk, username in rows.values_list("pk", "user__username")}


def _authors(orders: Sequence[WorkOrder]) -> dict[int, set[str]]:
    rows = SelfEvaluation.objects.filter(order__in=orders).exclude(rated_by__isnull=True)
    return {order: {username} for order, username in rows.values_list("order_id", "rated_by__username")}


LeadTerms = Mapping[int | None, Sequence[tuple[str, date | None]]]


def _leads(orders: Sequence[WorkOrder], today: date) -> LeadTerms:
    """Returns crew id → (username, last day in office) of callers who lead or led it, including deputies."""
    found: dict[int | None, list[tuple[str, date | None]]] = defaultdict(list)
    rows = CrewLead.objects.filter(crew__in={order.crew_id for order in orders}, from_on__lte=today).exclude(
        person__caller_group=""
    )
    for crew, username, to_on in rows.values_list("crew_id", "person__username", "to_on"):
        found[crew].append((username, to_on))
    return found


def _in_office(leads: Sequence[tuple[str, date | None]], closed_on: date | None) -> set[str]:
    """Returns the leads whose term had not ended when the order closed."""
    return {name for name, to_on in leads if to_on is None or closed_on is None or to_on >= closed_on}


def _usernames(people: Iterable[User], keys: Callable[[User], Iterable[str]]) -> dict[object, set[str]]:
    """Returns usernames by each key; ignores empty keys."""
    found: dict[object, set[str]] = defaultdict(set)
    for person in people:
        for key in filter(None, keys(person)):
            found[key].add(person.username)
    return found


def _counts(drawn: QuerySet[Callback], by: str) -> dict[str, DrawCount]:
    rows = drawn.values_list(by).annotate(
        orders=Count("pk"), managers=Count("pk", filter=Q(drawn_group=Group.MANAGER))
    )
    return {name: DrawCount(orders, managers) for name, orders, managers in rows.order_by(by)}


def _loads(drawn: QuerySet[Callback], *by: str) -> dict[Any, int]:
    """Returns the number of orders drawn for each caller by the given columns; skips orders without a caller."""
    rows = drawn.filter(drawn_caller__isnull=False).values_list(*by).annotate(n=Count("pk")).order_by(*by)
    return {tuple(key): n for *key, n in rows}
