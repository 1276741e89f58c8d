"""Saves evaluation policies; a policy applies from a month on, never to a settled month (domain §8)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused
from satisfaction.core.locks import acquire_lock, after_lock

from .deadlines import recompute_open_deadlines
from .models import Callback, EvaluationPolicy, SelfEvaluation, Settlement

POINTS = ("points_satisfied", "points_basically_satisfied", "points_dissatisfied")


def hold_policies() -> None:
    """Serializes saving a policy with saving other policies and settling months."""
    acquire_lock("policies")


def guard_policy(policy: EvaluationPolicy) -> None:
    """Checks a new or changed policy before it is saved; reads the policy it replaces from the database.

    Raises Refused: it does not begin on the first of a month, its begin was changed, it applies to a
    settled month, or it changes the points of months that already have ratings.
    """
    if policy.begins_on.day != 1:
        raise Refused(_("评价方案须从某月的一日开始。"))
    before = EvaluationPolicy.objects.filter(pk=policy.pk).first()
    if before and before.begins_on != policy.begins_on:
        raise Refused(_("生效月份不能改;请新建一个从该月开始的方案。"))
    first, end = policy.begins_on, next_begin(policy.begins_on)
    if _settled(first, end):
        raise Refused(_("这个方案适用的月份里有已结算的,不能改;请新建一个从未结算的月份开始的方案。"))
    replaced = before or EvaluationPolicy.objects.filter(begins_on__lt=first).order_by("-begins_on").first()
    if replaced and _points_differ(policy, replaced) and _has_ratings(first, end):
        raise Refused(_("这些月份已有评价,分值不能再改;请从还没有评价的月份开始新方案。"))


def next_begin(day: date) -> date | None:
    """Returns when the next policy after `day` begins, or None if there is no later policy."""
    later = EvaluationPolicy.objects.filter(begins_on__gt=day).order_by("begins_on")
    return later.values_list("begins_on", flat=True).first()


def _settled(first: date, end: date | None) -> bool:
    settled = Settlement.objects.in_force().filter(month__gte=first)
    return (settled.filter(month__lt=end) if end else settled).exists()


def _points_differ(policy: EvaluationPolicy, other: EvaluationPolicy) -> bool:
    return any(getattr(policy, name) != getattr(other, name) for name in POINTS)


def _has_ratings(first: date, end: date | None) -> bool:
    closed = Q(order__closed_on__gte=first) & (Q(order__closed_on__lt=end) if end else Q())
    return SelfEvaluation.objects.filter(closed).exists() or Callback.objects.rated().filter(closed).exists()


@transaction.atomic
def save_policy(policy: EvaluationPolicy, *, now: datetime) -> EvaluationPolicy:
    """Stores the policy and recomputes deadlines that have not passed (domain §2 Days).

    Raises Refused: see `guard_policy`, or another policy begins in the same month.
    """
    hold_policies()
    guard_policy(policy)
    if EvaluationPolicy.objects.filter(begins_on=policy.begins_on).exclude(pk=policy.pk).exists():
        raise Refused(_("从这个月开始的方案已经有了,请刷新页面后修改那一个。"))
    policy.save()
    recompute_open_deadlines(now=after_lock(now))
    return policy
