"""Entries of a revisit in the timeline of its order (domain §4, §9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from improvement.models import Revisit, RevisitQuestion
from satisfaction.accounts.models import User
from satisfaction.core.timeline import TimelineEntry
from workorders.models import WorkOrder

from .queries import revisits_visible_to


def revisit_timeline(order: WorkOrder, *, person: User, now: datetime) -> list[TimelineEntry]:
    """Returns the entries of the revisit and its questions. At most five queries, one without a revisit.

    The meeting's timeline has the decisions. Without permission to see the callback (`shows_callback` of
    `with_visibility`) the list is empty. Findings, measures and questions are shown on the revisit's page only;
    entries link to it for its readers (domain §12).
    """
    if not getattr(order, "shows_callback", False):
        return []
    revisits = Revisit.objects.filter(order=order).select_related("begun_by", "visited_by", "submitted_by")
    revisit = revisits.first()
    if revisit is None:
        return []
    reads = revisits_visible_to(person, now=now).filter(pk=order.pk).exists()
    return list(_events(revisit, reverse("improvement:revisit", args=[order.number]) if reads else ""))


def _events(revisit: Revisit, url: str) -> Iterator[TimelineEntry]:
    yield TimelineEntry(revisit.begun_at, _("开始填写回访表"), str(revisit.begun_by), url=url)
    if revisit.visited_at:
        yield TimelineEntry(revisit.visited_at, _("工长当面回访"), str(revisit.visited_by), "", "info", url)
    if revisit.submitted_at:
        note = _("管理人员代访") if revisit.is_in_place else ""
        yield TimelineEntry(
            revisit.submitted_at, _("提交回访表"), str(revisit.submitted_by), note, "info", url
        )
    for question in RevisitQuestion.objects.filter(revisit=revisit).select_related("asked_by", "answered_by"):
        yield TimelineEntry(question.asked_at, _("回访表退回提问"), str(question.asked_by), url=url)
        if question.answered_at:
            yield TimelineEntry(question.answered_at, _("答复提问"), str(question.answered_by), url=url)
