"""Parsing raw cells: text, code, phone, time, whole number.

Each function takes a RawCell and raises ValueError with a short reason for the user. An empty cell is "" or
None, never an error.
"""

import math
import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from django.utils.translation import gettext as _

from .tables import INVISIBLE, RawCell, UnreadableCell

FIRST_YEAR, LAST_YEAR = 1970, 2100
MAX_PHONE_LENGTH = 40  # characters

# XML 1.0, and hence a workbook, cannot store these (only tab and newline); lone surrogates are not text.
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Never part of a word: pasted from chat programs and phone books. Joiners (200c, 200d) are part of emoji.
_STRAY = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_NEWLINE = re.compile(r"_x000[dD]_\r?\n|_x000[dD]_|\r\n?")
_EDGE = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")

_SERIAL = re.compile(r"\d{5}(\.\d+)?")
# Java and Python write 13600001234 as 1.3600001234E10 or 13600001234.0; Excel cuts it to 1.36E+10.
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?E(\+?)(\d{1,3})", re.IGNORECASE)
_DECIMAL = re.compile(r"(\d+)\.0+")
_FORMULA_TEXT = re.compile(r'="((?:[^"]|"")*)"', re.DOTALL)
MAX_DIGITS = 15  # a floating point number keeps these
JAVA_EXPONENT, KEPT_DECIMALS = 7, 6  # Java writes exponents from 7 on, and cuts nothing but zeros

# Texts that stand for an empty cell.
PLACEHOLDERS = frozenset(
    r"/ \ - -- --- — —— – . … * 无 暂无 没有 未 空 未联系 未填 未完成 未修复 未关闭 未结束 处理中"
    " n/a na #n/a none null nil nat nan".split()
)

_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:[T ]?(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d))?)?"
)
_COMPACT_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)(?=[T ]\d:)")
_COMPACT_TIME = re.compile(r"(?<=\d)[T ](\d\d)(\d\d)(\d\d)?(?=$| ?[Zz+])")
_WEEKDAY = re.compile(
    r"[(（,]?\s*(?:(?:星期|周|礼拜)([一二三四五六日天])|\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b\.?)\s*[)）,]?",
    re.IGNORECASE,
)
_WEEKDAYS = {
    day: number
    for number, names in enumerate(("一mon", "二tue", "三wed", "四thu", "五fri", "六sat", "日sun"))
    for day in (names[0], names[1:])
} | {"天": 6}
_HALF = re.compile(r" ?([上下]午|[AP]M\b) ?", re.IGNORECASE)
_AFTERNOON = {"上午": 0, "am": 0, "下午": 12, "pm": 12}  # hours to add to the 12-hour clock
_CHINESE = str.maketrans({"年": "-", "月": "-", "日": " ", "时": ":", "点": ":", "分": ":", "秒": " "})
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})"
    r"(?:[T ] ?(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?P<fraction>\.\d{1,9}|:\d{3})?)?)?)?"
    r" ?(?P<zone>[Zz]|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d\d)?)?"
)


def clean_text(text: str) -> str:
    """Removes invisible content: unstorable and zero-width characters, `_x000D_`, spaces at the edges."""
    text = _NEWLINE.sub("\n", text)
    text = _STRAY.sub("", UNSTORABLE.sub("", text)).replace("\xa0", " ")
    return _EDGE.sub("", text)


def parse_text(raw: RawCell) -> str:
    """Returns the cell as a person reads it; inner newlines stay, numbers never become 1.38E10."""
    if raw is None:
        return ""
    if isinstance(raw, str):
        return clean_text(raw)
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, int | float):
        return _digits(raw)
    if isinstance(raw, UnreadableCell):
        raise ValueError(raw.reason)
    return _date_text(raw)


def display_text(raw: RawCell) -> str:
    """Returns the cell for display; an unreadable cell shows its content."""
    return raw.shown if isinstance(raw, UnreadableCell) else parse_text(raw)


def _digits(number: float) -> str:
    """Returns all digits, at most 15 significant ones, as Excel stores them."""
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


