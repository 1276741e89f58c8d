"""Formats of days, times, numbers, phones and states; built into every template."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Any

from django import template
from django.forms import BoundField, Select
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from satisfaction.core.formats import (
    DASH,
    format_clock,
    format_day,
    format_minutes,
    format_moment,
    format_month,
    format_percent,
    format_relative,
    format_thousands,
    format_two_decimals,
    format_weekday,
)
from workorders.phones import EXTENSION_MARK, SEPARATOR, Phone, phones
from workorders.phones import masked as masked_phone

register = template.Library()

register.filter("day", format_day)
register.filter("weekday", format_weekday)
register.filter("month", format_month)
register.filter("clock", format_clock)
register.filter("moment", format_moment)
register.filter("relative", format_relative)
register.filter("minutes", format_minutes)
register.filter("two_decimals", format_two_decimals)
register.filter("percent", format_percent)
register.filter("thousands", format_thousands)

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


@register.filter
def moment_relative(value: datetime | None) -> str:
    """昨天 17:40 · 3 小时前, the second part in small type."""
    if not value:
        return DASH
    template_ = '<time datetime="{}">{} <span class="tiny">· {}</span></time>'
    return format_html(
        template_, timezone.localtime(value).isoformat(), format_moment(value), format_relative(value)
    )


@register.filter
def deadline(value: datetime | None) -> str:
    """A deadline with the time left; overdue ones as a chip with a label."""
    if not value:
        return DASH
    if value < timezone.now():
        return format_html('<span class="chip late">{} · {}</span>', _("逾期"), format_moment(value))
    words = _("%(moment)s 前") % {"moment": format_moment(value)}
    return format_html('<span>{} <span class="tiny">· {}</span></span>', words, format_relative(value))


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
