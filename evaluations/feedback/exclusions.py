"""Orders excluded from the evaluation by decisions, counted per month, crew and person (domain §3.8, §3.9)."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q, QuerySet

from evaluations.enums import CallbackState, WithdrawnReason
from evaluations.models import Callback, TakenOut
from satisfaction.calendars import days


def taken_out_in(month: date) -> QuerySet[TakenOut]:
    """Returns the orders closed in the month and taken out, latest decision first."""
    rows = TakenOut.objects.filter(order__closed_on__range=(month, days.last_of_month(month)))
    return rows.select_related("order__crew", "order__technician", "by").order_by("-at")


def taken_out_by_crew(month: date) -> list[tuple[str, int]]:
    rows = taken_out_in(month).order_by().values_list("order__crew__name").annotate(n=Count("pk"))
    return sorted(rows, key=lambda row: (-row[1], row[0] or ""))


def taken_out_by_person(month: date) -> list[tuple[str, int, int]]:
    """Returns (name, decisions, decisions as a stand-in for the heads)."""
    counts = {"n": Count("pk"), "stand_in": Count("pk", filter=Q(is_by_stand_in=True))}
    rows = taken_out_in(month).order_by().values_list("by__name").annotate(**counts)
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def not_called_by_crew(month: date) -> list[tuple[str, int]]:
    """Returns counts of orders set aside or withdrawn because of the do-not-call list, by crew."""
    listed = Q(state=CallbackState.SET_ASIDE) | Q(withdrawn_reason=WithdrawnReason.DO_NOT_CALL)
    rows = Callback.objects.filter(listed, order__closed_on__range=(month, days.last_of_month(month)))
    counted = rows.order_by().values_list("order__crew__name").annotate(n=Count("pk"))
    return sorted(counted, key=lambda row: (-row[1], row[0] or ""))
