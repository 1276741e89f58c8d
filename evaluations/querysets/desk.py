"""What the callers' and the lead's screens count: one query each, whatever the size (§6, §7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet

from satisfaction.accounts.models import User
from satisfaction.calendars import days
from workorders.models import Crew, WorkOrder

from ..enums import ENDED_BY_CALL, OPEN, CallbackState, Source
from ..models import Acknowledgement, Callback, CallbackAttempt
from .callbacks import CallbackQuerySet
from .results import last_acknowledged, news
from .visibility import orders_visible_to, viewer_of, with_visibility

S = CallbackState
DONE = Q(state__in=[S.RATED, S.REFUSED])


@dataclass(frozen=True)
class HeadLine:
    """A caller's day: assigned = done + not reached + left; overdue and wrong numbers are among those left."""

    done: int = 0
    not_reached: int = 0
    left: int = 0
    overdue: int = 0
    wrong_numbers: int = 0
    due_at: datetime | None = None

    @property
    def assigned(self) -> int:
        return self.done + self.not_reached + self.left


def head_line(caller: User, *, now: datetime) -> HeadLine:
    """What is open, and what was ended today or was to be called today."""
    today = days.local_day(now)
    of_today = Q(ended_at__gte=days.begins(today)) | Q(calling_on=today)
    mine = Callback.objects.filter(
        Q(caller=caller) & (Q(state=S.ASSIGNED) | Q(state__in=ENDED_BY_CALL) & of_today)
    )
    return HeadLine(
        **mine.aggregate(
            done=Count("pk", filter=DONE),
            not_reached=Count("pk", filter=Q(state=S.UNREACHABLE)),
            left=Count("pk", filter=Q(state=S.ASSIGNED)),
            overdue=Count("pk", filter=Q(state=S.ASSIGNED, due_at__lt=now)),
            wrong_numbers=Count("pk", filter=Q(state=S.ASSIGNED, has_wrong_number=True)),
            due_at=Min("due_at", filter=Q(state=S.ASSIGNED, due_at__gte=now)),
        )
    )


def ended_by(caller: User, *, now: datetime) -> QuerySet[Callback]:
    """What the caller ended since yesterday: to look at again, and to correct until it is published."""
    since = days.begins(days.local_day(now) - timedelta(days=1))
    rows = Callback.objects.filter(caller=caller, state__in=ENDED_BY_CALL, ended_at__gte=since)
    return rows.select_related("order").order_by("-ended_at")


def wrong_numbers_of(caller: User) -> QuerySet[Callback]:
    rows = Callback.objects.filter(caller=caller).awaiting_number()
    return rows.select_related("order__crew").order_by("due_at", "pk")


def attempts_at(order: WorkOrder) -> QuerySet[CallbackAttempt]:
    """Attempts at the order's reporter, whoever made them and for whichever order, newest first."""
    key = order.reporter_phone_key
    same = Q(callback__order__reporter_phone_key=key) if key else Q(callback__order=order)
    return (
        CallbackAttempt.objects.filter(same).select_related("by", "callback__order").order_by("-started_at")
    )


def phoned_today(callers_orders: list[Callback], *, now: datetime) -> set[str]:
    """Phone keys among these that somebody has phoned today; one query."""
    keys = {row.order.reporter_phone_key for row in callers_orders} - {""}
    attempts = CallbackAttempt.objects.filter(
        started_at__gte=days.begins(days.local_day(now)), callback__order__reporter_phone_key__in=keys
    )
    return set(attempts.values_list("callback__order__reporter_phone_key", flat=True))


def siblings_of(callback: Callback) -> QuerySet[Callback]:
    """The reporter's other assigned callbacks of the group (§6, one call per reporter)."""
    key = callback.order.reporter_phone_key
    rows = Callback.objects.filter(
        state=S.ASSIGNED, group=callback.group, has_wrong_number=False, order__reporter_phone_key=key or None
    )
    return rows.exclude(pk=callback.pk).select_related("order__crew", "caller").order_by("pk")


@dataclass(frozen=True)
class CallerRow:
    """One caller's part of a day, as it stands."""

    caller: User | None
    group: str
    total: int
    done: int
    not_reached: int
    left: int
    overdue: int


@dataclass(frozen=True)
class DayBoard:
    """Everything the lead asks before publishing a closing day (§7)."""

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
    due_at: datetime | None = None
    last_due_at: datetime | None = None

    @property
    def total(self) -> int:
        return self.ended + self.left

    @property
    def unpublished(self) -> int:
        return self.ended - self.published


