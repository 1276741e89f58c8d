"""The revisit form on paper, as Excel, and the photos of the signed one (domain §9)."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import segno
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from improvement.models import RevisitPhoto
from satisfaction.audit.actions import record_file
from satisfaction.calendars import days
from satisfaction.core.access import roles_required
from satisfaction.core.params import int_param
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from workorders.models import WorkOrder

from .excel import MOST_FORMS, write_forms
from .paper import PaperMaker, labels, with_fields
from .paper_layout import fitting, room_beside
from .photos import remove_photo
from .queries import revisits_visible_to, submitted_of_month
from .visitors import has_revisit_to_make

VISITORS = (Role.FOREMAN, Role.DEPUTY, Role.LEAD, Role.MANAGER, Role.HEAD)
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@roles_required(*VISITORS)
@require_safe
def revisit_print(request: UserRequest, number: str) -> HttpResponse:
    """One A4 page, filled as far as it is; `?blank=1` leaves all but the order to the pen."""
    now = timezone.now()
    order = visible_order(request, number, now)
    is_blank = request.GET.get("blank") == "1"
    shows_phone = has_revisit_to_make(order, request.user, now=now)
    paper = PaperMaker()(order, shows_phone=shows_phone, is_blank=is_blank)
    names = labels()
    pairs = list(zip(names, paper.small, strict=False))
    rows = [pairs[n : n + 2] for n in range(0, len(pairs), 2)]
    room = room_beside(rows, paper.problems)
    size, texts = fitting([paper.words, paper.findings, paper.measure], _("…(全文见系统)"), room=room)
    context = {
        "order": order,
        "paper": paper,
        "is_blank": is_blank,
        "size": size,
        "rows": rows,
        "labels": names[len(pairs) :],
        "texts": texts,
        "code": code_to(request, number),
    }
    about = f"{_('不满意回访表')} {number}"
    record_file(request, about=about, rows=1, form=_("打印"), subject=order)
    return render(request, "improvement/revisits/print.html", context)


@roles_required(*VISITORS)
@require_safe
def revisit_excel(request: UserRequest, number: str) -> FileResponse:
    """One form."""
    now = timezone.now()
    order = visible_order(request, number, now)
    shows_phone = has_revisit_to_make(order, request.user, now=now)
    papers = [PaperMaker()(order, shows_phone=shows_phone)]
    return workbook(request, papers, _("不满意回访表") + f"-{number}", order=order)


@roles_required(*VISITORS)
@require_safe
def revisits_excel(request: UserRequest, month: str) -> FileResponse:
    """All forms handed in of orders closed in the month, of the crews one may see; `?crew=` narrows."""
    now = timezone.now()
    first = days.parse_month(month)
    orders = submitted_of_month(first).filter(pk__in=revisits_visible_to(request.user, now=now).values("pk"))
    crew = int_param(request.GET.get("crew", ""))
    if crew is not None:
        orders = orders.filter(crew=crew)
    found = with_fields(orders).order_by("crew__name", "closed_at", "number")[: MOST_FORMS + 1]
    make = PaperMaker()
    return workbook(
        request, [make(order, shows_phone=False) for order in found], _("不满意回访表") + f"-{month}"
    )


@roles_required(*VISITORS)
@require_safe
def revisit_photo(request: UserRequest, pk: int) -> FileResponse:
    """A photo of the signed form, for who may see the revisit."""
    photo = visible_photo(request, pk)
    try:
        file = photo.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, filename=photo.name, content_type=photo.content_type)
    response["Cache-Control"] = "private, no-store"
    return response


@roles_required(*VISITORS)
@require_POST
def revisit_photo_remove(request: UserRequest, pk: int) -> HttpResponse:
    """Takes a wrong photo away again."""
    photo = visible_photo(request, pk)
    remove_photo(photo, by=request.user, now=timezone.now())
    messages.success(request, _("照片已删除。"))
    return redirect("improvement:revisit", number=photo.revisit.order.number)


def visible_photo(request: UserRequest, pk: int) -> RevisitPhoto:
    visible = revisits_visible_to(request.user, now=timezone.now()).values("pk")
    photos = RevisitPhoto.objects.select_related("revisit__order")
    return get_object_or_404(photos, pk=pk, revisit__order__in=visible)


def visible_order(request: UserRequest, number: str, now: datetime) -> WorkOrder:
    return get_object_or_404(with_fields(revisits_visible_to(request.user, now=now)), number=number)


def code_to(request: UserRequest, number: str) -> str:
    """A QR code that leads from the paper back to the record, as an image in the page itself."""
    address = request.build_absolute_uri(reverse("improvement:revisit", args=[number]))
    return segno.make(address, error="m").svg_data_uri(scale=4, border=2)


def workbook(
    request: UserRequest, papers: list, name: str, *, order: WorkOrder | None = None
) -> FileResponse:
    content = BytesIO()
    write_forms(content, papers)
    content.seek(0)
    record_file(request, about=f"{name}.xlsx", rows=len(papers), subject=order)
    return FileResponse(content, as_attachment=True, filename=f"{name}.xlsx", content_type=EXCEL)
