"""Compares names and numbers regardless of spaces (including ideographic ones), width and case."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TypeVar

from django.db.models import F, Func, Model, QuerySet, Value
from django.db.models.functions import Lower, Replace

Named = TypeVar("Named", bound=Model)
SPACES = (" ", "\u3000")


@lru_cache(maxsize=4_096)
def same_word(word: str) -> str:
    """Returns a key that is equal for all spellings of a word or name: spaces, width and case are ignored."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", word)).casefold()


def same_word_of(field: str) -> Func:
    """`same_word` as a database expression: no spaces, lower case; width is not normalised."""
    found: Func | F = F(field)
    for space in (*SPACES, "_"):
        found = Replace(found, Value(space), Value(""))
    return Lower(found)


def spelt(rows: QuerySet[Named], field: str, name: str) -> Named | None:
    """Returns the row with exactly this `field` value, else the only one with an equivalent spelling."""
    if exactly := rows.filter(**{field: name}).first():
        return exactly
    alike = [row for row in rows if same_word(getattr(row, field)) == same_word(name)]
    return alike[0] if len(alike) == 1 else None
