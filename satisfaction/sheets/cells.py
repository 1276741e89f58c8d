"""From a raw cell to a value: text, phone, moment, whole number.

Each takes what a reader gave (str, float, int, bool, datetime, date, time, timedelta, None) and
raises ValueError with a short reason for the user. An empty cell is "" or None, never an error.
"""

import math
import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from django.utils.translation import gettext as _

from .tables import INVISIBLE, Raw

FIRST_YEAR, LAST_YEAR = 1970, 2100
LONGEST_PHONE = 40  # characters

# Not storable in XML 1.0, hence in no workbook (tab and newline are); lone surrogates are not text at all.
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Never part of a word: pasted from chat programs and phone books. Joiners (200c, 200d) are, in emoji.
_STRAY = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_NEWLINE = re.compile(r"_x000[dD]_\r?\n|_x000[dD]_|\r\n?")
_EDGE = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")

_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d))?)?")
_HALF = re.compile(r" ?([上下]午|[AP]M\b) ?", re.IGNORECASE)
_AFTERNOON = {"上午": 0, "am": 0, "下午": 12, "pm": 12}  # hours after the 12-hour clock's own
_CHINESE = str.maketrans({"年": "-", "月": "-", "日": " ", "时": ":", "点": ":", "分": ":", "秒": " "})
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})"
    r"(?:[T ] ?(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?P<fraction>\.\d{1,9})?)?)?)?"
    r" ?(?P<zone>[Zz]|[+-]\d\d:?\d\d)?"
)


def clean(text: str) -> str:
    """Text without what nobody sees: unstorable and zero-width characters, `_x000D_`, edge spaces."""
    text = _NEWLINE.sub("\n", text)
    text = _STRAY.sub("", UNSTORABLE.sub("", text)).replace("\xa0", " ")
    return _EDGE.sub("", text)


def text(raw: Raw) -> str:
    """The cell as a person reads it; inner newlines stay, numbers never become 1.38E10."""
    if raw is None:
        return ""
    if isinstance(raw, str):
        return clean(raw)
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, int | float):
        return _digits(raw)
    return _date_text(raw)


def _digits(number: float) -> str:
    """All digits, at most 15 that count, as Excel keeps them."""
    if isinstance(number, int):
        return str(number)
    if not math.isfinite(number):
        return ""
    plain = f"{Decimal(f'{number:.15g}'):f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain


def _date_text(raw: datetime | date | time | timedelta) -> str:
    if isinstance(raw, datetime):
        return raw.strftime("%Y-%m-%d" if raw.time() == time() else "%Y-%m-%d %H:%M:%S")
    return raw.isoformat() if isinstance(raw, date | time) else str(raw)


def code(raw: Raw) -> str:
    """A number that names something (an order, an employee), on one line: it stands in addresses.

    ValueError when a spreadsheet has eaten its digits.
    """
    value = " ".join(text(raw).split())
    if _SCIENTIFIC.fullmatch(value):
        raise ValueError(_("已变成科学计数,位数不全:请把原表的这一列设为文本后重新保存"))
    return value


def phone(raw: Raw) -> str:
    """The number to dial; "" when the cell holds no digit but zeros and no mask: a formula writes 0 for nothing.

    A mobile number loses spaces, hyphens and +86; any other keeps its hyphens and extension.
    A masked number (`*`) stays masked: whoever takes it in must not let it replace a full one (§11).
    """
    value = "".join(unicodedata.normalize("NFKC", code(raw)).split())
    value = re.sub(r"[\u2010-\u2015\u2212]", "-", value)
    if len(value) > LONGEST_PHONE:
        raise ValueError(_("电话太长，最多 %(most)d 个字符") % {"most": LONGEST_PHONE})
    if not re.search(r"[1-9*]", value):
        return ""
    mobile = re.fullmatch(r"(?:\+86|0086|86)?(1\d{10})", re.sub(r"[-().]", "", value))
    return mobile[1] if mobile else value


