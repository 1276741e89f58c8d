"""Completing incomplete orders, many on one page; each row is saved on its own (domain §3.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluations.deadlines import set_deadlines_on_entry
from evaluations.feedback.acknowledge import crews_acted_for
from evaluations.visibility import viewer_of
from satisfaction.core.access import roles_required
from satisfaction.core.errors import NotAllowed
from satisfaction.core.form_fields import load_choices
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from workorders.intake.complete import Completion, complete_orders
from workorders.intake.pending import complete_as_crew
from workorders.models import Crew, WorkOrder

from .forms_completion import CompletionForm

COMPLETERS = (Role.FOREMAN, Role.DEPUTY, Role.DISPATCHER, Role.LEAD, Role.ADMIN)
COMPLETE_ALL = (Role.DISPATCHER, Role.LEAD, Role.ADMIN)
PAGE_SIZE = 30
FIELD_PATTERN = re.compile(r"o(\d{1,15})-\w+")


@roles_required(*COMPLETERS)
def incomplete(request: UserRequest) -> HttpResponse:
    """GET: a page of incomplete orders. POST: saves valid rows, shows the others again as typed."""
    orders, crews = completable_orders(request)
    if request.method == "POST":
        return save_completions(request, orders, crews)
    page = page_of(request, orders, size=PAGE_SIZE)
    forms = completion_forms(page.object_list, crews)
    load_choices(*forms)
    context = {"page": page, "forms": forms, "is_reader": not any(form.fields for form in forms)}
    return render(request, "portal/orders/incomplete.html", context)


def completable_orders(request: UserRequest) -> tuple[QuerySet[WorkOrder], QuerySet[Crew] | None]:
    """Returns the orders on the person's list, and the crews for which the person may write (None: all)."""
    now = timezone.now()
    orders = WorkOrder.objects.incomplete().with_people().order_by("-received_at", "number")
    if request.user.has_role(*COMPLETE_ALL):
        return orders, None
    led = viewer_of(request.user, now=now).led_crews
    acted = crews_acted_for(request.user, led, now=now)
    return orders.of_crews(led), Crew.objects.filter(pk__in=acted)


def completion_forms(
    orders: Iterable[WorkOrder], crews: QuerySet[Crew] | None, data: object = None
) -> list[CompletionForm]:
    writable = None if crews is None else {crew.pk for crew in crews}
    return [
        CompletionForm(data, order=order, crews=crews, is_open=writable is None or order.crew_id in writable)
        for order in orders
    ]


def save_completions(
    request: UserRequest, orders: QuerySet[WorkOrder], crews: QuerySet[Crew] | None
) -> HttpResponse:
    """Saves the rows that were on the page; the present list may have others."""
    now = timezone.now()
    posted = {int(found[1]) for name in request.POST if (found := FIELD_PATTERN.fullmatch(name))}
    forms = completion_forms(orders.filter(pk__in=posted), crews, request.POST)
    if not all(form.fields for form in forms):
        raise NotAllowed(_("工长在岗时由工长补全。"))
    good = [form for form in forms if form.is_valid()]
    changed, waiting = store_completions(request, good, now=now, is_dispatch=crews is None)
    wrong = [form for form in forms if form.errors]
    if changed or waiting or not wrong:
        report_completions(request, changed, gone=len(posted) - len(forms), waiting=waiting)
    if not wrong:
        return redirect(request.get_full_path())
    load_choices(*wrong)
    return render(request, "portal/orders/incomplete.html", {"forms": wrong, "has_errors": True}, status=422)


def store_completions(
    request: UserRequest, forms: list[CompletionForm], *, now: datetime, is_dispatch: bool
) -> tuple[list[WorkOrder], int]:
    """Returns the changed orders, and the number of crew completions that wait for dispatch.

    For orders of the own crew, dispatchers count as crew: with several roles the stricter rule applies.
    """
    viewer = viewer_of(request.user, now=now)

    def on_entry(entered: list[WorkOrder]) -> None:
        set_deadlines_on_entry(entered, now=now)

    def is_own(one: Completion, form: CompletionForm) -> bool:
        crews = {form.order.crew_id, one.crew.pk if one.crew else None}
        return not is_dispatch or bool(crews & viewer.own_crews)

    known: dict[str, Any] = {
        "by": request.user,
        "now": now,
        "writers_crews": viewer.own_crews,
        "on_entry": on_entry,
    }
    completions = [(form.completion(), form) for form in forms]
    own = [one for one, form in completions if is_own(one, form)]
    others = [one for one, form in completions if not is_own(one, form)]
    changed, waiting = complete_as_crew(own, **known, orders=[one.order for one in own])
    return changed + complete_orders(others, **known, orders=[one.order for one in others]), waiting


def report_completions(request: UserRequest, changed: list[WorkOrder], *, gone: int, waiting: int) -> None:
    """Adds messages. `gone`: rows no longer on the list; `waiting`: completions that wait for dispatch."""
    left = sum(1 for order in changed if order.missing)
    words = [ngettext("已补充 %(n)d 张工单。", "已补充 %(n)d 张工单。", len(changed)) % {"n": len(changed)}]
    if left:
        words.append(ngettext("其中 %(n)d 张仍不完整。", "其中 %(n)d 张仍不完整。", left) % {"n": left})
    if changed or not waiting:
        messages.success(request, " ".join(words))
    if waiting:
        words_waiting = ngettext(
            "%(n)d 张工单由调度确认后才算补全:维修人属于其它工班,或不再属于评价范围。",
            "%(n)d 张工单由调度确认后才算补全:维修人属于其它工班,或不再属于评价范围。",
            waiting,
        )
        messages.warning(request, words_waiting % {"n": waiting})
    if gone:
        words_gone = ngettext(
            "%(n)d 张工单已由别人补全,没有改动。", "%(n)d 张工单已由别人补全,没有改动。", gone
        )
        messages.warning(request, words_gone % {"n": gone})
