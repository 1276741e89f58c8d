"""Replay of the runs of a day from their stored inputs and seeds (domain §5.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Min

from evaluations.models import Callback, DrawRun
from satisfaction.accounts.models import User
from workorders.models import Crew, Technician

from .rules import Assignment, DrawInput, DrawResult, draw, seed_sha256
from .seeds import day_secret


@dataclass(frozen=True)
class Replay:
    """`orders`: number of compared assignments. `differing`: orders whose replay, stored result or register differ."""

    day: date
    runs: int
    orders: int
    differing: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return not self.differing


class RegisterEntry(NamedTuple):
    """One row of the register, by ids: people, crews and technicians may be renamed after the draw."""

    crew: int | None
    technician: int | None
    group: str
    caller: int | None
    calling_on: date | None


def replay_day(day: date) -> Replay:
    """Draws every run of the day again and compares it with the stored result and the register."""
    runs = list(DrawRun.objects.filter(day=day).select_related("seed").order_by("n"))
    differing: set[str] = set()
    latest: dict[str, RegisterEntry] = {}
    orders = 0
    for run in runs:
        stored, again = _stored_assignments(run), _drawn_again(run)
        orders += len(stored)
        differing |= {
            number for number in stored.keys() | again.keys() if stored.get(number) != again.get(number)
        }
        latest |= _register_entries(run, again)
    differing |= _differences_from_register(day, latest)
    return Replay(day, len(runs), orders, tuple(sorted(differing)))


def _stored_assignments(run: DrawRun) -> dict[str, Assignment]:
    try:
        return {a.number: a for a in DrawResult.from_json(run.output).assignments}
    except Exception:  # the stored output was changed and cannot be read
        return {}


def _drawn_again(run: DrawRun) -> dict[str, Assignment]:
    """Returns {} when the stored input does not match the run and its committed seed, or cannot be drawn."""
    try:
        seed = day_secret(run.seed)
        said = (run.input["day"], run.input["run"], seed_sha256(seed))
        if said != (run.day.isoformat(), run.n, run.seed.sha256):
            return {}
        return {a.number: a for a in draw(DrawInput.from_json(run.input, seed=seed)).assignments}
    except Exception:  # the stored input was changed and cannot be drawn
        return {}


def _register_entries(run: DrawRun, again: dict[str, Assignment]) -> dict[str, RegisterEntry]:
    if not again:
        return {}
    orders = {order.number: order for order in DrawInput.from_json(run.input, seed="").orders}
    crews = _ids(Crew, "name", {order.crew for order in orders.values()}, run.at)
    technicians = _ids(Technician, "employee_no", {order.technician for order in orders.values()}, run.at)
    people = _ids(User, "username", {a.caller for a in again.values() if a.caller}, run.at)
    return {
        number: RegisterEntry(
            crews.get(orders[number].crew),
            technicians.get(orders[number].technician),
            a.group,
            people.get(a.caller or ""),
            a.calling_on if a.caller else None,
        )
        for number, a in again.items()
    }


def _ids(model: Any, field: str, names: Iterable[str], at: datetime) -> dict[str, int]:
    """Returns name → id of the row with the name at `at` by the history, else now, else at any time."""
    bearing = {f"{field}__in": names}
    past = model.history.filter(**bearing).order_by().values_list(field, "id")
    ever = list(past.annotate(since=Min("history_date")).order_by("since"))
    now = dict(model.objects.filter(**bearing).values_list(field, "pk"))
    then = {name: pk for name, pk, since in ever if since <= at}
    return {name: pk for name, pk, _since in ever} | now | then


def _differences_from_register(day: date, drawn: dict[str, RegisterEntry]) -> set[str]:
    rows = Callback.objects.filter(run__day=day).values_list(
        "order__number", "order__crew", "order__technician", "drawn_group", "drawn_caller", "drawn_calling_on"
    )
    register = {
        number: RegisterEntry(crew, technician, group, caller, calling_on)
        for number, crew, technician, group, caller, calling_on in rows
    }
    return {number for number in register.keys() | drawn.keys() if register.get(number) != drawn.get(number)}
