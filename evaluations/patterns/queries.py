"""Rows behind the numbers of a month's callers and crews (domain §8.19); every number leads to its orders.

Numbers that concern the callback or the self-evaluation count only orders whose callback is published or withdrawn.
Every viewer gets only what domain §4 shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Lag, Lead
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from evaluations.enums import ENDED_BY_CALL, CallbackState, Outcome, Rating, Source, WithdrawnReason
from evaluations.models import (
    Callback,
    CallbackAttempt,
    CallSave,
    CallSkip,
    Objection,
    RatingCorrection,
    SelfEvaluation,
    TakenOut,
)
from evaluations.visibility import Viewer, orders_visible_to, with_visibility
from satisfaction.calendars import days
from workorders.models import CrewLead, WorkOrder
from workorders.models.orders import WorkOrderQuerySet

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class CountedRows:
    """Rows with the path of their person or crew (`who`) and the path of their order."""

    rows: QuerySet[Any]
    who: str
    order: str

    def counts(self) -> dict[int, int]:
        """Returns id of person or crew → number of different orders. One query."""
        rows = self.rows.order_by().filter(**{f"{self.who}__isnull": False})
        return dict(rows.values_list(self.who).annotate(n=Count(self.order, distinct=True)))

    def orders(self, who: int) -> QuerySet[WorkOrder]:
        return WorkOrder.objects.filter(
            pk__in=self.rows.order_by().filter(**{self.who: who}).values(self.order)
        )


@dataclass(frozen=True)
class PatternScope:
    """The orders closed in a month that a viewer may see now."""

    month: date
    viewer: Viewer
    now: datetime

    @property
    def days(self) -> tuple[date, date]:
        return self.month, days.last_of_month(self.month)

    @cached_property
    def visible(self) -> QuerySet[WorkOrder]:
        orders = orders_visible_to(self.viewer, now=self.now).filter(closed_on__range=self.days)
        return with_visibility(orders, self.viewer, now=self.now)

    def known(self, path: str, *, side: str = "shows_callback") -> Q:
        """Returns the condition for rows whose order the viewer may see. `side`: the annotation to check."""
        within = Q(**{f"{path}closed_on__range": self.days})
        if not self.viewer.has_crews_eyes:
            return within
        orders = self.visible.filter(Q(**{side: True}) | Q(callback__isnull=True))
        return within & Q(**{f"{path}pk__in": orders.values("pk")})

    def final(self, path: str) -> Q:
        """Returns the condition for callbacks made here and published or withdrawn: changes to them are visible."""
        over = Q(**{f"{path}published_at__isnull": False}) | Q(**{f"{path}state": CallbackState.WITHDRAWN})
        return Q(**{f"{path}source": Source.APP}) & over & self.known(f"{path}order__")

    def callbacks(self, *conditions: Q, who: str = "caller", **more: Any) -> CountedRows:
        return CountedRows(Callback.objects.filter(self.final(""), *conditions, **more), who, "order")

    def attempts(self, **more: Any) -> QuerySet[CallbackAttempt]:
        return CallbackAttempt.objects.filter(self.final("callback__"), **more)

    def orders(self) -> QuerySet[WorkOrder]:
        return WorkOrder.objects.filter(closed_on__range=self.days)

    def in_scope(self) -> WorkOrderQuerySet:
        return WorkOrder.objects.in_scope().filter(closed_on__range=self.days)


RowsQuery = Callable[[PatternScope], CountedRows]


@dataclass(frozen=True)
class Measure:
    """A rate: `counted` ÷ `of` orders; `counted` is always a part of `of`."""

    key: str
    label: Any
    explained: Any
    counted: RowsQuery
    of: RowsQuery


# --- Callers ------------------------------------------------------------------------------------------


def assigned_callbacks(scope: PatternScope) -> CountedRows:
    return scope.callbacks()


def drawn_callbacks(scope: PatternScope) -> CountedRows:
    return scope.callbacks(who="drawn_caller")


def ended_callbacks(scope: PatternScope) -> CountedRows:
    return scope.callbacks(state__in=ENDED_BY_CALL)


def rated_callbacks(scope: PatternScope) -> CountedRows:
    return scope.callbacks(state=CallbackState.RATED)


def rated_as(rating: Rating) -> RowsQuery:
    return lambda scope: scope.callbacks(state=CallbackState.RATED, rating=rating)


def ended_as(state: CallbackState) -> RowsQuery:
    return lambda scope: scope.callbacks(state=state)


def attempted_callbacks(scope: PatternScope) -> CountedRows:
    return CountedRows(scope.attempts(), "by", "callback__order")


def wrong_numbers(scope: PatternScope) -> CountedRows:
    return CountedRows(scope.attempts(outcome=Outcome.WRONG_NUMBER), "by", "callback__order")


def attempts_within_a_minute(scope: PatternScope) -> CountedRows:
    """Returns attempts a person began within a minute of another; several orders of one call are one attempt."""
    by_caller: dict[str, Any] = {"partition_by": [F("by")], "order_by": [F("started_at"), F("pk")]}
    beside = scope.attempts(is_same_call=False).annotate(
        since=F("started_at") - Window(Lag("started_at"), **by_caller),
        until=Window(Lead("started_at"), **by_caller) - F("started_at"),
    )
    near = beside.filter(Q(since__lte=MINUTE) | Q(until__lte=MINUTE)).order_by().values("pk")
    return CountedRows(CallbackAttempt.objects.filter(pk__in=near), "by", "callback__order")


def corrected_callbacks(*, after: bool) -> RowsQuery:
    def ask(scope: PatternScope) -> CountedRows:
        rows = RatingCorrection.objects.filter(scope.final("callback__"), callback__state__in=ENDED_BY_CALL)
        is_after = Q(at__gte=F("callback__published_at"))
        return CountedRows(
            rows.filter(is_after if after else ~is_after), "callback__caller", "callback__order"
        )

    return ask


def saved_calls(scope: PatternScope) -> CountedRows:
    return CountedRows(CallSave.objects.filter(scope.final("callback__")), "by", "callback__order")


def undone_saves(scope: PatternScope) -> CountedRows:
    rows = CallSave.objects.filter(scope.final("callback__"), undone_at__isnull=False)
    return CountedRows(rows, "by", "callback__order")


def skipped_callbacks(scope: PatternScope) -> CountedRows:
    rows = CallSkip.objects.filter(scope.final("callback__"), by=F("callback__caller"))
    return CountedRows(rows, "by", "callback__order")


def postponed_callbacks(scope: PatternScope) -> CountedRows:
    return scope.callbacks(postponed_by=F("caller"))


def reassigned_callbacks(scope: PatternScope) -> CountedRows:
    return scope.callbacks(~Q(caller=F("drawn_caller")), who="drawn_caller")


CALLER_MEASURES = (
    Measure(
        "satisfied",
        Rating.SATISFIED.label,
        _("报修人评为满意 ÷ 已评价"),
        rated_as(Rating.SATISFIED),
        rated_callbacks,
    ),
    Measure(
        "basically_satisfied",
        Rating.BASICALLY_SATISFIED.label,
        _("报修人评为基本满意 ÷ 已评价"),
        rated_as(Rating.BASICALLY_SATISFIED),
        rated_callbacks,
    ),
    Measure(
        "dissatisfied",
        Rating.DISSATISFIED.label,
        _("报修人评为不满意 ÷ 已评价"),
        rated_as(Rating.DISSATISFIED),
        rated_callbacks,
    ),
    Measure(
        "refused", _("拒绝评价"), _("拒绝评价 ÷ 有结果"), ended_as(CallbackState.REFUSED), ended_callbacks
    ),
    Measure(
        "unreachable", _("未接通"), _("未接通 ÷ 有结果"), ended_as(CallbackState.UNREACHABLE), ended_callbacks
    ),
    Measure("wrong_number", _("号码错误"), _("曾记号码错误 ÷ 拨打过"), wrong_numbers, attempted_callbacks),
    Measure(
        "same_minute",
        _("同一分钟"),
        _("与本人另一次拨打相距不到一分钟 ÷ 拨打过"),
        attempts_within_a_minute,
        attempted_callbacks,
    ),
    Measure(
        "corrected_before",
        _("发布前更正"),
        _("发布前更正过结果 ÷ 有结果"),
        corrected_callbacks(after=False),
        ended_callbacks,
    ),
    Measure(
        "corrected_after",
        _("发布后更正"),
        _("发布后更正过结果 ÷ 有结果"),
        corrected_callbacks(after=True),
        ended_callbacks,
    ),
    Measure("undone", _("撤销保存"), _("撤销过保存 ÷ 保存过"), undone_saves, saved_calls),
    Measure(
        "skipped",
        pgettext_lazy("规律", "跳过"),
        _("打开后跳过 ÷ 由其回访"),
        skipped_callbacks,
        assigned_callbacks,
    ),
    Measure(
        "postponed",
        pgettext_lazy("规律", "顺延"),
        _("由本人顺延 ÷ 由其回访"),
        postponed_callbacks,
        assigned_callbacks,
    ),
    Measure(
        "handed_on",
        _("改由他人"),
        _("抽给本人、后由他人回访 ÷ 抽给本人"),
        reassigned_callbacks,
        drawn_callbacks,
    ),
)


# --- Crews --------------------------------------------------------------------------------------------


def all_orders(scope: PatternScope) -> CountedRows:
    return CountedRows(scope.orders(), "crew", "pk")


def orders_in_scope(scope: PatternScope) -> CountedRows:
    return CountedRows(scope.in_scope(), "crew", "pk")


def completed_by_crew(scope: PatternScope) -> CountedRows:
    """Returns orders changed by a lead of their crew on that day; only leads of a crew may change its orders."""
    changes = WorkOrder.history.filter(id=OuterRef("pk"), history_type="~")
    leads = CrewLead.objects.filter(crew=OuterRef(OuterRef("crew")), person=OuterRef("history_user"))
    by_lead = Exists(leads.filter(from_on__lte=OuterRef("history_date__date")))
    return CountedRows(scope.orders().filter(Exists(changes.filter(by_lead))), "crew", "pk")


def changed_phone_numbers(scope: PatternScope) -> CountedRows:
    """Returns orders whose reporter's number was replaced by another; adding a missing number does not count."""
    keys = WorkOrder.history.filter(id__in=scope.orders().values("pk"))
    several = keys.order_by().exclude(reporter_phone_key="").values("id")
    several = several.annotate(n=Count("reporter_phone_key", distinct=True)).filter(n__gt=1).values("id")
    return CountedRows(scope.in_scope().filter(scope.known(""), pk__in=several), "crew", "pk")


