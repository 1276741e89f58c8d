"""One row of an imported table: its cells as values, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, NamedTuple, TypeVar

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo

from satisfaction.sheets import cells
from satisfaction.sheets.tables import RawCell
from workorders.phones import is_dialable, is_masked, written

from .wording import read_channel, read_kind


class Problem(NamedTuple):
    """Why a row is rejected: the field it is about ("" for the whole row), and a sentence."""

    field: str
    message: str


class RowRejected(Exception):
    """A row cannot be taken in, for one reason."""

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
    """The normal form; what nobody can dial stays as it is written."""
    value = cells.parse_phone(raw)
    return written(value) or value


Code64 = Annotated[str, BeforeValidator(cells.parse_code), at_most(64)]
OptionalCode32 = Annotated[str, BeforeValidator(cells.parse_optional_code), at_most(32)]
OptionalCode64 = Annotated[str, BeforeValidator(cells.parse_optional_code), at_most(64)]
Text64 = Annotated[Text, at_most(64)]
Word64 = Annotated[str, BeforeValidator(_word), at_most(64)]
Text100 = Annotated[Text, at_most(100)]
Text200 = Annotated[Text, at_most(200)]
Phone = Annotated[str, BeforeValidator(_phone), at_most(64)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Points = Annotated[int | None, BeforeValidator(cells.parse_whole_number)]


# An order's page stands at its number: what another page has, or a browser shortens, would never be reached.
PAGES = frozenset({"incomplete", "export", "pending"})
PAGES_OF_AN_ORDER = ("/link", "/deadlines", "/discard")


def _addressable(text: str) -> str:
    if not text:
        raise ValueError(_("缺工单号"))
    parts = text.split("/")
    if text in PAGES or text.endswith(PAGES_OF_AN_ORDER) or {"", ".", ".."} & set(parts):
        raise ValueError(_("不能用作工单号:“%(number)s”与网址冲突") % {"number": text})
    return text


class OrderCells(BaseModel):
    """What a row says of an order; blank is "" or None."""

    model_config = ConfigDict(frozen=True)

    number: Annotated[Code64, AfterValidator(_addressable)]
    reported_at: Moment = None
    reporter_name: Text100 = ""
    reporter_phone: Phone = ""
    reporter_location: Text200 = ""
    equipment: Text200 = ""
    fault: Text = ""
    cause: Text = ""
    action: Text = ""
    crew: Word64 = ""
    employee_no: OptionalCode32 = ""
    technician: Word64 = ""
    first_contact_at: Moment = None
    finished_at: Moment = None
    closed_at: Moment = None
    kind: Word64 = ""
    channel: Word64 = ""
    original: OptionalCode64 = ""

    @property
    def dialable_phone(self) -> str:
        return self.reporter_phone if is_dialable(self.reporter_phone) else ""

    def said(self) -> dict[str, str]:
        """What the row says, by field, as it is kept with the order: blank cells and a masked phone say nothing."""
        said = {}
        for field, value in self.__dict__.items():
            if value and field != "number":
                said[field] = stamp(value) if isinstance(value, datetime) else value
        if is_masked(self.reporter_phone):
            said.pop("reporter_phone", None)
        for field, read in (("kind", read_kind), ("channel", read_channel)):
            if field in said:
                said[field] = as_one(*read(said[field]))
        return said


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def as_one(value: str, text: str) -> str:
    """A kind or channel and the text kept with it, as one word to compare."""
    return f"{value}:{text}" if text else value


Cells = TypeVar("Cells", bound=BaseModel)


def read_cells(
    model: type[Cells],
    places: Mapping[str, int],
    row: Sequence[RawCell],
    *,
    tz: tzinfo,
    date1904: bool = False,
) -> Cells | list[Problem]:
    """The row's cells as values of `model`, or everything that is wrong with them.

    `places`: field → index in `row`; columns the file does not have are blank.
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
