"""The duty roster: leads enter dispatchers' absences, heads managers', admins everybody's (domain §12.1)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from satisfaction.core.access import roles_required
from satisfaction.core.form_errors import run_action
from satisfaction.core.form_fields import load_choices
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role

from .forms import AbsenceForm
from .models import Absence, User
from .roster import add_absence, end_absence

KEEPERS = (Role.LEAD, Role.HEAD, Role.ADMIN)


@roles_required(*KEEPERS)
@require_safe
def roster(request: UserRequest) -> HttpResponse:
    """Lists current and coming absences; with `?all=1` past ones too."""
    today = timezone.localdate()
    absences = Absence.objects.rostered_by(request.user).select_related("person", "entered_by")
    shown = (
        absences if request.GET.get("all") else absences.not_over(today).order_by("first_on", "person__name")
    )
    on_duty = User.objects.rostered_by(request.user).callers().on_duty(today).order_by("caller_group", "name")
    context = {"page": page_of(request, shown), "today": today, "on_duty": list(on_duty)}
    return render(request, "accounts/roster/list.html", context)


@roles_required(*KEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def roster_add(request: UserRequest) -> HttpResponse:
    today = timezone.localdate()
    form = AbsenceForm(request.POST or None, by=request.user, today=today)
    if request.method == "POST" and form.is_valid():
        absence = run_action(form, add_absence, **form.cleaned_data, by=request.user, today=today)
        if absence:
            messages.success(request, _("已登记 %(name)s 的缺勤。") % {"name": absence.person})
            return redirect("accounts:roster")
    load_choices(form)
    return render(request, "accounts/roster/form.html", {"form": form})


@roles_required(*KEEPERS)
@require_POST
def roster_end(request: UserRequest, pk: int) -> HttpResponse:
    absence = get_object_or_404(Absence.objects.rostered_by(request.user), pk=pk)
    end_absence(absence, by=request.user, today=timezone.localdate())
    messages.success(request, _("%(name)s 今天起恢复值班。") % {"name": absence.person})
    return redirect("accounts:roster")
