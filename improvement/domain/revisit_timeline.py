"""What of a revisit stands in its order's timeline (§4, §9)."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from satisfaction.happenings import Happened
from workorders.models import WorkOrder

from ..models import Revisit, RevisitQuestion


def timeline_events(order: WorkOrder) -> list[Happened]:
    """Revisit and questions of an order; two queries at most, none without a revisit.

    What the meeting decided stands in `timeline`. Nothing for who may not see the callback (`shows_callback` of
    `with_visibility`), as for the callback itself. Findings, measures and the words of a question are read on the
    revisit's own page only (§12).
    """
    if not getattr(order, "shows_callback", False):
        return []
    revisits = Revisit.objects.filter(order=order).select_related("begun_by", "visited_by", "submitted_by")
    revisit = revisits.first()
    return list(_events(revisit)) if revisit else []


def _events(revisit: Revisit) -> Iterator[Happened]:
    yield Happened(revisit.begun_at, _("开始填写回访表"), str(revisit.begun_by))
    if revisit.visited_at:
        yield Happened(revisit.visited_at, _("工长当面回访"), str(revisit.visited_by), "", "b")
    if revisit.submitted_at:
        note = _("管理人员代访") if revisit.is_in_place else ""
        yield Happened(revisit.submitted_at, _("提交回访表"), str(revisit.submitted_by), note, "b")
    for question in RevisitQuestion.objects.filter(revisit=revisit).select_related("asked_by", "answered_by"):
        yield Happened(question.asked_at, _("回访表退回提问"), str(question.asked_by))
        if question.answered_at:
            yield Happened(question.answered_at, _("答复提问"), str(question.answered_by))
