from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CalendarsConfig(AppConfig):
    name = "satisfaction.calendars"
    label = "calendars"
    verbose_name = _("服务日历")
