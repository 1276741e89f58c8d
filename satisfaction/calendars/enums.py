from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarKind(models.TextChoices):
    """Which days are service days (domain §2.1)."""

    EVERY_DAY = "every_day", _("每天")
    WORKING_DAYS = "working_days", _("工作日(含调休)")
