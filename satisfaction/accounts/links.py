"""One-time links: requested by mail, or issued by an admin for somebody else (domain §12)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from celery import current_app
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from satisfaction.core.errors import Refused
from satisfaction.core.formats import format_iso_minute
from satisfaction.core.mail import sends_mail
from satisfaction.notices.announce import post_notice

from .models import User
from .people import one_time_link

SEND_TASK, ANNOUNCE_TASK = "accounts.send_links", "accounts.announce_link"
WINDOW = timedelta(hours=1)
MAX_PER_ADDRESS, MAX_PER_PERSON = 10, 3  # in WINDOW
NOTICE_KIND = "link_issued"


@transaction.atomic
def request_link(email: str, *, now: datetime, address: str | None) -> None:
    """Queues a mail with the link. Work and duration do not depend on whether the mail address exists.

    Raises Refused if this installation sends no mail, or after too many requests from one client address.
    """
    if not sends_mail():
        raise Refused(_("本系统没有配置邮件。请系统管理员发给您一次性链接。"))
    asked = AuditEvent.objects.filter(kind=AuditKind.LINK_ASKED, address=address, at__gt=now - WINDOW)
    if asked.count() >= MAX_PER_ADDRESS:
        raise Refused(_("申请的次数太多,请一小时后再试,或请系统管理员发给您一次性链接。"))
    record_event(AuditKind.LINK_ASKED, by=None, at=now, address=address)
    _queue(SEND_TASK, email, translation.get_language())


def send_links(email: str, *, language: str, now: datetime) -> int:
    """Mails a link to each active person with this mail address, at most three an hour; returns how many."""
    sent = 0
    for person in User.objects.active().filter(email__iexact=email):
        links = AuditEvent.objects.filter(
            kind=AuditKind.LINK_ISSUED, subject_type=User._meta.label_lower, subject_id=person.pk
        )
        if links.filter(by=None, at__gt=now - WINDOW).count() >= MAX_PER_PERSON:
            continue
        with translation.override(language):
            context = {"person": person, "link": one_time_link(person)}
            text = render_to_string("accounts/password_reset_mail.txt", context)
            EmailMessage(_("服务满意度:设置密码的链接"), text, to=[person.email]).send()
        record_event(AuditKind.LINK_ISSUED, by=None, at=now, subject=person, details={"how": "mail"})
        sent += 1
    return sent


def issue_links(
    people: Iterable[User], *, by: User | None, now: datetime, address: str | None = None, site: str = ""
) -> list[tuple[User, str]]:
    """Returns links for other people, without deactivated ones.

    Each link is recorded with its issuer `by` (None: a command on the server) and announced to the person by
    notice and mail, so that nobody can use a link for somebody else unnoticed.
    """
    issued = []
    for person in people:
        if not person.is_active:
            continue
        link = one_time_link(person, site=site)
        with transaction.atomic():
            how = "page" if by else "command"
            record_event(
                AuditKind.LINK_ISSUED, by=by, at=now, subject=person, details={"how": how}, address=address
            )
            _announce(person, by=by, now=now)
        issued.append((person, link))
    return issued


def issuer_of_link(person: User) -> dict[str, str]:
    """Returns the issuer of the person's last link, for the record of the sign-in."""
    last = AuditEvent.objects.filter(
        kind=AuditKind.LINK_ISSUED, subject_type=User._meta.label_lower, subject_id=person.pk
    ).first()
    return {"issued_by": str(last.by)} if last and last.by else {}


def _announce(person: User, *, by: User | None, now: datetime) -> None:
    params = {"by": str(by) if by else "", "at": format_iso_minute(now)}
    post_notice(person, NOTICE_KIND, period=f"{timezone.localtime(now):%Y-%m-%d}", params=params, now=now)
    if person.email and sends_mail():
        _queue(ANNOUNCE_TASK, person.pk, params["by"], params["at"])


def _queue(task: str, *arguments: object) -> None:
    transaction.on_commit(current_app.signature(task, args=arguments).apply_async, robust=True)


def mail_announcement(person_id: int, issuer: str, at: str) -> None:
    person = User.objects.get(pk=person_id)
    text = render_to_string("accounts/link_issued_mail.txt", {"person": person, "by": issuer, "at": at})
    EmailMessage(_("服务满意度:有人为您签发了一次性链接"), text, to=[person.email]).send()
