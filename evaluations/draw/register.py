"""The register of the draw: the drawn caller of each order, unaffected by later changes (domain §5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from evaluations.models import Callback
from satisfaction.calendars import days


class RegisterRow(NamedTuple):
    """One order as drawn. `technician`: employee number. `caller`: username, empty until one is found."""

    number: str
    day: date
    crew: str
    technician: str
    caller: str
    group: str


def register_rows(month: date) -> Iterator[RegisterRow]:
    """Yields the rows of orders closed in the month, by day and number. One query."""
    rows = Callback.objects.filter(
        run__isnull=False, order__closed_on__range=(month, days.last_of_month(month))
    ).order_by("order__closed_on", "order__number")
    columns = rows.values_list(
        "order__number",
        "order__closed_on",
        "order__crew__name",
        "order__technician__employee_no",
        "drawn_caller__username",
        "drawn_group",
    )
    for number, day, crew, technician, caller, group in columns.iterator(chunk_size=2000):
        assert day is not None  # drawn orders are closed
        yield RegisterRow(number, day, crew, technician, caller or "", group)
