"""Import (upload → preview → confirm) and export of the calendar's exceptions, for admins."""

from __future__ import annotations

from tempfile import TemporaryFile

from django.contrib import messages
from django.core import signing
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.access import roles_required
from satisfaction.core.errors import Refused
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from satisfaction.sheets import headers

from .forms import OverrideFileForm
from .models import CalendarOverride
from .overrides import COLUMNS, OverrideAction, OverrideFile, export_overrides, import_overrides
from .queries import load_years_without_make_up_days

SALT, VALID_FOR = "calendars.overrides", 3600  # seconds between preview and confirmation


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def upload_overrides(request: UserRequest) -> HttpResponse:
    """GET: the required format. POST: a preview of the result for each row; nothing is stored."""
    form = OverrideFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["overrides"]
        lines = import_overrides(file, by=request.user, dry_run=True)
        counts = [(what, sum(line.what == what for line in lines)) for what in OverrideAction]
        context = {
            "lines": lines,
            "counts": counts,
            "comes_in": sum(
                n for what, n in counts if what in (OverrideAction.CREATED, OverrideAction.UPDATED)
            ),
            "unknown": file.unknown_columns,
            "payload": signing.dumps(file.as_json(), salt=SALT, compress=True),
        }
        return render(request, "calendars/preview.html", context)
    coming = CalendarOverride.objects.filter(day__gte=timezone.localdate()).order_by("day")
    context = {
        "form": form,
        "columns": [headers.display_name(names) for names in COLUMNS.values()],
        "coming": list(coming[:60]),
        "missing_years": load_years_without_make_up_days(timezone.localdate()),
    }
    return render(request, "calendars/upload.html", context)


@roles_required(Role.ADMIN)
@require_POST
def confirm_overrides(request: UserRequest) -> HttpResponse:
    """Imports the rows of the preview."""
    try:
        data = signing.loads(request.POST.get("payload", ""), salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        raise Refused(_("预览已过期,没有导入。请重新上传文件。")) from None
    lines = import_overrides(OverrideFile.from_json(data), by=request.user)
    counts = {what.value: sum(line.what == what for line in lines) for what in OverrideAction}
    record_event(AuditKind.IMPORTED, by=request.user, at=timezone.now(), about=_("服务日历"), details=counts)
    messages.success(
        request,
        _("新增 %(created)d 天,更新 %(updated)d 天,未变 %(unchanged)d 天,拒绝 %(rejected)d 行。") % counts
        + _("还没到的期限会随之调整。"),
    )
    return redirect("calendars:import")


@roles_required(Role.ADMIN)
@require_safe
def export_calendar(request: UserRequest) -> FileResponse:
    """Downloads the exceptions as a workbook that can be imported again."""
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    export_overrides(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="calendar.xlsx")
