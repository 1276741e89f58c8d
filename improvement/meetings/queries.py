"""Meetings and the items on their agendas (domain §9, §12)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from evaluations.models import ProblemType
from improvement.enums import Decision, ItemKind, MeetingState, RevisitState
from improvement.models import AgendaItem, AnalysisMeeting
from improvement.revisits.queries import no_longer_needed
from satisfaction.calendars import days

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class MeetingCounts(TypedDict):
    """Whether a later meeting was held, and the items by decision."""

    is_passed_over: bool
    item_count: int
    undecided_count: int
    no_action_count: int


MeetingWithCounts: TypeAlias = "WithAnnotations[AnalysisMeeting, MeetingCounts]"

HELD = (MeetingState.OPEN, MeetingState.CLOSED)


def annotated_meetings() -> QuerySet[MeetingWithCounts]:
    """Returns meetings, latest month first, with `is_passed_over` (a later one was held) and item counts."""
    later = AnalysisMeeting.objects.filter(month__gt=OuterRef("month"), state__in=HELD)
    return AnalysisMeeting.objects.select_related("planned_by", "opened_by", "closed_by").annotate(
        is_passed_over=Exists(later),
        item_count=Count("items"),
        undecided_count=Count("items", filter=Q(items__decision="")),
        no_action_count=Count("items", filter=Q(items__decision=Decision.NO_ACTION)),
    )


def overdue_meetings(now: datetime) -> QuerySet[MeetingWithCounts]:
    """Returns planned meetings not held on their day and without a later held one; oldest first."""
    return (
        annotated_meetings()
        .filter(
            state=MeetingState.PLANNED,
            planned_at__lt=days.start_of_day(days.local_day(now)),
            is_passed_over=False,
        )
        .order_by("month")
    )


def is_meeting_overdue(meeting: MeetingWithCounts, now: datetime) -> bool:
    """Whether a meeting from `annotated_meetings` is overdue."""
    is_waiting = meeting.state == MeetingState.PLANNED and days.local_day(
        meeting.planned_at
    ) < days.local_day(now)
    return is_waiting and not meeting.is_passed_over


def agenda_items(meeting: AnalysisMeeting) -> QuerySet[AgendaItem]:
    """Returns the items by position, with the related rows that lists and screens show."""
    return meeting.items.select_related(
        "revisit__order__crew",
        "revisit__order__technician",
        "revisit__visited_by",
        "project__responsible",
        "decided_by",
    ).order_by("position")


def with_dropped(items: QuerySet[AgendaItem], *, now: datetime) -> QuerySet[AgendaItem]:
    """Adds `is_dropped`: the revisit is no longer needed."""
    is_dropped = Q(revisit__isnull=False) & Q(no_longer_needed("revisit__order", now=now))
    return items.annotate(is_dropped=is_dropped)


def items_for_screen(meeting: AnalysisMeeting, *, now: datetime) -> QuerySet[AgendaItem]:
    """Returns `agenda_items` with the form, its questions, the callback and the project of each item."""
    types = ProblemType.objects.order_by("code")
    return (
        with_dropped(agenda_items(meeting), now=now)
        .select_related("revisit__order__callback__caller", "revisit__submitted_by", "project__evaluated_by")
        .prefetch_related(
            Prefetch("revisit__problem_types", queryset=types),
            "revisit__questions__asked_by",
            "revisit__questions__answered_by",
            "project__crews",
            "project__problem_types",
            "project__steps__who",
            "project__steps__done_by",
            "project__steps__crew",
        )
    )


def blocking_items(meeting: AnalysisMeeting) -> QuerySet[AgendaItem]:
    """Returns submitted revisits neither decided nor deferred; with any of them the meeting cannot close."""
    return agenda_items(meeting).filter(
        kind=ItemKind.REVISIT, decision="", revisit__state=RevisitState.SUBMITTED
    )


def decision_counts(items: QuerySet[AgendaItem]) -> dict[str, int]:
    """Returns the number of items by decision, '' for undecided. One query."""
    return dict(items.order_by().values_list("decision").annotate(n=Count("pk")))
