"""Explains a deadline step by step: closed, complete, days that do not count, due (domain §2.2). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from satisfaction.core.formats import format_short_day

from .enums import CalendarKind
from .service_calendar import ServiceCalendar, china_holidays


class DeadlineStep(Enum):
    CLOSED = "closed"
    CAME_IN = "came_in"
    TOO_LATE_THAT_DAY = "too_late_that_day"
    HOLIDAY = "holiday"
    WEEKEND = "weekend"
    EXCEPTION = "exception"
    MADE_UP = "made_up"
    OPENED = "opened"
    DUE = "due"
    PUBLISHED = "published"
    NTH_SERVICE_DAY = "nth_service_day"


@dataclass(frozen=True)
class DeadlineClause:
    """One clause: a step on one day, or from `first` to `last`, with local time and name."""

    step: DeadlineStep
    first: date
    last: date
    clock: time | None = None
    name: str = ""


def explain_deadline(
    *,
    closed_on: date,
    entered_at: datetime,
    due_at: datetime,
    calendar: ServiceCalendar,
    names: Mapping[date, str],
    cutoff: time,
    zone: ZoneInfo,
) -> list[DeadlineClause]:
    """Returns the clauses that explain when an order is due.

    `names`: names of the calendar's overrides by day; datetimes are aware. The clauses follow the present
    calendar. A deadline that passed before a change of the calendar keeps its time; then clauses in the
    middle may be missing.
    """
    entered, due = entered_at.astimezone(zone), due_at.astimezone(zone)
    parts = [
        _part(DeadlineStep.CLOSED, closed_on),
        _part(DeadlineStep.CAME_IN, entered.date(), entered.time()),
    ]
    counts_from = closed_on + timedelta(days=1)
    if entered.date() >= counts_from:
        counts_from = entered.date()
        if entered.time() >= cutoff:
            if calendar.is_service_day(counts_from):
                parts.append(_part(DeadlineStep.TOO_LATE_THAT_DAY, counts_from, cutoff))
            counts_from += timedelta(days=1)
    parts += skipped_days(counts_from, due.date(), calendar=calendar, names=names)
    return [*parts, _part(DeadlineStep.DUE, due.date(), due.time())]


def skipped_days(
    first: date, due_on: date, *, calendar: ServiceCalendar, names: Mapping[date, str]
) -> list[DeadlineClause]:
    """Returns the days from `first` on that do not count, and why `due_on` counts if that is not obvious."""
    passed = [first + timedelta(days=n) for n in range((due_on - first).days)]
    why = [_closed(day, calendar, names) for day in passed if not calendar.is_service_day(day)]
    return [*_joined(why), *_open(due_on, calendar, names)]


def explain_nth_service_day(
    first: date, due: datetime, n: int, *, calendar: ServiceCalendar, names: Mapping[date, str]
) -> list[DeadlineClause]:
    """Explains a deadline on the n-th service day from `first` on; `due` is local."""
    on = due.date()
    passed = skipped_days(first, on, calendar=calendar, names=names)
    return [
        *passed,
        _part(DeadlineStep.NTH_SERVICE_DAY, on, name=str(n)),
        _part(DeadlineStep.DUE, on, due.time()),
    ]


def _part(step: DeadlineStep, day: date, clock: time | None = None, name: str = "") -> DeadlineClause:
    return DeadlineClause(step, day, day, clock, name)


def _closed(day: date, calendar: ServiceCalendar, names: Mapping[date, str]) -> DeadlineClause:
    if day in calendar.overrides:
        return _part(DeadlineStep.EXCEPTION, day, name=names.get(day, ""))
    holiday = china_holidays(day.year).get(day)
    return _part(DeadlineStep.HOLIDAY, day, name=holiday) if holiday else _part(DeadlineStep.WEEKEND, day)


def _open(day: date, calendar: ServiceCalendar, names: Mapping[date, str]) -> Iterator[DeadlineClause]:
    """Yields a clause for a service day that is a weekend day or an exception."""
    is_by_rule = calendar.kind == CalendarKind.WORKING_DAYS and china_holidays(day.year).is_working_day(day)
    if day in calendar.overrides and calendar.overrides[day] and not is_by_rule:
        if calendar.kind == CalendarKind.WORKING_DAYS:
            yield _part(DeadlineStep.OPENED, day, name=names.get(day, ""))
    elif is_by_rule and day.weekday() >= 5:
        yield _part(DeadlineStep.MADE_UP, day)


def _joined(parts: list[DeadlineClause]) -> Iterator[DeadlineClause]:
    """Joins consecutive days with the same reason to one clause."""
    if not parts:
        return
    current = parts[0]
    for before, part in pairwise(parts):
        is_next = part.first == before.last + timedelta(days=1)
        if is_next and (part.step, part.name) == (current.step, current.name):
            current = DeadlineClause(current.step, current.first, part.last, name=current.name)
        else:
            yield current
            current = part
    yield current


# --- As text ------------------------------------------------------------------------------------------


def format_explanation(parts: list[DeadlineClause]) -> str:
    """Returns “5月8日星期五关闭,5月9日星期六 08:30 收齐,5月11日星期一放假,5月12日星期二 18:00 到期。”"""
    return join_clauses(format_clause(part) for part in parts)


def join_clauses(clauses: Iterable[str]) -> str:
    return _(",").join(clauses) + _("。")


def format_clause(part: DeadlineClause) -> str:
    return _words()[part.step] % {
        "days": _span(part),
        "clock": f"{part.clock:%H:%M}" if part.clock else "",
        "name": _holiday(part) if part.step is DeadlineStep.HOLIDAY else _named(part),
        "nth": part.name,
    }


def _named(part: DeadlineClause) -> str:
    return _("(%(name)s)") % {"name": part.name} if part.name else ""


def _holiday(part: DeadlineClause) -> str:
    """Returns the holiday's name in the active language if `holidays` has it, else in Chinese."""
    if (get_language() or "").startswith("zh"):
        return part.name
    return _holidays_in_english(part.first.year).get(part.first) or part.name


@cache
def _holidays_in_english(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=year, language="en_US")


def _words() -> dict[DeadlineStep, str]:
    return {
        DeadlineStep.CLOSED: _("%(days)s关闭"),
        DeadlineStep.CAME_IN: _("%(days)s %(clock)s 收齐"),
        DeadlineStep.TOO_LATE_THAT_DAY: _("%(clock)s 以后收齐的当天不计"),
        DeadlineStep.HOLIDAY: _("%(days)s %(name)s放假"),
        DeadlineStep.WEEKEND: _("%(days)s是周末"),
        DeadlineStep.EXCEPTION: _("%(days)s按日历调整不上班%(name)s"),
        DeadlineStep.MADE_UP: _("%(days)s调休上班"),
        DeadlineStep.OPENED: _("%(days)s按日历调整上班%(name)s"),
        DeadlineStep.DUE: _("%(days)s %(clock)s 到期"),
        DeadlineStep.PUBLISHED: _("%(days)s %(clock)s 公布"),
        DeadlineStep.NTH_SERVICE_DAY: _("%(days)s是第 %(nth)s 个服务日"),
    }


def _span(part: DeadlineClause) -> str:
    if part.first == part.last:
        return format_day_and_weekday(part.first)
    return _("%(first)s至%(last)s") % {
        "first": format_day_and_weekday(part.first),
        "last": format_day_and_weekday(part.last),
    }


def format_day_and_weekday(day: date) -> str:
    return _("%(day)s%(weekday)s") % {
        "day": format_short_day(day),
        "weekday": date_format(day, "l"),
    }
