"""Reads phone numbers in any notation into one normal form (domain §3, §6, §11).

The normal form is stored, dialled, masked and compared. Several numbers are joined by `/`; the first one is
dialled, the others are offered. An extension follows `转`. A foreign number keeps its `+`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from satisfaction.core.encryption import keyed_hash
from satisfaction.sheets.cells import restore_digits

SEPARATOR = "/"
EXTENSION_MARK = "转"
MOST = 3  # numbers
SHORTEST, LONGEST, LONGEST_EXTENSION = 3, 15, 6  # digits

_DASHES = re.compile("[\u2010-\u2015\u2212\uff0d\u30fc~_]")
_EXTENSION = re.compile(r"(?:转|轉|分机|分機|内线|內線|ext(?:ension)?\.?|[x#,]|;ext=)[\s:.]*", re.IGNORECASE)
_COUNTRY = re.compile(r"(?:\+|00)\s*86(?!\d{0,2}$)|86(?=1[3-9]\d{9}$|0\d{9,11}$|(?:10|2\d)[2-9]\d{7}$)")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0(?:10|2\d)[2-9]\d{7}|0[3-9]\d{2}[2-9]\d{6,7}")
_LOCAL = re.compile(r"[2-9]\d{6,7}")
_SERVICE = re.compile(r"[48]00\d{7}")
_WITHOUT_TRUNK_ZERO = re.compile(r"(?:10|2\d)[2-9]\d{7}|[3-9]\d{2}[2-9]\d{6,7}")
_LOST_ZERO = re.compile(r"(?:10|2\d)[2-9]\d{7}")  # a spreadsheet stored the landline as a number
_BROKEN_MOBILE = re.compile(r"1[3-9]\d{7,8}|1[3-9]\d{10,}")  # a digit or two too few, or too many
_WORDS = re.compile(r"[^\d+\s().-]+")


@dataclass(frozen=True)
class Phone:
    """One number: `number` is digits with or without a leading `+`, `extension` digits or empty."""

    number: str
    extension: str = ""

    def __str__(self) -> str:
        return f"{self.number}{EXTENSION_MARK}{self.extension}" if self.extension else self.number

    @property
    def dial(self) -> str:
        """For a `tel:` link: the extension is dialled after a pause."""
        return f"{self.number},{self.extension}" if self.extension else self.number

    @property
    def masked(self) -> str:
        """138****1234; with fewer than 11 digits, the first and last two; with fewer than 7, none."""
        digits = self.number.lstrip("+")
        if len(digits) >= 11:
            return f"{digits[:3]}****{digits[-4:]}"
        return f"{digits[:2]}****{digits[-2:]}" if len(digits) >= 7 else "****"


def phones(text: str) -> tuple[Phone, ...]:
    """Returns the dialable numbers in `text`, at most three, in order and without duplicates."""
    plain = _plain(text)
    if not plain or "*" in plain:
        return ()
    found: list[Phone] = []
    for part in re.split(r"[/、;|\n]|(?:或|和|及|以及)", re.sub(r";ext=", "转", plain, flags=re.IGNORECASE)):
        found += _numbers(part.strip(), after=found[-1] if found else None)
    return tuple(dict.fromkeys(phone for phone in found if _is_dialable(phone)))[:MOST]


def written(text: str) -> str:
    """Returns the normal form; a masked text without its spaces; "" if no number can be dialled."""
    if is_masked(text):
        return "".join(_plain(text).split())
    return SEPARATOR.join(map(str, phones(text)))


def dials(text: str) -> list[str]:
    return [phone.dial for phone in phones(text)]


def phone_key(text: str) -> str:
    """Returns the key of the first number, "" if there is none. Keys are stored to find equal numbers."""
    return phone_keys(text)[0]


def phone_keys(text: str) -> tuple[str, str]:
    """Returns the keys of the first and second number, "" for none. Keyed hashes do not reveal the number."""
    first, second, *_more = *(keyed_hash(str(phone)) for phone in phones(text)), "", ""
    return first, second


def with_phone(keys: Iterable[str], order: str = "") -> Q:
    """Filters orders with one of the numbers; `order` is the path to the order, such as `order__`."""
    wanted = sorted({key for key in keys if key})
    return Q(**{f"{order}reporter_phone_key__in": wanted}) | Q(**{f"{order}reporter_other_key__in": wanted})


def is_masked(text: str) -> bool:
    return "*" in unicodedata.normalize("NFKC", text or "")


def is_dialable(text: str) -> bool:
    return bool(phones(text))


def masked(text: str) -> str:
    """Returns the text with every number masked. Digits that cannot be dialled are hidden completely."""
    if is_masked(text):
        return written(text)
    found = phones(text)
    if found:
        return SEPARATOR.join(phone.masked for phone in found)
    return "****" if re.search(r"\d", _plain(text)) else ""


def _plain(text: str) -> str:
    """Returns half-width text with one kind of dash and restored digits of numbers written by a program."""
    plain = unicodedata.normalize("NFKC", text or "").strip()
    try:
        plain = restore_digits(plain)
    except ValueError:  # digits are lost
        return ""
    return _DASHES.sub("-", re.sub(r"[\r\n]+", "\n", plain)).strip()


def _numbers(part: str, after: Phone | None) -> list[Phone]:
    """Returns the numbers between two separators: usually one, or several divided by spaces or words."""
    main, *rest = _EXTENSION.split(part)
    if not re.search(r"\d", main) and rest:  # "分机 8001"
        main, rest = rest[0], rest[1:]
    found = _of_groups(main, after)
    for tail in rest:
        digits = re.sub(r"\D", "", tail)
        if len(digits) > LONGEST_EXTENSION or not found:
            found += _of_groups(tail, None)
        elif digits:
            found[-1] = Phone(found[-1].number, found[-1].extension or digits)
    return found


def _of_groups(text: str, after: Phone | None) -> list[Phone]:
    """Returns the numbers in a text of digits, spaces, hyphens, brackets and words.

    Words separate numbers.
    """
    found: list[Phone] = []
    for piece in _WORDS.split(text):
        digits = re.sub(r"[^\d+]", "", piece)
        if not digits.strip("+"):
            continue
        if after and not found and len(digits) < SHORTEST:
            found.append(Phone(after.number[: -len(digits)] + digits))  # 88881234/35
        else:
            found += _split(piece, digits)
    return found


def _split(piece: str, digits: str) -> list[Phone]:
    whole = _national(digits)
    if whole.startswith("+") or _is_whole(whole):
        return [Phone(whole)]
    groups = re.findall(r"\+?\d+", piece)
    for end in range(1, len(groups)):
        head, tail = _national("".join(groups[:end])), "".join(groups[end:])
        if not _is_whole(head):
            continue
        if len(tail) <= LONGEST_EXTENSION:
            return [Phone(head, tail)]
        return [Phone(head), *_split(" ".join(groups[end:]), tail)]
    return [Phone(whole)]


def _national(digits: str) -> str:
    """Removes China's country code and a trunk zero before a mobile; other countries keep `+` and code."""
    rest = _COUNTRY.sub("", digits, count=1) if _COUNTRY.match(digits) else digits
    if rest != digits:
        return f"0{rest}" if _WITHOUT_TRUNK_ZERO.fullmatch(rest) and not _MOBILE.fullmatch(rest) else rest
    if digits.startswith("+"):
        return "+" + digits.replace("+", "")
    if digits.startswith("00") and len(digits) >= 10:
        return "+" + digits[2:]
    digits = digits.replace("+", "")
    if _LOST_ZERO.fullmatch(digits):
        return f"0{digits}"
    return digits[1:] if re.fullmatch(r"01[3-9]\d{9}", digits) else digits


def _is_whole(digits: str) -> bool:
    """Whether the digits are a complete number of a known format."""
    return any(shape.fullmatch(digits) for shape in (_MOBILE, _LANDLINE, _LOCAL, _SERVICE))


def _is_dialable(phone: Phone) -> bool:
    digits = phone.number.lstrip("+")
    is_long_enough = (7 if phone.number.startswith("+") else SHORTEST) <= len(digits) <= LONGEST
    return is_long_enough and bool(digits.strip("0")) and not _BROKEN_MOBILE.fullmatch(phone.number)
