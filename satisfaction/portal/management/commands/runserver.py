"""Django's development server; runs worker and beat inside if there is no Redis."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from whitenoise.runserver_nostatic.management.commands.runserver import Command as RunserverCommand

from satisfaction import embedded, server


class Command(RunserverCommand):
    def inner_run(self, *args: Any, **options: Any) -> None:
        # Called in the child process of the reloader, after the last fork.
        server.claim_embedded_worker()
        if settings.EMBEDDED_WORKER:
            embedded.start_threads()
        super().inner_run(*args, **options)