def whole_number(raw: Raw) -> int | None:
    """An integer, None for an empty cell; ValueError for anything else."""
    value = unicodedata.normalize("NFKC", text(raw))
    if not value:
        return None
    match = re.fullmatch(r"([+-]?\d{1,15})(?:\.0*)?", value)
    if isinstance(raw, bool) or not match:
        raise ValueError(_("“%(value)s”不是整数") % {"value": value[:40]})
    return int(match[1])


def moment(raw: Raw, tz: tzinfo, *, date1904: bool = False) -> datetime | None:
    """An aware time of `tz`, to the second; None for an empty cell.

    Reads dates (midnight), Excel serials, and text that names the year first, by either clock. Day-first
    text is ambiguous and refused. A local time that a clock change skipped moves on to one that exists;
    of one that came twice the first is meant.
    """
    value = _naive_or_aware(raw, date1904=date1904)
    if value is None:
        return None
    value = _to_second(value)
    try:
        value = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=tz).astimezone(UTC)
        value = value.astimezone(tz)
    except OverflowError as error:
        raise _unreadable(raw) from error
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(
            _("年份 %(year)d 不在 %(first)d—%(last)d 之间")
            % {"year": value.year, "first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return value


def _naive_or_aware(raw: Raw, *, date1904: bool) -> datetime | None:
    if isinstance(raw, datetime):
        return raw
    if isinstance(raw, date):
        return datetime.combine(raw, time())
    if isinstance(raw, bool | time | timedelta):
        raise _unreadable(raw)
    value = " ".join(unicodedata.normalize("NFKC", text(raw)).split())
    if not value:
        return None
    if _SERIAL.fullmatch(value):
        return _from_serial(raw if isinstance(raw, float) else float(value), date1904=date1904)
    return _from_text(value)


def _from_serial(serial: float, *, date1904: bool) -> datetime:
    """Excel's days since 1899-12-30, or since 1904-01-01 in workbooks that began on a Macintosh."""
    epoch = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)
    return epoch + timedelta(seconds=round(serial * 86_400))


def _from_text(value: str) -> datetime:
    half = _HALF.search(value)
    whole = _HALF.sub(" ", value, count=1).strip()
    compact = _COMPACT.fullmatch(whole)
    match = _YEAR_FIRST.fullmatch(_without_chinese(whole))
    try:
        if compact and not half:
            return datetime(*(int(part) for part in compact.groups() if part))  # type: ignore[arg-type]
        if match:
            return _from_parts(match.groupdict(), half[1].lower() if half else "")
    except (ValueError, OverflowError):  # 31 February, 25 o'clock
        pass
    raise _unreadable(value)


def _without_chinese(value: str) -> str:
    """2016年3月1日 13时46分 → 2016-3-1 13:46"""
    tight = re.sub(" ?([年月日时点分秒]) ?", r"\1", value)
    return tight.translate(_CHINESE).strip().rstrip(":")


def _from_parts(parts: dict[str, str | None], half: str) -> datetime:
    """Aware if the text names its zone; ValueError when there is no such day or time."""
    numbers = [int(parts[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
    if half:
        if not 1 <= numbers[3] <= 12:
            raise ValueError(half)
        numbers[3] = numbers[3] % 12 + _AFTERNOON[half]
    value = datetime(*numbers) + timedelta(seconds=float(parts["fraction"] or 0))  # type: ignore[arg-type]
    return datetime.fromisoformat(value.isoformat() + (parts["zone"] or "").upper())


def _to_second(value: datetime) -> datetime:
    """The nearest second: Excel keeps times as fractions of a day, a little off."""
    try:
        return (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    except OverflowError as error:
        raise _unreadable(value) from error


def _unreadable(raw: Raw) -> ValueError:
    example = "2016-03-01 13:46"
    return ValueError(
        _("“%(value)s”不是能读懂的时间，请写成 %(example)s 的样子")
        % {"value": text(raw)[:40], "example": example}
    )
