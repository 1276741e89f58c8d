"""Phone numbers as people write them, as a key to compare, and masked for those who need not dial."""

from __future__ import annotations

import re
import unicodedata

EXTENSION = re.compile(r"(转|轉|ext\.?|x|#|分机)", re.IGNORECASE)


def phone_key(phone: str) -> str:
    """Digits that make two spellings of one number equal: no spaces, dashes or +86; the extension after `#`."""
    plain = unicodedata.normalize("NFKC", phone or "")
    main, *extension = EXTENSION.split(plain, maxsplit=1)
    digits = re.sub(r"\D", "", main)
    digits = re.sub(r"^(00)?86(?=1\d{10}$|0\d{9,11}$)", "", digits)
    tail = re.sub(r"\D", "", extension[-1]) if extension else ""
    return f"{digits}#{tail}" if tail else digits


def is_masked(phone: str) -> bool:
    return "*" in unicodedata.normalize("NFKC", phone or "")


def is_dialable(phone: str) -> bool:
    return len(phone_key(phone).partition("#")[0]) >= 3 and not is_masked(phone)


def masked(phone: str) -> str:
    """138****1234; short numbers keep their last two figures only."""
    digits = phone_key(phone).partition("#")[0]
    if not digits:
        return ""
    if len(digits) >= 11:
        return f"{digits[:3]}****{digits[-4:]}"
    if len(digits) >= 7:
        return f"{digits[:2]}****{digits[-2:]}"
    return "****"
