"""A crew objects to a published rating; a head who is not concerned decides (domain §7.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.deciders import require_decider
from evaluations.enums import CallbackState, ObjectionState, Source
from evaluations.guards import refuse_settled_month
from evaluations.locks import lock_callbacks
from evaluations.models import Callback, EvaluationPolicy, Objection
from evaluations.self_evaluation.actions import rating_facts
from evaluations.self_evaluation.rules import acts_as_lead
from evaluations.visibility import crew_sees_result
from satisfaction.accounts.models import User
from satisfaction.calendars.queries import load_calendar
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.formats import format_iso_minute
from satisfaction.core.locks import after_lock
from workorders.models import WorkOrder

from .rules import objection_ends_at


def objection_deadlines(closed_on: date) -> Callable[[datetime], datetime]:
    """Returns a function from publication time to the end of the time to object, for orders closed on that day.

    Two queries.
    """
    policy = EvaluationPolicy.objects.for_month(closed_on)
    return partial(
        objection_ends_at,
        calendar=load_calendar(policy.calendar),
        service_days=policy.objection_days,
        close_of_business=policy.close_of_business,
        zone=timezone.get_default_timezone(),
    )


def objection_deadline(callback: Callback) -> datetime | None:
    """Returns close of business of the last day to object; None while the callback is not published."""
    if callback.published_at is None or callback.order.closed_on is None:
        return None
    return objection_deadlines(callback.order.closed_on)(callback.published_at)


@transaction.atomic
def raise_objection(order: WorkOrder, *, by: User, reason: str, now: datetime) -> Objection:
    """Records the objection of the order's crew. Repeating it returns it.

    Raises NotAllowed unless `by` acts for the crew; Refused for a second objection, without a rating the crew may
    see, too late, or in a settled month.
    """
    order = _locked(order)
    now = after_lock(now)
    if not acts_as_lead(rating_facts(order, now=now), by.pk):
        raise NotAllowed(_("申诉由该工班的工长提出;工长缺勤或本人是维修人时由副工长提出。"))
    existing = Objection.objects.filter(order=order).first()
    if existing:
        return _repeated(existing, by=by, reason=reason)
    if not reason.strip():
        raise Refused(_("请写明申诉理由。"))
    _guard_rating(order, now=now)
    return Objection.objects.create(order=order, reason=reason, by=by, at=now)


@transaction.atomic
def decide_objection(
    objection: Objection, *, by: User, is_upheld: bool, words: str, now: datetime
) -> Objection:
    """Upholds the objection (the order is left out) or rejects it, with an explanation. Repeating returns it.

    Raises NotAllowed for a person who rated the order or objected; Refused without an explanation, for a different
    decision, or in a settled month.
    """
    order = _locked(objection.order)
    objection = Objection.objects.select_for_update().get(pk=objection.pk)
    now = after_lock(now)
    is_by_stand_in = require_decider(order, by, also_concerned={objection.by_id})
    state = ObjectionState.UPHELD if is_upheld else ObjectionState.REJECTED
    if objection.state != ObjectionState.UNDECIDED:
        return _decided(objection, by=by, state=state, words=words)
    if not words.strip():
        raise Refused(_("请写明裁定意见。"))
    _guard_month(order)
    objection.state = state
    objection.decision = words
    objection.decided_by = by
    objection.decided_at = now
    objection.is_by_stand_in = is_by_stand_in
    objection.save(update_fields=["state", "decision", "decided_by", "decided_at", "is_by_stand_in"])
    return objection


def _locked(order: WorkOrder) -> WorkOrder:
    """Locks the order, then its callback: the rating must not change during an objection or decision."""
    locked = WorkOrder.objects.select_for_update(of=("self",)).select_related("technician").get(pk=order.pk)
    lock_callbacks(Q(order=locked))
    return locked


def _repeated(existing: Objection, *, by: User, reason: str) -> Objection:
    if existing.by_id == by.pk and existing.reason == reason:
        return existing
    raise Refused(_("这张工单已经申诉过;每张工单只能申诉一次。"))


def _decided(objection: Objection, *, by: User, state: str, words: str) -> Objection:
    if (objection.decided_by_id, objection.state, objection.decision) == (by.pk, state, words):
        return objection
    raise Refused(_("这项申诉已有裁定,不能再改。"))


def _guard_month(order: WorkOrder) -> None:
    if order.closed_on:
        sentence = _("%(month)s已结算,不能再申诉或裁定;需要时请科室负责人先重开该月。")
        refuse_settled_month(order.closed_on, sentence)


def _guard_rating(order: WorkOrder, *, now: datetime) -> None:
    seen = Callback.objects.filter(order__in=WorkOrder.objects.filter(crew_sees_result(now), pk=order.pk))
    callback = seen.filter(state=CallbackState.RATED).select_related("order").first()
    if callback is None:
        raise Refused(_("只能对已公布的回访评价提出申诉。"))
    if callback.source == Source.IMPORTED:
        raise Refused(_("导入的历史评价不能申诉。"))
    _guard_month(order)
    until = objection_deadline(callback)
    if until is not None and now > until:
        when = format_iso_minute(until)
        raise Refused(_("申诉期限已过(%(when)s),不能再申诉。") % {"when": when})
