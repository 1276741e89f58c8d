"""Formats of days, times, numbers, phones and states; built into every template."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import template
from django.forms import BoundField, Select
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workorders.phones import EXTENSION_MARK, SEPARATOR, Phone, phones
from workorders.phones import masked as masked_phone

register = template.Library()
DASH = "–"

# tone and symbol by state or rating; the label comes with the value
CHIP_TONES: dict[str, tuple[str, str]] = {
    "satisfied": ("success", "●"),
    "basically_satisfied": ("warning", "◐"),
    "dissatisfied": ("danger", "▲"),
    **dict.fromkeys(
        ("rated", "done", "published", "confirmed", "upheld", "credited", "closed", "created"),
        ("success", "✓"),
    ),
    **dict.fromkeys(("settled", "submitted", "decided"), ("info", "✓")),
    **dict.fromkeys(
        ("provisional", "reopened", "returned", "in_progress", "running", "undecided"), ("warning", "◐")
    ),
    **dict.fromkeys(("failed", "rejected", "overdue"), ("danger", "▲")),
}


def chip_tone(value: object) -> tuple[str, str]:
    return CHIP_TONES.get(str(getattr(value, "value", value)), ("neutral", "○"))


@register.simple_tag
def rating_chip(rating: Any, label: str = "") -> str:
    """A rating as label, colour and symbol; "" without a rating."""
    return state_chip(rating, label) if rating else ""


@register.simple_tag
def state_chip(state: Any, label: str = "") -> SafeString:
    """A state as label, colour and symbol: `{% state_chip job.state job.get_state_display %}`."""
    kind, symbol = chip_tone(state)
    word = label or getattr(state, "label", state)
    return format_html(
        '<span class="chip tone-{}"><span aria-hidden="true">{}</span>{}</span>', kind, symbol, word
    )


@register.filter(name="day")
def format_day(value: date | None) -> str:
    """5月11日; with the year if it is not the current one."""
    if not value:
        return DASH
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    this_year = value.year == timezone.localdate().year
    return date_format(value, _("n月j日") if this_year else _("Y年n月j日"))


@register.filter
def weekday(value: date | None) -> str:
    """5月11日 星期一."""
    if not value:
        return DASH
    return _("%(day)s %(weekday)s") % {"day": format_day(value), "weekday": date_format(value, "l")}


@register.filter(name="month")
def format_month(value: date | None) -> str:
    return date_format(value, _("Y年n月")) if value else DASH


@register.filter
def clock(value: datetime | None) -> str:
    return timezone.localtime(value).strftime("%H:%M") if value else DASH


@register.filter(name="moment")
def format_moment(value: datetime | None) -> str:
    """今天 17:40, 昨天 17:40, 5月11日 17:40, in the centre's zone."""
    if not value:
        return DASH
    local = timezone.localtime(value)
    near = {-1: _("昨天"), 0: _("今天"), 1: _("明天")}.get((local.date() - timezone.localdate()).days)
    return f"{near or format_day(local.date())} {local:%H:%M}"