def near_identical_orders(scope: PatternScope) -> CountedRows:
    return CountedRows(scope.in_scope().near_identical(), "crew", "pk")


def crew_self_evaluations(scope: PatternScope, **more: Any) -> CountedRows:
    """Returns self-evaluations made here, of orders whose callback is published or withdrawn."""
    rows = SelfEvaluation.objects.filter(
        scope.final("order__callback__"), scope.known("order__", side="shows_self"), source=Source.APP, **more
    )
    return CountedRows(rows, "order__crew", "order")


def published_callbacks(scope: PatternScope) -> CountedRows:
    rows = Callback.objects.filter(scope.final(""), published_at__isnull=False)
    return CountedRows(rows, "order__crew", "order")


def objected_orders(scope: PatternScope) -> CountedRows:
    rows = Objection.objects.filter(
        scope.final("order__callback__"), order__callback__published_at__isnull=False
    )
    return CountedRows(rows, "order__crew", "order")


def orders_taken_out(scope: PatternScope) -> CountedRows:
    rows = TakenOut.objects.filter(order__in=scope.in_scope())
    return CountedRows(rows, "order__crew", "order")


def uncalled_orders(scope: PatternScope) -> CountedRows:
    listed = Q(state=CallbackState.SET_ASIDE) | Q(withdrawn_reason=WithdrawnReason.DO_NOT_CALL)
    rows = Callback.objects.filter(listed, scope.known("order__"), order__in=scope.in_scope())
    return CountedRows(rows, "order__crew", "order")


