"""Even distribution of an absent caller's callbacks, by the rules of the draw (domain §5.6, §5.4, §5.3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, Q

from evaluations.draw.rules import DrawOrder
from evaluations.draw.rules.callers import DrawCounts, assign_callers
from evaluations.enums import Source
from evaluations.models import Callback
from satisfaction.calendars import days

from .guards import calling_day


class Load(NamedTuple):
    """The key by which the rules of the draw count a caller's callbacks."""

    caller: int
    technician: int
    closed_on: date
    calling_on: date


def redistribute(
    rows: Sequence[Callback], allowed: Mapping[int, Collection[int]], *, now: datetime
) -> dict[int, int]:
    """Returns callback id → person id, without callbacks that nobody may take.

    `rows`: callbacks of one group and one caller, with their orders. Balances the load of the closing day
    first, then the technician's spread. Counts current assignments, so people who already took over many
    receive fewer. Runs the draw's algorithm for each closing and calling day in turn.
    """
    loads = _loads(rows)
    parts: dict[tuple[date, date], list[Callback]] = defaultdict(list)
    for row in rows:
        assert row.order.closed_on
        parts[row.order.closed_on, calling_day(row, now)].append(row)
    given: dict[int, int] = {}
    for (closed_on, calling_on), part in sorted(parts.items(), key=lambda item: item[0]):
        shares = _share(part, allowed, closed_on, calling_on, loads)
        given |= shares
        for row in part:
            if row.pk in shares:
                loads[Load(shares[row.pk], _technician(row), closed_on, calling_on)] += 1
    return given


def _share(
    part: list[Callback],
    allowed: Mapping[int, Collection[int]],
    closed_on: date,
    calling_on: date,
    loads: Counter[Load],
) -> dict[int, int]:
    people = {person for row in part for person in allowed[row.pk]}
    orders = [
        DrawOrder(
            number=str(row.pk),
            crew="",
            technician=str(_technician(row)),
            calling_on=calling_on,
            later_calling_on=calling_on,
            barred=frozenset(str(person) for person in people - set(allowed[row.pk])),
        )
        for row in part
    ]
    found = assign_callers(
        orders,
        on_duty=tuple(sorted(map(str, people))),
        calling_on=calling_on,
        counts=_draw_counts(loads, closed_on, calling_on),
        seed=f"{closed_on}".encode(),
    )
    return {int(pk): int(person) for pk, person in found.items()}


def _technician(row: Callback) -> int:
    return row.order.technician_id or 0


def _loads(rows: Sequence[Callback]) -> Counter[Load]:
    """Counts the group's callbacks of these months and calling days, not the absent caller's; one query."""
    of_months = Q(pk__in=[])
    for month in {days.first_of_month(row.order.closed_on) for row in rows if row.order.closed_on}:
        of_months |= Q(order__closed_on__range=(month, days.last_of_month(month)))
    others = Callback.objects.filter(
        of_months | Q(calling_on__in={row.calling_on for row in rows}),
        source=Source.APP,
        group=rows[0].group,
        caller__isnull=False,
        calling_on__isnull=False,
    ).exclude(caller=rows[0].caller_id)
    alike = ("caller", "order__technician", "order__closed_on", "calling_on")
    counted = others.order_by().values_list(*alike).annotate(n=Count("pk"))
    return Counter({Load(caller, tech or 0, closed, on): n for caller, tech, closed, on, n in counted})


def _draw_counts(loads: Counter[Load], closed_on: date, calling_on: date) -> DrawCounts:
    counts = DrawCounts(Counter(), Counter(), Counter(), Counter())
    month = (closed_on.year, closed_on.month)
    for load, n in loads.items():
        caller = str(load.caller)
        if (load.closed_on.year, load.closed_on.month) == month:
            counts.spread[str(load.technician), caller] += n
            counts.month_load[caller] += n
        if load.calling_on == calling_on:
            counts.calling_day_load[calling_on, caller] += n
            if load.closed_on == closed_on:
                counts.day_load[calling_on, caller] += n
    return counts
