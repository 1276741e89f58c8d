"""The patterns of a month by caller and by crew, each compared with its group (domain §8.19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from satisfaction.accounts.enums import CallerGroup
from satisfaction.accounts.models import User
from workorders.models import Crew, WorkOrder

from .queries import CALLER_MEASURES, CREW_MEASURES, MEASURES, Measure, PatternScope
from .rules import PatternShare, pattern_shares


@dataclass(frozen=True)
class PatternRow:
    """One caller or crew, with a share for each measure of the table."""

    who: Any
    shares: list[tuple[Measure, PatternShare]]


@dataclass(frozen=True)
class PatternTable:
    """A group with its measures. `totals`: shares of the whole group."""

    title: Any
    measures: tuple[Measure, ...]
    rows: list[PatternRow]
    totals: list[tuple[Measure, PatternShare]]


MeasureCounts = dict[str, dict[int, tuple[int, int]]]
NO_ORDERS = PatternShare(0, 0, 0, 0)


def pattern_tables(scope: PatternScope) -> list[PatternTable]:
    """Returns tables of dispatchers, managers and crews, without empty ones. A fixed number of queries."""
    by_caller, by_crew = count_measures(scope, CALLER_MEASURES), count_measures(scope, CREW_MEASURES)
    people = _members(User, by_caller)
    found = [
        make_table(
            group.label, CALLER_MEASURES, by_caller, [one for one in people if one.caller_group == group]
        )
        for group in CallerGroup
    ]
    found.append(make_table(Crew._meta.verbose_name, CREW_MEASURES, by_crew, _members(Crew, by_crew)))
    return [one for one in found if one.rows]


def count_measures(scope: PatternScope, measures: Iterable[Measure]) -> MeasureCounts:
    """Returns measure → id of person or crew → (counted, of). One query for each different number."""
    asked: dict[Any, dict[int, int]] = {}
    found: MeasureCounts = {}
    for measure in measures:
        for ask in (measure.counted, measure.of):
            if ask not in asked:
                asked[ask] = ask(scope).counts()
        of = asked[measure.of]
        found[measure.key] = {who: (asked[measure.counted].get(who, 0), n) for who, n in of.items()}
    return found


def make_table(
    title: Any, measures: tuple[Measure, ...], counts: MeasureCounts, members: Sequence[Any]
) -> PatternTable:
    keys = {one.pk for one in members}
    beside = {
        key: pattern_shares({who: pair for who, pair in by_who.items() if who in keys})
        for key, by_who in counts.items()
    }
    rows = [PatternRow(one, [(m, beside[m.key].get(one.pk, NO_ORDERS)) for m in measures]) for one in members]
    return PatternTable(title, measures, rows, [(m, _total(beside[m.key])) for m in measures])


def _total(group: Mapping[int, PatternShare]) -> PatternShare:
    counted, of = sum(one.counted for one in group.values()), sum(one.of for one in group.values())
    return PatternShare(counted, of, counted, of)


def _members(model: type[Model], counts: MeasureCounts) -> list[Any]:
    """Returns the counted people or crews, by name."""
    rows = model._default_manager.in_bulk({who for by_who in counts.values() for who in by_who})
    return sorted(rows.values(), key=str)


def orders_of_measure(
    scope: PatternScope, key: str, who: int, *, is_whole: bool
) -> QuerySet[WorkOrder] | None:
    """Returns the orders of one number, or of its denominator; None for an unknown measure."""
    measure = MEASURES.get(key)
    if measure is None:
        return None
    facts = (measure.of if is_whole else measure.counted)(scope)
    return facts.orders(who).select_related("crew", "technician").order_by("closed_at", "number")
