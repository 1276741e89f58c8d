from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "satisfaction.accounts"
    label = "accounts"
    verbose_name = _("人员与值班")

    def ready(self) -> None:
        """Connects the sign-in signal before the first request loads the middleware."""
        from . import sessions

        assert sessions
