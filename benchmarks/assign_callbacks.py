"""Drawing the largest day of a real month, and its replay; floor: reading the orders, inserting the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from .import_workbook import take_in
from .measuring import Row, measured

DAY = date(2016, 3, 24)
DISPATCHERS, MANAGERS = 6, 3


def run() -> list[Row]:
    measured(take_in)
    people()
    drawn, peak = measured(assign)
    again, again_peak = measured(assign)
    replayed, replay_peak = measured(replay)
    number = orders()
    floor, _ = measured(read_and_insert)
    return [
        Row(f"assign_callbacks, {number:,} orders (floor: read + insert)", drawn, peak, floor),
        Row("assign_callbacks, the same day again", again, again_peak),
        Row("verify_assignment of it", replayed, replay_peak),
    ]


def people() -> None:
    from satisfaction.accounts.models import User
    from tests.factories import make_person

    known = set(User.objects.values_list("username", flat=True))
    for role, number in (("dispatcher", DISPATCHERS), ("manager", MANAGERS)):
        for n in range(1, number + 1):
            if f"{role}{n}" not in known:
                make_person(f"{role}{n}", role)


def orders() -> int:
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
    """What the draw stored, taken out, read and inserted once more, and rolled back: the day is undrawn again."""
    from django.db import transaction

    from evaluations.draw.run import to_draw
    from evaluations.models import Callback

    drawn = Callback.objects.filter(order__closed_on=DAY)
    rows = list(drawn)
    drawn.delete()

    def read_then_insert() -> None:
        with transaction.atomic():
            assert len(to_draw(DAY).select_related("crew", "technician")) == len(rows)
            Callback.objects.bulk_create(rows, batch_size=500)
            transaction.set_rollback(True)

    return read_then_insert
