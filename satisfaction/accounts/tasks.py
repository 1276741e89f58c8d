"""Mails about accounts, sent in the background so that the response time reveals nothing."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from . import links


@shared_task(name=links.SEND_TASK, autoretry_for=(OSError,), max_retries=3, retry_backoff=30)
def send_links(email: str, language: str) -> None:
    """Mails the links; retries three times if the mail server fails (OSError includes SMTP errors)."""
    links.send_links(email, language=language, now=timezone.now())


@shared_task(name=links.ANNOUNCE_TASK, autoretry_for=(OSError,), max_retries=3, retry_backoff=30)
def announce_link(person_id: int, issuer: str, at: str) -> None:
    links.mail_announcement(person_id, issuer, at)
