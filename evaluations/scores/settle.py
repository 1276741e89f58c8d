"""Settle a month, which freezes its numbers, and reopen it with a reason (domain §8.11 to domain §8.13)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluations.callbacks.withdraw import withdraw_month
from evaluations.deadlines import looks_back_to
from evaluations.draw.seeds import reveal_seeds
from evaluations.enums import AwardKind, MonthState, ObjectionState, Source
from evaluations.feedback.publish import publish_month
from evaluations.feedback.rules import objection_ends_at
from evaluations.guards import policy_of_month
from evaluations.locks import hold_feedback
from evaluations.models import Award, Callback, EvaluationPolicy, Objection, SettledShare, Settlement
from evaluations.months import is_history, settles_at
from evaluations.policies import hold_policies
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.calendars.queries import load_calendar
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import acquire_lock, after_lock
from satisfaction.core.roles import Role
from workorders.models import WorkOrder

from .daily import computed_rows, lock_month_scores, replace_rows
from .explanations import OrderPoints, month_participants, problem_counts
from .participation import participation_rules
from .ranking import RankingTable, live_table


@dataclass(frozen=True)
class SettlingObstacles:
    """Obstacles to settling a month; false when there are none.

    `running`: orders whose D+2 has not passed. `objectionable`: published ratings that may still be objected to.
    `undecided`: undecided objections.
    """

    is_over: bool
    running: int = 0
    objectionable: int = 0
    undecided: int = 0

    def __bool__(self) -> bool:
        return not self.is_over or bool(self.running or self.objectionable or self.undecided)

    @property
    def sentences(self) -> list[str]:
        if not self.is_over:
            return [_("这个月还没有过完")]
        counts = (
            (
                self.running,
                ngettext("%(n)d 张工单的期限(D+2)未过", "%(n)d 张工单的期限(D+2)未过", self.running),
            ),
            (
                self.objectionable,
                ngettext("%(n)d 条评价还在申诉期内", "%(n)d 条评价还在申诉期内", self.objectionable),
            ),
            (self.undecided, ngettext("%(n)d 项申诉没有裁定", "%(n)d 项申诉没有裁定", self.undecided)),
        )
        return [words % {"n": count} for count, words in counts if count]


# --- May it be settled? ---------------------------------------------------------------------------


def obstacles(month: date, *, now: datetime) -> SettlingObstacles:
    """Returns the obstacles to settling the month at `now` (domain §8.11).

    Only orders completed before the settling time count; later orders do not enter the month. In a reopened month
    they enter and count too.
    """
    if now < days.start_of_day(days.next_month(month)):
        return SettlingObstacles(is_over=False)
    policy = policy_of_month(month)
    orders = WorkOrder.objects.in_scope().closed_between(month, days.last_of_month(month))
    if Settlement.objects.state_of(month) != MonthState.REOPENED:
        orders = orders.filter(entered_at__lte=settles_at(month, policy))
    evaluated = orders.filter(taken_out__isnull=True)
    since = objections_since(policy, now=now)
    open_to_objection = Callback.objects.rated().filter(
        order__in=evaluated, source=Source.APP, published_at__gte=since, order__objection__isnull=True
    )
    undecided = Objection.objects.filter(
        order__closed_on__range=(month, days.last_of_month(month)), state=ObjectionState.UNDECIDED
    )
    return SettlingObstacles(
        is_over=True,
        running=evaluated.filter(last_due_at__gt=now).count(),
        objectionable=open_to_objection.count(),
        undecided=undecided.count(),
    )


def objections_since(policy: EvaluationPolicy, *, now: datetime) -> datetime:
    """Returns the time since which published ratings may still be objected to at `now`."""
    calendar = load_calendar(policy.calendar)
    day = days.local_day(now) + timedelta(days=1)
    while (
        objection_ends_at(
            days.start_of_day(day - timedelta(days=1)),
            calendar=calendar,
            service_days=policy.objection_days,
            close_of_business=policy.close_of_business,
            zone=timezone.get_default_timezone(),
        )
        >= now
    ):
        day -= timedelta(days=1)
    return days.start_of_day(day)


# --- Settling -------------------------------------------------------------------------------------


@transaction.atomic
def settle(month: date, *, by: User | None, now: datetime) -> Settlement:
    """Settles the month beginning on `month`. Repeating returns the settlement.

    Publishes ended callbacks, withdraws open ones, rewrites the daily rows, stores a snapshot of every number and
    order, and creates awards for unshared first places. `by`: a head; None: the system or the command.

    Raises Refused when the month is not over, deadlines run, or an objection is undecided; NotAllowed unless `by` is
    a head.
    """
    if by is not None and not by.has_role(Role.HEAD):
        raise NotAllowed(_("月度结算由科室负责人或分管领导进行。"))
    lock_month(month)
    now = after_lock(now)
    settled = Settlement.objects.in_force().filter(month=month).first()
    if settled:
        return settled
    refuse_obstacles(month, now=now)
    publish_month(month, now=now)
    withdraw_month(month, now=now)
    return freeze_month(month, by=by, now=now)


def lock_month(month: date) -> None:
    """Blocks draws, daily rows and ratings of the month while it is settled or reopened."""
    acquire_lock(f"draw {month:%Y-%m}")
    lock_month_scores(month)
    hold_policies()
    hold_feedback()
    if connection.features.has_select_for_update:
        orders = WorkOrder.objects.closed_between(month, days.last_of_month(month)).order_by("pk")
        list(orders.select_for_update(of=("self",)).values_list("pk", flat=True))
        callbacks = Callback.objects.filter(order__closed_on__range=(month, days.last_of_month(month)))
        list(callbacks.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def refuse_obstacles(month: date, *, now: datetime) -> None:
    found = obstacles(month, now=now)
    if found:
        raise Refused(
            _("%(month)s还不能结算:%(why)s。请等期限过去、申诉裁定之后再结算。")
            % {"month": f"{month:%Y-%m}", "why": ";".join(found.sentences)}
        )


def freeze_month(month: date, *, by: User | None, now: datetime) -> Settlement:
    """Writes daily rows, snapshot and awards, inside the transaction that settles."""
    policy, last = policy_of_month(month), days.last_of_month(month)
    rules = participation_rules(month, policy, is_settling=True)
    replace_rows(month, last, computed_rows(month, last, rules))
    table = live_table(month, state=MonthState.SETTLED, is_settling=True)
    settlement = Settlement.objects.create(
        month=month,
        snapshot={"table": table, "problems": problem_counts(month, rules)},
        policy=policy_numbers(policy),
        settled_at=now,
        settled_by=by,
    )
    store_orders(settlement, month_participants(month, rules))
    reveal_seeds(month)
    create_awards(settlement, table, policy)
    return settlement


def store_orders(settlement: Settlement, orders: list[OrderPoints]) -> None:
    """Stores every order that took part, with both ratings, by technician and crew."""
    shares: dict[tuple[int, int], list[OrderPoints]] = defaultdict(list)
    for one in orders:
        shares[one.technician, one.crew].append(one)
    SettledShare.objects.bulk_create(
        (
            SettledShare(settlement=settlement, technician_id=technician, crew_id=crew, orders=own)
            for (technician, crew), own in shares.items()
        ),
        batch_size=500,
    )


def policy_numbers(policy: EvaluationPolicy) -> dict[str, Any]:
    """Returns every field of the policy by name; values other than text and integers as text."""
    fields = [field for field in policy._meta.concrete_fields if not field.primary_key]
    values = {field.name: getattr(policy, field.attname) for field in fields}
    return {name: v if v is None or isinstance(v, (int, str)) else str(v) for name, v in values.items()}


def create_awards(settlement: Settlement, table: RankingTable, policy: EvaluationPolicy) -> None:
    """Creates awards for a single rank 1; a shared first place stays open until a head names the winner."""
    stars = [row["id"] for row in table["technicians"] if row["rank"] == 1]
    crews = [row["id"] for row in table["crews"] if row["rank"] == 1]
    if len(stars) == 1:
        Award.objects.create(
            settlement=settlement, kind=AwardKind.STAR, technician_id=stars[0], bonus=policy.award_bonus
        )
    if len(crews) == 1:
        Award.objects.create(
            settlement=settlement, kind=AwardKind.WINNING_CREW, crew_id=crews[0], bonus=policy.award_bonus
        )


@transaction.atomic
def reopen(month: date, *, by: User, reason: str, now: datetime, settlement: int | None = None) -> Settlement:
    """Reopens a settled month with a reason: it is provisional again and late orders enter (domain §8.13).

    The settlement and its awards stay on record; withdrawn callbacks stay withdrawn. Returns the settlement; for a
    reopened month the last one. `settlement`: id of the settlement shown to the user, if known.

    Raises Refused when the month was never settled or was settled again meanwhile, or without a reason; NotAllowed
    unless `by` is a head.
    """
    if not by.has_role(Role.HEAD):
        raise NotAllowed(_("重开月份由科室负责人或分管领导进行。"))
    lock_month(month)
    now = after_lock(now)
    last = Settlement.objects.last_of(month)
    if last is None:
        raise Refused(_("%(month)s没有结算过,不用重开。") % {"month": f"{month:%Y-%m}"})
    if last.reopened_at:
        return last
    if settlement is not None and settlement != last.pk:
        raise Refused(
            _("%(month)s在这期间已重开并重新结算;请先看过新的结算,再决定是否重开。")
            % {"month": f"{month:%Y-%m}"}
        )
    if not reason.strip():
        raise Refused(_("重开已结算的月份须写明原因。"))
    last.reopened_at, last.reopened_by, last.reopen_reason = now, by, reason.strip()
    last.save(update_fields=["reopened_at", "reopened_by", "reopen_reason"])
    end = days.last_of_month(month)
    replace_rows(month, end, computed_rows(month, end, participation_rules(month)))
    return last


# --- Automatic settling ---------------------------------------------------------------------------


def settle_due_months(*, now: datetime) -> list[date]:
    """Settles every due month, oldest first. Returns these months; a second run returns none.

    A month is due when it is past its settling time and deadlines, at least one order came in before its end, it was
    never settled (a head settles reopened months), and it is within the look-back.
    """
    return [month for month in due_months(now=now) if settle(month, by=None, now=now)]


def due_months(*, now: datetime) -> list[date]:
    month, this_month = days.first_of_month(looks_back_to(now)), days.first_of_month(days.local_day(now))
    settled = set(Settlement.objects.filter(month__gte=month).values_list("month", flat=True))
    due = []
    while month < this_month:
        if month not in settled and is_month_due(month, now=now):
            due.append(month)
        month = days.next_month(month)
    return due


def is_month_due(month: date, *, now: datetime) -> bool:
    past = now >= settles_at(month, policy_of_month(month))
    return past and not is_history(month) and not obstacles(month, now=now)
