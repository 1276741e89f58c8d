"""Daily scores, settled months and awards (domain §8)."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from evaluations.enums import AwardKind, BonusState, MonthState
from workorders.models import Crew, Technician

PERSON = settings.AUTH_USER_MODEL


class DailyScore(models.Model):
    """Totals per technician, crew and day, summed over orders that take part; integers only (domain §8.4)."""

    day = models.DateField(_("日期"))
    technician = models.ForeignKey(
        Technician, models.PROTECT, related_name="daily_scores", verbose_name=_("维修人")
    )
    crew = models.ForeignKey(Crew, models.PROTECT, related_name="daily_scores", verbose_name=_("工班"))
    orders = models.PositiveIntegerField(_("应评"))
    taking_part = models.PositiveIntegerField(_("参与"))
    self_points = models.PositiveIntegerField(_("自评分"))
    callback_points = models.PositiveIntegerField(_("回访分"))
    satisfied = models.PositiveIntegerField(_("满意"))
    basically_satisfied = models.PositiveIntegerField(_("基本满意"))
    dissatisfied = models.PositiveIntegerField(_("不满意"))

    class Meta:
        verbose_name = _("每日得分")
        verbose_name_plural = _("每日得分")
        ordering = ["day", "crew", "technician"]
        constraints = [
            models.UniqueConstraint(fields=["day", "technician", "crew"], name="daily_score_once"),
            models.CheckConstraint(
                condition=Q(taking_part__lte=F("orders")), name="daily_taking_part_of_orders"
            ),
            models.CheckConstraint(
                condition=Q(taking_part=F("satisfied") + F("basically_satisfied") + F("dissatisfied")),
                name="daily_ratings_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.technician} {self.crew}"

    @property
    def points(self) -> int:
        return self.self_points + self.callback_points


class SettlementQuerySet(models.QuerySet["Settlement"]):
    def in_force(self) -> SettlementQuerySet:
        return self.filter(reopened_at__isnull=True)

    def state_of(self, month: date) -> MonthState:
        """Returns whether the month is provisional, settled or reopened, in one query."""
        found = list(self.filter(month=month).values_list("reopened_at", flat=True))
        if not found:
            return MonthState.PROVISIONAL
        return MonthState.SETTLED if None in found else MonthState.REOPENED

    def last_of(self, month: date) -> Settlement | None:
        """Returns the month's latest settlement, in force or reopened."""
        return self.filter(month=month).order_by("settled_at", "pk").last()

    def is_settled(self, day: date) -> bool:
        """Returns whether the month of the day is settled, so that its numbers must not change."""
        return self.in_force().filter(month=day.replace(day=1)).exists()


class Settlement(models.Model):
    """A month's frozen snapshot; reopened settlements stay on record (domain §8)."""

    month = models.DateField(_("月份"))
    snapshot = models.JSONField()
    policy = models.JSONField()
    settled_at = models.DateTimeField(_("结算时间"))
    settled_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, related_name="+", verbose_name=_("结算人")
    )
    reopened_at = models.DateTimeField(_("重开时间"), null=True)
    reopened_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, related_name="+", verbose_name=_("重开人")
    )
    reopen_reason = models.TextField(_("重开原因"), blank=True)

    objects = SettlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("月度结算")
        verbose_name_plural = pgettext_lazy("复数", "月度结算")
        ordering = ["-month", "-settled_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["month"], condition=Q(reopened_at__isnull=True), name="settlement_one_in_force"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="settlement_of_a_month"),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=True, reopened_by__isnull=True, reopen_reason="")
                | (Q(reopened_at__isnull=False, reopened_by__isnull=False) & ~Q(reopen_reason="")),
                name="settlement_reopened_by_at_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class SettledShare(models.Model):
    """The part of a settled month's snapshot needed to explain one score. Append-only.

    `orders`: the technician's orders in the crew that took part, as `explaining.OrderPoints`, by closing
    time.
    """

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="shares")
    technician = models.ForeignKey(Technician, models.PROTECT, related_name="+")
    crew = models.ForeignKey(Crew, models.PROTECT, related_name="+")
    orders = models.JSONField()

    class Meta:
        verbose_name = _("已结算的工单")
        verbose_name_plural = pgettext_lazy("复数", "已结算的工单")
        constraints = [
            models.UniqueConstraint(
                fields=["settlement", "technician", "crew"], name="settled_share_once_a_settlement"
            )
        ]

    def __str__(self) -> str:
        return f"{self.settlement} {self.technician} {self.crew}"


class Award(models.Model):
    """One star and one winning crew per month; open until rank 1 is unique or a head decides (domain §8)."""

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="awards")
    kind = models.CharField(_("奖项"), max_length=14, choices=AwardKind)
    technician = models.ForeignKey(Technician, models.PROTECT, null=True, related_name="awards")
    crew = models.ForeignKey(Crew, models.PROTECT, null=True, related_name="awards")
    bonus = models.DecimalField(_("加分"), max_digits=4, decimal_places=2)
    named_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, related_name="+", verbose_name=_("指定人")
    )
    named_at = models.DateTimeField(null=True)
    named_reason = models.TextField(_("指定理由"), blank=True)
    bonus_state = models.CharField(
        _("加分状态"), max_length=10, choices=BonusState, default=BonusState.PENDING
    )
    decided_on = models.DateField(_("绩效委员会日期"), null=True)
    reference = models.CharField(_("文号"), max_length=100, blank=True)
    recorded_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("奖项")
        verbose_name_plural = pgettext_lazy("复数", "奖项")
        constraints = [
            models.UniqueConstraint(fields=["settlement", "kind"], name="award_once_a_settlement"),
            models.CheckConstraint(
                condition=Q(kind=AwardKind.STAR, technician__isnull=False, crew__isnull=True)
                | Q(kind=AwardKind.WINNING_CREW, technician__isnull=True, crew__isnull=False),
                name="award_of_a_technician_or_a_crew",
            ),
            models.CheckConstraint(
                condition=Q(bonus_state=BonusState.PENDING) | Q(decided_on__isnull=False),
                name="award_decided_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.technician or self.crew}"

    @property
    def credited_in(self) -> int:
        """Returns the year in which the bonus counts: the year after the award (于第二年兑现)."""
        return self.settlement.month.year + 1
