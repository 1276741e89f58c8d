"""Daily rows per technician, crew and day, computed from the orders and replaced as a whole (domain §8.4)."""

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

from .participation import ParticipationRules, daily_sums, participation_rules
from .rules import PointTally

TALLY_FIELDS = tuple(PointTally.__dataclass_fields__)
DailyRowKey = tuple[date, int, int]
"""Day, technician, crew."""


@dataclass(frozen=True)
class DayScore:
    """Result of `score_day`: technicians with orders in scope, orders in scope, orders taking part, points."""

    day: date
    technicians: int
    orders: int
    taking_part: int
    points: int


@dataclass(frozen=True)
class DailyRow:
    """A daily row with crew and technician, for pages and the workbook."""

    day: date
    crew: Crew
    technician: Technician
    tally: PointTally


def lock_month_scores(month: date) -> None:
    """Allows one writer of a month's scores at a time; call it first in a transaction."""
    acquire_lock(f"scores {month:%Y-%m}")


@transaction.atomic
def score_day(day: date, *, now: datetime) -> DayScore:
    """Recomputes the daily rows of a past day. Repeating gives the same rows.

    Raises Refused for today or later, in a settled month, and before the first policy.
    """
    month = days.first_of_month(day)
    if day >= days.local_day(now):
        raise Refused(_("%(day)s还没有过完,过了这一天才能计分。") % {"day": day})
    lock_month_scores(month)
    refuse_settled_month(month, _("%(month)s已结算,不再重新计分;需要时请科室负责人先重开该月。"))
    state = Settlement.objects.state_of(month)
    rules = participation_rules(month, policy_of_month(month), was_reopened=state == MonthState.REOPENED)
    rows = computed_rows(day, day, rules)
    replace_rows(day, day, rows)
    return summarize_day(day, rows)


def summarize_day(day: date, rows: dict[DailyRowKey, PointTally]) -> DayScore:
    total = sum(rows.values(), PointTally())
    technicians = len({technician for _day, technician, _crew in rows})
    return DayScore(day, technicians, total.orders, total.taking_part, total.points)


def computed_rows(first: date, last: date, rules: ParticipationRules) -> dict[DailyRowKey, PointTally]:
    """Returns the rows from `first` to `last`, days of one month, computed from the orders. Two statements."""
    return {
        (day, technician, crew): PointTally(orders, good + fair + bad, own or 0, called or 0, good, fair, bad)
        for day, technician, crew, orders, own, called, good, fair, bad in daily_sums(first, last, rules)
    }


def stored_rows(first: date, last: date) -> dict[DailyRowKey, tuple[int, PointTally]]:
    """Returns the stored rows with their ids."""
    rows = DailyScore.objects.filter(day__range=(first, last))
    fields = ("day", "technician_id", "crew_id", "pk", *TALLY_FIELDS)
    return {
        (day, technician, crew): (pk, PointTally(*numbers))
        for day, technician, crew, pk, *numbers in rows.values_list(*fields).order_by()
    }


def replace_rows(first: date, last: date, fresh: dict[DailyRowKey, PointTally]) -> set[date]:
    """Replaces the stored rows by `fresh`; deletes rows not in it. Returns the changed days."""
    stored = stored_rows(first, last)
    gone = {key: pk for key, (pk, _tally) in stored.items() if key not in fresh}
    changed = {key: tally for key, tally in fresh.items() if key not in stored or stored[key][1] != tally}
    for pks in batches(list(gone.values())):
        DailyScore.objects.filter(pk__in=pks).delete()
    DailyScore.objects.bulk_create(
        (make_daily_score(key, tally) for key, tally in changed.items()),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["day", "technician", "crew"],
        update_fields=TALLY_FIELDS,
    )
    return {day for day, *_rest in (*gone, *changed)}


def batches(pks: list[int], size: int = 500) -> Iterator[list[int]]:
    return (pks[start : start + size] for start in range(0, len(pks), size))


def make_daily_score(key: DailyRowKey, tally: PointTally) -> DailyScore:
    day, technician, crew = key
    numbers = {name: getattr(tally, name) for name in TALLY_FIELDS}
    return DailyScore(day=day, technician_id=technician, crew_id=crew, **numbers)


def refresh_daily_rows(first: date, *, now: datetime) -> list[date]:
    """Recomputes the rows of every past day since `first` in unsettled months. Called by the scheduler.

    Returns the changed days; a second run finds none. Two statements per month.
    """
    yesterday = days.local_day(now) - timedelta(days=1)
    changed: set[date] = set()
    for month_first, month_last in split_by_month(first, yesterday):
        changed |= refresh_month_rows(month_first, month_last)
    return sorted(changed)


def split_by_month(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yields the days from `first` to `last` in spans within one month."""
    while first <= last:
        yield first, min(last, days.last_of_month(first))
        first = days.next_month(first)


@transaction.atomic
def refresh_month_rows(first: date, last: date) -> set[date]:
    month = days.first_of_month(first)
    lock_month_scores(month)
    if Settlement.objects.is_settled(month):
        return set()
    return replace_rows(
        first, last, computed_rows(first, last, participation_rules(month, policy_of_month(month)))
    )


def daily_rows(
    first: date, last: date, *, crews: Iterable[int] | None = None, technician: int | None = None
) -> list[DailyRow]:
    """Returns the rows from `first` to `last` by day, crew and employee number, computed from the orders.

    A settled month returns its stored rows. `crews`, `technician`: limit the rows to these; both None: all rows.
    """
    rows: dict[DailyRowKey, PointTally] = {}
    for month_first, month_last in split_by_month(first, last):
        rows |= current_rows(month_first, month_last)
    if crews is not None or technician is not None:
        seen = set(crews or ())
        rows = {key: tally for key, tally in rows.items() if key[2] in seen or key[1] == technician}
    return named_rows(rows)


def current_rows(first: date, last: date) -> dict[DailyRowKey, PointTally]:
    month = days.first_of_month(first)
    if Settlement.objects.is_settled(month):
        return {key: tally for key, (_pk, tally) in stored_rows(first, last).items()}
    return computed_rows(first, last, participation_rules(month, policy_of_month(month)))


def named_rows(rows: dict[DailyRowKey, PointTally]) -> list[DailyRow]:
    technicians = Technician.objects.in_bulk({technician for _day, technician, _crew in rows})
    crews = Crew.objects.in_bulk({crew for _day, _technician, crew in rows})
    named = [DailyRow(day, crews[c], technicians[t], tally) for (day, t, c), tally in rows.items()]
    return sorted(named, key=lambda row: (row.day, row.crew.name, row.technician.employee_no))
