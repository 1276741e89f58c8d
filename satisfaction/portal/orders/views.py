"""The order list, an order's page with its timeline, and linking repeats (domain §3.3)."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Min
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluations.callbacks.phone_numbers import record_number_shown
from evaluations.feedback.deadline_explanations import explain_deadlines
from evaluations.frozen import is_frozen
from evaluations.visibility import VisibleOrder, orders_visible_to, viewer_of, with_visibility
from evaluations.workbook.audience import CREW_READERS, OFFICE_READERS
from evaluations.workbook.forms import ExportForm
from evaluations.workbook.views_export import workbook
from improvement.revisits.visitors import must_visit
from satisfaction.core.access import everybody_signed_in, roles_required
from satisfaction.core.errors import Refused
from satisfaction.core.form_errors import error_sentence
from satisfaction.core.form_fields import load_choices
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from workorders.intake.discard import discard_order
from workorders.intake.pending import waiting
from workorders.intake.repeats import link_repeat, mark_duplicate, unlink
from workorders.models import WorkOrder

from .decisions import decision_links
from .forms import OrderFilter, OrderLinkForm
from .queries import mark_completeness
from .timeline import order_timeline

LINKERS = (Role.DISPATCHER, Role.LEAD, Role.HEAD, Role.ADMIN)


@everybody_signed_in
@require_safe
def order_list(request: UserRequest) -> HttpResponse:
    """Lists visible orders; the filters are in the address."""
    now = timezone.now()
    viewer = viewer_of(request.user, now=now)
    visible = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
    found = OrderFilter(request.GET, queryset=visible)
    orders = found.qs.select_related("crew", "technician", "self_evaluation", "callback")
    page = page_of(request, orders)
    mark_completeness(page)
    load_choices(found.form)
    context = {
        "filter": found,
        "page": page,
        "may_export": request.user.has_role(*CREW_READERS, *OFFICE_READERS),
    }
    return render(request, "portal/orders/list.html", context)


@roles_required(*CREW_READERS, *OFFICE_READERS)
@require_safe
def export_orders(request: UserRequest) -> HttpResponseBase:
    """Exports the closed orders of the filtered list as the daily workbook (domain §11.3)."""
    visible = orders_visible_to(viewer_of(request.user, now=timezone.now()), now=timezone.now())
    orders = OrderFilter(request.GET, queryset=visible).qs.order_by()
    closed = orders.aggregate(first=Min("closed_on"), last=Max("closed_on"))
    if closed["first"] is None:
        raise Refused(_("没有可以导出的工单:工作簿只收已关闭的工单。"))
    days = ExportForm(closed)
    if not days.is_valid():
        raise Refused(error_sentence(days))
    return workbook(request, closed["first"], closed["last"], among=orders)


@everybody_signed_in
@require_safe
def order_page(request: UserRequest, number: str) -> HttpResponse:
    """Shows one order with its timeline, as far as the viewer may see (domain §4)."""
    now = timezone.now()
    order = visible_order_or_404(request, number)
    frozen = is_frozen(order)
    mark_completeness([order])
    context = {
        "order": order,
        "events": order_timeline(order, person=request.user, now=now),
        "shows_phone": shows_phone(request, order, now=now),
        "link_form": OrderLinkForm(),
        "may_link": request.user.has_role(Role.DISPATCHER, Role.LEAD, Role.ADMIN),
        "may_judge": request.user.has_role(Role.LEAD, Role.HEAD) and not frozen,
        "may_discard": request.user.has_role(Role.ADMIN) and order.closed_at is None and not frozen,
        "is_frozen": frozen,
        "has_pending_change": waiting().filter(order=order).exists(),
        "decisions": decision_links(request.user, order),
        "deadlines": explain_deadlines(order),
    }
    return render(request, "portal/orders/page.html", context)


@everybody_signed_in
@require_safe
def order_deadlines(request: UserRequest, number: str) -> HttpResponse:
    """Explains the order's deadlines; loaded wherever one is shown."""
    order = visible_order_or_404(request, number)
    context = {"order": order, "deadlines": explain_deadlines(order)}
    return render(request, "portal/orders/_why_due.html", context)


def visible_order_or_404(request: UserRequest, number: str) -> VisibleOrder:
    """Returns the order with its visibility for this person, else 404."""
    now = timezone.now()
    viewer = viewer_of(request.user, now=now)
    orders = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now).select_related(
        "crew",
        "technician",
        "repeat_of",
        "duplicate_of",
        "self_evaluation__rated_by",
        "callback__caller",
        "callback__run",
        "callback__published_by",
        "taken_out__by",
        "objection",
    )
    return get_object_or_404(orders, number=number)


def shows_phone(request: UserRequest, order: WorkOrder, *, now: datetime) -> bool:
    """Whether the person sees the full phone: open callback, revisit to make, or admin (domain §12.5).

    Records an audit event for admins.
    """
    callback = getattr(order, "callback", None)
    is_caller = bool(callback and callback.caller_id == request.user.pk and callback.ended_at is None)
    if is_caller or must_visit(order, request.user, now=now):
        return True
    if not request.user.has_role(Role.ADMIN):
        return False
    if order.reporter_phone:
        record_number_shown(order, by=request.user, now=now)
    return True


@roles_required(*LINKERS)
@require_POST
def link_order(request: UserRequest, number: str) -> HttpResponse:
    """Links an order: dispatchers link repeats; leads and heads mark duplicates and unlink (domain §3.3)."""
    order = visible_order_or_404(request, number)
    form = OrderLinkForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请填写原工单号。"))
        return redirect("orders:page", number=number)
    action, original, reason = (form.cleaned_data[name] for name in ("action", "number", "reason"))
    if action == "repeat":
        if not request.user.has_role(Role.DISPATCHER, Role.LEAD, Role.ADMIN):
            raise PermissionDenied
        link_repeat(order, number=original, by=request.user)
    elif not request.user.has_role(Role.LEAD, Role.HEAD):
        raise PermissionDenied
    elif action == "duplicate":
        mark_duplicate(order, number=original, reason=reason, by=request.user, is_frozen=is_frozen)
    else:
        unlink(order, reason=reason, by=request.user, is_frozen=is_frozen)
    messages.success(request, _("已保存。"))
    return redirect("orders:page", number=number)


@roles_required(Role.ADMIN)
@require_POST
def discard(request: UserRequest, number: str) -> HttpResponse:
    """Deletes an order that came in by mistake (domain §3.13)."""
    order = visible_order_or_404(request, number)
    discard_order(order, reason=request.POST.get("reason", ""), by=request.user, now=timezone.now())
    messages.success(request, _("已删除%(number)s。") % {"number": number})
    return redirect("orders:incomplete")
