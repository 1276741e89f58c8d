"""Whom must I visit, and what came of it: the list, the form on the phone, the meeting's questions (domain §9)."""

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
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from satisfaction.core.versioned import Stale
from workorders.models import Crew, WorkOrder

from .actions import (
    answer_of,
    prefilled,
    require_returner,
    return_with_question,
    save_draft,
    submit,
)
from .cards import FORM_STATES, Card, card_of, cards_of, why_locked
from .due import due_revisits, overdue_count
from .forms import QuestionForm, RevisitFilter, RevisitForm
from .paper import with_fields
from .photos import add_photos
from .queries import READERS, decided, dropped, revisits_visible_to, submitted, to_make, with_standing
from .visitors import require_visitor
from .wording import explain_revisit

VISITORS = (Role.FOREMAN, Role.DEPUTY, Role.LEAD, Role.MANAGER, Role.HEAD)
PAGE = 30
TABS: dict[str, tuple[Any, Callable[[datetime], Q]]] = {
    "open": (gettext_lazy("待完成"), to_make),
    "submitted": (gettext_lazy("已提交"), lambda now: submitted()),
    "decided": (gettext_lazy("会议已决定"), lambda now: decided()),
    "dropped": (gettext_lazy("不再需要"), dropped),
}


@roles_required(*VISITORS)
@require_safe
def revisits(request: UserRequest) -> HttpResponse:
    """Due ones first, oldest first; a foreman sees the own crews', readers all (domain §12)."""
    now = timezone.now()
    tab = request.GET.get("state", "")
    tab = tab if tab in TABS else "open"
    visible = revisits_visible_to(request.user, now=now)
    chosen = RevisitFilter(request.GET, crews=crews_of(request, now))
    orders = filtered(visible.filter(TABS[tab][1](now)), chosen)
    latest_first = tab != "open"
    sequence = ("-revisit__begun_at", "-pk") if latest_first else ("closed_on", "number")
    rows = with_standing(orders, now=now).prefetch_related("callback__problem_types").order_by(*sequence)
    page = page_of(request, rows, size=PAGE)
    context = {
        "tab": tab,
        "tabs": [(key, words) for key, (words, _of) in TABS.items()],
        "filter": chosen,
        "page": page,
        "cards": cards_of(due_revisits(page, now=now), request.user, now=now),
        "overdue": overdue_count(orders, now=now) if tab == "open" else 0,
        "month": chosen.cleaned_data.get("month") if chosen.is_valid() else None,
        "is_reader": request.user.has_role(*READERS),
    }
    return render(request, "improvement/revisits/list.html", context)


@roles_required(*VISITORS)
def revisit(request: UserRequest, number: str) -> HttpResponse:
    """The form for who visits; for everybody else, and once it is handed in, the page to read."""
    now = timezone.now()
    card = visible_card(request, number, now)
    if request.method == "POST":
        return save(request, card, now)
    if not card.may_write or (card.standing not in FORM_STATES and "edit" not in request.GET):
        return read(request, card, now)
    return show(request, card, empty_form(card))


@roles_required(*VISITORS)
@require_safe
def revisit_deadline(request: UserRequest, number: str) -> HttpResponse:
    """Why the revisit is due when it is: asked for where its deadline stands in a list."""
    card = visible_card(request, number, timezone.now())
    context = {"card": card, "why_this_moment": explain_revisit(card.row)}
    return render(request, "improvement/revisits/_why_due.html", context)


@roles_required(*VISITORS)
@require_POST
def revisit_return(request: UserRequest, number: str) -> HttpResponse:
    """A head sends the form back with a question."""
    now = timezone.now()
    card = visible_card(request, number, now)
    require_returner(request.user)
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return read(request, card, now, form)
    if card.revisit is None:
        raise Refused(_("这张回访表还没有提交,不能退回。"))
    return_with_question(card.revisit, by=request.user, question=form.cleaned_data["question"], now=now)
    messages.success(request, _("已退回,等待工长答复。"))
    return redirect("improvement:revisit", number=number)


