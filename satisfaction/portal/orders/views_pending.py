"""Changes that wait for confirmation: from a later import or a crew, old beside new (domain §3.6)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluations.workbook.pending_changes import (
    DECIDERS,
    changes_for,
    confirm_change,
    decline_change,
    value_changes,
)
from satisfaction.core.access import roles_required
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from workorders.models import PendingChange


@roles_required(*DECIDERS)
@require_safe
def pending(request: UserRequest) -> HttpResponse:
    """Lists changes that this person may confirm or decline, oldest first."""
    page = page_of(request, changes_for(request.user))
    rows = [(change, list(value_changes(change))) for change in page.object_list]
    return render(request, "portal/orders/pending.html", {"page": page, "rows": rows})


@roles_required(*DECIDERS)
@require_POST
def decide_pending(request: UserRequest, pk: int) -> HttpResponse:
    """Confirms or declines one change. A change that was decided meanwhile keeps its decision."""
    change = get_object_or_404(PendingChange.objects.select_related("order"), pk=pk)
    action = confirm_change if request.POST.get("action") == "confirm" else decline_change
    reason = request.POST.get("reason", "")
    decided = action(change, by=request.user, reason=reason, now=timezone.now())
    words = {"number": change.order.number, "state": decided.get_state_display()}
    messages.success(request, _("%(number)s：%(state)s。") % words)
    return redirect("orders:pending")
