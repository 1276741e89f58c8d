"""Pages of orders taken out and of the do-not-call list (domain §3.8, §3.9)."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.callbacks.forms import DoNotCallForm, ReasonForm
from evaluations.callbacks.withdraw import (
    end_do_not_call,
    may_list_numbers,
    put_on_do_not_call,
    take_out,
)
from evaluations.deciders import require_decider
from evaluations.guards import refuse_settled
from evaluations.models import DoNotCall
from evaluations.visibility import orders_visible_to, viewer_of
from satisfaction.calendars.days import (
    first_of_month,
    local_day,
    next_month,
    parse_month,
    previous_month,
)
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import UNPROCESSABLE
from satisfaction.core.form_errors import run_action
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role

from .exclusions import not_called_by_crew, taken_out_by_crew, taken_out_by_person, taken_out_in

READERS = (Role.DISPATCHER, Role.LEAD, Role.MANAGER, Role.HEAD, Role.ADMIN)
DECIDERS = (Role.MANAGER, Role.HEAD)
SAFE_AND_POST = ["GET", "HEAD", "POST"]


@roles_required(*READERS)
@require_safe
def exclusions(request: UserRequest) -> HttpResponse:
    """The exclusions of a month: per crew, per person, and the orders."""
    month = requested_month(request)
    context = {
        "month": month,
        "previous": previous_month(month),
        "next": next_month(month),
        "by_crew": taken_out_by_crew(month),
        "by_person": taken_out_by_person(month),
        "not_called": not_called_by_crew(month),
        "page": page_of(request, taken_out_in(month)),
    }
    return render(request, "evaluations/feedback/exclusions/list.html", context)


def requested_month(request: UserRequest) -> date:
    text = request.GET.get("month", "")
    return parse_month(text) if text else first_of_month(local_day(timezone.now()))


@roles_required(*DECIDERS)
@require_http_methods(SAFE_AND_POST)
def take_out_order(request: UserRequest, pk: int) -> HttpResponse:
    """Takes an order out before its callback is recorded, with a reason; not for persons concerned."""
    now = timezone.now()
    visible = orders_visible_to(viewer_of(request.user, now=now), now=now)
    order = get_object_or_404(visible.select_related("crew", "technician"), pk=pk)
    require_decider(order, request.user)
    if request.method != "POST":
        refuse_settled(order)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if run_action(form, take_out, order, by=request.user, reason=reason, now=now):
            messages.success(request, _("%(number)s已剔除,不参与评价。") % {"number": order.number})
            return redirect(f"{reverse('evaluations:exclusions')}?month={order.closed_on:%Y-%m}")
    status = UNPROCESSABLE if form.is_bound else 200
    return render(
        request,
        "evaluations/feedback/exclusions/take_out.html",
        {"order": order, "form": form},
        status=status,
    )


@roles_required(*DECIDERS)
@require_http_methods(SAFE_AND_POST)
def do_not_call(request: UserRequest) -> HttpResponse:
    """The do-not-call list, and a form to add a number: for heads, or a manager when every head is concerned."""
    now = timezone.now()
    if not may_list_numbers(request.user, now=now):
        raise PermissionDenied
    form = DoNotCallForm(request.POST or None)
    given = form.cleaned_data if form.is_valid() else None
    if given and run_action(form, put_on_do_not_call, **given, by=request.user, now=now):
        messages.success(request, _("已列入免打扰名单;尚未拨打的回访已撤回。"))
        return redirect("evaluations:do_not_call")
    entries = DoNotCall.objects.select_related("by", "ended_by").order_by("-at")
    context = {
        "form": form,
        "page": page_of(request, entries),
        "today": local_day(now),
        "is_head": request.user.has_role(Role.HEAD),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "evaluations/feedback/exclusions/do_not_call.html", context, status=status)


@roles_required(Role.HEAD)
@require_POST
def end_entry(request: UserRequest, pk: int) -> HttpResponse:
    end_do_not_call(get_object_or_404(DoNotCall, pk=pk), by=request.user, now=timezone.now())
    messages.success(request, _("已结束;今后的工单照常回访。"))
    return redirect("evaluations:do_not_call")
