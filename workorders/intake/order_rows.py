"""Reads one row of an imported table: cell values, kind and channel words, problems (domain §11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Annotated, Any, NamedTuple, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo

from satisfaction.calendars import days
from satisfaction.sheets import cells
from satisfaction.sheets.tables import RawCell
from workorders.enums import Channel, Kind
from workorders.phones import is_dialable, is_masked, written
from workorders.spelling import same_word

from .columns import speaks_english

# The first two words (Chinese, English) are written; all words are read, including the code itself.
KIND_WORDS: dict[str, tuple[str, ...]] = {
    Kind.FAULT: ("故障", "Fault"),
    Kind.REQUEST: ("请求", "Request"),
    Kind.DUPLICATE: ("重复登记", "Duplicate registration", "duplicate"),
    Kind.OTHER: ("其他", "Other", "其它"),
}
CHANNEL_WORDS: dict[str, tuple[str, ...]] = {
    Channel.HOTLINE: ("统一报修电话", "Central repair phone", "hotline"),
    Channel.OTHER: ("其他", "Other", "其它"),
}
_KINDS = {same_word(word): kind for kind, words in KIND_WORDS.items() for word in words}
_CHANNELS = {same_word(word): channel for channel, words in CHANNEL_WORDS.items() for word in words}

MOMENTS = ("reported_at", "first_contact_at", "finished_at", "closed_at")

# An order number is part of the URL of its page. A number that is also another page's path, or that a browser
# would normalise, could never be reached.
PAGES = frozenset({"incomplete", "export", "pending"})
PAGES_OF_AN_ORDER = ("/link", "/deadlines", "/discard")

RowPlace = tuple[str, int]
"""Sheet ("" if only one was read) and row number as in Excel."""


class Problem(NamedTuple):
    """Why a row is rejected: the field ("" for the whole row) and a message."""

    field: str
    message: str


class ImportRejection(Exception):
    """A row cannot be imported; `problem` says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(field, message)


def at_most(length: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) > length:
            raise ValueError(_("太长,最多 %(most)d 个字符") % {"most": length})
        return text

    return AfterValidator(check)


def _moment(raw: RawCell, info: ValidationInfo) -> datetime | None:
    assert info.context
    return cells.parse_moment(raw, info.context["tz"], date1904=info.context["date1904"])


Text = Annotated[str, BeforeValidator(cells.parse_text)]


def _word(raw: RawCell) -> str:
    value = cells.strip_text_prefix(cells.parse_text(raw))
    return "" if cells.is_placeholder(value) else value


def _phone(raw: RawCell) -> str:
    """Returns the normal form; a number that cannot be dialled stays as written."""
    value = cells.parse_phone(raw)
    return written(value) or value


Code64 = Annotated[str, BeforeValidator(cells.parse_code), at_most(64)]
OptionalCode32 = Annotated[str, BeforeValidator(cells.parse_optional_code), at_most(32)]
OptionalCode64 = Annotated[str, BeforeValidator(cells.parse_optional_code), at_most(64)]
Text64 = Annotated[Text, at_most(64)]
Word64 = Annotated[str, BeforeValidator(_word), at_most(64)]
Text100 = Annotated[Text, at_most(100)]
Text200 = Annotated[Text, at_most(200)]
PhoneCell = Annotated[str, BeforeValidator(_phone), at_most(64)]
Timestamp = Annotated[datetime | None, BeforeValidator(_moment)]
Points = Annotated[int | None, BeforeValidator(cells.parse_whole_number)]


def _addressable(text: str) -> str:
    if not text:
        raise ValueError(_("缺工单号"))
    parts = text.split("/")
    if text in PAGES or text.endswith(PAGES_OF_AN_ORDER) or {"", ".", ".."} & set(parts):
        raise ValueError(_("不能用作工单号:“%(number)s”与网址冲突") % {"number": text})
    return text


