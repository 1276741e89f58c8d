"""Short builders of draw inputs, and a month that keeps counts between runs."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from evaluations.draw.rules import DISPATCHER, MANAGER, DrawCount, DrawInput, DrawOrder, DrawResult, draw

DAY = date(2026, 11, 3)
NEXT, LATER = date(2026, 11, 4), date(2026, 11, 5)
DISPATCHERS = ("d1", "d2", "d3", "d4", "d5", "d6")
MANAGERS = ("m1", "m2", "m3")
SEED = "5eed" * 16
SHARE = Fraction(1, 10)

Row = tuple[str, str, str]


def order(
    number: str,
    technician: str = "T1",
    *,
    crew: str = "C1",
    barred: Iterable[str] = (),
    group: str = "",
    calling_on: date = NEXT,
    later: date = LATER,
) -> DrawOrder:
    return DrawOrder(number, crew, technician, calling_on, later, frozenset(barred), group)


def orders(n: int, technician: str = "T1", *, prefix: str = "N", **more: object) -> list[DrawOrder]:
    return [order(f"{prefix}{number:04}", technician, **more) for number in range(n)]


def run_of(
    drawn: Iterable[DrawOrder],
    *,
    dispatchers: Sequence[str] = DISPATCHERS,
    managers: Sequence[str] = MANAGERS,
    managers_later: Sequence[str] | None = None,
    **changes: object,
) -> DrawInput:
    """Returns the input of one run on an empty month; `changes` replace its fields."""
    roster = {
        NEXT: {DISPATCHER: tuple(dispatchers), MANAGER: tuple(managers)},
        LATER: {
            DISPATCHER: tuple(dispatchers),
            MANAGER: tuple(managers if managers_later is None else managers_later),
        },
    }
    run = DrawInput(DAY, tuple(drawn), roster, {}, {}, {}, {}, {}, {}, SHARE, SEED, 1)
    return replace(run, **changes)


def in_group(result: DrawResult, group: str) -> list[str]:
    return [given.number for given in result.assignments if given.group == group]


def loads(result: DrawResult, group: str) -> Counter[str | None]:
    return Counter(given.caller for given in result.assignments if given.group == group)


class Month:
    """Counts of a month as a database would keep them; `run` draws and records the result."""

    def __init__(self, dispatchers: Sequence[str] = DISPATCHERS, managers: Sequence[str] = MANAGERS) -> None:
        self.people = {DISPATCHER: tuple(dispatchers), MANAGER: tuple(managers)}
        self.crews: dict[str, DrawCount] = {}
        self.technicians: dict[str, DrawCount] = {}
        self.spread: Counter[tuple[str, str]] = Counter()
        self.day_loads: dict[date, Counter[tuple[date, str]]] = {}
        self.calling_day_load: Counter[tuple[date, str]] = Counter()
        self.month_load: Counter[str] = Counter()
        self.runs: Counter[date] = Counter()
        self.absent: set[tuple[date, str]] = set()

    def roster(self, day: date) -> dict[str, tuple[str, ...]]:
        return {
            g: tuple(p for p in people if (day, p) not in self.absent) for g, people in self.people.items()
        }

    def input(self, day: date, drawn: Iterable[DrawOrder], *, seed: str = "") -> DrawInput:
        drawn = tuple(drawn)
        days = {when for o in drawn for when in (o.calling_on, o.later_calling_on)}
        return DrawInput(
            day=day,
            orders=drawn,
            roster={when: self.roster(when) for when in sorted(days)},
            crew_counts=dict(self.crews),
            technician_counts=dict(self.technicians),
            spread=dict(self.spread),
            day_load=dict(self.day_loads.get(day, {})),
            calling_day_load=dict(self.calling_day_load),
            month_load=dict(self.month_load),
            manager_share=SHARE,
            seed=seed or hashlib.sha256(day.isoformat().encode()).hexdigest(),
            run=self.runs[day] + 1,
        )

    def run(self, day: date, drawn: Iterable[DrawOrder], *, seed: str = "") -> DrawResult:
        run = self.input(day, drawn, seed=seed)
        result = draw(run)
        self.runs[day] += 1
        by_number = {o.number: o for o in run.orders}
        for given in result.assignments:
            drawn_order = by_number[given.number]
            if not drawn_order.group:
                _count(self.crews, drawn_order.crew, given.group == MANAGER)
                _count(self.technicians, drawn_order.technician, given.group == MANAGER)
            if given.caller:
                self._enter(day, drawn_order.technician, given.caller, given.calling_on)
        return result

    def rows(self, day: date, rows: Iterable[Row], **more: object) -> DrawResult:
        """Draws (number, crew, technician) rows that were received in time and are called on the next day."""
        later = {"calling_on": day + timedelta(1), "later": day + timedelta(2)}
        return self.run(day, [order(n, t, crew=c, **later) for n, c, t in rows], **more)

    def _enter(self, day: date, technician: str, caller: str, calling_on: date) -> None:
        self.spread[technician, caller] += 1
        self.day_loads.setdefault(day, Counter())[calling_on, caller] += 1
        self.calling_day_load[calling_on, caller] += 1
        self.month_load[caller] += 1

    def spread_of(self, technician: str, group: str) -> int:
        """Largest − smallest count over the callers who were never absent."""
        away = {name for _, name in self.absent}
        counts = [self.spread[technician, name] for name in self.people[group] if name not in away]
        return max(counts) - min(counts)

    def load_difference(self, day: date, calling_on: date, group: str) -> int:
        """Largest − smallest number of orders of one closing and calling day among the callers on duty."""
        on_duty = self.roster(calling_on)[group]
        counts = [self.day_loads.get(day, Counter())[calling_on, name] for name in on_duty]
        return max(counts, default=0) - min(counts, default=0)


def _count(counts: dict[str, DrawCount], name: str, is_manager: bool) -> None:
    drawn, managers = counts.get(name, DrawCount(0, 0))
    counts[name] = DrawCount(drawn + 1, managers + is_manager)