def strip_text_prefix(value: str) -> str:
    """Removes what marks a value as text in a spreadsheet: `="…"`, an apostrophe, a backtick."""
    formula = _FORMULA_TEXT.fullmatch(value)
    if formula:
        return formula[1].replace('""', '"').strip()
    if value[:1] in ("'", "`", "‘", "’") and len(value) > 1 and not any(mark in value[1:] for mark in "'`’"):
        return value[1:].strip()
    return value


def is_placeholder(value: str) -> bool:
    """Whether the text is empty or stands for an empty one: `/`, `-`, 无, N/A."""
    return value == "" or unicodedata.normalize("NFKC", value).strip().lower() in PLACEHOLDERS


def restore_digits(value: str) -> str:
    """Restores the digits of a whole number that was written with a decimal point or an exponent.

    Raises ValueError if digits are lost, as in 1.38E+10. Returns any other text unchanged.
    """
    decimal = _DECIMAL.fullmatch(value)
    if decimal:
        return _kept(decimal[1])
    match = _SCIENTIFIC.fullmatch(value)
    if not match:
        return value
    first, decimals, plus, exponent = match[1], match[2] or "", match[3], int(match[4])
    if not plus and (not decimals or exponent < JAVA_EXPONENT):
        return value  # 1E5 may be an order number
    is_exact = len(decimals.rstrip("0")) <= exponent and (
        len(decimals) == exponent or (not plus and len(decimals) >= KEPT_DECIMALS)
    )
    if not is_exact:
        raise _digits_lost()
    return _kept(first + decimals[:exponent].ljust(exponent, "0"))


def _kept(digits: str) -> str:
    if len(digits.lstrip("0")) > MAX_DIGITS:
        raise _digits_lost()
    return digits


def _digits_lost() -> ValueError:
    return ValueError(_("已变成科学计数,位数不全:请把原表的这一列设为文本后重新保存"))


def parse_code(raw: RawCell) -> str:
    """Parses an identifier (order number, employee number) to one line, since it appears in addresses.

    Raises ValueError if a spreadsheet has lost digits.
    """
    return restore_digits(" ".join(strip_text_prefix(parse_text(raw)).split()))


def parse_optional_code(raw: RawCell) -> str:
    """Parses an identifier that may be empty; `/` is empty, and `W001.0` is `W001`."""
    value = parse_code(raw)
    return "" if is_placeholder(value) else re.sub(r"(?<=\d)\.0+$", "", value)


def parse_phone(raw: RawCell) -> str:
    """Returns the text of a phone cell with all digits and line breaks; "" for a placeholder.

    `workorders.phones` parses the text as a phone number.
    """
    value = strip_text_prefix(parse_text(raw))
    if len(value) > MAX_PHONE_LENGTH:
        raise ValueError(_("电话太长，最多 %(most)d 个字符") % {"most": MAX_PHONE_LENGTH})
    value = restore_digits(value)
    # A formula returns 0 for an empty cell.
    return value if re.search(r"[1-9*]", unicodedata.normalize("NFKC", value)) else ""


def parse_whole_number(raw: RawCell) -> int | None:
    """Returns an integer, None for an empty cell. Raises ValueError for anything else."""
    value = unicodedata.normalize("NFKC", parse_text(raw))
    if not value:
        return None
    match = re.fullmatch(r"([+-]?\d{1,15})(?:\.0*)?", value)
    if isinstance(raw, bool) or not match:
        raise ValueError(_("“%(value)s”不是整数") % {"value": value[:40]})
    return int(match[1])


