"""Days and months in the centre's one time zone: the only place that turns moments into days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused

FIRST_YEAR, LAST_YEAR = 1970, 2100
"""What a typed day or month may be: as in workbooks, and far from where `date` ends."""


def local_day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def moment_at(day: date, clock: time) -> datetime:
    """The moment at which the centre's clock shows `clock` on `day` (aware)."""
    return timezone.make_aware(datetime.combine(day, clock))


def start_of_day(day: date) -> datetime:
    """The first moment of the day (aware); a day is [begins(day), begins(day + 1))."""
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
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def parse_day(text: str) -> date:
    """`YYYY-MM-DD` to a date; anything else is Refused with a sentence."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise Refused(_("“%(text)s”不是日期,请写成 YYYY-MM-DD。") % {"text": text}) from None
    return require_supported_year(day)


def parse_month(text: str) -> date:
    """`YYYY-MM` to the first of the month; anything else is Refused with a sentence."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise Refused(_("“%(text)s”不是月份,请写成 YYYY-MM。") % {"text": text}) from None
    return require_supported_year(month)


def require_supported_year(day: date) -> date:
    """The day; Refused when its year is none that anybody means."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused(
            _("年份 %(year)d 不在 %(first)d—%(last)d 之间")
            % {"year": day.year, "first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return day
