"""Results that crews may see, by crew and day, and the results not acknowledged yet (domain §7.2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Case, Count, DateTimeField, F, Max, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest, Least

from evaluations.enums import ENDED_BY_CALL, Source
from evaluations.models import Acknowledgement, RatingCorrection
from evaluations.visibility import Viewer, VisibleOrder, crew_sees_result, orders_visible_to, with_visibility
from workorders.models import WorkOrder
from workorders.models.orders import WorkOrderQuerySet


class AwaitingDay(NamedTuple):
    """A crew's day with results that the crew has not acknowledged."""

    crew: int
    day: date
    results: int
    news_at: datetime


def results_for(viewer: Viewer, *, now: datetime) -> WorkOrderQuerySet[VisibleOrder]:
    """Returns the orders in scope that the viewer may see, with both ratings and their visibility."""
    orders = with_visibility(orders_visible_to(viewer, now=now).in_scope(), viewer, now=now)
    return orders.select_related(
        "crew",
        "technician",
        "self_evaluation__rated_by",
        "callback__caller",
        "callback__ended_by",
        "objection",
    ).order_by("-closed_on", "crew__name", "closed_at", "number")


def orders_seen_by_crews(*, now: datetime) -> QuerySet[WorkOrder]:
    """Returns the orders whose callback was made here and published, and whose crew may see it."""
    return WorkOrder.objects.filter(
        crew_sees_result(now),
        callback__state__in=ENDED_BY_CALL,
        callback__source=Source.APP,
        crew__isnull=False,
        closed_on__isnull=False,
    )


def with_news_at(orders: QuerySet[WorkOrder]) -> QuerySet[WorkOrder]:
    """Adds `news_at`: the latest change the crew can see (published, self-evaluation done, corrected)."""
    published = F("callback__published_at")
    head_corrected = (
        RatingCorrection.objects.filter(self_evaluation__order=OuterRef("pk"))
        .order_by("-at")
        .values("at")[:1]
    )
    rated_at = Case(
        When(self_evaluation__rated_at__isnull=False, then=F("self_evaluation__rated_at")),
        When(self_evaluation__isnull=False, then=published),
        default=F("last_due_at"),
        output_field=DateTimeField(),
    )
    may_see = Least(Coalesce(rated_at, published), Coalesce(F("last_due_at"), published))
    return orders.annotate(
        news_at=Greatest(
            published,
            may_see,
            Coalesce(F("callback__corrected_at"), published),
            Coalesce(Subquery(head_corrected), published),
        )
    )


def crew_news(crews: Iterable[int] | None, *, now: datetime, day: date | None = None) -> QuerySet[Any, Any]:
    """Returns {crew, closed_on, results, news_at} per crew (None: all) and day, oldest day first. One query."""
    orders = orders_seen_by_crews(now=now)
    if crews is not None:
        orders = orders.filter(crew__in=crews)
    if day is not None:
        orders = orders.filter(closed_on=day)
    grouped = with_news_at(orders).order_by().values("crew", "closed_on")
    return grouped.annotate(results=Count("pk"), news_at=Max("news_at")).order_by("closed_on", "crew")


def last_acknowledged(
    crews: Iterable[int], *, since: date | None = None, day: date | None = None
) -> dict[tuple[int, date], Acknowledgement]:
    """Returns the latest acknowledgement by crew and day. One query."""
    acknowledged = Acknowledgement.objects.filter(crew__in=crews).select_related("by").order_by("at")
    if since is not None:
        acknowledged = acknowledged.filter(day__gte=since)
    if day is not None:
        acknowledged = acknowledged.filter(day=day)
    return {(row.crew_id, row.day): row for row in acknowledged}


def days_to_acknowledge(crews: Iterable[int], *, since: date, now: datetime) -> list[AwaitingDay]:
    """Returns the days from `since` on with new or changed results to acknowledge. Two queries."""
    crews = list(crews)
    last = last_acknowledged(crews, since=since)
    rows = crew_news(crews, now=now).filter(closed_on__gte=since)
    found = [AwaitingDay(row["crew"], row["closed_on"], row["results"], row["news_at"]) for row in rows]
    return [row for row in found if is_news(row.news_at, last.get((row.crew, row.day)))]


def is_news(news_at: datetime, last: Acknowledgement | None) -> bool:
    """Whether there are results after the last acknowledgement."""
    return last is None or last.at < news_at


def latest_day(orders: WorkOrderQuerySet[VisibleOrder]) -> date | None:
    """Returns the latest day with a published result among `orders`, else the latest day. At most two queries."""
    latest = orders.order_by("-closed_on")
    published = latest.filter(shows_callback=True, callback__published_at__isnull=False)
    return _day_of_first(published) or _day_of_first(latest)


def _day_of_first(orders: QuerySet[VisibleOrder]) -> date | None:
    return orders.values_list("closed_on", flat=True).first()


def neighbour_days(orders: QuerySet[WorkOrder], day: date) -> tuple[date | None, date | None]:
    """Returns the nearest days with orders before and after `day`. One query."""
    found = orders.order_by().aggregate(
        before=Max("closed_on", filter=Q(closed_on__lt=day)),
        after=Min("closed_on", filter=Q(closed_on__gt=day)),
    )
    return found["before"], found["after"]
