from django.apps import AppConfig


class SchedulerConfig(AppConfig):
    name = "satisfaction.scheduler"
    label = "scheduler"

    def ready(self) -> None:
        """Registers the sentences of the notices."""
        from .reminders import wording  # noqa: F401 (models are loaded only now)
