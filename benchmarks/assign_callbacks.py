"""Drawing the largest day of a real month, and replaying it. Lower bound: reading orders, inserting rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from .import_workbook import import_month
from .measuring import Measurement, measure

DAY = date(2016, 3, 24)
DISPATCHERS, MANAGERS = 6, 3


def run() -> list[Measurement]:
    measure(import_month)
    make_callers()
    drawn, peak = measure(assign)
    again, again_peak = measure(assign)
    replayed, replay_peak = measure(replay)
    number = count_orders()
    floor, _ = measure(read_and_insert)
    return [
        Measurement(f"assign_callbacks, {number:,} orders (floor: read + insert)", drawn, peak, floor),
        Measurement("assign_callbacks, the same day again", again, again_peak),
        Measurement("verify_assignment of it", replayed, replay_peak),
    ]


def make_callers() -> None:
    from satisfaction.accounts.models import User
    from tests.factories import make_person

    known = set(User.objects.values_list("username", flat=True))
    for role, number in (("dispatcher", DISPATCHERS), ("manager", MANAGERS)):
        for n in range(1, number + 1):
            if f"{role}{n}" not in known:
                make_person(f"{role}{n}", role)


def count_orders() -> int:
    from evaluations.models import Callback

    return Callback.objects.filter(order__closed_on=DAY).count()


def assign() -> None:
    from django.utils import timezone

    from evaluations.draw.run import draw_day

    draw_day(DAY, now=timezone.now())


def replay() -> None:
    from evaluations.draw.replay import replay_day

    assert replay_day(DAY).equal


def read_and_insert() -> Callable[[], None]:
    """Deletes the drawn callbacks; the measured part reads orders, inserts the rows and rolls back."""
    from django.db import transaction

    from evaluations.draw.run import undrawn_orders
    from evaluations.models import Callback

    drawn = Callback.objects.filter(order__closed_on=DAY)
    rows = list(drawn)
    drawn.delete()

    def read_then_insert() -> None:
        with transaction.atomic():
            assert len(undrawn_orders(DAY).select_related("crew", "technician")) == len(rows)
            Callback.objects.bulk_create(rows, batch_size=500)
            transaction.set_rollback(True)

    return read_then_insert
