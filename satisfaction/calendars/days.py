"""Days and months in the centre's time zone; no other module converts times to days (domain §2.1)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused

FIRST_YEAR, LAST_YEAR = 1970, 2100
"""Limits of a typed day or month; the same as in workbooks, well inside the range of `date`."""


def local_day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def moment_at(day: date, clock: time) -> datetime:
    """Returns the local time `clock` on `day` as an aware datetime."""
    return timezone.make_aware(datetime.combine(day, clock))


def start_of_day(day: date) -> datetime:
    """Returns local midnight as an aware datetime; a day is [start_of_day(day), start_of_day(day + 1))."""
    return moment_at(day, time.min)


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def previous_month(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def last_of_month(month: date) -> date:
    return next_month(month) - timedelta(days=1)


def days_between(first: date, last: date) -> list[date]:
    """Returns every day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def parse_day(text: str) -> date:
    """Parses `YYYY-MM-DD`. Raises Refused for anything else."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise Refused(_("“%(text)s”不是日期,请写成 YYYY-MM-DD。") % {"text": text}) from None
    return require_supported_year(day)


def parse_month(text: str) -> date:
    """Parses `YYYY-MM` to the first of the month. Raises Refused for anything else."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise Refused(_("“%(text)s”不是月份,请写成 YYYY-MM。") % {"text": text}) from None
    return require_supported_year(month)


def require_supported_year(day: date) -> date:
    """Returns the day. Raises Refused if its year is not from FIRST_YEAR to LAST_YEAR."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused(
            _("年份 %(year)d 不在 %(first)d—%(last)d 之间")
            % {"year": day.year, "first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return day
