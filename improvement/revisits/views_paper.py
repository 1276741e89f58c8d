"""The revisit form as a printed page and as Excel, and photos of the signed form (domain §9)."""

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
from satisfaction.core.requests import UserRequest, hide_navigation_counts
from satisfaction.core.roles import Role
from workorders.models import WorkOrder

from .excel import MAX_FORMS, write_forms
from .paper import PaperMaker, field_labels, with_form_data
from .paper_layout import fit_texts, height_of_long_fields
from .photos import remove_photo
from .queries import revisits_visible_to, submitted_of_month
from .visitors import must_visit

VISITORS = (Role.FOREMAN, Role.DEPUTY, Role.LEAD, Role.MANAGER, Role.HEAD)
EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@roles_required(*VISITORS)
@require_safe
def revisit_print(request: UserRequest, number: str) -> HttpResponse:
    """The form on one A4 page with its content so far; `?blank=1` prints only the order's data."""
    now = timezone.now()
    order = visible_order_with_form(request, number, now)
    is_blank = request.GET.get("blank") == "1"
    shows_phone = must_visit(order, request.user, now=now)
    paper = PaperMaker()(order, shows_phone=shows_phone, is_blank=is_blank)
    names = field_labels()
    pairs = list(zip(names, paper.small, strict=False))
    rows = [pairs[n : n + 2] for n in range(0, len(pairs), 2)]
    height = height_of_long_fields(rows, paper.problems)
    size, texts = fit_texts([paper.words, paper.findings, paper.measure], _("…(全文见系统)"), height=height)
    context = {
        "order": order,
        "paper": paper,
        "is_blank": is_blank,
        "size": size,
        "rows": rows,
        "labels": names[len(pairs) :],
        "texts": texts,
        "code": qr_code(request, number),
    }
    about = f"{_('不满意回访表')} {number}"
    record_file(request, about=about, rows=1, form=_("打印"), subject=order)
    hide_navigation_counts(request)
    return render(request, "improvement/revisits/print.html", context)


@roles_required(*VISITORS)
@require_safe
def revisit_excel(request: UserRequest, number: str) -> FileResponse:
    """One form as a workbook."""
    now = timezone.now()
    order = visible_order_with_form(request, number, now)
    shows_phone = must_visit(order, request.user, now=now)
    papers = [PaperMaker()(order, shows_phone=shows_phone)]
    return workbook_response(request, papers, _("不满意回访表") + f"-{number}", order=order)


@roles_required(*VISITORS)
@require_safe
def revisits_excel(request: UserRequest, month: str) -> FileResponse:
    """All submitted forms of orders closed in the month that the person may see; `?crew=` limits the crew."""
    now = timezone.now()
    first = days.parse_month(month)
    orders = submitted_of_month(first).filter(pk__in=revisits_visible_to(request.user, now=now).values("pk"))
    crew = int_param(request.GET.get("crew", ""))
    if crew is not None:
        orders = orders.filter(crew=crew)
    found = with_form_data(orders).order_by("crew__name", "closed_at", "number")[: MAX_FORMS + 1]
    make = PaperMaker()
    return workbook_response(
        request, [make(order, shows_phone=False) for order in found], _("不满意回访表") + f"-{month}"
    )


@roles_required(*VISITORS)
@require_safe
def revisit_photo(request: UserRequest, pk: int) -> FileResponse:
    """A photo of the signed form, for readers of the revisit."""
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
    """Deletes a wrong photo."""
    photo = visible_photo(request, pk)
    remove_photo(photo, by=request.user, now=timezone.now())
    messages.success(request, _("照片已删除。"))
    return redirect("improvement:revisit", number=photo.revisit.order.number)


def visible_photo(request: UserRequest, pk: int) -> RevisitPhoto:
    visible = revisits_visible_to(request.user, now=timezone.now()).values("pk")
    photos = RevisitPhoto.objects.select_related("revisit__order")
    return get_object_or_404(photos, pk=pk, revisit__order__in=visible)


def visible_order_with_form(request: UserRequest, number: str, now: datetime) -> WorkOrder:
    return get_object_or_404(with_form_data(revisits_visible_to(request.user, now=now)), number=number)


def qr_code(request: UserRequest, number: str) -> str:
    """Returns a QR code of the revisit's URL as a data URI."""
    address = request.build_absolute_uri(reverse("improvement:revisit", args=[number]))
    return segno.make(address, error="m").svg_data_uri(scale=4, border=2)


def workbook_response(
    request: UserRequest, papers: list, name: str, *, order: WorkOrder | None = None
) -> FileResponse:
    content = BytesIO()
    write_forms(content, papers)
    content.seek(0)
    record_file(request, about=f"{name}.xlsx", rows=len(papers), subject=order)
    return FileResponse(content, as_attachment=True, filename=f"{name}.xlsx", content_type=EXCEL_TYPE)
