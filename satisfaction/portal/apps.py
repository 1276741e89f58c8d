from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from satisfaction.core import database_file


class PortalConfig(AppConfig):
    name = "satisfaction.portal"
    label = "portal"
    verbose_name = _("门户")

    def ready(self) -> None:
        """Restricts the files of an SQLite database to their owner."""
        database_file.install()
