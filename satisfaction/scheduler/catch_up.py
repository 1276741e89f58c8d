"""Does everything that is due and not done, oldest first (domain §2.6).

A missed, repeated or late run is harmless: each step queries what is due, and a finished step finds nothing.
A failed step does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from evaluations.callbacks.phone_numbers import end_wrong_numbers
from evaluations.callbacks.postpone import postpone_by_system
from evaluations.deadlines import (
    looks_back_to,
    recompute_open_deadlines,
    set_deadlines,
    without_deadline,
)
from evaluations.draw.run import days_to_draw, draw_day
from evaluations.draw.seeds import make_seeds
from evaluations.feedback.publish import publish_due_by_system
from evaluations.models import EvaluationPolicy
from evaluations.scores.daily import refresh_daily_rows
from evaluations.scores.settle import settle_due_months
from evaluations.workbook.rejected_rows import expire_rejected
from improvement.kpis.freeze import freeze_settled_kpis
from satisfaction.calendars import days
from satisfaction.calendars.queries import load_calendar
from satisfaction.changes.stamps import merge
from satisfaction.jobs.actions import expire_files
from satisfaction.jobs.models import Heartbeat
from satisfaction.notices.digests import make_digests
from satisfaction.notices.remind import remind

from .masking import mask_reporters
from .reminders import find_due_reminders

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CompletedWork:
    """One finished piece of work; `period` is a day YYYY-MM-DD or a month YYYY-MM."""

    what: str
    period: str


@dataclass(frozen=True)
class CatchUpResult:
    """Finished work, and failed steps with their errors (logged; their work stays due)."""

    done: tuple[CompletedWork, ...]
    failed: tuple[tuple[str, str], ...]


CatchUpStep = Callable[[datetime], Iterator[CompletedWork]]


def catch_up(*, now: datetime) -> CatchUpResult:
    """Runs every step once. One call makes up for an outage of any length."""
    done: list[CompletedWork] = []
    failed: list[tuple[str, str]] = []
    for name, step in STEPS:
        try:
            for one in step(now):
                done.append(one)  # also the work before a failure
        except Exception as error:
            log.exception("catch_up_step_failed", step=name)
            failed.append((name, "; ".join(error_descriptions(error))))
    Heartbeat.objects.update_or_create(
        name="catch_up",
        defaults={"at": now, "detail": {"done": len(done), "failed": [name for name, _ in failed]}},
    )
    return CatchUpResult(tuple(done), tuple(failed))


def error_descriptions(error: Exception) -> list[str]:
    """Returns one text for each error of a group, with its notes in front."""
    if isinstance(error, ExceptionGroup):
        return [text for one in error.exceptions for text in error_descriptions(one)]
    words = f"{type(error).__name__}: {error}".removesuffix(": ")
    return [" ".join([*getattr(error, "__notes__", ()), words])]


def _seeds(now: datetime) -> Iterator[CompletedWork]:
    for day in make_seeds(now=now):
        yield CompletedWork("seed", day.isoformat())


def _deadlines(now: datetime) -> Iterator[CompletedWork]:
    with transaction.atomic():
        orders = list(without_deadline(now).select_for_update(of=("self",)).order_by("closed_on", "pk"))
        set_deadlines(orders)
    for day in sorted({order.closed_on for order in orders if order.closed_on}):
        yield CompletedWork("deadlines", day.isoformat())


def _calendar(now: datetime) -> Iterator[CompletedWork]:
    """Recomputes open deadlines after a change of the calendar."""
    if recompute_open_deadlines(now=now):
        yield CompletedWork("calendar", days.local_day(now).isoformat())


def _draws(now: datetime) -> Iterator[CompletedWork]:
    yield from _drawn(days_to_draw(now=now), now)


def _drawn(closing_days: list[date], now: datetime) -> Iterator[CompletedWork]:
    failures: list[Exception] = []
    for day in closing_days:
        try:
            if draw_day(day, now=now, may_wait=True).run:
                yield CompletedWork("draw", day.isoformat())
        except Exception as error:  # the other days are drawn nevertheless
            error.add_note(day.isoformat())
            failures.append(error)
    if failures:
        raise ExceptionGroup("draws", failures)


def _postponements(now: datetime) -> Iterator[CompletedWork]:
    """Postpones calls and draws them again at once, for a day on which callers may be on duty."""
    moved = postpone_by_system(now=now)
    yield from _days("postpone", moved)
    yield from _drawn(moved, now)


def _wrong_numbers(now: datetime) -> Iterator[CompletedWork]:
    yield from _days("wrong_numbers", end_wrong_numbers(now=now))


def _publishing(now: datetime) -> Iterator[CompletedWork]:
    yield from _days("publish", publish_due_by_system(now=now))


def _scores(now: datetime) -> Iterator[CompletedWork]:
    yield from _days("scores", refresh_daily_rows(looks_back_to(now), now=now))


def _settling(now: datetime) -> Iterator[CompletedWork]:
    for month in settle_due_months(now=now):
        yield CompletedWork("settle", f"{month:%Y-%m}")


def _reminders(now: datetime) -> Iterator[CompletedWork]:
    """Runs after the steps that may finish what a reminder would name."""
    asked = find_due_reminders(now)
    fresh = remind(asked.due, kinds=asked.kinds, now=now, may_begin=is_reminding_time(now))
    for period in sorted({reminder.period for reminder in fresh}):
        yield CompletedWork("reminders", period)
    if asked.failures:
        raise ExceptionGroup("reminders", asked.failures)


def is_reminding_time(now: datetime) -> bool:
    """Whether reminders may begin: from REMIND_FROM on, on service days."""
    today = days.local_day(now)
    calendar = load_calendar(EvaluationPolicy.objects.for_month(today).calendar)
    return timezone.localtime(now).time() >= settings.REMIND_FROM and calendar.is_service_day(today)


def _digests(now: datetime) -> Iterator[CompletedWork]:
    if make_digests(now=now):
        yield CompletedWork("digests", days.local_day(now).isoformat())


def _kpis(now: datetime) -> Iterator[CompletedWork]:
    """Stores the KPIs of settled months once."""
    for month in freeze_settled_kpis(now=now):
        yield CompletedWork("kpis", f"{month:%Y-%m}")


def _files(now: datetime) -> Iterator[CompletedWork]:
    """Deletes uploads and rejected rows after FILES_KEPT_DAYS."""
    if expire_files(now=now) + expire_rejected(now=now):
        yield CompletedWork("files", days.local_day(now).isoformat())


def _masking(now: datetime) -> Iterator[CompletedWork]:
    """Runs once a day, because it scans every old order even if there is nothing to mask."""
    today = days.local_day(now)
    beat = Heartbeat.objects.filter(name="masking").first()
    if not settings.MASK_REPORTERS_AFTER_MONTHS or (beat and days.local_day(beat.at) == today):
        return
    if mask_reporters(after_months=settings.MASK_REPORTERS_AFTER_MONTHS, now=now):
        yield CompletedWork("masking", today.isoformat())
    Heartbeat.objects.update_or_create(name="masking", defaults={"at": now})


def _changes(_now: datetime) -> Iterator[CompletedWork]:
    """Compacts the change marks; reports nothing."""
    merge()
    return iter(())


def _days(what: str, found: list[date]) -> Iterator[CompletedWork]:
    """Yields one entry for each closing day in `found`."""
    for day in sorted(set(found)):
        yield CompletedWork(what, day.isoformat())


STEPS: tuple[tuple[str, CatchUpStep], ...] = (
    ("seeds", _seeds),
    ("deadlines", _deadlines),
    ("calendar", _calendar),
    ("draws", _draws),
    ("postponements", _postponements),
    ("wrong_numbers", _wrong_numbers),
    ("publishing", _publishing),
    ("scores", _scores),
    ("settling", _settling),
    ("kpis", _kpis),
    ("reminders", _reminders),
    ("digests", _digests),
    ("files", _files),
    ("masking", _masking),
    ("changes", _changes),
)
