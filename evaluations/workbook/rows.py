"""Orders as workbook rows: cells by field, limited to what the reader may see (domain §11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, Case, F, IntegerField, Q, QuerySet, Value, When

from evaluations.models import EvaluationPolicy, Settlement
from evaluations.scores.participation import ParticipationRules, participation_rules, self_points, takes_part
from satisfaction.calendars import days
from satisfaction.sheets import cells
from workorders.enums import Kind
from workorders.intake.order_rows import write_channel, write_kind
from workorders.models import WorkOrder
from workorders.phones import masked, written

from .audience import Reader
from .stored_cells import (
    VALUES,
    CellValues,
    callback_cells,
    problems_of,
    self_cells,
    with_attempts,
    with_total,
)

MOMENTS = ("reported_at", "first_contact_at", "finished_at", "closed_at")
TEXTS = ("number", "reporter_name", "reporter_location", "equipment", "fault", "cause", "action")
OTHERS = (
    "closed_on", "reporter_phone", "crew__name", "technician__employee_no", "technician__name", "kind", "kind_text",
    "channel", "channel_text", "original_number", "repeat_of__number", "duplicate_of__number",
)  # fmt: skip
FACTS = ("shows_self", "shows_callback", "in_scope", "takes_part", "own_points", "callback__rating")
AT_ONCE = 2_000

QueriedRow = dict[str, Any]


def shown_rows(
    first: date, last: date, reader: Reader, *, now: datetime
) -> Iterator[tuple[CellValues, QueriedRow]]:
    """Yields (cells by field, queried values) of orders closed from `first` to `last`, by time and number.

    Reads 2,000 rows at a time; the number of queries depends only on the number of months.
    """
    found = reader.orders(now=now).closed_between(first, last)
    problems = problems_of(found)
    orders = with_attempts(_with_facts(found.by_closing(), first, last))
    for row in orders.values(*MOMENTS, *TEXTS, *OTHERS, *FACTS, *VALUES).iterator(chunk_size=AT_ONCE):
        given = _order_cells(row, reader)
        if row["shows_self"]:
            given |= self_cells(row)
        if row["shows_callback"]:
            given |= callback_cells(row, problems)
        yield with_total(given), row


def _with_facts(orders: QuerySet[WorkOrder], first: date, last: date) -> QuerySet[WorkOrder]:
    """Annotates `in_scope`, `takes_part` and `own_points`, by the rules of the order's month (domain §8)."""
    rules = _rules(first, last)
    part = [When(_of_month(month) & takes_part(rule), then=Value(True)) for month, rule in rules.items()]
    points = [When(_of_month(month), then=self_points(rule)) for month, rule in rules.items()]
    in_scope = Q(pk__in=WorkOrder.objects.closed_between(first, last).in_scope().order_by().values("pk"))
    return orders.annotate(
        in_scope=Case(When(in_scope, then=True), default=False, output_field=BooleanField()),
        takes_part=Case(*part, default=Value(False), output_field=BooleanField()),
        own_points=Case(*points, default=F("self_evaluation__points"), output_field=IntegerField()),
    )


def _rules(first: date, last: date) -> dict[date, ParticipationRules]:
    """Returns the rules by month; before the first policy there are none, and no order takes part."""
    policies = EvaluationPolicy.objects
    months = [month for month in _months(first, last) if policies.filter(begins_on__lte=month).exists()]
    return {
        month: participation_rules(month, is_settling=Settlement.objects.is_settled(month))
        for month in months
    }


def _months(first: date, last: date) -> Iterator[date]:
    """Yields the months in which an order was closed, so that a long range queries no empty months."""
    closed = WorkOrder.objects.closed_between(first, last).order_by()
    yield from sorted(
        {days.first_of_month(day) for day in closed.values_list("closed_on", flat=True).distinct() if day}
    )


def _of_month(month: date) -> Q:
    return Q(closed_on__range=(month, days.last_of_month(month)))


def _order_cells(row: Mapping[str, Any], reader: Reader) -> CellValues:
    given: CellValues = {field: row[field] for field in MOMENTS}
    given |= {field: stable(row[field]) for field in TEXTS}
    is_duplicate = row["duplicate_of__number"] is not None
    return given | {
        "reporter_phone": phone_cell(row["reporter_phone"], reader),
        "crew": row["crew__name"],
        "employee_no": row["technician__employee_no"],
        "technician": row["technician__name"],
        "kind": write_kind(Kind.DUPLICATE if is_duplicate else row["kind"], row["kind_text"]),
        "channel": write_channel(row["channel"], row["channel_text"]),
        "original": row["repeat_of__number"] or row["duplicate_of__number"] or row["original_number"],
    }


def phone_cell(phone: str, reader: Reader) -> str:
    """Returns the phone as an import would store it, or masked if the reader may not see phones."""
    return (written(phone) or phone) if reader.sees_phones else masked(phone)


def stable(text: str, clean: Callable[[str], str] = cells.clean_text) -> str:
    """Returns the text as an import will read it: cleaned until it no longer changes."""
    while (cleaned := clean(text)) != text:
        text = cleaned
    return text
