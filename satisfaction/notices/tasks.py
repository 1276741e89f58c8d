"""Sending daily mails in the background; a message carries only the row's id."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from . import digests


@shared_task(name=digests.TASK)
def send_digest(digest_id: int) -> None:
    """Sends a mail at most once: a duplicate message finds the row claimed."""
    digests.send_digest(digest_id, now=timezone.now())
