"""Feedback to the crews: publish ended callbacks and postpone open ones (domain §7.1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from evaluations.callbacks.postpone import POSTPONED, is_postponed, move_to_last_day
from evaluations.deadlines import looks_back_to
from evaluations.enums import ENDED_BY_CALL, OPEN, PostponedReason, Source
from evaluations.guards import refuse_settled_month
from evaluations.locks import hold_feedback, lock_callbacks
from evaluations.models import Callback
from evaluations.visibility import callbacks_visible_to, viewer_of
from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock
from satisfaction.core.roles import Role

PUBLISHERS = (Role.DISPATCHER, Role.LEAD)
UNPUBLISHED = Q(state__in=ENDED_BY_CALL, published_at__isnull=True)


@dataclass(frozen=True)
class PublishResult:
    """Number of callbacks of the closing day published now, postponed, and still open.

    `is_whole`: the publisher may know all of them; otherwise the numbers must not be shown (domain §4).
    """

    day: date
    published: int
    postponed: int
    still_open: int
    is_whole: bool = True


@transaction.atomic
def publish_day(day: date, *, by: User, now: datetime, reason: str = "") -> PublishResult:
    """Publishes every ended callback of closing day `day` and postpones the open ones to D+2 (domain §7.1).

    Open callbacks of any caller are postponed with one reason, unless postponed before; overdue ones stay open.
    Repeating it publishes later results (a supplement). Raises Refused in a settled month, or without a reason when
    callbacks have to be postponed.
    """
    if not by.has_role(*PUBLISHERS):
        raise NotAllowed(_("回访结果由调度或调度长发布。"))
    hold_feedback()
    rows = lock_callbacks(Q(order__closed_on=day) & (UNPUBLISHED | Q(state__in=OPEN)))
    now = after_lock(now)
    refuse_settled_month(day, _("%(month)s已结算,不能再发布;需要时请科室负责人先重开该月。"))
    hides = _hides_any(day, by, now=now)
    ended = [row for row in rows if row.state in ENDED_BY_CALL]
    still_open = [row for row in rows if row.state in OPEN]
    postponed = _postpone(
        [row for row in still_open if can_be_postponed(row, now)], by=by, now=now, reason=reason, hides=hides
    )
    _publish(ended, by=by, now=now)
    if ended or postponed:
        details = {"published": len(ended), "postponed": postponed, "still_open": len(still_open)}
        record_event(
            AuditKind.PUBLISHED, by=by, at=now, about=day.isoformat(), reason=reason.strip(), details=details
        )
    return PublishResult(day, len(ended), postponed, len(still_open), is_whole=not hides)


def _hides_any(day: date, by: User, *, now: datetime) -> bool:
    """Whether the day has callbacks that `by` may not know yet as a member of the crew (domain §4)."""
    if not viewer_of(by, now=now).has_crews_eyes:
        return False
    of_day = Callback.objects.filter(order__closed_on=day, source=Source.APP)
    return of_day.exclude(pk__in=callbacks_visible_to(by, now=now, among=of_day).values("pk")).exists()


def can_be_postponed(row: Callback, now: datetime) -> bool:
    """Whether publishing postpones the open callback: not postponed before, and D+2 is not over."""
    last = row.order.last_due_at
    return not is_postponed(row) and last is not None and last > now


def _postpone(rows: list[Callback], *, by: User, now: datetime, reason: str, hides: bool) -> int:
    """Postpones the callbacks. `hides`: always requires the reason; the refusal would reveal a hidden open call."""
    if hides and not reason.strip():
        raise Refused(_("发布会把没有回访完的工单顺延到次日,请写明原因。"))
    if rows and not reason.strip():
        raise Refused(_("还有 %(n)d 张工单没有回访完:发布会把它们顺延到次日,请写明原因。") % {"n": len(rows)})
    for row in rows:
        move_to_last_day(row, by=by, now=now, why=PostponedReason.PUBLISHING, text=reason.strip())
    Callback.objects.bulk_update(rows, POSTPONED, batch_size=500)
    return len(rows)


def _publish(rows: list[Callback], *, by: User | None, now: datetime) -> list[date]:
    Callback.objects.filter(pk__in=[row.pk for row in rows], published_at__isnull=True).update(
        published_at=now, published_by=by
    )
    return sorted({row.order.closed_on for row in rows if row.order.closed_on})


@transaction.atomic
def publish_due_by_system(*, now: datetime) -> list[date]:
    """Publishes ended callbacks at close of business of D+2; they still count as late (domain §7.1).

    Returns the closing days of the published callbacks; a second run finds none.
    """
    hold_feedback()
    due = Q(source=Source.APP, order__last_due_at__lte=now, order__closed_on__gte=looks_back_to(now))
    rows, now = lock_callbacks(UNPUBLISHED & due), after_lock(now)
    for day, count in sorted(Counter(row.order.closed_on for row in rows if row.order.closed_on).items()):
        record_event(
            AuditKind.PUBLISHED, by=None, at=now, about=day.isoformat(), details={"published": count}
        )
    return _publish(rows, by=None, now=now)


def publish_month(month: date, *, now: datetime) -> list[date]:
    """Publishes the ended callbacks of a month, inside the transaction that settles it (domain §8.12)."""
    of_month = Q(order__closed_on__range=(month, days.last_of_month(month)))
    return _publish(lock_callbacks(UNPUBLISHED & of_month), by=None, now=now)
