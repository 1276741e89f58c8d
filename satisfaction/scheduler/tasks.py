"""The periodic task that the beat sends every five minutes."""

from celery import shared_task
from django.utils import timezone

from .catch_up import catch_up


@shared_task(name="portal.catch_up")
def catch_up_task() -> None:
    """Does everything due; a missed, repeated or late run is harmless."""
    catch_up(now=timezone.now())
