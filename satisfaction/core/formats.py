"""Formats of days, times, durations and numbers for screens, sentences and files.

Times are local times of the centre. A missing value is a dash on a screen and an empty text in a file.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Number = Fraction | Decimal | int | float | str
DASH = "–"


# --- Days and times on screens -----------------------------------------------------------------------


def format_day(value: date | None) -> str:
    """5月11日; with the year if it is not the current one."""
    if not value:
        return DASH
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return format_short_day(value) if value.year == timezone.localdate().year else format_long_day(value)


def format_short_day(value: date) -> str:
    """5月11日, whatever the year."""
    return date_format(value, _("n月j日"))


def format_long_day(value: date) -> str:
    """2026年5月11日."""
    return date_format(value, _("Y年n月j日"))


def format_weekday(value: date | None) -> str:
    """5月11日 星期一."""
    if not value:
        return DASH
    return _("%(day)s %(weekday)s") % {"day": format_day(value), "weekday": date_format(value, "l")}


def format_month(value: date | None) -> str:
    """2026年5月."""
    return date_format(value, _("Y年n月")) if value else DASH


def format_clock(value: datetime | None) -> str:
    """17:40."""
    return f"{timezone.localtime(value):%H:%M}" if value else DASH


def format_moment(value: datetime | None) -> str:
    """今天 09:02, 昨天 17:40, 5月11日 17:40."""
    if not value:
        return DASH
    local = timezone.localtime(value)
    return f"{_near(local.date(), timezone.localdate()) or format_day(local.date())} {local:%H:%M}"


def format_spoken_moment(value: datetime, now: datetime) -> str:
    """For reading aloud on the phone: 今天 9:02, 昨天 17:40, 5月11日 17:40."""
    local = timezone.localtime(value)
    near = _near(local.date(), timezone.localtime(now).date())
    return f"{near or format_short_day(local.date())} {local.hour}:{local:%M}"


def _near(value: date, today: date) -> str | None:
    return {-1: _("昨天"), 0: _("今天"), 1: _("明天")}.get((value - today).days)


def format_duration(length: timedelta) -> str:
    """A duration in its one or two largest units: 2 小时 10 分钟."""
    minutes = int(length.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60
    if days >= 2:
        return ngettext("%(n)d 天", "%(n)d 天", days) % {"n": days}
    hour_words = ngettext("%(n)d 小时", "%(n)d 小时", hours) % {"n": hours}
    minute_words = ngettext("%(n)d 分钟", "%(n)d 分钟", minutes % 60) % {"n": minutes % 60}
    if not hours:
        return minute_words
    return f"{hour_words} {minute_words}" if hours < 6 and minutes % 60 else hour_words


def format_relative(value: datetime | None) -> str:
    """还有 2 小时 10 分钟, or 3 小时前."""
    if not value:
        return ""
    left = value - timezone.now()
    if abs(left) < timedelta(minutes=1):
        return _("现在")
    if left > timedelta(0):
        return _("还有 %(span)s") % {"span": format_duration(left)}
    return _("%(span)s前") % {"span": format_duration(-left)}


def format_minutes(value: timedelta | None) -> str:
    """A duration in minutes: 78 分钟."""
    if value is None:
        return DASH
    return _("%(n)s 分钟") % {"n": format_thousands(int(value.total_seconds() // 60))}


# --- Times in sentences and files --------------------------------------------------------------------


def format_short_minute(value: datetime) -> str:
    """05-11 17:40."""
    return f"{timezone.localtime(value):%m-%d %H:%M}"


def format_iso_day(value: datetime) -> str:
    """2026-05-11."""
    return f"{timezone.localtime(value):%Y-%m-%d}"


def format_iso_minute(value: datetime | None) -> str:
    """2026-05-11 17:40."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""


def format_iso_second(value: datetime) -> str:
    """2026-05-11 17:40:05."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"


# --- Numbers -----------------------------------------------------------------------------------------


def two_decimals(value: Number | None) -> str | None:
    """For files and JSON: 1234.50, rounded half up from the exact number; None for None (domain §8.5)."""
    return None if value is None else _decimal(exact(value), group="")


def format_two_decimals(value: Number | None) -> str:
    """For screens: 1,234.50, rounded half up from the exact number; a dash for None (domain §8.5)."""
    return DASH if value is None or value == "" else _decimal(exact(value), group=",")


def format_percent(value: Fraction | Decimal | float | None) -> str:
    """A share as 3.1 %, one decimal, rounded half up."""
    if value is None:
        return DASH
    tenths = half_up(exact(value) * 1000)
    return f"{tenths // 10}.{tenths % 10} %"


def format_thousands(value: int | None) -> str:
    """1,234."""
    return DASH if value is None else f"{value:,}"


def exact(value: Number) -> Fraction:
    """Returns the exact number; a float by its shortest decimal text."""
    return Fraction(str(value)) if isinstance(value, (float, str)) else Fraction(value)


def half_up(value: Fraction) -> int:
    """Rounds to the nearest integer, halves up."""
    rounded = value + Fraction(1, 2)
    return rounded.numerator // rounded.denominator


def _decimal(value: Fraction, *, group: str) -> str:
    hundredths = half_up(abs(value) * 100)
    sign = "-" if value < 0 and hundredths else ""
    return f"{sign}{hundredths // 100:{group}}.{hundredths % 100:02d}"
