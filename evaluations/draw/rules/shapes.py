"""Input and result of one run of the draw: plain values with an exact JSON form.

A run stores both, so that it can be replayed and compared order by order (domain §5, rule 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from .flow import SOLVER

DISPATCHER = "dispatcher"
MANAGER = "manager"

# Changes whenever the same input may give another assignment. Version 1 had exact tie-breaks; it is kept for replays.
ALGORITHM = 2
ALGORITHMS = (1, 2)

# Reasons why an order is not called on D+1.
NO_MANAGER_NEXT_DAY = "no_manager_on_duty_next_day"
MANAGERS_BARRED_NEXT_DAY = "managers_barred_next_day"
NO_ELIGIBLE_CALLER = "no_eligible_caller"

Json = dict[str, Any]
T = TypeVar("T")


class DrawCount(NamedTuple):
    """Orders drawn this month so far, and how many of them managers call."""

    orders: int
    managers: int


@dataclass(frozen=True, slots=True)
class DrawOrder:
    """One order to draw. `barred`: usernames that may not call it (rule 6).

    `group`: decided by an earlier run, if not empty; only the caller is missing, and the counts include the order.
    """

    number: str
    crew: str
    technician: str
    calling_on: date
    later_calling_on: date
    barred: frozenset[str] = frozenset()
    group: str = ""


@dataclass(frozen=True, slots=True)
class DrawInput:
    """The whole input of one run. Counts and loads are of orders drawn before it.

    `roster`: calling day → group → usernames on duty. `spread`: (technician, caller) → orders this month.
    `day_load`: (calling day, caller) → orders of this closing day; `calling_day_load`: of every closing day.
    `month_load`: caller → orders this month. `seed`: the day's seed in hex; `run`: number of the run, from 1.
    `excluded`: reason → numbers of the day's orders that are not drawn (runs before 2026-11-29 name none).
    """

    day: date
    orders: tuple[DrawOrder, ...]
    roster: Mapping[date, Mapping[str, tuple[str, ...]]]
    crew_counts: Mapping[str, DrawCount]
    technician_counts: Mapping[str, DrawCount]
    spread: Mapping[tuple[str, str], int]
    day_load: Mapping[tuple[date, str], int]
    calling_day_load: Mapping[tuple[date, str], int]
    month_load: Mapping[str, int]
    manager_share: Fraction
    seed: str
    run: int
    solver: str = SOLVER
    algorithm: int = ALGORITHM
    excluded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def on_duty(self, calling_on: date, group: str) -> tuple[str, ...]:
        return tuple(sorted(self.roster.get(calling_on, {}).get(group, ())))

    def to_json(self) -> Json:
        """Returns everything except the seed. Repeated values (calling days, barred people) appear once; orders refer
        to them by position."""
        days = sorted({(order.calling_on, order.later_calling_on) for order in self.orders})
        barred = sorted({tuple(sorted(order.barred)) for order in self.orders})
        day_at, barred_at = _index_by_value(days), _index_by_value(barred)
        return {
            "day": self.day.isoformat(),
            "calling": [[day.isoformat() for day in pair] for pair in days],
            "barred": [list(names) for names in barred],
            "orders": [
                [
                    *(order.number, order.crew, order.technician),
                    day_at[order.calling_on, order.later_calling_on],
                    barred_at[tuple(sorted(order.barred))],
                    order.group,
                ]
                for order in self.orders
            ],
            "roster": {
                day.isoformat(): {group: list(names) for group, names in groups.items()}
                for day, groups in self.roster.items()
            },
            "crew_counts": {crew: list(count) for crew, count in self.crew_counts.items()},
            "technician_counts": {name: list(count) for name, count in self.technician_counts.items()},
            "spread": [[*pair, n] for pair, n in self.spread.items()],
            "day_load": [[day.isoformat(), name, n] for (day, name), n in self.day_load.items()],
            "calling_day_load": [
                [day.isoformat(), name, n] for (day, name), n in self.calling_day_load.items()
            ],
            "month_load": dict(self.month_load),
            "manager_share": str(self.manager_share),
            "run": self.run,
            "solver": self.solver,
            "algorithm": self.algorithm,
            "excluded": {reason: list(numbers) for reason, numbers in self.excluded.items()},
        }

    @classmethod
    def from_json(cls, data: Json, *, seed: str) -> "DrawInput":
        """`seed` is not part of the stored input, so that a reader of the database cannot draw ahead (domain §5.5)."""
        days = [(date.fromisoformat(first), date.fromisoformat(later)) for first, later in data["calling"]]
        barred = [frozenset(names) for names in data["barred"]]
        return cls(
            day=date.fromisoformat(data["day"]),
            orders=tuple(
                DrawOrder(number, crew, technician, days[day][0], days[day][1], barred[names], group)
                for number, crew, technician, day, names, group in data["orders"]
            ),
            roster={
                date.fromisoformat(day): {group: tuple(names) for group, names in groups.items()}
                for day, groups in data["roster"].items()
            },
            crew_counts={crew: DrawCount(*count) for crew, count in data["crew_counts"].items()},
            technician_counts={name: DrawCount(*count) for name, count in data["technician_counts"].items()},
            spread={(technician, caller): n for technician, caller, n in data["spread"]},
            day_load=_loads(data["day_load"]),
            calling_day_load=_loads(data["calling_day_load"]),
            month_load=dict(data["month_load"]),
            manager_share=Fraction(data["manager_share"]),
            seed=seed,
            run=data["run"],
            solver=data["solver"],
            algorithm=data["algorithm"],
            excluded={reason: tuple(numbers) for reason, numbers in data.get("excluded", {}).items()},
        )


@dataclass(frozen=True, slots=True)
class Assignment:
    """The decision on one order. `caller` None: it has a group and waits for a caller."""

    number: str
    group: str
    caller: str | None
    calling_on: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DrawResult:
    """Assignments by order number. `debts`: crew → managers' orders missing by rule 1 after this run.

    Deviations: the largest |managers' orders − share × orders| of any crew and technician, this month so far.
    """

    assignments: tuple[Assignment, ...]
    debts: Mapping[str, int] = field(default_factory=dict)
    worst_crew_deviation: Fraction = Fraction(0)
    worst_technician_deviation: Fraction = Fraction(0)

    def to_json(self) -> Json:
        return {
            "assignments": [
                [a.number, a.group, a.caller, a.calling_on.isoformat(), a.reason] for a in self.assignments
            ],
            "debts": dict(self.debts),
            "worst_crew_deviation": str(self.worst_crew_deviation),
            "worst_technician_deviation": str(self.worst_technician_deviation),
        }

    @classmethod
    def from_json(cls, data: Json) -> "DrawResult":
        return cls(
            assignments=tuple(
                Assignment(number, group, caller, date.fromisoformat(day), reason)
                for number, group, caller, day, reason in data["assignments"]
            ),
            debts=dict(data["debts"]),
            worst_crew_deviation=Fraction(data["worst_crew_deviation"]),
            worst_technician_deviation=Fraction(data["worst_technician_deviation"]),
        )


def _index_by_value(values: list[T]) -> dict[T, int]:
    return {value: position for position, value in enumerate(values)}


def _loads(rows: list[list[Any]]) -> dict[tuple[date, str], int]:
    return {(date.fromisoformat(day), caller): n for day, caller, n in rows}
