"""The lead's board of a closing day before publishing, in a fixed number of queries (domain §7.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from evaluations.callbacks.rules import finish_at_pace
from evaluations.enums import ENDED_BY_CALL, OPEN, REACHED, CallbackState, Source
from evaluations.models import Acknowledgement, Callback, CallbackAttempt, CallSkip
from evaluations.models.callbacks import CallbackQuerySet, CallbackWithAttempts
from evaluations.visibility import callbacks_visible_to, viewer_of
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from workorders.models import Crew, WorkOrder

from .results import crew_news, last_acknowledged

S = CallbackState


@dataclass(frozen=True)
class CallerRow:
    """One caller's callbacks of a day."""

    caller: User | None
    group: str
    total: int
    done: int
    not_reached: int
    left: int
    overdue: int
    handling: timedelta | None = None
    finishes_at: datetime | None = None
    skips: int = 0
    is_too_slow: bool = False


@dataclass(frozen=True)
class DayBoard:
    """Counts of a closing day before it is published (domain §7.1)."""

    day: date
    callers: list[CallerRow] = field(default_factory=list)
    ended: int = 0
    published: int = 0
    left: int = 0
    to_postpone: int = 0
    overdue: int = 0
    waiting: int = 0
    wrong_numbers: int = 0
    withdrawn: int = 0
    set_aside: int = 0
    skipped: int = 0
    to_retry: int = 0
    due_at: datetime | None = None
    last_due_at: datetime | None = None
    leaves_out_own: bool = False

    @property
    def total(self) -> int:
        return self.ended + self.left

    @property
    def unpublished(self) -> int:
        return self.ended - self.published


def day_board(day: date, *, now: datetime, person: User | None = None) -> DayBoard:
    """Returns the board. Two queries; one more for members of a crew.

    Every sum leaves out orders whose callback the person may not know yet: if such an order is the only one of the
    day, a sum would reveal it (domain §4).
    """
    is_blind = person is not None and viewer_of(person, now=now).has_crews_eyes
    known = callbacks_visible_to(person, now=now) if person and is_blind else None
    groups = _groups_of(day, now=now, known=known)
    sums = {name: sum(row[name] for row in groups) for name in SUM_COLUMNS}
    due_at, last_due_at = (
        earliest(row[name] for row in groups) for name in ("day_due_at", "day_last_due_at")
    )
    rows = _caller_rows(groups, now=now)
    return DayBoard(day, rows, due_at=due_at, last_due_at=last_due_at, leaves_out_own=is_blind, **sums)


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment), default=None)


SUM_COLUMNS = (
    "ended",
    "published",
    "left",
    "to_postpone",
    "overdue",
    "waiting",
    "wrong_numbers",
    "withdrawn",
    "set_aside",
    "skipped",
    "to_retry",
)


def _groups_of(day: date, *, now: datetime, known: CallbackQuerySet | None = None) -> list[Any]:
    """Returns counts of the day's callbacks by caller and group. `known`: limits them to these callbacks."""
    rows = Callback.objects.of_day(day) if known is None else known.of_day(day)
    rows = rows.filter(source=Source.APP)
    is_open = Q(state__in=OPEN)
    ended_today = Q(state__in=ENDED_BY_CALL, ended_at__gte=days.start_of_day(days.local_day(now)))
    return list(
        rows.values("caller", "group", "caller__name", "caller__username")
        .annotate(
            ended=Count("pk", filter=Q(state__in=ENDED_BY_CALL)),
            published=Count("pk", filter=Q(published_at__isnull=False)),
            left=Count("pk", filter=is_open),
            to_postpone=Count("pk", filter=is_open & Q(postponed_reason="", order__last_due_at__gt=now)),
            to_retry=Count("pk", filter=is_open & Q(call_again_at__gt=now)),
            overdue=Count("pk", filter=is_open & Q(due_at__lt=now)),
            waiting=Count("pk", filter=Q(state=S.WAITING)),
            wrong_numbers=Count("pk", filter=is_open & Q(has_wrong_number=True)),
            withdrawn=Count("pk", filter=Q(state=S.WITHDRAWN)),
            set_aside=Count("pk", filter=Q(state=S.SET_ASIDE)),
            day_due_at=Min("order__due_at"),
            day_last_due_at=Min("order__last_due_at"),
            done=Count("pk", filter=Q(state__in=REACHED)),
            not_reached=Count("pk", filter=Q(state=S.UNREACHABLE)),
            ended_today=Count("pk", filter=ended_today),
            first_ended_at=Min("ended_at", filter=ended_today),
            open_due_at=Min("due_at", filter=is_open & Q(due_at__gte=now)),
            handling=Subquery(_handling_of(rows)),
            skipped=Coalesce(Subquery(_skips_of(rows)), 0),
        )
        .order_by("group")
    )


