"""Columns and cells of the people file (docs/contract.md, import_people)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as made
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.accounts.people import caller_group_of, with_implied
from satisfaction.core.errors import Refused
from satisfaction.core.roles import Role
from satisfaction.sheets import cells
from satisfaction.sheets.headers import display_name, match_headers, normalise_header
from satisfaction.sheets.reading import read_table
from satisfaction.sheets.tables import RawCell, UnreadableCell
from workorders.models import Crew, Technician
from workorders.phones import written

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "username": ("用户名", "username", "账号", "登录名", "user name"),
    "name": ("姓名", "name", "full name"),
    "roles": ("角色", "roles", "role"),
    "crew": ("工班", "crew", "所属工班"),
    "employee_no": ("工号", "employee_no", "维修人工号", "employee no", "employee number"),
    "phone": ("电话", "phone", "手机"),
    "email": ("邮箱", "email", "电子邮箱", "e-mail"),
}
MODEL_FIELDS: Mapping[str, Any] = {
    **{name: User._meta.get_field(name) for name in ("username", "name", "phone", "email")},
    "crew": Crew._meta.get_field("name"),
    "employee_no": Technician._meta.get_field("employee_no"),
}
ROLE_WORDS: Mapping[Role, tuple[str, ...]] = {
    Role.TECHNICIAN: ("维修人", "维修人员", "维修员", "技术员", "technician"),
    Role.FOREMAN: ("工长", "工班长", "foreman"),
    Role.DEPUTY: ("副工长", "副工班长", "deputy", "deputy foreman"),
    Role.DISPATCHER: ("调度", "调度员", "dispatcher"),
    Role.LEAD: ("调度长", "lead", "lead dispatcher"),
    Role.MANAGER: ("管理人员", "维修工程师", "manager"),
    Role.HEAD: ("科室负责人", "分管领导", "专业分管领导", "head"),
    Role.ADMIN: ("系统管理员", "管理员", "admin", "administrator"),
}
ROLES = {normalise_header(word): role for role, words in ROLE_WORDS.items() for word in words}
SEPARATORS = re.compile(r"[,，、;；/|\n]+")


@dataclass(frozen=True)
class RowError:
    """Why a row was rejected: Excel's row number, the file's column name, and the cell value."""

    row: int | str
    column: str
    value: str
    message: str


class RowRejected(Exception):
    """One row of the file cannot be imported; the others are not affected."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True)
class PeopleFile:
    """`headers`: field → column name in the file; `rows`: (row, field → text). Serialisable as JSON.

    A row is identified by its number, and by its sheet if several were read. `unread`: row as text → (field,
    reason) of a cell without a value, such as an error or a formula without a result.
    """

    headers: dict[str, str]
    rows: list[tuple[int | str, dict[str, str]]]
    unknown_columns: list[str]
    unread: dict[str, tuple[str, str]] = made(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PeopleFile:
        rows = [(number, dict(values)) for number, values in data["rows"]]
        return cls(data["headers"], rows, data["unknown_columns"], data["unread"])

    def refuse_unread(self, number: int | str) -> None:
        """Raises RowRejected: a cell of the row could not be read."""
        if f"{number}" in self.unread:
            raise RowRejected(*self.unread[f"{number}"])

    def error(self, number: int | str, values: Mapping[str, str], field: str, message: str) -> RowError:
        return RowError(
            number, self.headers.get(field, display_name(COLUMNS[field])), values.get(field, ""), message
        )


def read_people(source: str | Path | bytes, *, filename: str) -> PeopleFile:
    """Reads `.xlsx` or `.csv`. Raises Refused: the file cannot be read or has no user name column."""
    table = read_table(source, filename=filename, header_key=COLUMNS["username"], names=COLUMNS)
    found, unknown = match_headers(table.columns, COLUMNS)
    rows = [
        (row.label, {field: cell_text(field, row.cells[index]) for field, index in found.items()})
        for row in table.rows
    ]
    unread = {
        f"{row.label}": (field, cell.reason)
        for row in table.rows
        for field, index in found.items()
        if isinstance(cell := row.cells[index], UnreadableCell)
    }
    return PeopleFile({field: table.columns[index] for field, index in found.items()}, rows, unknown, unread)


def cell_text(field: str, raw: RawCell) -> str:
    """Returns the cell's text; a user name is normalised as at sign-in.

    An invalid phone is returned unchanged and rejected with its row.
    """
    if field == "username":
        return User.normalize_username(cells.display_text(raw))
    if field != "phone":
        return cells.display_text(raw)
    try:
        phone = cells.parse_phone(raw)
        return written(phone) or phone
    except ValueError:
        return cells.display_text(raw)


@dataclass(frozen=True)
class PersonRow:
    """One checked row; "" and None (roles) mean no value and no change."""

    username: str
    name: str = ""
    roles: frozenset[Role] | None = None
    crew: str = ""
    employee_no: str = ""
    phone: str = ""
    email: str = ""


def check_row(values: Mapping[str, str]) -> PersonRow:
    """Returns the checked row. Raises RowRejected with the first invalid field."""
    if not values.get("username"):
        raise RowRejected("username", _("没有用户名,请填写。"))
    for field, model_field in MODEL_FIELDS.items():
        if values.get(field):
            check_value(field, model_field, values[field])
    plain = {field: text for field, text in values.items() if field != "roles"}
    return PersonRow(**plain, roles=read_roles(values.get("roles", "")))


def check_value(field: str, model_field: Any, value: str) -> None:
    try:
        model_field.clean(value, None)
    except ValidationError as error:
        raise RowRejected(field, " ".join(error.messages)) from None


def read_roles(text: str) -> frozenset[Role] | None:
    """Returns the roles and the roles they imply; None for an empty cell.

    Raises RowRejected: unknown or conflicting roles.
    """
    words = [word.strip() for word in SEPARATORS.split(text) if word.strip()]
    unknown = [word for word in words if normalise_header(word) not in ROLES]
    if unknown:
        known = _("、").join(display_name(words) for words in ROLE_WORDS.values())
        raise RowRejected(
            "roles", _("不认识角色“%(word)s”,可用:%(known)s。") % {"word": unknown[0], "known": known}
        )
    roles = with_implied(ROLES[normalise_header(word)] for word in words)
    try:
        caller_group_of(roles)
    except Refused as refusal:
        raise RowRejected("roles", str(refusal)) from None
    return roles or None
