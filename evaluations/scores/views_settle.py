"""A head's decisions on a month: settle, reopen, name a winner, record the committee's decision (domain §8)."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from evaluations.enums import AwardKind
from evaluations.models import Award, Settlement
from satisfaction.core.access import roles_required
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role

from . import awards
from . import settle as settling
from .forms import BonusDecisionForm, NamingForm, ReopenForm


@roles_required(Role.HEAD)
@require_POST
def settle(request: UserRequest, month: date) -> HttpResponse:
    settling.settle(month, by=request.user, now=timezone.now())
    messages.success(request, _("%(month)s已结算,数字不再改变。") % {"month": f"{month:%Y-%m}"})
    return redirect("evaluations:month", month)


def last_settlement(month: date) -> Settlement:
    """Returns the last settlement, in force or reopened. Raises Http404 when the month was never settled."""
    found = Settlement.objects.last_of(month)
    if found is None:
        raise Http404
    return found


@roles_required(Role.HEAD)
@require_http_methods(["GET", "POST"])
def reopen(request: UserRequest, month: date) -> HttpResponse:
    last = last_settlement(month)
    form = ReopenForm(request.POST or None, initial={"settlement": last.pk})
    if form.is_valid():
        settling.reopen(month, by=request.user, now=timezone.now(), **form.cleaned_data)
    if form.is_valid() or last.reopened_at:  # another head, or the same form sent twice
        messages.success(request, _("%(month)s已重开,改完后请重新结算。") % {"month": f"{month:%Y-%m}"})
        return redirect("evaluations:month", month)
    return render(request, "evaluations/scores/reopen.html", {"month": month, "form": form})


@roles_required(Role.HEAD)
@require_http_methods(["GET", "POST"])
def name_award(request: UserRequest, month: date, kind: str) -> HttpResponse:
    settlement = last_settlement(month)
    awards.require_award_rights(request.user, settlement)  # a reopened month says so instead of asking
    form = NamingForm(request.POST or None, rows=awards.first_places(settlement, kind))
    if form.is_valid():
        awards.name_award(settlement, kind, by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("已指定获奖者。"))
        return redirect("evaluations:month", month)
    context = {"month": month, "form": form, "kind": AwardKind(kind)}
    return render(request, "evaluations/scores/name_award.html", context)


@roles_required(Role.HEAD)
@require_http_methods(["GET", "POST"])
def record_decision(request: UserRequest, pk: int) -> HttpResponse:
    everything = Award.objects.select_related("settlement", "technician", "crew").defer(
        "settlement__snapshot"
    )
    award = get_object_or_404(everything, pk=pk)
    form = BonusDecisionForm(request.POST or None)
    if form.is_valid():
        awards.record_decision(award, by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("已登记绩效委员会的决定。"))
        return redirect("evaluations:month", award.settlement.month)
    return render(request, "evaluations/scores/record_decision.html", {"award": award, "form": form})