class OrderCells(BaseModel):
    """The cells of one order; blank is "" or None."""

    model_config = ConfigDict(frozen=True)

    number: Annotated[Code64, AfterValidator(_addressable)]
    reported_at: Timestamp = None
    reporter_name: Text100 = ""
    reporter_phone: PhoneCell = ""
    reporter_location: Text200 = ""
    equipment: Text200 = ""
    fault: Text = ""
    cause: Text = ""
    action: Text = ""
    crew: Word64 = ""
    employee_no: OptionalCode32 = ""
    technician: Word64 = ""
    first_contact_at: Timestamp = None
    finished_at: Timestamp = None
    closed_at: Timestamp = None
    kind: Word64 = ""
    channel: Word64 = ""
    original: OptionalCode64 = ""

    def imported_values(self) -> dict[str, str]:
        """Returns the filled cells by field, as stored with the order; a masked phone counts as blank."""
        values = {}
        for field, value in self.__dict__.items():
            if value and field != "number":
                values[field] = iso_text(value) if isinstance(value, datetime) else value
        if is_masked(self.reporter_phone):
            values.pop("reporter_phone", None)
        for field, read in (("kind", read_kind), ("channel", read_channel)):
            if field in values:
                values[field] = as_one(*read(values[field]))
        return values


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order of a file: its place, cells and `values` (`OrderCells.imported_values`).

    `closed_on`: the local day of `cells.closed_at`. `phone`: the reporter's phone if dialable, else "".
    """

    place: RowPlace
    number: str
    cells: OrderCells
    values: Mapping[str, str]
    closed_on: date | None
    phone: str

    @classmethod
    def of(cls, cells: OrderCells, *, row: int, sheet: str = "") -> OrderRow:
        closed_on = days.local_day(cells.closed_at) if cells.closed_at else None
        phone = cells.reporter_phone if is_dialable(cells.reporter_phone) else ""
        return cls((sheet, row), cells.number, cells, cells.imported_values(), closed_on, phone)


def row_of_values(number: str, values: Mapping[str, str]) -> OrderRow:
    """Rebuilds the row from the `values` that were stored from an earlier file."""
    given: dict[str, object] = dict(values)
    for field in MOMENTS:
        if field in values:
            given[field] = datetime.fromisoformat(values[field])
    for field, write in (("kind", write_kind), ("channel", write_channel)):
        if field in values:
            given[field] = write(*from_one(values[field]))
    return OrderRow.of(OrderCells.model_construct(number=number, **given), row=1)  # type: ignore[arg-type]


def iso_text(moment: datetime) -> str:
    """Returns the time in UTC as `imported_values` holds it."""
    return moment.astimezone(UTC).isoformat()


def as_one(value: str, text: str) -> str:
    """Joins a kind or channel and its stored text into one comparable word."""
    return f"{value}:{text}" if text else value


def from_one(word: str) -> tuple[str, str]:
    """Splits a word from `as_one` into (kind or channel, stored text)."""
    value, _colon, text = word.partition(":")
    return value, text


def display_value(field: str, value: str) -> str:
    """Formats one of the `imported_values` for display."""
    if not value:
        return _("空")
    if field in MOMENTS:
        return timezone.localtime(datetime.fromisoformat(value)).strftime("%Y-%m-%d %H:%M:%S")
    if field == "kind":
        return write_kind(*from_one(value))
    return write_channel(*from_one(value)) if field == "channel" else value


def read_kind(word: str) -> tuple[str, str]:
    """Returns (kind, text to store): blank stays blank; an unknown word becomes *other* and is stored."""
    return _read(word, _KINDS, Kind.OTHER)


def read_channel(word: str) -> tuple[str, str]:
    return _read(word, _CHANNELS, Channel.OTHER)


def _read(word: str, known: dict[str, str], other: str) -> tuple[str, str]:
    if not word:
        return "", ""
    value = known.get(same_word(word))
    return (value, "") if value else (other, word)


def write_kind(kind: str, text: str) -> str:
    """Returns the word that `read_kind` turns back into (kind, text)."""
    return text if kind == Kind.OTHER and text else _written(kind, KIND_WORDS)


def write_channel(channel: str, text: str) -> str:
    return text if channel == Channel.OTHER and text else _written(channel, CHANNEL_WORDS)


def _written(value: str, words: Mapping[str, tuple[str, ...]]) -> str:
    return words[value][speaks_english()] if value else ""


CellModel = TypeVar("CellModel", bound=BaseModel)


def read_cells(
    model: type[CellModel],
    places: Mapping[str, int],
    row: Sequence[RawCell],
    *,
    tz: tzinfo,
    date1904: bool = False,
) -> CellModel | list[Problem]:
    """Returns the row's cells as an instance of `model`, or all problems found in them.

    `places`: field → index in `row`; columns missing from the file are blank.
    """
    given: dict[str, Any] = {
        field: row[index] for field, index in places.items() if field in model.model_fields
    }
    if "number" in model.model_fields:
        given.setdefault("number", "")
    try:
        return model.model_validate(given, context={"tz": tz, "date1904": date1904})
    except ValidationError as error:
        return [
            Problem(str(fault["loc"][0]), str(fault.get("ctx", {}).get("error", fault["msg"])))
            for fault in error.errors(include_url=False, include_input=False)
        ]
