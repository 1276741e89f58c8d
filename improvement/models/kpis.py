"""Targets of the service KPIs, and the stored KPIs of settled months (domain §10)."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from evaluations.models import Settlement
from improvement.enums import DIRECTIONS, Direction, Kpi
from workorders.models import Crew

HIGHER = [kpi.value for kpi in Kpi if DIRECTIONS[kpi] == Direction.HIGHER]
LOWER = [kpi.value for kpi in Kpi if DIRECTIONS[kpi] == Direction.LOWER]


class KpiTarget(models.Model):
    """Target of one KPI from a month on, until the next row of the same KPI begins.

    `target` and `stretch` are in per cent, for the mean points in points. `weight` is relative to the other
    weights.
    """

    key = models.CharField(_("指标"), max_length=14, choices=Kpi)
    begins_on = models.DateField(_("生效月份(当月一日)"))
    target = models.DecimalField(
        _("目标值"),
        max_digits=7,
        decimal_places=3,
        validators=[MinValueValidator(0)],
        help_text=_("百分比;平均分值为分"),
    )
    stretch = models.DecimalField(
        _("挑战值"),
        max_digits=7,
        decimal_places=3,
        validators=[MinValueValidator(0)],
        help_text=_("管理人员回访占比:允许偏离目标的百分点"),
    )
    weight = models.DecimalField(
        _("权重"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        help_text=_("0:不计入服务指数"),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("服务指标目标")
        verbose_name_plural = pgettext_lazy("复数", "服务指标目标")
        ordering = ["key", "-begins_on"]
        constraints = [
            models.UniqueConstraint(fields=["key", "begins_on"], name="kpi_target_once_a_month"),
            models.CheckConstraint(condition=Q(key__in=Kpi.values), name="kpi_target_key_known"),
            models.CheckConstraint(condition=Q(begins_on__day=1), name="kpi_target_begins_on_a_first"),
            models.CheckConstraint(
                condition=Q(target__gte=0, stretch__gte=0, weight__gte=0), name="kpi_target_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(key__in=HIGHER) | Q(stretch__gte=models.F("target")),
                name="kpi_stretch_not_below_target",
            ),
            models.CheckConstraint(
                condition=~Q(key__in=LOWER) | Q(stretch__lte=models.F("target")),
                name="kpi_stretch_not_above_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_key_display()} {self.begins_on:%Y-%m}"


class SettledKpi(models.Model):
    """A KPI of a crew at the time its month was settled; append-only.

    Valid while its settlement is in force; a reopened month is counted from its orders again.
    """

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="kpis")
    crew = models.ForeignKey(Crew, models.PROTECT, related_name="+", verbose_name=_("工班"))
    key = models.CharField(_("指标"), max_length=14, choices=Kpi)
    counted = models.PositiveIntegerField(_("分子"))
    of = models.PositiveIntegerField(_("分母"))
    outside = models.PositiveIntegerField(_("不在统计内"))

    class Meta:
        verbose_name = _("已结算的服务指标")
        verbose_name_plural = pgettext_lazy("复数", "已结算的服务指标")
        ordering = ["settlement", "crew", "key"]
        constraints = [
            models.UniqueConstraint(fields=["settlement", "crew", "key"], name="settled_kpi_once"),
            models.CheckConstraint(condition=Q(key__in=Kpi.values), name="settled_kpi_key_known"),
        ]

    def __str__(self) -> str:
        return f"{self.settlement} {self.crew} {self.key}"
