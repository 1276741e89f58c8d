"""The daily mail: one row for a person and day, sent at most once.

make_digests (periodic) → row → task → claim by a conditional update → send → mark as sent. If a process dies
between claim and mark, the row stays claimed and is not sent again, because the mail may have left. If the
mail server cannot be reached, nothing has left and the row is pending again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from satisfaction.calendars import days
from satisfaction.core.mail import sends_mail
from satisfaction.core.person import Person

from .enums import DigestState
from .models import Digest, Notice, NoticePreference

TASK = "notices.send_digest"
REQUEUE_AFTER = timedelta(minutes=4)
MAX_ATTEMPTS = 20
log = structlog.get_logger(__name__)


def is_digest_time(now: datetime) -> bool:
    """Whether local time is between REMIND_FROM and DIGEST_UNTIL; later notices wait for the next morning."""
    clock = timezone.localtime(now).time()
    return settings.REMIND_FROM <= clock < settings.DIGEST_UNTIL


@transaction.atomic
def make_digests(*, now: datetime) -> int:
    """Creates a row for each person with a mail address and an open notice; returns how many are new.

    Pending rows of today are sent again, those of earlier days are skipped: after a week of outage nobody
    gets a week of mails. Messages are sent after the commit. Repeating it creates nothing.
    """
    today = days.local_day(now)
    Digest.objects.pending().before(today).update(state=DigestState.SKIPPED, error=_("当天没有发出,已作废"))
    readers = _readers(now) if is_digest_time(now) and sends_mail() else []
    Digest.objects.bulk_create(
        [Digest(person=person, day=today, queued_at=now) for person in readers],
        ignore_conflicts=True,
        batch_size=500,
    )
    if readers:
        _queue(list(Digest.objects.pending().filter(day=today, person__in=readers)))
    _queue(_waiting_again(now))
    return len(readers)


def send_digest(digest_id: int, *, now: datetime) -> DigestState | None:
    """Sends the mail of a pending row; returns the new state, None if another process claimed the row.

    Skips the mail if no notice is open any more, or the person has no address or has turned it off. Do not
    call it in a transaction: the claim must be committed before the mail leaves.
    """
    digest = claim_digest(digest_id, now=now)
    if digest is None:
        return None
    message = _message(digest)
    if message is None:
        return _end(digest, DigestState.SKIPPED)
    connection = get_connection()
    try:
        connection.open()
    except Exception as error:
        log.warning("digest_mail_server_away", digest=digest.pk, error=str(error))
        return _wait_again(digest, error)
    try:
        connection.send_messages([message])
    except Exception as error:
        log.exception("digest_failed", digest=digest.pk)
        return _end(digest, DigestState.FAILED, error=_words(error))
    finally:
        connection.close()
    return _end(digest, DigestState.SENT, sent_at=timezone.now())


def claim_digest(digest_id: int, *, now: datetime) -> Digest | None:
    """Marks a pending row as claimed and returns it; None if another caller was first."""
    taken = (
        Digest.objects.pending()
        .filter(pk=digest_id)
        .update(state=DigestState.CLAIMED, claimed_at=now, attempts=F("attempts") + 1)
    )
    return Digest.objects.select_related("person").get(pk=digest_id) if taken else None


def _readers(now: datetime) -> list[Person]:
    """Returns active people with an address, an open notice and no mail today, who have not turned it off."""
    have = Digest.objects.filter(person=OuterRef("pk"), day=days.local_day(now))
    standing = Notice.objects.standing().filter(person=OuterRef("pk"))
    declined = NoticePreference.objects.filter(person=OuterRef("pk"), wants_digest=False)
    people = (
        get_user_model()
        .objects.filter(~Q(email=""), is_active=True)
        .filter(Exists(standing), ~Exists(have), ~Exists(declined))
    )
    return list(people.order_by("pk"))


def _waiting_again(now: datetime) -> list[Digest]:
    """Returns pending rows whose message was lost or whose mail server failed, and updates their time."""
    lost = list(Digest.objects.pending().queued_before(now - REQUEUE_AFTER))
    Digest.objects.pending().filter(pk__in=[row.pk for row in lost]).update(queued_at=now)
    return lost


def _queue(rows: Sequence[Digest]) -> None:
    for row in rows:
        transaction.on_commit(current_app.signature(TASK, args=[row.pk]).apply_async, robust=True)


def _message(digest: Digest) -> EmailMessage | None:
    """Returns the mail in the person's language; None if there is no open notice or no recipient."""
    person = digest.person
    chosen = NoticePreference.objects.filter(person=person).first()
    if not person.is_active or not person.email or (chosen and not chosen.wants_digest):
        return None
    notices = list(Notice.objects.standing().visible_to(person).order_by("created_at", "pk"))
    if not notices:
        return None
    with translation.override((chosen and chosen.language) or settings.LANGUAGE_CODE):
        context: dict[str, Any] = {
            "name": person.name or person.username,
            "day": digest.day,
            "overdue": [notice for notice in notices if notice.is_overdue],
            "waiting": [notice for notice in notices if not notice.is_overdue],
            "site": settings.SITE_URL,
        }
        subject = _("服务满意度 %(day)s:%(overdue)d 项逾期,%(waiting)d 项待办") % {
            "day": f"{digest.day:%Y-%m-%d}",
            "overdue": len(context["overdue"]),
            "waiting": len(context["waiting"]),
        }
        return EmailMessage(subject, render_to_string("notices/digest.txt", context), to=[person.email])


def _wait_again(digest: Digest, error: Exception) -> DigestState:
    state = DigestState.PENDING if digest.attempts < MAX_ATTEMPTS else DigestState.FAILED
    return _end(digest, state, error=_words(error), claimed_at=None)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _end(digest: Digest, state: DigestState, **values: object) -> DigestState:
    Digest.objects.filter(pk=digest.pk, state=DigestState.CLAIMED).update(state=state, **values)
    return state
