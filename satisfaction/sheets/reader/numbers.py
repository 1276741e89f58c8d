"""Numbers of a spreadsheet: detecting dates and lost digits."""

import math
import re
from decimal import Decimal, InvalidOperation

from .output import ROUNDED, unreadable_cell

KEPT_DIGITS = 15  # a spreadsheet keeps these digits of a typed number; further ones become zeros
LONG_NUMBER = 10**KEPT_DIGITS
EXACT = 2**53  # integers below are exact as floating point numbers
LAST_DAY = 2_958_466  # 10000-01-01: every date is earlier

_BUILT_IN = {
    **dict.fromkeys((*range(14, 18), *range(27, 32), 34, 35, 36, *range(50, 59)), "day"),
    **dict.fromkeys((*range(18, 23), 32, 33, 45, 47), "moment"),
    46: "elapsed",
}
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)


def kind_of_format(number: int, code: str | None) -> str:
    """Returns the kind of a number in this format: "day", "moment", "elapsed", or "" for a number."""
    if code is None:
        return _BUILT_IN.get(number, "")
    letters = _NO_LETTERS.sub("", code.partition(";")[0]).lower()
    if _ELAPSED.search(letters):
        return "elapsed"
    if "general" in letters or not re.search("[dmyhs]", letters):
        return ""
    return "moment" if re.search("[hs]", letters) else "day"


def parse_number(text: str) -> object:
    """Parses a number; returns other texts unchanged."""
    if len(text) <= KEPT_DIGITS and text.isdigit() and text.isascii():
        return int(text)
    try:
        value = float(text)
    except ValueError:
        return text
    if -LONG_NUMBER < value < LONG_NUMBER:
        return value
    return long_number(text.strip()) if math.isfinite(value) else text


def long_number(text: str) -> object:
    """Parses a number of 16 digits or more: exact if the file has all digits, else marked as rounded.

    Spreadsheets replace digits after the 15th by zeros. Programs that write floating point numbers produce
    invented digits from 2**53 on; there a number is exact only if it is not representable as a floating point
    number.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    exponent = number.as_tuple().exponent
    whole = int(number)
    digits = str(abs(whole))
    is_exact = (
        whole == number
        and isinstance(exponent, int)
        and exponent <= 0
        and digits[KEPT_DIGITS:].strip("0") != ""
        and (abs(whole) < EXACT or int(float(whole)) != whole)
    )
    return whole if is_exact else unreadable_cell(ROUNDED, text)


def number_from_float(value: float) -> object:
    """Handles long numbers of a reader that only has the floating point value."""
    if -LONG_NUMBER < value < LONG_NUMBER:
        return value
    return long_number(f"{value:.0f}" if abs(value) < EXACT else repr(value))


def tag_date(value: float, kind: str) -> object:
    """Tags a date, time or duration for `sheets.process`; a number beyond the last date is unchanged."""
    is_date = 0 <= value < LAST_DAY or (kind == "elapsed" and -LAST_DAY < value < 0)
    return {kind: value} if is_date else value
