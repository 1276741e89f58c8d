"""The nights: what the beat calls every few minutes."""

from celery import shared_task
from django.utils import timezone

from .catch_up import catch_up


@shared_task(name="portal.catch_up")
def catch_up_task() -> None:
    """Everything due and not done; harmless when missed, doubled or late."""
    catch_up(now=timezone.now())
