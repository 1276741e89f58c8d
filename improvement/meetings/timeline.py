"""Entries of meetings and projects in the timeline of an order: decision, project, effect (domain §9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from improvement.enums import TRACKED, Decision, ItemKind, ProjectState
from improvement.models import AgendaItem, ImprovementProject
from improvement.projects.effects import effect_sentence
from improvement.projects.rules_effect import effect_from_json
from improvement.readers import improvement_viewer, items_concerning
from satisfaction.accounts.models import User
from satisfaction.core.timeline import TimelineEntry
from workorders.models import WorkOrder


def meeting_timeline(order: WorkOrder, *, person: User, now: datetime) -> list[TimelineEntry]:
    """Returns the decisions on the order's revisit and the resulting projects. At most four queries.

    Empty for persons who may read neither meetings nor projects (domain §12).
    """
    viewer = improvement_viewer(person, now=now)
    if viewer.sees_nothing:
        return []
    items = AgendaItem.objects.filter(kind=ItemKind.REVISIT, revisit__order=order).exclude(decision="")
    found = items_concerning(items, viewer).select_related(
        "meeting",
        "decided_by",
        "project__created_by",
        "project__responsible",
        "project__evaluated_by",
        "project__confirmed_by",
    )
    events: list[TimelineEntry] = []
    found = found.order_by("decided_at")
    for item in found:
        events.append(_decision(item))
        if item.project is not None and item.decision in TRACKED:
            events += _project(item.project)
    return events + [_decision(item) for item in _sent_back(item.project_id for item in found)]


def _sent_back(projects: Iterable[int | None]) -> QuerySet[AgendaItem]:
    """Returns decisions of meetings that found the effect insufficient."""
    wanting = AgendaItem.objects.filter(kind=ItemKind.EFFECT, decision=Decision.NOT_EFFECTIVE)
    return wanting.filter(project__in=[pk for pk in projects if pk]).select_related("meeting", "decided_by")


def _decision(item: AgendaItem) -> TimelineEntry:
    label = _("故障分析会:%(decision)s") % {"decision": item.get_decision_display()}
    url = reverse("improvement:meeting", args=[item.meeting.month])
    return TimelineEntry(item.decided_at, label, str(item.decided_by), item.reason, "info", url)


def _project(project: ImprovementProject) -> Iterator[TimelineEntry]:
    url = reverse("improvement:project", args=[project.pk])
    label = _("改善项目:%(problem)s") % {"problem": project.problem[:60]}
    yield TimelineEntry(project.created_at, label, str(project.created_by), project.decided_measure, "", url)
    if project.evaluated_at:
        note = " · ".join([project.effect, effect_sentence(effect_from_json(project.effect_numbers))])
        yield TimelineEntry(
            project.evaluated_at, _("整改效果评定"), str(project.evaluated_by), note, "info", url
        )
    if project.confirmed_at:
        yield TimelineEntry(
            project.confirmed_at, _("整改效果确认"), str(project.confirmed_by), "", "success", url
        )
    if project.state == ProjectState.CANCELLED:
        yield from _cancelled(project, url)


def _cancelled(project: ImprovementProject, url: str) -> Iterator[TimelineEntry]:
    last = project.history.select_related("history_user").filter(state=ProjectState.CANCELLED).last()
    at, who = (last.history_date, str(last.history_user or "")) if last else (None, "")
    yield TimelineEntry(at, _("改善项目取消"), who, project.cancelled_reason, "danger", url)