def parse_moment(raw: RawCell, tz: tzinfo, *, date1904: bool = False) -> datetime | None:
    """Returns an aware time of `tz`, to the second; None for an empty cell or a placeholder (`/`, 未联系).

    Accepts dates (midnight), Excel serials, and text with the year first, by the 12- or 24-hour clock. Text
    with the day first is ambiguous and rejected. A local time that a clock change skipped is moved forward;
    of one that occurs twice the first is taken.
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


def _naive_or_aware(raw: RawCell, *, date1904: bool) -> datetime | None:
    if isinstance(raw, datetime):
        return raw
    if isinstance(raw, date):
        return datetime.combine(raw, time())
    if isinstance(raw, bool | time | timedelta):
        raise _unreadable(raw)
    value = " ".join(unicodedata.normalize("NFKC", strip_text_prefix(parse_text(raw))).split())
    if is_placeholder(value):
        return None
    if _SERIAL.fullmatch(value):
        return _from_serial(raw if isinstance(raw, float) else float(value), date1904=date1904)
    return _from_text(value)


def _from_serial(serial: float, *, date1904: bool) -> datetime:
    """Converts Excel's days since 1899-12-30, or since 1904-01-01 in workbooks created on a Macintosh."""
    epoch = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)
    return epoch + timedelta(seconds=round(serial * 86_400))


def _from_text(value: str) -> datetime:
    plain, weekday = _without_weekday(value)
    half = _HALF.search(plain)
    whole = _HALF.sub(" ", plain, count=1).strip()
    whole = _COMPACT_DAY.sub(r"\1-\2-\3", whole)
    compact = _COMPACT.fullmatch(whole)
    match = _YEAR_FIRST.fullmatch(_COMPACT_TIME.sub(_with_colons, _without_chinese(whole)))
    try:
        if compact and not half:
            return _from_parts(compact.groupdict(), "", weekday)
        if match:
            return _from_parts(match.groupdict(), half[1].lower() if half else "", weekday)
    except (ValueError, OverflowError):  # 31 February, 25 o'clock, a wrong day of the week
        pass
    raise _unreadable(value)


def _without_weekday(value: str) -> tuple[str, int | None]:
    """Returns the text without a day of the week, and that day (Monday is 0)."""
    found = _WEEKDAY.search(value)
    if not found:
        return value, None
    rest = " ".join(f"{value[: found.start()]} {value[found.end() :]}".split())
    return rest, _WEEKDAYS[(found[1] or found[2]).lower()]


def _with_colons(time_of_day: re.Match[str]) -> str:
    return " " + ":".join(part for part in time_of_day.groups() if part)


def _without_chinese(value: str) -> str:
    """2016年3月1日 13时46分 → 2016-3-1 13:46"""
    tight = re.sub(" ?([年月日时点分秒]) ?", r"\1", value)
    return tight.translate(_CHINESE).strip().rstrip(":")


def _from_parts(parts: dict[str, str | None], half: str, weekday: int | None) -> datetime:
    """Returns an aware datetime if the text has a zone. Raises ValueError for an invalid day or time."""
    names = ("year", "month", "day", "hour", "minute", "second")
    year, month, day, hour, minute, second = (int(parts[name] or 0) for name in names)
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(half)
        hour = hour % 12 + _AFTERNOON[half]
    is_midnight = (hour, minute, second) == (24, 0, 0)  # the end of the day in ISO 8601
    value = datetime(year, month, day, 0 if is_midnight else hour, minute, second)
    if weekday is not None and value.weekday() != weekday:
        raise ValueError(weekday)
    fraction = (parts.get("fraction") or "0").replace(":", ".")
    value += timedelta(days=is_midnight, seconds=float(fraction))
    return datetime.fromisoformat(value.isoformat() + _offset(parts.get("zone") or ""))


def _offset(zone: str) -> str:
    """Converts `Z`, `+8`, `+08`, `+0800` and `UTC+8` to ISO 8601."""
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?", zone)
    return f"{match[1]}{match[2]:0>2}:{match[3] or '00'}" if match else zone.upper()


def _to_second(value: datetime) -> datetime:
    """Rounds to the nearest second: Excel stores times as fractions of a day, not exactly."""
    try:
        return (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    except OverflowError as error:
        raise _unreadable(value) from error


def _unreadable(raw: RawCell) -> ValueError:
    example = "2016-03-01 13:46"
    return ValueError(
        _("“%(value)s”不是能读懂的时间，请写成 %(example)s 的样子")
        % {"value": parse_text(raw)[:40], "example": example}
    )
