"""Points, shares and time limits of the evaluation, with the month from which they apply (domain §8)."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from evaluations.enums import CrewFormula, Rating
from satisfaction.calendars import days
from satisfaction.calendars.enums import CalendarKind


class EvaluationPolicyQuerySet(models.QuerySet["EvaluationPolicy"]):
    def for_month(self, day: date) -> EvaluationPolicy:
        """Returns the policy of the month of `day`. Raises DoesNotExist: the month precedes all policies."""
        return self.filter(begins_on__lte=days.first_of_month(day)).latest("begins_on")


class EvaluationPolicy(models.Model):
    """Begins on the first of a month and applies until the next policy begins; no month has two policies."""

    begins_on = models.DateField(_("生效月份(当月一日)"), unique=True)
    points_satisfied = models.PositiveSmallIntegerField(_("满意分值"), default=10)
    points_basically_satisfied = models.PositiveSmallIntegerField(_("基本满意分值"), default=8)
    points_dissatisfied = models.PositiveSmallIntegerField(_("不满意分值"), default=6)
    manager_share = models.DecimalField(
        _("管理人员回访比例"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.1"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    late_draw_minutes = models.PositiveSmallIntegerField(
        _("补抽间隔(分钟)"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_("首次抽取之后收齐的工单,到下一个整点间隔一并抽取"),
    )
    late_draw_rush_minutes = models.PositiveSmallIntegerField(
        _("补抽不再等待(期限前分钟)"), default=180, help_text=_("离期限不足此数时立即抽取")
    )
    volume_weight = models.DecimalField(
        _("每张工单加分"),
        max_digits=6,
        decimal_places=4,
        default=Decimal("0.15"),
        validators=[MinValueValidator(0)],
    )
    crew_formula = models.CharField(
        _("班组计分方式"), max_length=10, choices=CrewFormula, default=CrewFormula.PER_HEAD
    )
    missing_self_points = models.PositiveSmallIntegerField(
        _("结算时缺自评的自评分"), null=True, blank=True, default=6, help_text=_("留空:不参与评价")
    )
    award_bonus = models.DecimalField(_("获奖加分"), max_digits=4, decimal_places=2, default=Decimal("0.5"))
    calendar = models.CharField(
        _("服务日历"), max_length=14, choices=CalendarKind, default=CalendarKind.EVERY_DAY
    )
    close_of_business = models.TimeField(_("下班时间"), default=time(18, 0))
    arrival_cutoff = models.TimeField(
        _("到单时限"), default=time(12, 0), help_text=_("此前收齐的工单当日到期")
    )
    half_day_split = models.TimeField(_("上下午分界"), default=time(12, 0))
    response_minutes = models.PositiveSmallIntegerField(_("响应时限(分钟)"), default=60)
    max_attempts = models.PositiveSmallIntegerField(_("未接通前的拨打次数"), default=3)
    min_half_days = models.PositiveSmallIntegerField(_("拨打至少分布的半天数"), default=2)
    hold_minutes = models.PositiveSmallIntegerField(_("通话占用(分钟)"), default=15)
    retry_no_answer_minutes = models.PositiveSmallIntegerField(_("无人接听后再拨(分钟)"), default=120)
    retry_busy_minutes = models.PositiveSmallIntegerField(_("占线后再拨(分钟)"), default=15)
    calling_from = models.TimeField(_("拨打时间自"), default=time(0, 0))
    calling_until = models.TimeField(_("拨打时间至"), default=time(23, 59, 59))
    objection_days = models.PositiveSmallIntegerField(_("申诉期限(服务日)"), default=2)
    settle_service_day = models.PositiveSmallIntegerField(
        _("次月第几个服务日结算"), default=5, validators=[MinValueValidator(1)]
    )
    effect_days = models.PositiveSmallIntegerField(_("效果比较天数"), default=30)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    objects = EvaluationPolicyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("评价方案")
        verbose_name_plural = pgettext_lazy("复数", "评价方案")
        ordering = ["-begins_on"]
        constraints = [
            models.CheckConstraint(condition=Q(begins_on__day=1), name="policy_begins_on_a_first"),
            models.CheckConstraint(
                condition=Q(manager_share__gte=0, manager_share__lte=1), name="policy_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(late_draw_minutes__gte=1, late_draw_minutes__lte=1440),
                name="policy_late_draws_are_daily_or_more",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.begins_on:%Y-%m}"

    @property
    def points(self) -> dict[str, int]:
        """Returns rating → points."""
        return {
            Rating.SATISFIED: self.points_satisfied,
            Rating.BASICALLY_SATISFIED: self.points_basically_satisfied,
            Rating.DISSATISFIED: self.points_dissatisfied,
        }

    @property
    def weight(self) -> Fraction:
        return Fraction(self.volume_weight)

    def closes_at(self, day: date) -> datetime:
        """Returns close of business of the day (aware)."""
        return days.moment_at(day, self.close_of_business)