def _handling_of(callbacks: CallbackQuerySet) -> QuerySet[CallbackAttempt, Any]:
    """Returns the mean duration of the outer row's caller's calls, from opening the screen to saving."""
    calls = CallbackAttempt.objects.filter(
        by=OuterRef("caller"), callback__in=callbacks.values("pk"), is_same_call=False
    )
    length = ExpressionWrapper(F("ended_at") - F("started_at"), output_field=DurationField())
    return calls.order_by().values("by").annotate(mean=Avg(length)).values("mean")


def _skips_of(callbacks: CallbackQuerySet) -> QuerySet[CallSkip, Any]:
    skips = CallSkip.objects.filter(by=OuterRef("caller"), callback__in=callbacks.values("pk"))
    return skips.order_by().values("by").annotate(n=Count("pk")).values("n")


def _caller_rows(groups: list[dict[str, Any]], *, now: datetime) -> list[CallerRow]:
    """Returns the rows by group, then name; rows without a caller come last in their group."""
    made = [_caller_row(row, now) for row in groups if row["done"] + row["not_reached"] + row["left"]]
    return sorted(made, key=lambda row: (row.group, row.caller is None, str(row.caller)))


def _caller_row(row: dict[str, Any], now: datetime) -> CallerRow:
    finishes_at = finish_at_pace(now, row["first_ended_at"], row["ended_today"], row["left"])
    person = User(pk=row["caller"], name=row["caller__name"], username=row["caller__username"])
    return CallerRow(
        caller=person if row["caller"] else None,
        group=row["group"],
        total=row["done"] + row["not_reached"] + row["left"],
        done=row["done"],
        not_reached=row["not_reached"],
        left=row["left"],
        overdue=row["overdue"],
        handling=row["handling"],
        skips=row["skipped"],
        finishes_at=finishes_at,
        is_too_slow=bool(finishes_at and row["open_due_at"] and finishes_at > row["open_due_at"]),
    )


@dataclass(frozen=True)
class PendingDays:
    """`due`: the closing day to publish next. `late`: overdue days with their unpublished count (domain §7.1)."""

    due: date | None
    late: list[tuple[date, int]]


def pending_days(*, now: datetime, person: User | None = None) -> PendingDays:
    """Returns the days to publish; when nothing is due, `due` is the latest day with callbacks.

    One query, two when nothing is due. Leaves out callbacks that the person may not know yet (domain §4).
    """
    pending = Q(state__in=OPEN) | Q(state__in=ENDED_BY_CALL, published_at__isnull=True)
    is_late = Q(state__in=ENDED_BY_CALL, order__due_at__lt=now)
    is_due = Q(order__due_at__gte=days.start_of_day(days.local_day(now)))
    drawn = Callback.objects.filter(run__isnull=False)
    if person and viewer_of(person, now=now).has_crews_eyes:
        drawn = callbacks_visible_to(person, now=now, among=drawn)
    rows = list(
        drawn.filter(pending)
        .order_by()
        .values("order__closed_on")
        .annotate(late=Count("pk", filter=is_late), due=Count("pk", filter=is_due))
        .order_by("order__closed_on")
    )
    late = [(day, row["late"]) for row in rows if row["late"] and (day := row["order__closed_on"])]
    due = next((row["order__closed_on"] for row in rows if row["due"]), None)
    return PendingDays(due or _latest_day(), late)


def _latest_day() -> date | None:
    latest = WorkOrder.objects.filter(callback__run__isnull=False).order_by("-closed_on")
    return latest.values_list("closed_on", flat=True).first()


def blocking_callbacks(day: date, *, now: datetime) -> CallbackQuerySet[CallbackWithAttempts]:
    """Returns the day's open callbacks: without a caller first, then wrong numbers, then by deadline."""
    rows = Callback.objects.open().of_day(day).with_attempt_count()
    rows = rows.select_related("order__crew", "caller", "held_by")
    return rows.order_by("-state", "-has_wrong_number", "due_at", "pk")


@dataclass(frozen=True)
class CrewFeedback:
    """Results of a day that a crew may see, and its acknowledgement."""

    crew: Crew
    results: int
    news_at: datetime
    acknowledged: Acknowledgement | None

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged is not None and self.acknowledged.at >= self.news_at


def crew_feedback(day: date, *, now: datetime) -> list[CrewFeedback]:
    """Returns the crews with results, by name. Two queries."""
    crews = crew_news(None, now=now, day=day)
    rows = list(crews.values("crew", "crew__name", "results", "news_at"))
    last = last_acknowledged([row["crew"] for row in rows], day=day)
    found = [
        CrewFeedback(
            Crew(pk=row["crew"], name=row["crew__name"]),
            row["results"],
            row["news_at"],
            last.get((row["crew"], day)),
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: row.crew.name)
