"""The crew's self-evaluation of an order, and corrections of ratings."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from evaluations.enums import Factor, Rating, Source
from workorders.models import WorkOrder


class SelfEvaluation(models.Model):
    """工长自评: one per order; imported ones may lack actor, time and opinion (domain §4, §11)."""

    order = models.OneToOneField(
        WorkOrder, models.PROTECT, related_name="self_evaluation", verbose_name=_("工单")
    )
    rating = models.CharField(_("自评"), max_length=20, choices=Rating)
    points = models.PositiveSmallIntegerField(_("自评分值"))
    record_factor = models.CharField(_("记录完整"), max_length=5, choices=Factor, blank=True)
    handling_factor = models.CharField(_("处理适当"), max_length=5, choices=Factor, blank=True)
    efficiency_factor = models.CharField(_("作业效率"), max_length=5, choices=Factor, blank=True)
    comment = models.TextField(_("工长评语"), blank=True)
    opinion = models.TextField(_("整改意见"), blank=True)
    rated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("评价人")
    )
    rated_at = models.DateTimeField(_("评价时间"), null=True)
    is_late = models.BooleanField(_("逾期"), default=False)
    is_not_blind = models.BooleanField(_("非盲评"), default=False)
    is_in_place = models.BooleanField(_("管理人员代评"), default=False)
    source = models.CharField(max_length=10, choices=Source, default=Source.APP)

    class Meta:
        verbose_name = _("工长自评")
        verbose_name_plural = pgettext_lazy("复数", "工长自评")
        indexes = [models.Index(fields=["order", "points"], name="self_order_points")]
        constraints = [
            models.CheckConstraint(condition=Q(rating__in=Rating.values), name="self_rating_known"),
            models.CheckConstraint(condition=Q(points__lte=100), name="self_points_range"),
            models.CheckConstraint(
                condition=Q(source=Source.IMPORTED) | Q(rated_by__isnull=False, rated_at__isnull=False),
                name="self_rated_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(source=Source.IMPORTED) | ~Q(rating=Rating.DISSATISFIED) | ~Q(opinion=""),
                name="self_dissatisfied_has_opinion",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.get_rating_display()}"


class RatingCorrection(models.Model):
    """A correction of a self-evaluation or a callback; keeps both values (domain §4, §6). Append-only."""

    self_evaluation = models.ForeignKey(SelfEvaluation, models.PROTECT, null=True, related_name="corrections")
    callback = models.ForeignKey(
        "evaluations.Callback", models.PROTECT, null=True, related_name="corrections"
    )
    before = models.JSONField(_("原值"))
    after = models.JSONField(_("新值"))
    reason = models.TextField(_("原因"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("更正人")
    )
    at = models.DateTimeField(_("更正时间"))
    is_by_stand_in = models.BooleanField(_("由其他管理人员代决"), default=False)

    class Meta:
        verbose_name = _("评价更正")
        verbose_name_plural = pgettext_lazy("复数", "评价更正")
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(self_evaluation__isnull=True, callback__isnull=False)
                | Q(self_evaluation__isnull=False, callback__isnull=True),
                name="correction_of_exactly_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.self_evaluation or self.callback} {self.at}"
