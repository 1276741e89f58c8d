from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "satisfaction.portal"
    label = "portal"
    verbose_name = _("门户")

    def ready(self) -> None:
        """The sentences of the notices register themselves."""
        from .reminders import words  # noqa: F401