def format_duration(length: timedelta) -> str:
    """Returns a duration in its one or two largest units."""
    minutes = int(length.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60
    if days >= 2:
        return ngettext("%(n)d 天", "%(n)d 天", days) % {"n": days}
    hour_words = ngettext("%(n)d 小时", "%(n)d 小时", hours) % {"n": hours}
    minute_words = ngettext("%(n)d 分钟", "%(n)d 分钟", minutes % 60) % {"n": minutes % 60}
    if not hours:
        return minute_words
    return f"{hour_words} {minute_words}" if hours < 6 and minutes % 60 else hour_words


@register.filter
def relative(value: datetime | None) -> str:
    """还有 2 小时 10 分钟, or 3 小时前."""
    if not value:
        return ""
    left = value - timezone.now()
    if abs(left) < timedelta(minutes=1):
        return _("现在")
    if left > timedelta(0):
        return _("还有 %(span)s") % {"span": format_duration(left)}
    return _("%(span)s前") % {"span": format_duration(-left)}


@register.filter
def moment_relative(value: datetime | None) -> str:
    """昨天 17:40 · 3 小时前, the second part in small type."""
    if not value:
        return DASH
    template_ = '<time datetime="{}">{} <span class="tiny">· {}</span></time>'
    return format_html(
        template_, timezone.localtime(value).isoformat(), format_moment(value), relative(value)
    )


@register.filter
def deadline(value: datetime | None) -> str:
    """A deadline with the time left; overdue ones as a chip with a label."""
    if not value:
        return DASH
    if value < timezone.now():
        return format_html('<span class="chip late">{} · {}</span>', _("逾期"), format_moment(value))
    words = _("%(moment)s 前") % {"moment": format_moment(value)}
    return format_html('<span>{} <span class="tiny">· {}</span></span>', words, relative(value))


@register.filter(name="minutes")
def format_minutes(value: timedelta | None) -> str:
    """A duration in minutes: 78 分钟."""
    if value is None:
        return DASH
    return _("%(n)s 分钟") % {"n": thousands(int(value.total_seconds() // 60))}


@register.filter(name="two_decimals")
def format_two_decimals(value: Fraction | Decimal | int | float | str | None) -> str:
    """Two decimals, rounded half up from the exact number; a dash for None (domain §8.5)."""
    if value is None or value == "":
        return DASH
    exact = Fraction(str(value)) if isinstance(value, (float, str)) else Fraction(value)
    hundredths = abs(exact) * 100 + Fraction(1, 2)
    whole = hundredths.numerator // hundredths.denominator
    sign = "-" if exact < 0 and whole else ""
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"


@register.filter
def percent(value: Fraction | Decimal | float | None) -> str:
    """A share as 3.1 %, one decimal, rounded half up."""
    if value is None:
        return DASH
    tenths = (
        Fraction(str(value)) * 1000 + Fraction(1, 2)
        if isinstance(value, float)
        else Fraction(value) * 1000 + Fraction(1, 2)
    )
    whole = tenths.numerator // tenths.denominator
    return f"{whole // 10}.{whole % 10} %"


@register.filter
def thousands(value: int | None) -> str:
    return DASH if value is None else f"{value:,}"


@register.filter
def phone_grouped(value: object) -> str:
    """138 0000 4414, 010 6888 1234; several numbers are separated, masked and short ones are unchanged."""
    numbers = str(value or "").strip().split(SEPARATOR)
    return " / ".join(_grouped(number) for number in numbers)


def _grouped(number: str) -> str:
    digits, mark, extension = number.partition(EXTENSION_MARK)
    for pattern in (r"(1..)(.{4})(.{4})", r"(0(?:10|2.))(.{4})(.{4})", r"(0[3-9]..)(.{3,4})(.{4})"):
        match = re.fullmatch(pattern, digits)
        if match and digits.replace("*", "0").isdecimal():
            digits = " ".join(match.groups())
            break
    return _("%(number)s 转 %(extension)s") % {"number": digits, "extension": extension} if mark else digits


@register.filter
def phone_numbers(value: str | None) -> tuple[Phone, ...]:
    """Returns the dialable numbers of a stored phone, each with its `dial`."""
    return phones(value or "")


@register.filter(name="masked")
def mask_phone(value: str | None) -> str:
    """138****1234 for people who need not dial (domain §12.5)."""
    return masked_phone(value or "")


@register.filter
def styled(field: BoundField) -> SafeString:
    """A field of a filter bar with Bootstrap classes."""
    is_choice = isinstance(field.field.widget, Select)
    return field.as_widget(attrs={"class": "form-select" if is_choice else "form-control"})


@register.simple_tag
def bar(total: int, label: str, *parts: Any, thick: bool = False) -> SafeString:
    """A stacked bar without inline style: `{% bar total label "success" 30 "neutral" 5 %}`."""
    pairs: Iterable[tuple[str, Any]] = zip(parts[::2], parts[1::2], strict=True)
    start, shown = Fraction(0), []
    for kind, amount in pairs:
        width = Fraction(amount or 0) * 1000 / Fraction(total) if total else Fraction(0)
        shown.append({"kind": kind, "start": f"{float(start):.1f}", "width": f"{float(width):.1f}"})
        start += width
    return render_to_string("components/bar.html", {"parts": shown, "label": label, "thick": thick})