def board_of(day: date, *, now: datetime) -> DayBoard:
    """Three queries. What stands in it says nothing about an order, only how many there are."""
    of_day = Callback.objects.of_day(day).filter(source=Source.APP)
    is_open = Q(state__in=OPEN)
    counts = of_day.aggregate(
        ended=Count("pk", filter=Q(state__in=ENDED_BY_CALL)),
        published=Count("pk", filter=Q(published_at__isnull=False)),
        left=Count("pk", filter=is_open),
        to_postpone=Count("pk", filter=is_open & Q(postponed_reason="", order__last_due_at__gt=now)),
        overdue=Count("pk", filter=is_open & Q(due_at__lt=now)),
        waiting=Count("pk", filter=Q(state=S.WAITING)),
        wrong_numbers=Count("pk", filter=is_open & Q(has_wrong_number=True)),
        withdrawn=Count("pk", filter=Q(state=S.WITHDRAWN)),
        set_aside=Count("pk", filter=Q(state=S.SET_ASIDE)),
        due_at=Min("order__due_at"),
        last_due_at=Min("order__last_due_at"),
    )
    return DayBoard(day, caller_rows(of_day, now=now), **counts)


def caller_rows(callbacks: QuerySet[Callback], *, now: datetime) -> list[CallerRow]:
    """By group, then name; those without a caller last in their group."""
    rows = list(
        callbacks.exclude(state__in=[S.SET_ASIDE, S.WITHDRAWN])
        .values("caller", "group")
        .annotate(
            total=Count("pk"),
            done=Count("pk", filter=DONE),
            not_reached=Count("pk", filter=Q(state=S.UNREACHABLE)),
            left=Count("pk", filter=Q(state__in=OPEN)),
            overdue=Count("pk", filter=Q(state__in=OPEN, due_at__lt=now)),
        )
        .order_by("group")
    )
    people = User.objects.in_bulk({row["caller"] for row in rows} - {None})
    made = [CallerRow(**row | {"caller": people.get(row["caller"])}) for row in rows]
    return sorted(made, key=lambda row: (row.group, row.caller is None, str(row.caller)))


def day_to_publish(*, now: datetime) -> date | None:
    """The closing day that is due next: the oldest with something open or unpublished due today or later,
    else the latest day with callbacks at all."""
    today = days.local_day(now)
    pending = Q(state__in=OPEN) | Q(state__in=ENDED_BY_CALL, published_at__isnull=True)
    drawn = Callback.objects.filter(run__isnull=False)
    due = drawn.filter(pending, order__due_at__gte=days.begins(today)).order_by("order__closed_on")
    found = due.values_list("order__closed_on", flat=True).first()
    if found is not None:
        return found
    latest = drawn.order_by("-order__closed_on")
    return latest.values_list("order__closed_on", flat=True).first()


def late_days(*, now: datetime) -> list[tuple[date, int]]:
    """Closing days with something ended and unpublished past its deadline, and how many (§7)."""
    late = Callback.objects.unpublished().filter(order__due_at__lt=now, run__isnull=False)
    rows = late.order_by().values_list("order__closed_on").annotate(n=Count("pk"))
    return sorted((day, n) for day, n in rows if day is not None)


def known_orders(person: User, *, now: datetime) -> QuerySet[WorkOrder]:
    """Orders whose callback leading or working in the crew does not keep from the person (§4)."""
    viewer = viewer_of(person, now=now)
    visible = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
    return visible.filter(Q(shows_callback=True))


def blocking(day: date, *, now: datetime) -> CallbackQuerySet:
    """What of the day is still open: nobody's first, then wrong numbers, then by deadline."""
    rows = Callback.objects.open().of_day(day).with_attempt_count()
    rows = rows.select_related("order__crew", "caller", "held_by")
    return rows.order_by("-state", "-has_wrong_number", "due_at", "pk")


@dataclass(frozen=True)
class CrewFeedback:
    """What a crew may see of a day by now, and whether it has acknowledged that."""

    crew: Crew
    results: int
    news_at: datetime
    acknowledged: Acknowledgement | None

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged is not None and self.acknowledged.at >= self.news_at


def crew_feedback(day: date, *, now: datetime) -> list[CrewFeedback]:
    """By crew's name; three queries."""
    of_day = WorkOrder.objects.closed_on(day).filter(crew__isnull=False)
    crews = Crew.objects.in_bulk(of_day.order_by().values_list("crew", flat=True).distinct())
    last = last_acknowledged(crews, day=day)
    rows = [
        CrewFeedback(crews[row["crew"]], row["results"], row["news_at"], last.get((row["crew"], day)))
        for row in news(crews, now=now, day=day)
    ]
    return sorted(rows, key=lambda row: row.crew.name)
