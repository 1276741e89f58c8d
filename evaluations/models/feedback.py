"""Feedback to the crews: acknowledgements and objections of their foremen (domain §7)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from evaluations.enums import ObjectionState
from workorders.models import Crew, WorkOrder

PERSON = settings.AUTH_USER_MODEL


class Acknowledgement(models.Model):
    """The foreman has seen the crew's results of a day as of `at`; later results need another one."""

    crew = models.ForeignKey(Crew, models.PROTECT, related_name="acknowledgements", verbose_name=_("工班"))
    day = models.DateField(_("关闭日"))
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("确认人"))
    at = models.DateTimeField(_("确认时间"))
    results = models.PositiveIntegerField(_("结果数"))

    class Meta:
        verbose_name = _("结果确认")
        verbose_name_plural = pgettext_lazy("复数", "结果确认")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["crew", "day", "-at"], name="acknowledgement_latest")]
        constraints = [models.UniqueConstraint(fields=["crew", "day", "at"], name="acknowledgement_once")]

    def __str__(self) -> str:
        return f"{self.crew} {self.day}"


class Objection(models.Model):
    """申诉: the foreman's objection to a published rating, once per order; a head decides."""

    order = models.OneToOneField(WorkOrder, models.PROTECT, related_name="objection", verbose_name=_("工单"))
    state = models.CharField(
        _("状态"), max_length=10, choices=ObjectionState, default=ObjectionState.UNDECIDED
    )
    reason = models.TextField(_("申诉理由"))
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("申诉人"))
    at = models.DateTimeField(_("申诉时间"))
    decision = models.TextField(_("裁定意见"), blank=True)
    decided_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, related_name="+", verbose_name=_("裁定人")
    )
    decided_at = models.DateTimeField(_("裁定时间"), null=True)
    is_by_stand_in = models.BooleanField(_("由其他管理人员代决"), default=False)

    class Meta:
        verbose_name = _("申诉")
        verbose_name_plural = pgettext_lazy("复数", "申诉")
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="objection_has_reason"),
            models.CheckConstraint(
                condition=Q(state=ObjectionState.UNDECIDED, decided_at__isnull=True, decided_by__isnull=True)
                | (
                    Q(state__in=[ObjectionState.UPHELD, ObjectionState.REJECTED])
                    & Q(decided_at__isnull=False, decided_by__isnull=False)
                    & ~Q(decision="")
                ),
                name="objection_decided_by_at_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.get_state_display()}"
