"""Changes that could move blame and wait until dispatch confirms them (domain §3)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from satisfaction.core.encryption import JSONWithPhoneField
from workorders.enums import ChangeSource, ChangeState

from .orders import WorkOrder

PERSON = settings.AUTH_USER_MODEL


class PendingChange(models.Model):
    """A change to an order by a workbook or a crew that is not applied yet; at most one waits per order.

    `said` holds the row as returned by `OrderCells.imported_values`; `fields` names the fields to confirm.
    """

    order = models.ForeignKey(
        WorkOrder, models.CASCADE, related_name="pending_changes", verbose_name=_("工单")
    )
    source = models.CharField(_("来源"), max_length=10, choices=ChangeSource)
    said = JSONWithPhoneField()
    fields = models.JSONField()
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("提出人"))
    at = models.DateTimeField(_("提出时间"))
    state = models.CharField(_("状态"), max_length=10, choices=ChangeState, default=ChangeState.WAITING)
    decided_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, related_name="+", verbose_name=_("决定人")
    )
    decided_at = models.DateTimeField(_("决定时间"), null=True)
    reason = models.TextField(_("原因"), blank=True)

    class Meta:
        verbose_name = _("待确认的更改")
        verbose_name_plural = pgettext_lazy("复数", "待确认的更改")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(state=ChangeState.WAITING), name="change_waits_once_an_order"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ChangeState.values) & Q(source__in=ChangeSource.values),
                name="change_state_and_source_known",
            ),
            models.CheckConstraint(
                condition=Q(state=ChangeState.WAITING, decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state=ChangeState.WAITING) & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="change_decided_by_and_at_go_together",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.state}"
