"""The callback to the reporter, its attempts and its reassignments."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self, TypeAlias, TypedDict

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncMonth
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from typing_extensions import TypeVar

from evaluations.enums import (
    ENDED_BY_CALL,
    OPEN,
    CallbackState,
    Group,
    Manner,
    Outcome,
    PostponedReason,
    Rating,
    Repaired,
    Response,
    Source,
    Uncivil,
    WithdrawnReason,
)
from satisfaction.accounts.models import User
from satisfaction.core.encryption import EncryptedTextField
from workorders.models import WorkOrder

from .draw import DrawRun
from .scores import Settlement
from .scripts import CallScript, ProblemType

S = CallbackState
PERSON = settings.AUTH_USER_MODEL


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class AttemptCount(TypedDict):
    attempt_count: int


class Repeats(TypedDict):
    """`repeats`: how often the order's fault recurred."""

    repeats: int


CallbackT = TypeVar("CallbackT", bound="Callback", default="Callback")
CallbackWithAttempts: TypeAlias = "WithAnnotations[Callback, AttemptCount]"
CallbackWithRepeats: TypeAlias = "WithAnnotations[Callback, Repeats]"


class CallbackQuerySet(models.QuerySet[CallbackT]):
    def drawn(self) -> Self:
        """Filters to callbacks the draw counts: not imported, not set aside (domain §5, §11)."""
        return self.filter(source=Source.APP).exclude(state=CallbackState.SET_ASIDE)

    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def ended(self) -> Self:
        """Filters to callbacks ended by a call, with or without a rating (or as a wrong number)."""
        return self.filter(state__in=ENDED_BY_CALL)

    def rated(self) -> Self:
        return self.filter(state=CallbackState.RATED)

    def unpublished(self) -> Self:
        return self.ended().filter(published_at__isnull=True)

    def of_day(self, day: date) -> Self:
        """Filters to callbacks of orders closed on the day."""
        return self.filter(order__closed_on=day)

    def overdue(self, now: datetime) -> Self:
        return self.open().filter(due_at__lt=now)

    def of_unsettled_months(self) -> Self:
        settled = Settlement.objects.in_force().filter(month=OuterRef("closing_month"))
        return self.annotate(closing_month=TruncMonth("order__closed_on")).filter(~Exists(settled))

    def in_queue_of(self, caller: User) -> Self:
        """The caller's queue; a callback with a wrong number leaves it until it is corrected (domain §6)."""
        return self.to_call_by(caller).of_unsettled_months().select_related("order")

    def to_call_by(self, caller: User) -> Self:
        """The same without reading the orders; settling a month withdraws its open callbacks."""
        return self.filter(caller=caller, state=CallbackState.ASSIGNED, has_wrong_number=False)

    def callable_at(self, now: datetime) -> Self:
        """Excludes callbacks promised for later and callbacks waiting for a retry."""
        return self.filter(Q(call_again_at__isnull=True) | Q(call_again_at__lte=now))

    def awaiting_number(self) -> Self:
        """Open callbacks with a wrong number; dispatch looks for the right one until D+2."""
        return self.open().filter(has_wrong_number=True)

    def with_attempt_count(self) -> CallbackQuerySet[CallbackWithAttempts]:
        """Annotates `attempt_count`."""
        return self.annotate(attempt_count=Count("attempts"))

    def with_repeats(self) -> CallbackQuerySet[CallbackWithRepeats]:
        """Annotates `repeats`: how often the order's fault recurred."""
        again = WorkOrder.objects.filter(repeat_of=OuterRef("order")).order_by().values("repeat_of")
        found = again.annotate(n=Count("pk")).values("n")
        return self.annotate(repeats=Coalesce(Subquery(found), 0))

    def with_attempts(self) -> Self:
        return self.prefetch_related("attempts__by")


