"""Daily rows (三.9.9): per technician, crew and day, computed from the orders and replaced as a whole (§8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.enums import MonthState
from evaluations.guards import policy_of_month, refuse_settled_month
from evaluations.models import DailyScore, Settlement
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from satisfaction.core.locks import acquire_lock
from workorders.models import Crew, Technician

from .participation import TakingPartRules, daily_sums, rules_of
from .rules import Tally

TALLY_FIELDS = tuple(Tally.__dataclass_fields__)
Key = tuple[date, int, int]
"""Day, technician, crew."""


@dataclass(frozen=True)
class DayScore:
    """What `score_day` says: technicians with orders in scope, these orders, those that take part, their points."""

    day: date
    technicians: int
    orders: int
    taking_part: int
    points: int


@dataclass(frozen=True)
class DailyRow:
    """A daily row with its people, for pages and the workbook."""

    day: date
    crew: Crew
    technician: Technician
    tally: Tally


def hold_month(month: date) -> None:
    """One writer of a month's numbers at a time; first thing in a transaction."""
    acquire_lock(f"scores {month:%Y-%m}")


@transaction.atomic
def score_day(day: date, *, now: datetime) -> DayScore:
    """(Re)computes the daily rows of a day that is over; again: the same rows.

    Refused: today or later, a settled month, a month before the first policy.
    """
    month = days.first_of_month(day)
    if day >= days.local_day(now):
        raise Refused(_("%(day)s还没有过完,过了这一天才能计分。") % {"day": day})
    hold_month(month)
    refuse_settled_month(month, _("%(month)s已结算,不再重新计分;需要时请科室负责人先重开该月。"))
    state = Settlement.objects.state_of(month)
    rules = rules_of(month, policy_of_month(month), was_reopened=state == MonthState.REOPENED)
    rows = fresh_rows(day, day, rules)
    replace_rows(day, day, rows)
    return summed_up(day, rows)


def summed_up(day: date, rows: dict[Key, Tally]) -> DayScore:
    total = sum(rows.values(), Tally())
    technicians = len({technician for _day, technician, _crew in rows})
    return DayScore(day, technicians, total.orders, total.taking_part, total.points)


def fresh_rows(first: date, last: date, rules: TakingPartRules) -> dict[Key, Tally]:
    """The rows from `first` to `last` as the orders stand; days of one month, two statements."""
    return {
        (day, technician, crew): Tally(orders, good + fair + bad, own or 0, called or 0, good, fair, bad)
        for day, technician, crew, orders, own, called, good, fair, bad in daily_sums(first, last, rules)
    }


def stored_rows(first: date, last: date) -> dict[Key, tuple[int, Tally]]:
    """The rows that are stored, with their ids."""
    rows = DailyScore.objects.filter(day__range=(first, last))
    fields = ("day", "technician_id", "crew_id", "pk", *TALLY_FIELDS)
    return {
        (day, technician, crew): (pk, Tally(*numbers))
        for day, technician, crew, pk, *numbers in rows.values_list(*fields).order_by()
    }


def replace_rows(first: date, last: date, fresh: dict[Key, Tally]) -> set[date]:
    """Rows no longer earned go, the others become `fresh`; gives the days on which something changed."""
    stored = stored_rows(first, last)
    gone = {key: pk for key, (pk, _tally) in stored.items() if key not in fresh}
    changed = {key: tally for key, tally in fresh.items() if key not in stored or stored[key][1] != tally}
    for pks in batches(list(gone.values())):
        DailyScore.objects.filter(pk__in=pks).delete()
    DailyScore.objects.bulk_create(
        (row_of(key, tally) for key, tally in changed.items()),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["day", "technician", "crew"],
        update_fields=TALLY_FIELDS,
    )
    return {day for day, *_rest in (*gone, *changed)}


def batches(pks: list[int], size: int = 500) -> Iterator[list[int]]:
    return (pks[start : start + size] for start in range(0, len(pks), size))


def row_of(key: Key, tally: Tally) -> DailyScore:
    day, technician, crew = key
    numbers = {name: getattr(tally, name) for name in TALLY_FIELDS}
    return DailyScore(day=day, technician_id=technician, crew_id=crew, **numbers)


def refresh_daily_rows(first: date, *, now: datetime) -> list[date]:
    """What the nights do: brings the rows of every day over since `first`, of unsettled months, up to date.

    Gives the days that changed; a second run finds none. Two statements a month.
    """
    yesterday = days.local_day(now) - timedelta(days=1)
    changed: set[date] = set()
    for month_first, month_last in months_between(first, yesterday):
        changed |= refresh_month(month_first, month_last)
    return sorted(changed)


def months_between(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days from `first` to `last`, month by month."""
    while first <= last:
        yield first, min(last, days.last_of_month(first))
        first = days.next_month(first)


@transaction.atomic
def refresh_month(first: date, last: date) -> set[date]:
    month = days.first_of_month(first)
    hold_month(month)
    if Settlement.objects.is_settled(month):
        return set()
    return replace_rows(first, last, fresh_rows(first, last, rules_of(month, policy_of_month(month))))


def daily_rows(
    first: date, last: date, *, crews: Iterable[int] | None = None, technician: int | None = None
) -> list[DailyRow]:
    """The rows from `first` to `last` by day, crew and employee number, as the orders stand now.

    Of a settled month the stored ones. `crews` (and `technician`): what the reader may see; None: all.
    """
    rows: dict[Key, Tally] = {}
    for month_first, month_last in months_between(first, last):
        rows |= rows_as_they_stand(month_first, month_last)
    if crews is not None or technician is not None:
        seen = set(crews or ())
        rows = {key: tally for key, tally in rows.items() if key[2] in seen or key[1] == technician}
    return with_names(rows)


def rows_as_they_stand(first: date, last: date) -> dict[Key, Tally]:
    month = days.first_of_month(first)
    if Settlement.objects.is_settled(month):
        return {key: tally for key, (_pk, tally) in stored_rows(first, last).items()}
    return fresh_rows(first, last, rules_of(month, policy_of_month(month)))


def with_names(rows: dict[Key, Tally]) -> list[DailyRow]:
    technicians = Technician.objects.in_bulk({technician for _day, technician, _crew in rows})
    crews = Crew.objects.in_bulk({crew for _day, _technician, crew in rows})
    named = [DailyRow(day, crews[c], technicians[t], tally) for (day, t, c), tally in rows.items()]
    return sorted(named, key=lambda row: (row.day, row.crew.name, row.technician.employee_no))
