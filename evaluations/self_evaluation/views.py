"""The foreman's page: one card per order, rated with one tap (domain §4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evaluations.guards import is_settled, refuse_settled
from evaluations.models import SelfEvaluation
from evaluations.visibility import VisibleOrder, orders_visible_to, viewer_of, with_visibility
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import FORBIDDEN, UNPROCESSABLE
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.params import int_param
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import CREW_LEADS, Role
from workorders.models import WorkOrder
from workorders.models.orders import WorkOrderQuerySet

from .actions import (
    correct_self_evaluation,
    current_answers,
    is_seen_by_crew,
    require_corrector,
    require_rater,
    save_self_evaluation,
)
from .cards import RatingChoiceMaker, SelfEvaluationCard, cards_to_rate
from .forms import SelfEvaluationCorrectionForm, SelfEvaluationForm
from .queries import (
    correctable_by,
    following_orders,
    late_first,
    orders_to_rate,
    orders_to_rate_in_place,
    rating_counts,
)

IN_PLACE = (Role.MANAGER, Role.HEAD)
PAGE_SIZE = 30
MAX_RECENT, RECENT_PERIOD = 10, timedelta(days=2)


@roles_required(*CREW_LEADS, *IN_PLACE)
@require_safe
def self_evaluation(request: UserRequest) -> HttpResponse:
    """The orders the person has to rate, late ones first; `?after=` returns further cards."""
    now = timezone.now()
    is_in_place = rates_in_place(request)
    orders, last = (
        late_first(orders_of_person(request, is_in_place, now), now=now),
        last_shown_order(request, now),
    )
    found = list((following_orders(orders, last, now=now) if last else orders)[: PAGE_SIZE + 1])
    context: dict[str, Any] = {
        "cards": cards_to_rate(found[:PAGE_SIZE], last=last, now=now),
        "more": found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None,
        "is_in_place": is_in_place,
    }
    if request.htmx and last:
        return render(request, "evaluations/self_evaluation/_cards.html", context)
    context |= {
        "counts": rating_counts(orders, now=now),
        "recent": list(correctable_by(request.user.pk, since=now - RECENT_PERIOD, now=now)[:MAX_RECENT]),
        "has_both": request.user.has_role(*CREW_LEADS) and request.user.has_role(*IN_PLACE),
    }
    return render(request, "evaluations/self_evaluation/list.html", context)


@roles_required(*CREW_LEADS, *IN_PLACE)
def rate_order(request: UserRequest, pk: int) -> HttpResponse:
    """The card of one order; POST saves the self-evaluation."""
    now = timezone.now()
    order = order_to_rate_or_404(request, pk, now)
    if request.method != "POST":
        return render_order(request, order, now)
    require_same_person(request)
    form = SelfEvaluationForm(request.POST)
    if not form.is_valid():
        return render_card(request, to_rate_card(order, form, form.sentence), UNPROCESSABLE)
    try:
        evaluation = save_self_evaluation(order, by=request.user, answer=form.answer, now=now)
    except Refused as refusal:
        return render_refused(request, order, form, refusal, now)
    return respond_rated(request, rated_card(request, order, evaluation, now), _("已提交。"))


@roles_required(*CREW_LEADS, *IN_PLACE)
def correct_order(request: UserRequest, pk: int) -> HttpResponse:
    """Corrects a rated card: its author until the crew sees the result, then a head; with a reason."""
    now = timezone.now()
    order = order_to_rate_or_404(request, pk, now)
    evaluation = get_object_or_404(SelfEvaluation.objects.select_related("order"), order=order)
    if request.method != "POST":
        require_corrector(evaluation, by=request.user, now=now)
        refuse_settled(order)
        initial = current_answers(evaluation) if order.shows_self else {}
        return render_card(
            request, correction_card(order, evaluation, SelfEvaluationCorrectionForm(initial=initial))
        )
    require_same_person(request)
    form = SelfEvaluationCorrectionForm(request.POST)
    card = correction_card(order, evaluation, form)
    try:
        require_corrector(evaluation, by=request.user, now=now)
        if not form.is_valid():
            raise Refused(form.sentence)
        reason = form.cleaned_data["reason"]
        corrected = correct_self_evaluation(
            evaluation, by=request.user, answer=form.answer, now=now, reason=reason
        )
    except Refused as refusal:
        card.sentence = str(refusal)
        return render_card(request, card, refusal_status(refusal))
    return respond_rated(request, rated_card(request, order, corrected, now), _("已更正。"))


def require_same_person(request: UserRequest) -> None:
    """Raises NotAllowed when answers stored on a device are sent after another person signed in there."""
    if request.POST.get("person", str(request.user.pk)) != str(request.user.pk):
        raise NotAllowed(_("这份自评是另一位同事在这台设备上填的,没有保存;请由本人登录后发送。"))


def render_order(request: UserRequest, order: VisibleOrder, now: datetime) -> HttpResponse:
    evaluation = SelfEvaluation.objects.filter(order=order).first()
    if evaluation:
        return render_card(request, rated_card(request, order, evaluation, now))
    require_rater(order, request.user, now=now)
    refuse_settled(order)
    return render_card(request, to_rate_card(order, SelfEvaluationForm()))


def render_refused(
    request: UserRequest, order: VisibleOrder, form: SelfEvaluationForm, refusal: Refused, now: datetime
) -> HttpResponse:
    """Renders the card with the refusal; an order rated meanwhile is shown as rated."""
    evaluation = SelfEvaluation.objects.filter(order=order).first()
    if evaluation:
        card = rated_card(request, order, evaluation, now)
        card.sentence = str(refusal)
    else:
        card = to_rate_card(order, form, str(refusal))
    return render_card(request, card, refusal_status(refusal))


def respond_rated(request: UserRequest, card: SelfEvaluationCard, sentence: str) -> HttpResponse:
    """Renders the card, or without htmx redirects to the list."""
    if request.htmx:
        return render_card(request, card)
    messages.success(request, f"{card.order.number} {sentence}")
    return redirect("evaluations:self_evaluation")


def render_card(request: UserRequest, card: SelfEvaluationCard, status: int = 200) -> HttpResponse:
    """Renders only the card for htmx, with new counts after a change; otherwise a page. Sets X-Card."""
    context: dict[str, Any] = {"card": card}
    if request.method == "POST" and request.htmx:
        now = timezone.now()
        context["counts"] = rating_counts(orders_of_person(request, rates_in_place(request), now), now=now)
    card_alone, page = "evaluations/self_evaluation/_answer.html", "evaluations/self_evaluation/card.html"
    response = render(request, card_alone if request.htmx else page, context, status=status)
    response["X-Card"] = str(card.order.pk)
    return response


def to_rate_card(order: VisibleOrder, form: SelfEvaluationForm, sentence: str = "") -> SelfEvaluationCard:
    return SelfEvaluationCard(order, RatingChoiceMaker()(order.closed_on), form=form, sentence=sentence)


def rated_card(
    request: UserRequest, order: VisibleOrder, evaluation: SelfEvaluation, now: datetime
) -> SelfEvaluationCard:
    is_author = evaluation.rated_by_id == request.user.pk
    may_undo = is_author and not is_seen_by_crew(order, now=now) and not is_settled(order)
    return SelfEvaluationCard(
        order,
        (),
        evaluation=evaluation,
        may_undo=may_undo,
        shows_rating=order.shows_self,
    )


def correction_card(
    order: VisibleOrder, evaluation: SelfEvaluation, form: SelfEvaluationForm
) -> SelfEvaluationCard:
    return SelfEvaluationCard(
        order,
        RatingChoiceMaker()(order.closed_on),
        form=form,
        evaluation=evaluation,
        is_correction=True,
        shows_rating=order.shows_self,
    )


def order_to_rate_or_404(request: UserRequest, pk: int, now: datetime) -> VisibleOrder:
    """Returns the order with its visibility. Raises Http404 when the person may not see it."""
    viewer = viewer_of(request.user, now=now)
    orders = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
    return get_object_or_404(orders.select_related("crew", "technician"), pk=pk)


def orders_of_person(request: UserRequest, is_in_place: bool, now: datetime) -> WorkOrderQuerySet:
    return (orders_to_rate_in_place if is_in_place else orders_to_rate)(request.user.pk, now=now)


def rates_in_place(request: UserRequest) -> bool:
    """Whether the page lists orders to rate in place: for managers; crew leads choose it by `?in_place=1`."""
    chosen = request.GET.get("in_place") or request.POST.get("in_place")
    return request.user.has_role(*IN_PLACE) and (bool(chosen) or not request.user.has_role(*CREW_LEADS))


def last_shown_order(request: UserRequest, now: datetime) -> WorkOrder | None:
    """Returns the order of the last card shown (`?after=`), if the person may see it."""
    last = int_param(request.GET.get("after", ""))
    if last is None:
        return None
    return orders_visible_to(viewer_of(request.user, now=now), now=now).filter(pk=last).first()


def refusal_status(refusal: Refused) -> int:
    return FORBIDDEN if isinstance(refusal, NotAllowed) else UNPROCESSABLE
