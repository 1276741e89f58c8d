"""Importing a real month (5,848 orders), and the same file again.

Lower bounds: reading it, inserting rows.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from pathlib import Path

from .measuring import Measurement, measure

MONTH_FILE = Path(__file__).parent.parent / "tests" / "data" / "fault-workbook-2016-03.xlsx"


def run() -> list[Measurement]:
    read, _ = measure(read_only)
    dry, dry_peak = measure(import_month, True)
    first, first_peak = measure(import_month)
    again, again_peak = measure(import_month)
    insert, _ = measure(insert_only)
    floor = read + insert
    return [
        Measurement("import, 5,848 new orders (floor: read + insert)", first, first_peak, floor),
        Measurement("import, dry run (floor: read + insert)", dry, dry_peak, floor),
        Measurement("import, the same file again (floor: read)", again, again_peak, read),
    ]


def import_month(dry_run: bool = False) -> None:
    from django.utils import timezone

    from evaluations.workbook.import_ import import_workbook

    imported = import_workbook(
        MONTH_FILE, filename=MONTH_FILE.name, now=timezone.now(), create_people=True, dry_run=dry_run
    )
    assert (imported.rows, imported.rejected, imported.incomplete) == (5848, 0, 925)


def read_only() -> None:
    import python_calamine

    assert len(python_calamine.load_workbook(MONTH_FILE).get_sheet_by_index(0).to_python()) == 5849


def insert_only() -> Callable[[], None]:
    """Inserts copies of the stored orders under other numbers, then rolls back."""
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
