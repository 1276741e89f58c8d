"""Reassigning one callback, or all of an absent caller, within the group (domain §5.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from evaluations.enums import CallbackState, Group
from evaluations.models import Callback, CallReassignment
from evaluations.visibility import callbacks_visible_to
from satisfaction.accounts.models import User
from satisfaction.calendars.days import local_day
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import UNPROCESSABLE
from satisfaction.core.form_errors import error_sentence, run_action
from satisfaction.core.form_fields import load_choices
from satisfaction.core.pagination import page_of
from satisfaction.core.params import int_param
from satisfaction.core.requests import UserRequest, hide_navigation_counts
from satisfaction.core.roles import Role

from .forms import ReassignAllForm, ReassignForm
from .guards import lead_of
from .reassign import Reassigned, reassign, reassign_all, takers
from .views import known

SAFE_AND_POST = ["GET", "HEAD", "POST"]


@dataclass(frozen=True)
class Absentee:
    """A person of the group, whether on duty today, and the number of open callbacks."""

    person: User
    is_on_duty: bool
    open_callbacks: int


@roles_required(Role.LEAD, Role.HEAD)
@require_http_methods(SAFE_AND_POST)
def reassign_page(request: UserRequest) -> HttpResponse:
    """Lists the group with open callbacks; a POST distributes one caller's evenly over the others."""
    now = timezone.now()
    form = ReassignAllForm(request.POST or None)
    sentence = ""
    if request.method == "POST" and not form.is_valid():
        sentence = _("改派须写明原因。")
    elif request.method == "POST":
        caller, reason = form.cleaned_data["caller"], form.cleaned_data["reason"]
        done = run_action(form, reassign_all, caller, by=request.user, reason=reason, now=now)
        if done:
            messages.success(request, describe_reassigned(done, known_callbacks(request, now)))
            return redirect("evaluations:reassign")
        sentence = error_sentence(form)
    groups = [group for group in Group if request.user.has_role(lead_of(group))]
    known = known_callbacks(request, now)
    trail = CallReassignment.objects.filter(callback__group__in=groups, callback__in=known.values("pk"))
    trail = trail.select_related("callback__order", "from_caller", "to_caller", "by").order_by("-at", "-id")
    context = {
        "groups": [(group, absentees(group, known, now)) for group in groups],
        "trail": list(trail[:30]),
        "open_callbacks": page_of(request, open_in(request, groups)),
        "sentence": sentence,
    }
    status = UNPROCESSABLE if sentence else 200
    hide_navigation_counts(request)
    return render(request, "evaluations/callbacks/reassign/list.html", context, status=status)


def open_in(request: UserRequest, groups: list[Group]) -> QuerySet[Callback]:
    """Returns assigned callbacks of the groups, of one caller if the query string names one."""
    rows = known_callbacks(request, timezone.now()).filter(state=CallbackState.ASSIGNED, group__in=groups)
    caller = int_param(request.GET.get("caller", ""))
    if caller is not None:
        rows = rows.filter(caller=caller)
    return rows.select_related("order__crew", "caller").order_by("due_at", "pk")


def known_callbacks(request: UserRequest, now: datetime) -> QuerySet[Callback]:
    """Returns the callbacks visible to the person.

    Callbacks hidden from the person as the crew's lead or member are neither shown nor counted (domain §4).
    """
    return callbacks_visible_to(request.user, now=now)


def absentees(group: Group, known: QuerySet[Callback], now: datetime) -> list[Absentee]:
    """Lists the active group and inactive people with open callbacks, absent people first; one query."""
    on_duty = User.objects.on_duty(local_day(now)).filter(pk=OuterRef("pk"))
    counted = known.filter(state=CallbackState.ASSIGNED, group=group).values("pk")
    is_open = Count("callbacks", filter=Q(callbacks__in=counted))
    people = User.objects.in_caller_group(group).annotate(open_callbacks=is_open, is_on_duty=Exists(on_duty))
    present = people.filter(Q(is_active=True) | Q(open_callbacks__gt=0))
    rows = [Absentee(person, person.is_on_duty, person.open_callbacks) for person in present]
    return sorted(rows, key=lambda row: (row.is_on_duty, str(row.person)))


def describe_reassigned(done: Reassigned, known: QuerySet[Callback]) -> str:
    shown = set(
        known.filter(pk__in=[row.pk for row in (*done.moved, *done.left)]).values_list("pk", flat=True)
    )
    words = _("已改派 %(n)d 张。") % {"n": sum(row.pk in shown for row in done.moved)}
    left = [row.order.number for row in done.left if row.pk in shown]
    if left:
        numbers = ", ".join(left[:10])
        words += " " + _("组内无人可接:%(numbers)s。") % {"numbers": numbers}
    return words


@roles_required(Role.LEAD, Role.HEAD)
@require_http_methods(SAFE_AND_POST)
def reassign_one(request: UserRequest, pk: int) -> HttpResponse:
    """Reassigns one callback to a person on duty whom the order does not concern."""
    now = timezone.now()
    callback = get_object_or_404(known(request), pk=pk)
    if not request.user.has_role(lead_of(callback.group)):
        raise PermissionDenied
    form = ReassignForm(request.POST or None, takers=takers(callback, now=now))
    if form.is_valid():
        to, reason = form.cleaned_data["to"], form.cleaned_data["reason"]
        if run_action(form, reassign, callback, to=to, by=request.user, reason=reason, now=now):
            words = {"number": callback.order.number, "who": to}
            messages.success(request, _("%(number)s已改派给%(who)s。") % words)
            return redirect("evaluations:reassign")
    status = UNPROCESSABLE if form.is_bound else 200
    load_choices(form)
    context = {"callback": callback, "form": form}
    hide_navigation_counts(request)
    return render(request, "evaluations/callbacks/reassign/one.html", context, status=status)
