"""Pages of revisits: the list, the form, and the meeting's questions (domain §9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from evaluations.visibility import viewer_of
from improvement.enums import RevisitStanding
from improvement.models import Revisit
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import UNPROCESSABLE
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.form_fields import load_choices
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from satisfaction.core.versioned import StaleVersion
from workorders.models import Crew, WorkOrder

from .actions import (
    answers_from_call,
    require_returner,
    return_with_question,
    save_revisit_draft,
    stored_answers,
    submit_revisit,
)
from .cards import FORM_STATES, RevisitCard, lock_reason, make_card, make_cards
from .due import count_overdue, due_revisits
from .forms import ReturnForm, RevisitFilter, RevisitForm
from .paper import with_form_data
from .photos import add_photos
from .queries import READERS, decided, dropped, revisits_visible_to, submitted, unfinished, with_standing
from .visitors import require_visitor
from .wording import explain_revisit

VISITORS = (Role.FOREMAN, Role.DEPUTY, Role.LEAD, Role.MANAGER, Role.HEAD)
PAGE_SIZE = 30
TABS: dict[str, tuple[Any, Callable[[datetime], Q]]] = {
    "open": (gettext_lazy("待完成"), unfinished),
    "submitted": (gettext_lazy("已提交"), lambda now: submitted()),
    "decided": (gettext_lazy("会议已决定"), lambda now: decided()),
    "dropped": (gettext_lazy("不再需要"), dropped),
}


@roles_required(*VISITORS)
@require_safe
def revisits(request: UserRequest) -> HttpResponse:
    """The list of revisits; a foreman sees those of their crews, readers see all (domain §12)."""
    now = timezone.now()
    tab = request.GET.get("state", "")
    tab = tab if tab in TABS else "open"
    visible = revisits_visible_to(request.user, now=now)
    chosen = RevisitFilter(request.GET, crews=selectable_crews(request, now))
    orders = filter_orders(visible.filter(TABS[tab][1](now)), chosen)
    latest_first = tab != "open"
    sequence = ("-revisit__begun_at", "-pk") if latest_first else ("closed_on", "number")
    rows = with_standing(orders, now=now).prefetch_related("callback__problem_types").order_by(*sequence)
    page = page_of(request, rows, size=PAGE_SIZE)
    load_choices(chosen)
    context = {
        "tab": tab,
        "tabs": [(key, words) for key, (words, _of) in TABS.items()],
        "filter": chosen,
        "page": page,
        "cards": make_cards(due_revisits(page, now=now), request.user, now=now),
        "overdue": count_overdue(orders, now=now) if tab == "open" else 0,
        "month": chosen.cleaned_data.get("month") if chosen.is_valid() else None,
        "is_reader": request.user.has_role(*READERS),
    }
    return render(request, "improvement/revisits/list.html", context)


@roles_required(*VISITORS)
def revisit(request: UserRequest, number: str) -> HttpResponse:
    """The form for the visitor; the read-only page for others and for submitted forms."""
    now = timezone.now()
    card = visible_card(request, number, now)
    if request.method == "POST":
        return save_form(request, card, now)
    if not card.may_write or (card.standing not in FORM_STATES and "edit" not in request.GET):
        return render_revisit(request, card, now)
    return render_form(request, card, unbound_form(card))


@roles_required(*VISITORS)
@require_safe
def revisit_deadline(request: UserRequest, number: str) -> HttpResponse:
    """The explanation of a due date, loaded from a list."""
    card = visible_card(request, number, timezone.now())
    context = {"card": card, "why_this_moment": explain_revisit(card.row)}
    return render(request, "improvement/revisits/_why_due.html", context)


@roles_required(*VISITORS)
@require_POST
def revisit_return(request: UserRequest, number: str) -> HttpResponse:
    """A head returns the form with a question."""
    now = timezone.now()
    card = visible_card(request, number, now)
    require_returner(request.user)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return render_revisit(request, card, now, form)
    if card.revisit is None:
        raise Refused(_("这张回访表还没有提交,不能退回。"))
    return_with_question(card.revisit, by=request.user, question=form.cleaned_data["question"], now=now)
    messages.success(request, _("已退回,等待工长答复。"))
    return redirect("improvement:revisit", number=number)


def save_form(request: UserRequest, card: RevisitCard, now: datetime) -> HttpResponse:
    """Saves the form; on any error the page keeps the input."""
    require_visitor(card.order, request.user, now=now)
    form = bound_form(card, request)
    if not form.is_valid():
        return render_form(request, card, form, status=UNPROCESSABLE)
    is_final = request.POST.get("action") == "submit"
    try:
        store_form_and_photos(form, card.order, by=request.user, now=now, is_final=is_final)
    except NotAllowed:
        raise
    except StaleVersion as stale:
        return render_conflict(request, card.order.number, stale, now)
    except Refused as refusal:
        return render_form(request, card, form, sentence=str(refusal), status=UNPROCESSABLE)
    messages.success(request, _("回访表已提交。") if is_final else _("已暂存,可以稍后继续填写。"))
    return redirect("improvement:revisit", number=card.order.number)


@transaction.atomic
def store_form_and_photos(
    form: RevisitForm, order: WorkOrder, *, by: Any, now: datetime, is_final: bool
) -> None:
    """Saves form and photos in one transaction."""
    known = {"by": by, "answer": form.answer, "version": form.cleaned_data["version"], "now": now}
    reply = form.cleaned_data["reply"]
    saved = submit_revisit(order, reply=reply, **known) if is_final else save_revisit_draft(order, **known)
    if form.cleaned_data["photos"]:
        add_photos(saved, form.cleaned_data["photos"], by=by, now=now)


def render_conflict(request: UserRequest, number: str, stale: StaleVersion, now: datetime) -> HttpResponse:
    """Shows the input, now based on the stored version, beside the stored content."""
    card = visible_card(request, number, now)
    data = request.POST.copy()
    data["version"] = str(stale.row.version)
    selected = stored_answers(stale.row).problem_types
    form = RevisitForm(data, selected=selected)
    return render_form(request, card, form, sentence=str(stale), stored=card.revisit, status=UNPROCESSABLE)


def unbound_form(card: RevisitCard) -> RevisitForm:
    """Returns the form with the stored content; a form not begun holds the answers from the call."""
    answer = stored_answers(card.revisit) if card.revisit else answers_from_call(card.order)
    version = card.revisit.version if card.revisit else 0
    return RevisitForm(initial=RevisitForm.initial_of(answer, version), selected=answer.problem_types)


def bound_form(card: RevisitCard, request: UserRequest) -> RevisitForm:
    answer = stored_answers(card.revisit) if card.revisit else answers_from_call(card.order)
    return RevisitForm(request.POST, request.FILES, selected=answer.problem_types)


def render_form(
    request: UserRequest,
    card: RevisitCard,
    form: RevisitForm,
    *,
    sentence: str = "",
    stored: Revisit | None = None,
    status: int = 200,
) -> HttpResponse:
    """Renders the form. `stored`: the stored revisit when somebody else saved it meanwhile."""
    load_choices(form)
    context = {
        "card": card,
        "form": form,
        "sentence": sentence,
        "stored": stored,
        "why_this_moment": explain_revisit(card.row),
    }
    return render(request, "improvement/revisits/form.html", context, status=status)


def render_revisit(
    request: UserRequest, card: RevisitCard, now: datetime, form: ReturnForm | None = None
) -> HttpResponse:
    may_return = request.user.has_role(Role.HEAD) and card.standing == RevisitStanding.SUBMITTED
    context: dict[str, Any] = {
        "card": card,
        "question_form": form or ReturnForm() if may_return else None,
        "why_this_moment": explain_revisit(card.row),
    }
    if card.may_write and card.revisit:
        context["locked"] = lock_reason(card.revisit)
    status = UNPROCESSABLE if form is not None else 200
    return render(request, "improvement/revisits/revisit.html", context, status=status)


def visible_card(request: UserRequest, number: str, now: datetime) -> RevisitCard:
    """Returns the revisit. Raises Http404 when the person may not see it."""
    orders = with_form_data(
        with_standing(revisits_visible_to(request.user, now=now), now=now)
    ).prefetch_related(
        "revisit__photos__added_by",
        "revisit__questions__asked_by",
        "revisit__questions__answered_by",
        "revisit__agenda_items__meeting",
        "revisit__agenda_items__project",
    )
    order = get_object_or_404(orders, number=number)
    return make_card(due_revisits([order], now=now)[0], request.user, now=now)


def selectable_crews(request: UserRequest, now: datetime) -> QuerySet[Crew]:
    if request.user.has_role(*READERS):
        return Crew.objects.filter(is_active=True)
    return Crew.objects.filter(pk__in=viewer_of(request.user, now=now).led_crews)


def filter_orders(orders: QuerySet[WorkOrder], chosen: RevisitFilter) -> QuerySet[WorkOrder]:
    if not chosen.is_valid():
        return orders
    month, crew = chosen.cleaned_data["month"], chosen.cleaned_data["crew"]
    if crew:
        orders = orders.filter(crew=crew)
    return orders.filter(closed_on__year=month.year, closed_on__month=month.month) if month else orders
