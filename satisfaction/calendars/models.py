"""Exceptions of the service calendar."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords


class CalendarOverride(models.Model):
    """An exception for one day: service day or not, entered by an admin (domain §2.1)."""

    day = models.DateField(_("日期"), unique=True)
    is_service_day = models.BooleanField(_("是服务日"))
    name = models.CharField(_("说明"), max_length=100, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("日历调整")
        verbose_name_plural = pgettext_lazy("复数", "日历调整")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
