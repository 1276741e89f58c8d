"""The pages of the audit trail, for managers, heads and admins (domain §12)."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evaluations.visibility import viewer_of
from satisfaction.audit.actions import record_file
from satisfaction.core.access import roles_required
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role

from .excel import write_trail
from .forms import TrailForm
from .pages import trail_page
from .shapes import TrailCursor, TrailQuery

PAGE_SIZE = 50


@roles_required(Role.MANAGER, Role.HEAD, Role.ADMIN)
@require_safe
def audit(request: UserRequest) -> HttpResponse:
    """Shows a page of the trail, latest first; `?after=` is its cursor."""
    form = TrailForm(request.GET)
    query, after = trail_query(request, form), TrailCursor.parse(request.GET.get("after", ""))
    context = {
        "form": form,
        "page": trail_page(query, after=after, size=PAGE_SIZE),
        "is_first": after is None,
        "may_export": request.user.has_role(Role.HEAD, Role.ADMIN),
        "is_partial": query.viewer.has_crews_eyes,
    }
    return render(request, "portal/audit.html", context)


@roles_required(Role.HEAD, Role.ADMIN)
@require_safe
def audit_excel(request: UserRequest) -> FileResponse:
    """Downloads the filtered trail as a workbook, and records that in the audit."""
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    rows = write_trail(file, trail_query(request, TrailForm(request.GET)))
    file.seek(0)
    name = _("操作记录_%(day)s.xlsx") % {"day": timezone.localdate()}
    record_file(request, about=name, rows=rows)
    return FileResponse(file, as_attachment=True, filename=name)


def trail_query(request: UserRequest, form: TrailForm) -> TrailQuery:
    """Returns the query of this person with the valid filters of the form."""
    now = timezone.now()
    form.is_valid()
    chosen: dict[str, Any] = {name: value for name, value in form.cleaned_data.items() if value}
    return TrailQuery(viewer_of(request.user, now=now), now, **chosen)