CREW_MEASURES = (
    Measure("completed", _("工班补全"), _("由本班负责人补全 ÷ 全部工单"), completed_by_crew, all_orders),
    Measure(
        "number_changed",
        _("电话更改"),
        _("报修人电话换过 ÷ 参评工单"),
        changed_phone_numbers,
        orders_in_scope,
    ),
    Measure(
        "near_identical",
        _("近似工单"),
        _("设备和故障描述相同,同一维修人在同一分钟内关闭,或同一报修人的在一小时内关闭 ÷ 参评工单"),
        near_identical_orders,
        orders_in_scope,
    ),
    Measure(
        "self_late",
        _("自评逾期"),
        _("逾期 ÷ 自评"),
        lambda scope: crew_self_evaluations(scope, is_late=True),
        crew_self_evaluations,
    ),
    Measure(
        "not_blind",
        _("非盲评"),
        _("非盲评 ÷ 自评"),
        lambda scope: crew_self_evaluations(scope, is_not_blind=True),
        crew_self_evaluations,
    ),
    Measure(
        "self_satisfied",
        _("自评满意"),
        _("自评为满意 ÷ 自评"),
        lambda scope: crew_self_evaluations(scope, rating=Rating.SATISFIED),
        crew_self_evaluations,
    ),
    Measure(
        "self_basically_satisfied",
        _("自评基本满意"),
        _("自评为基本满意 ÷ 自评"),
        lambda scope: crew_self_evaluations(scope, rating=Rating.BASICALLY_SATISFIED),
        crew_self_evaluations,
    ),
    Measure(
        "self_dissatisfied",
        _("自评不满意"),
        _("自评为不满意 ÷ 自评"),
        lambda scope: crew_self_evaluations(scope, rating=Rating.DISSATISFIED),
        crew_self_evaluations,
    ),
    Measure("objected", _("申诉"), _("提出申诉 ÷ 已发布"), objected_orders, published_callbacks),
    Measure(
        "taken_out", pgettext_lazy("规律", "剔除"), _("剔除 ÷ 参评工单"), orders_taken_out, orders_in_scope
    ),
    Measure("not_called", _("免打扰"), _("报修人在免打扰名单 ÷ 参评工单"), uncalled_orders, orders_in_scope),
)
MEASURES = {measure.key: measure for measure in (*CALLER_MEASURES, *CREW_MEASURES)}
