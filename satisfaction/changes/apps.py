from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ChangesConfig(AppConfig):
    name = "satisfaction.changes"
    label = "changes"
    verbose_name = _("变更标记")

    def ready(self) -> None:
        post_migrate.connect(lay_triggers, sender=self)


def lay_triggers(using: str, **_kwargs: Any) -> None:
    """After every migration: one that makes a table anew (SQLite) takes its triggers away."""
    from .triggers import lay

    lay(using)