def save(request: UserRequest, card: Card, now: datetime) -> HttpResponse:
    """Keeps what was typed on the page whatever is wrong with it."""
    require_visitor(card.order, request.user, now=now)
    form = bound_form(card, request)
    if not form.is_valid():
        return show(request, card, form, status=UNPROCESSABLE)
    is_final = request.POST.get("action") == "submit"
    try:
        store(form, card.order, by=request.user, now=now, is_final=is_final)
    except NotAllowed:
        raise
    except Stale as stale:
        return conflict(request, card.order.number, stale, now)
    except Refused as refusal:
        return show(request, card, form, sentence=str(refusal), status=UNPROCESSABLE)
    messages.success(request, _("回访表已提交。") if is_final else _("已暂存,可以稍后继续填写。"))
    return redirect("improvement:revisit", number=card.order.number)


@transaction.atomic
def store(form: RevisitForm, order: WorkOrder, *, by: Any, now: datetime, is_final: bool) -> None:
    """Form and photos, all or nothing."""
    known = {"by": by, "answer": form.answer, "version": form.cleaned_data["version"], "now": now}
    reply = form.cleaned_data["reply"]
    saved = submit(order, reply=reply, **known) if is_final else save_draft(order, **known)
    if form.cleaned_data["photos"]:
        add_photos(saved, form.cleaned_data["photos"], by=by, now=now)


def conflict(request: UserRequest, number: str, stale: Stale, now: datetime) -> HttpResponse:
    """What was typed, over the version that stands now, and beside it what that version says."""
    card = visible_card(request, number, now)
    data = request.POST.copy()
    data["version"] = str(stale.row.version)
    kept = answer_of(stale.row).problem_types
    form = RevisitForm(data, kept=kept)
    return show(request, card, form, sentence=str(stale), stored=card.revisit, status=UNPROCESSABLE)


def empty_form(card: Card) -> RevisitForm:
    """As it stands; one that is not begun holds what the reporter said by phone."""
    answer = answer_of(card.revisit) if card.revisit else prefilled(card.order)
    version = card.revisit.version if card.revisit else 0
    return RevisitForm(initial=RevisitForm.initial_of(answer, version), kept=answer.problem_types)


def bound_form(card: Card, request: UserRequest) -> RevisitForm:
    answer = answer_of(card.revisit) if card.revisit else prefilled(card.order)
    return RevisitForm(request.POST, request.FILES, kept=answer.problem_types)


def show(
    request: UserRequest,
    card: Card,
    form: RevisitForm,
    *,
    sentence: str = "",
    stored: Revisit | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form; `stored` is what stands in the database when somebody else saved it meanwhile."""
    context = {
        "card": card,
        "form": form,
        "sentence": sentence,
        "stored": stored,
        "why_this_moment": explain_revisit(card.row),
    }
    return render(request, "improvement/revisits/form.html", context, status=status)


def read(request: UserRequest, card: Card, now: datetime, form: QuestionForm | None = None) -> HttpResponse:
    may_return = request.user.has_role(Role.HEAD) and card.standing == RevisitStanding.SUBMITTED
    context: dict[str, Any] = {
        "card": card,
        "question_form": form or QuestionForm() if may_return else None,
        "why_this_moment": explain_revisit(card.row),
    }
    if card.may_write and card.revisit:
        context["locked"] = why_locked(card.revisit)
    status = UNPROCESSABLE if form is not None else 200
    return render(request, "improvement/revisits/revisit.html", context, status=status)


def visible_card(request: UserRequest, number: str, now: datetime) -> Card:
    """The revisit as this person may see it, else 404."""
    orders = with_fields(with_standing(revisits_visible_to(request.user, now=now), now=now)).prefetch_related(
        "revisit__photos__added_by",
        "revisit__questions__asked_by",
        "revisit__questions__answered_by",
        "revisit__agenda_items__meeting",
        "revisit__agenda_items__project",
    )
    order = get_object_or_404(orders, number=number)
    return card_of(due_revisits([order], now=now)[0], request.user, now=now)


def crews_of(request: UserRequest, now: datetime) -> QuerySet[Crew]:
    if request.user.has_role(*READERS):
        return Crew.objects.filter(is_active=True)
    return Crew.objects.filter(pk__in=viewer_of(request.user, now=now).led_crews)


def filtered(orders: QuerySet[WorkOrder], chosen: RevisitFilter) -> QuerySet[WorkOrder]:
    if not chosen.is_valid():
        return orders
    month, crew = chosen.cleaned_data["month"], chosen.cleaned_data["crew"]
    if crew:
        orders = orders.filter(crew=crew)
    return orders.filter(closed_on__year=month.year, closed_on__month=month.month) if month else orders
