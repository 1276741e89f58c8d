"""Replaying the runs of a day from their stored inputs and seeds (§5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ...models import Callback, DrawRun
from ...rules.draw import DrawInput, DrawResult, draw, seed_sha256


@dataclass(frozen=True)
class Replay:
    """`orders`: assignments looked at; `differing`: numbers whose replay, stored result or register disagree."""

    day: date
    runs: int
    orders: int
    differing: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return not self.differing


def replay_day(day: date) -> Replay:
    """Draws every run of the day again and holds it against what was stored and what stands in the register."""
    runs = list(DrawRun.objects.filter(day=day).select_related("seed").order_by("n"))
    differing: set[str] = set()
    latest: dict[str, tuple[str, str | None]] = {}
    orders = 0
    for run in runs:
        stored = {a.number: a for a in DrawResult.from_json(run.output).assignments}
        again = {a.number: a for a in _draw_again(run)}
        orders += len(stored)
        differing |= {
            number for number in stored.keys() | again.keys() if stored.get(number) != again.get(number)
        }
        latest |= {number: (a.group, a.caller) for number, a in again.items()}
    differing |= _unlike_register(day, latest)
    return Replay(day, len(runs), orders, tuple(sorted(differing)))


def _draw_again(run: DrawRun) -> tuple:
    """Nothing when the stored input was not drawn with the committed seed, or by another algorithm."""
    if seed_sha256(run.input["seed"]) != run.seed.sha256 or run.input["run"] != run.n:
        return ()
    try:
        return draw(DrawInput.from_json(run.input)).assignments
    except ValueError:
        return ()


def _unlike_register(day: date, drawn: dict[str, tuple[str, str | None]]) -> set[str]:
    rows = Callback.objects.filter(run__day=day).values_list(
        "order__number", "drawn_group", "drawn_caller__username"
    )
    register = {number: (group, caller) for number, group, caller in rows}
    return {number for number in register.keys() | drawn.keys() if register.get(number) != drawn.get(number)}
