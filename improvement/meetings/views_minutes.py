"""The minutes of a meeting as a printed page and as a workbook (domain §9.7)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from io import BytesIO
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from improvement.models import AgendaItem, AnalysisMeeting
from improvement.readers import READERS, ImprovementViewer, improvement_viewer, items_concerning
from satisfaction.audit.actions import record_file
from satisfaction.core.access import roles_required
from satisfaction.core.requests import UserRequest, hide_navigation_counts

from .agenda import overdue_by_crew
from .minutes import (
    decision_in_words,
    decisions_in_words,
    item_crews,
    item_subject,
    meeting_names,
    minutes_entry,
    write_minutes,
)
from .queries import HELD, agenda_items

EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@roles_required(*READERS)
@require_safe
def meeting_minutes(request: UserRequest, month: date) -> HttpResponse:
    """The minutes on A4, with signature lines."""
    found, viewer, items, information = load_minutes(request, month)
    rows = [
        (item, item_subject(item), item_crews(item), decision_in_words(item), minutes_entry(item))
        for item in items
    ]
    context = {
        "meeting": found,
        "rows": rows,
        "decided": decisions_in_words(Counter(item.decision for item in items)),
        "crews": overdue_by_crew(information.get("revisits", [])),
        "steps": information.get("steps", []),
        "shows_minutes": shows_minutes(found, viewer),
        "names": meeting_names(found),
    }
    about = f"{_('故障分析会纪要')} {found}"
    record_file(request, about=about, rows=len(items), form=_("打印"))
    hide_navigation_counts(request)
    return render(request, "improvement/meetings/minutes.html", context)


@roles_required(*READERS)
@require_safe
def minutes_excel(request: UserRequest, month: date) -> FileResponse:
    """The minutes as a workbook."""
    found, viewer, items, information = load_minutes(request, month)
    content = BytesIO()
    write_minutes(content, found, items, information, shows_minutes=shows_minutes(found, viewer))
    content.seek(0)
    name = f"{_('故障分析会纪要')}-{found}.xlsx"
    record_file(request, about=name, rows=len(items))
    return FileResponse(content, as_attachment=True, filename=name, content_type=EXCEL_TYPE)


def load_minutes(
    request: UserRequest, month: date
) -> tuple[AnalysisMeeting, ImprovementViewer, list[AgendaItem], dict[str, Any]]:
    """Returns a held meeting, the viewer, and the items and information the viewer may see."""
    held = AnalysisMeeting.objects.filter(state__in=HELD).select_related(
        "planned_by", "opened_by", "closed_by"
    )
    found = get_object_or_404(held.prefetch_related("attendees"), month=month)
    viewer = improvement_viewer(request.user, now=timezone.now())
    information = {
        kind: [row for row in rows if viewer.sees_all or row["crew"] in viewer.crews]
        for kind, rows in found.information.items()
    }
    items = agenda_items(found).prefetch_related("project__crews")
    return found, viewer, list(items_concerning(items, viewer)), information


def shows_minutes(meeting: AnalysisMeeting, viewer: ImprovementViewer) -> bool:
    """Whether the viewer sees the minutes' text, which concerns every crew: readers of all and attendees."""
    return viewer.sees_all or any(person.pk == viewer.person for person in meeting.attendees.all())