class Callback(models.Model):
    """电话回访: one per order, created by the draw (or imported, without a run).

    `drawn_*` is the draw's result and never changes (the register); `group`, `caller` and `calling_on` are
    the current values. `due_at` is close of business of the calling day. `held_by` holds the callback until
    `held_until` and has had it open since `held_since`.
    """

    order = models.OneToOneField(WorkOrder, models.PROTECT, related_name="callback", verbose_name=_("工单"))
    state = models.CharField(_("状态"), max_length=12, choices=CallbackState)
    source = models.CharField(max_length=10, choices=Source, default=Source.APP)
    group = models.CharField(_("回访组"), max_length=10, choices=Group, blank=True)
    caller = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="callbacks", verbose_name=_("回访人")
    )
    calling_on = models.DateField(_("回访日"), null=True)
    due_at = models.DateTimeField(_("期限"), null=True)

    run = models.ForeignKey(DrawRun, models.PROTECT, null=True, related_name="callbacks")
    drawn_group = models.CharField(max_length=10, choices=Group, blank=True)
    drawn_caller = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    drawn_calling_on = models.DateField(null=True)

    postponed_at = models.DateTimeField(null=True)
    postponed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    postponed_reason = models.CharField(max_length=12, choices=PostponedReason, blank=True)
    postponed_text = models.TextField(blank=True)
    call_again_at = models.DateTimeField(_("再次拨打"), null=True)
    is_promised = models.BooleanField(default=False)
    # Promised; at that time, anyone in the group who is not barred may take the call.
    is_anybodys = models.BooleanField(_("组内任何人可接"), default=False)
    has_wrong_number = models.BooleanField(_("号码错误"), default=False)
    held_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    held_until = models.DateTimeField(null=True)
    held_since = models.DateTimeField(null=True)

    script = models.ForeignKey(CallScript, models.PROTECT, null=True, related_name="+")
    response = models.CharField(_("响应"), max_length=10, choices=Response, default=Response.NOT_ASKED)
    manner = models.CharField(_("态度"), max_length=10, choices=Manner, default=Manner.NOT_ASKED)
    uncivil = models.CharField(_("不文明用语"), max_length=10, choices=Uncivil, default=Uncivil.NOT_ASKED)
    repaired = models.CharField(_("结果"), max_length=10, choices=Repaired, default=Repaired.NOT_ASKED)
    rating = models.CharField(_("报修人评价"), max_length=20, choices=Rating, blank=True)
    points = models.PositiveSmallIntegerField(_("回访分值"), null=True)
    words = models.TextField(_("问题和建议"), blank=True)
    summary = models.TextField(_("测评情况统计"), blank=True)
    gave_no_reason = models.BooleanField(_("未说明原因"), default=False)
    problem_types = models.ManyToManyField(ProblemType, blank=True, related_name="callbacks")
    other_problem = models.CharField(_("其它问题"), max_length=200, blank=True)
    is_contradictory = models.BooleanField(_("回答有矛盾"), default=False)
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    ended_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=14, choices=WithdrawnReason, blank=True)
    published_at = models.DateTimeField(_("发布时间"), null=True)
    published_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    corrected_at = models.DateTimeField(null=True)

    objects = CallbackQuerySet.as_manager()
    never_shown = ("held_by", "held_until", "held_since")  # not shown on cached pages

    class Meta:
        verbose_name = _("电话回访")
        verbose_name_plural = pgettext_lazy("复数", "电话回访")
        indexes = [
            models.Index(fields=["caller", "due_at"], name="callback_queue", condition=Q(state=S.ASSIGNED)),
            models.Index(fields=["caller", "ended_at"], name="callback_ended_by_caller"),
            models.Index(fields=["caller", "calling_on"], name="callback_of_calling_day"),
            models.Index(
                fields=["group", "call_again_at"], name="callback_anybodys", condition=Q(is_anybodys=True)
            ),
            models.Index(
                fields=["due_at"], name="callback_open", condition=Q(state__in=[S.WAITING, S.ASSIGNED])
            ),
            models.Index(
                fields=["ended_at"],
                name="callback_unpublished",
                condition=Q(published_at__isnull=True, ended_at__isnull=False),
            ),
            models.Index(fields=["order", "rating", "points"], name="callback_order_points"),
            models.Index(
                fields=["order"], name="callback_dissatisfied", condition=Q(rating=Rating.DISSATISFIED)
            ),
            models.Index(
                fields=["published_at"],
                name="callback_dissatisfied_since",
                condition=Q(rating=Rating.DISSATISFIED),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=S.values), name="callback_state_known"),
            models.CheckConstraint(
                condition=(Q(state=S.RATED) & Q(rating__in=Rating.values) & Q(points__isnull=False))
                | (~Q(state=S.RATED) & Q(rating="", points__isnull=True)),
                name="callback_rated_goes_with_rating",
            ),
            models.CheckConstraint(
                condition=Q(points__isnull=True) | Q(points__lte=100), name="callback_points_range"
            ),
            models.CheckConstraint(
                condition=Q(source=Source.IMPORTED) | ~Q(state=S.ASSIGNED) | Q(caller__isnull=False),
                name="callback_assigned_has_caller",
            ),
            models.CheckConstraint(
                condition=~Q(state=S.WAITING) | Q(caller__isnull=True), name="callback_waiting_has_no_caller"
            ),
            models.CheckConstraint(
                condition=Q(source=Source.IMPORTED, run__isnull=True)
                | Q(source=Source.APP, state=S.SET_ASIDE, group="")
                | Q(source=Source.APP, run__isnull=False) & ~Q(group="") & ~Q(drawn_group=""),
                name="callback_drawn_or_imported",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[S.WAITING, S.ASSIGNED], ended_at__isnull=True)
                | Q(ended_at__isnull=False)
                | Q(source=Source.IMPORTED),
                name="callback_ended_goes_with_time",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | ~Q(state__in=[S.WAITING, S.ASSIGNED]),
                name="callback_published_is_ended",
            ),
            models.CheckConstraint(
                condition=(Q(state=S.WITHDRAWN) & ~Q(withdrawn_reason=""))
                | (~Q(state=S.WITHDRAWN) & Q(withdrawn_reason="")),
                name="callback_withdrawn_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(held_by__isnull=True, held_until__isnull=True)
                | Q(held_by__isnull=False, held_until__isnull=False),
                name="callback_hold_has_end",
            ),
            models.CheckConstraint(
                condition=Q(is_anybodys=False) | Q(is_promised=True, call_again_at__isnull=False),
                name="callback_anybodys_is_promised",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.get_state_display()}"


