"""Import of people for admins: upload → preview → confirm → links (docs/contract.md, import_people)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.access import roles_required
from satisfaction.core.client_address import address_of
from satisfaction.core.errors import Refused
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from satisfaction.sheets import headers

from .forms import PeopleFileForm
from .import_ import PeopleImport, What, import_people, links_of, without_password
from .links_csv import links_csv
from .rows import COLUMNS, PeopleFile

SALT, VALID_FOR = "workorders.people", 3600  # seconds between preview and confirmation
DONE = "people_import"  # session key of the last import's user names
SHOWN = 200  # lines of a preview


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def upload_people(request: UserRequest) -> HttpResponse:
    """GET: the file's columns. POST: a preview of each row's outcome; nothing is stored."""
    form = PeopleFileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_valid():
        people = form.cleaned_data["people"]
        result = import_people(people, by=request.user, today=timezone.localdate(), dry_run=True)
        payload = signing.dumps(people.as_json(), salt=SALT, compress=True)
        context = {**result_context(result), "payload": payload, "unknown": people.unknown_columns}
        return render(request, "workorders/people/preview.html", context)
    columns = [headers.display_name(names) for names in COLUMNS.values()]
    return render(request, "workorders/people/upload.html", {"form": form, "columns": columns})


@roles_required(Role.ADMIN)
@require_POST
def confirm_people(request: UserRequest) -> HttpResponse:
    """Stores the previewed import."""
    try:
        data = signing.loads(request.POST.get("payload", ""), salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        raise Refused(_("预览已过期,没有导入。请重新上传文件。")) from None
    result = import_people(PeopleFile.from_json(data), by=request.user, today=timezone.localdate())
    counts = {what.value: result.count(what) for what in What}
    record_event(AuditKind.IMPORTED, by=request.user, at=timezone.now(), about=_("人员"), details=counts)
    request.session[DONE] = result.usernames
    messages.success(
        request,
        _("新增 %(created)s 人,更新 %(updated)s 人,未变 %(unchanged)s 人,拒绝 %(rejected)s 行。") % counts,
    )
    if result.waiting:
        messages.warning(request, waiting_sentence(result))
    return redirect("workorders:people_imported")


@roles_required(Role.ADMIN)
@require_safe
def imported(request: UserRequest) -> HttpResponse:
    """Lists the people of the last import who still need a one-time link."""
    waiting = without_password(request.session.get(DONE, []))
    people = [(person.username, person.name) for person in waiting]
    return render(request, "workorders/people/imported.html", {"people": people})


@roles_required(Role.ADMIN)
@require_POST
def links(request: UserRequest) -> HttpResponse:
    """Issues the links of the last import as a download; the server keeps no copy of the file."""
    site = request.build_absolute_uri("/").rstrip("/")
    issued = links_of(
        request.session.get(DONE, []),
        by=request.user,
        now=timezone.now(),
        address=address_of(request),
        site=site,
    )
    content = links_csv(issued, for_excel=True)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="links.csv"'
    response["Cache-Control"] = "no-store"
    return response


def waiting_sentence(result: PeopleImport) -> str:
    return _("这些角色等另一名系统管理员或科室负责人确认:%(roles)s。") % {
        "roles": _("、").join(result.waiting)
    }


def result_context(result: PeopleImport) -> dict[str, Any]:
    """Returns the counts, the first lines and every rejected row."""
    counts = [(what, result.count(what)) for what in What]
    return {
        "counts": counts,
        "lines": result.lines[:SHOWN],
        "hidden": max(len(result.lines) - SHOWN, 0),
        "errors": result.errors,
        "waiting": waiting_sentence(result) if result.waiting else "",
        "comes_in": len(result.lines) - result.count(What.REJECTED),
    }
