"""Pages to object to a published rating, and to decide on objections (domain §7.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evaluations.deciders import decider
from evaluations.enums import ObjectionState
from evaluations.guards import is_settled, refuse_settled
from evaluations.models import Objection
from evaluations.visibility import VisibleOrder, viewer_of
from satisfaction.calendars import days
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import UNPROCESSABLE
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import CREW_LEADS, Role

from .deadline_explanations import explain_objection
from .forms_objections import ObjectionDecisionForm, ObjectionForm
from .objection_queries import objections_by_crew, objections_for
from .objections import decide_objection, objection_deadline, raise_objection
from .result_rows import make_result_row
from .results import results_for
from .views_exclusions import requested_month

DECIDERS = (Role.HEAD, Role.MANAGER)
READERS = (*CREW_LEADS, *DECIDERS)


@roles_required(*READERS)
@require_safe
def objections(request: UserRequest) -> HttpResponse:
    """The list of objections, and the counts of a month per crew; foremen see those of their crews."""
    now = timezone.now()
    found = objections_for(viewer_of(request.user, now=now), now=now)
    month = requested_month(request)
    context = {
        "page": page_of(request, found, size=30),
        "month": month,
        "previous": days.previous_month(month),
        "next": days.next_month(month),
        "by_crew": list(objections_by_crew(found, month)),
    }
    return render(request, "evaluations/feedback/objections/list.html", context)


@roles_required(*CREW_LEADS)
def object_to(request: UserRequest, pk: int) -> HttpResponse:
    """The form of an objection, below both ratings of the order."""
    now = timezone.now()
    order = order_with_result(request, pk, now)
    if request.method != "POST":
        refuse_settled(order)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        raise_objection(order, by=request.user, reason=form.cleaned_data["reason"], now=now)
        messages.success(request, _("申诉已提交,等待科室负责人裁定。"))
        return redirect("evaluations:objections")
    callback = getattr(order, "callback", None) if order.shows_callback else None
    context = {"row": make_result_row(order, viewer_of(request.user, now=now)), "form": form}
    context["until"] = objection_deadline(callback) if callback else None
    context["why_until"] = explain_objection(callback) if callback else ""
    return render(
        request, "evaluations/feedback/objections/object.html", context, status=response_status(request, form)
    )


@roles_required(*READERS)
def objection(request: UserRequest, pk: int) -> HttpResponse:
    """One objection, with the form for persons who may decide (a head, or a stand-in for concerned heads)."""
    now = timezone.now()
    viewer = viewer_of(request.user, now=now)
    found = get_object_or_404(objections_for(viewer, now=now), pk=pk)
    form = ObjectionDecisionForm(request.POST or None)
    if request.method == "POST":
        return save_decision(request, found, form, now)
    return render_objection(request, found, form, now)


def save_decision(
    request: UserRequest, found: Objection, form: ObjectionDecisionForm, now: datetime
) -> HttpResponse:
    if not form.is_valid():
        return render_objection(request, found, form, now)
    decide_objection(found, by=request.user, now=now, **form.cleaned_data)
    messages.success(request, _("裁定已记录。"))
    return redirect("evaluations:objections")


def render_objection(
    request: UserRequest, found: Objection, form: ObjectionDecisionForm, now: datetime
) -> HttpResponse:
    order = order_with_result(request, found.order_id, now)
    context: dict[str, Any] = {
        "objection": found,
        "row": make_result_row(order, viewer_of(request.user, now=now)),
    }
    is_open = found.state == ObjectionState.UNDECIDED and request.user.has_role(*DECIDERS)
    if is_open and not is_settled(order) and decider(found.order, request.user, also_concerned={found.by_id}):
        context["form"] = form
    return render(
        request,
        "evaluations/feedback/objections/objection.html",
        context,
        status=response_status(request, form),
    )


def order_with_result(request: UserRequest, pk: int, now: datetime) -> VisibleOrder:
    viewer = viewer_of(request.user, now=now)
    orders = results_for(viewer, now=now).prefetch_related("callback__problem_types")
    return get_object_or_404(orders, pk=pk)


def response_status(request: UserRequest, form: Any) -> int:
    return UNPROCESSABLE if request.method == "POST" and form.errors else 200