class CallbackAttempt(models.Model):
    """One phone attempt; append-only (domain §6)."""

    callback = models.ForeignKey(Callback, models.PROTECT, related_name="attempts")
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("回访人"))
    started_at = models.DateTimeField(_("开始"))
    ended_at = models.DateTimeField(_("结束"))
    outcome = models.CharField(_("结果"), max_length=12, choices=Outcome)
    call_again_at = models.DateTimeField(_("约定时间"), null=True)
    phone = EncryptedTextField(_("所拨号码"))
    is_same_call = models.BooleanField(_("同一通话"), default=False)
    note = models.CharField(_("备注"), max_length=200, blank=True)
    # Token from the form; submitting the same form twice records one attempt.
    token = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("拨打记录")
        verbose_name_plural = pgettext_lazy("复数", "拨打记录")
        ordering = ["started_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("started_at")), name="attempt_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="attempt_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"{self.callback_id} {self.get_outcome_display()}"


class CallReassignment(models.Model):
    """A change of caller; the draw register keeps the original caller (domain §5.7). Append-only."""

    callback = models.ForeignKey(Callback, models.PROTECT, related_name="reassignments")
    from_caller = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    to_caller = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    reason = models.CharField(_("原因"), max_length=200)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("改派")
        verbose_name_plural = pgettext_lazy("复数", "改派")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.callback_id} {self.from_caller} → {self.to_caller}"
