"""Names and numbers as people spell them, as a key to compare: spaces (the ideographic too), width and case aside."""

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
    """A key under which two spellings of one word or name are equal: no spaces, width or case."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", word)).casefold()


def same_word_of(field: str) -> Func:
    """`same_word` as the database knows it: without spaces, in lower case; width stays."""
    found: Func | F = F(field)
    for space in (*SPACES, "_"):
        found = Replace(found, Value(space), Value(""))
    return Lower(found)


def spelt(rows: QuerySet[Named], field: str, name: str) -> Named | None:
    """The row whose `field` is written so, else the only one that is spelt alike."""
    if exactly := rows.filter(**{field: name}).first():
        return exactly
    alike = [row for row in rows if same_word(getattr(row, field)) == same_word(name)]
    return alike[0] if len(alike) == 1 else None
