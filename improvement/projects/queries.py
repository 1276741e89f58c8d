"""Improvement projects and their steps that a viewer may see (domain §9, §12)."""

from __future__ import annotations

from datetime import date

from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, When

from improvement.enums import PLANNABLE, RUNNING, ProjectState
from improvement.models import ImprovementProject, ProjectStep
from improvement.readers import ImprovementViewer
from workorders.models import Crew


def projects_visible_to(viewer: ImprovementViewer) -> QuerySet[ImprovementProject]:
    """Returns all projects, or those of the viewer's crews, of all crews, or with the viewer's own work."""
    projects = ImprovementProject.objects.all()
    if viewer.sees_all:
        return projects
    if not viewer.crews:
        return projects.none()
    through = ImprovementProject.crews.through.objects.filter(improvementproject=OuterRef("pk"))
    mine = Q(responsible=viewer.person) | Exists(
        ProjectStep.objects.filter(project=OuterRef("pk"), who=viewer.person)
    )
    return projects.filter(Exists(through.filter(crew__in=viewer.crews)) | ~Exists(through) | mine)


def with_progress(projects: QuerySet[ImprovementProject], today: date) -> QuerySet[ImprovementProject]:
    """Adds `step_count`, `done_count`, `overdue_count`, `next_due_on` and the related rows of lists."""
    is_open = Q(steps__done_on__isnull=True)
    counts = Q(state__in=RUNNING)
    return (
        projects.select_related("responsible", "created_by", "evaluated_by", "confirmed_by")
        .prefetch_related("crews", "problem_types")
        .annotate(
            step_count=Count("steps"),
            done_count=Count("steps", filter=~is_open),
            overdue_count=Count("steps", filter=is_open & counts & Q(steps__due_on__lt=today)),
            next_due_on=Min("steps__due_on", filter=is_open & counts),
            last_done_on=Max("steps__done_on"),
        )
    )


def with_steps(projects: QuerySet[ImprovementProject]) -> QuerySet[ImprovementProject]:
    return projects.prefetch_related("steps__who", "steps__crew", "steps__done_by")


def open_steps() -> QuerySet[ProjectStep]:
    """Returns unfinished steps of decided projects, soonest first."""
    return (
        ProjectStep.objects.filter(done_on__isnull=True, project__state__in=RUNNING)
        .select_related("project", "who", "crew")
        .order_by("due_on", "pk")
    )


def overdue_steps(today: date) -> QuerySet[ProjectStep]:
    return open_steps().filter(due_on__lt=today)


def steps_due_between(first: date, last: date) -> QuerySet[ProjectStep]:
    """Returns steps due from `first` to `last`, of projects decided and not cancelled; adds `is_in_time`."""
    due = ProjectStep.objects.filter(due_on__range=(first, last)).exclude(
        project__state__in=[ProjectState.CANCELLED, ProjectState.PROPOSED]
    )
    # Same rule as `rules.is_step_in_time`.
    is_in_time = Q(
        done_on__isnull=False,
        done_on__lte=F("due_on"),
        done_on__gte=F("project__decided_on"),
        reported_on__lte=F("due_on"),
    )
    return due.annotate(is_in_time=Case(When(is_in_time, then=True), default=False))


def may_take_revisits() -> QuerySet[ImprovementProject]:
    """Returns the projects to which a meeting may add a revisit or a proposal."""
    return ImprovementProject.objects.filter(state__in=PLANNABLE).order_by("-created_at")


def crews_in_use() -> QuerySet[Crew]:
    return Crew.objects.filter(is_active=True).order_by("name")
