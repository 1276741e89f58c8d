"""Which column of an uploaded table holds which field, however people spell the header."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused

from .cells import clean_text

REASON_COLUMN = "拒绝原因"
"""Header of the reasons in a workbook of rejected rows; passed over when that is uploaded again."""

_REASON_NAMES = {"拒绝原因", "rejectionreason", "reasonforrejection"}


def display_name(names: Sequence[str]) -> str:
    """The spelling to show of those that are read: the first; for English readers the first English one."""
    if (get_language() or "").startswith("en"):
        return next((name for name in names if name.isascii() and "_" not in name), names[0])
    return names[0]


def normalise_header(name: str) -> str:
    """The header without what people vary: case, spaces, line breaks, underscores, width, a final *."""
    name = unicodedata.normalize("NFKC", clean_text(name)).casefold()
    return re.sub(r"[\s_]+", "", name).strip("*:")


def match_headers(
    columns: Sequence[str], spec: Mapping[str, Sequence[str]]
) -> tuple[dict[str, int], list[str]]:
    """Where each field of `spec` (field → accepted names) stands in `columns`.

    Gives (field → index from 0, headers that belong to no field, in their order); fields that are absent
    are not in the mapping. Raises Refused when two columns are the same field: nobody can tell which one
    is meant.
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
    """The column that `write_rejected` put in front."""
    return normalise_header(column) in _REASON_NAMES


def _twice(first: str, second: str) -> Refused:
    return Refused(
        _("表头里“%(first)s”和“%(second)s”是同一列，请删去其中一列再上传。")
        % {"first": first, "second": second}
    )
