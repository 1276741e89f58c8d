"""Taking in a real month (5,848 orders), and the same file again; floors: reading it, inserting the rows."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from pathlib import Path

from .measuring import Row, measured

MONTH = Path(__file__).parent.parent / "tests" / "data" / "fault-workbook-2016-03.xlsx"


def run() -> list[Row]:
    read, _ = measured(read_only)
    dry, dry_peak = measured(take_in, True)
    first, first_peak = measured(take_in)
    again, again_peak = measured(take_in)
    insert, _ = measured(insert_only)
    floor = read + insert
    return [
        Row("import, 5,848 new orders (floor: read + insert)", first, first_peak, floor),
        Row("import, dry run (floor: read + insert)", dry, dry_peak, floor),
        Row("import, the same file again (floor: read)", again, again_peak, read),
    ]


def take_in(dry_run: bool = False) -> None:
    from django.utils import timezone

    from evaluations.workbook.import_ import import_workbook

    imported = import_workbook(
        MONTH, filename=MONTH.name, now=timezone.now(), create_people=True, dry_run=dry_run
    )
    assert (imported.rows, imported.rejected, imported.incomplete) == (5848, 0, 925)


def read_only() -> None:
    import python_calamine

    assert len(python_calamine.load_workbook(MONTH).get_sheet_by_index(0).to_python()) == 5849


def insert_only() -> Callable[[], None]:
    """The orders as they are stored, once more under other numbers, and rolled back."""
    from django.db import transaction

    from workorders.models import WorkOrder

    fresh = []
    for order in WorkOrder.objects.iterator():
        twin = copy(order)
        twin.pk, twin.number = None, f"+{order.number}"
        fresh.append(twin)
    assert len(fresh) == 5848

    def insert() -> None:
        with transaction.atomic():
            WorkOrder.objects.bulk_create(fresh, batch_size=500)
            transaction.set_rollback(True)

    return insert
