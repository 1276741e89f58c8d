"""Matching the columns of an uploaded table with fields, for all accepted spellings."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused

from .cells import clean_text

REASON_COLUMN = "拒绝原因"
"""Header of the reasons in a workbook of rejected rows; ignored when that is uploaded again."""

_REASON_NAMES = {"拒绝原因", "rejectionreason", "reasonforrejection"}


def display_name(names: Sequence[str]) -> str:
    """Returns the spelling to display: the first name; in English the first English one."""
    if (get_language() or "").startswith("en"):
        return next((name for name in names if name.isascii() and "_" not in name), names[0])
    return names[0]


@lru_cache(maxsize=1_024)
def normalise_header(name: str) -> str:
    """Removes differences of case, spaces, line breaks, underscores, character width and a final *."""
    name = unicodedata.normalize("NFKC", clean_text(name)).casefold()
    return re.sub(r"[\s_]+", "", name).strip("*:")


def match_headers(
    columns: Sequence[str], spec: Mapping[str, Sequence[str]]
) -> tuple[dict[str, int], list[str]]:
    """Finds the fields of `spec` (field → accepted names) in `columns`.

    Returns (field → index from 0, headers without field, in order); missing fields are not in the mapping.
    Raises Refused if two columns match the same field.
    """
    fields = {normalise_header(name): field for field, names in spec.items() for name in names}
    found: dict[str, int] = {}
    unknown = []
    for index, column in enumerate(columns):
        field = fields.get(normalise_header(column))
        if field is None:
            if column and not is_reason_column(column):
                unknown.append(column)
        elif field in found:
            raise _twice(columns[found[field]], column)
        else:
            found[field] = index
    return found, unknown


def is_reason_column(column: str) -> bool:
    """Whether this is the column that `write_rejected_rows` adds."""
    return normalise_header(column) in _REASON_NAMES


def _twice(first: str, second: str) -> Refused:
    return Refused(
        _("表头里“%(first)s”和“%(second)s”是同一列，请删去其中一列再上传。")
        % {"first": first, "second": second}
    )
