from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "satisfaction.portal"
    label = "portal"
    verbose_name = _("门户")

    def ready(self) -> None:
        """The sentences of the notices register themselves; an SQLite database is kept private."""
        from satisfaction import database_file

        from .reminders import words  # noqa: F401

        database_file.install()
