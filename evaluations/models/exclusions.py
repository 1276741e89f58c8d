"""Orders excluded manually, and reporters who must not be phoned (domain §3)."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from satisfaction.core.encryption import EncryptedTextField
from workorders.models import WorkOrder
from workorders.phones import masked

PERSON = settings.AUTH_USER_MODEL


class TakenOut(models.Model):
    """A head's decision, with a reason, not to evaluate an order; made before its callback is recorded."""

    order = models.OneToOneField(WorkOrder, models.PROTECT, related_name="taken_out", verbose_name=_("工单"))
    reason = models.TextField(_("原因"))
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("决定人"))
    at = models.DateTimeField(_("时间"))
    is_by_stand_in = models.BooleanField(_("由其他管理人员代决"), default=False)

    class Meta:
        verbose_name = _("剔除的工单")
        verbose_name_plural = pgettext_lazy("复数", "剔除的工单")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="taken_out_has_reason")]

    def __str__(self) -> str:
        return str(self.order)


class DoNotCallQuerySet(models.QuerySet["DoNotCall"]):
    def in_force(self, day: date) -> "DoNotCallQuerySet":
        return self.filter(ended_at__isnull=True, until_on__gte=day)


class DoNotCall(models.Model):
    """A number that must not be phoned until `until_on`, inclusive."""

    phone = EncryptedTextField(_("电话"))
    phone_key = models.CharField(max_length=64, editable=False, db_index=True)
    name = models.CharField(_("报修人"), max_length=100, blank=True)
    reason = models.TextField(_("原因"))
    until_on = models.DateField(_("至"))
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    at = models.DateTimeField(_("登记时间"))
    is_by_stand_in = models.BooleanField(_("由其他管理人员代决"), default=False)
    ended_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = DoNotCallQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("免打扰名单")
        verbose_name_plural = _("免打扰名单")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["phone_key"], condition=Q(ended_at__isnull=True), name="do_not_call_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="do_not_call_ended_by_and_at",
            ),
        ]

    def __str__(self) -> str:
        return masked(self.phone)
