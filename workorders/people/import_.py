"""Imports people from a file: accounts, roles, crews, crew leads, technicians.

See `import_people` in docs/contract.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from satisfaction.accounts.links import issue_links
from satisfaction.accounts.models import RoleGrant, User
from satisfaction.accounts.people import save_with_history, set_roles
from satisfaction.core.errors import Refused
from satisfaction.core.history import set_change_author
from satisfaction.core.roles import Role
from workorders.enums import LeadKind
from workorders.models import Crew, CrewLead, Technician
from workorders.spelling import same_word, spelt

from .crew_leads import appoint, end_all
from .employee_numbers import keep_number, obstacle_to_number, own_technician, technician_numbered
from .rows import PeopleFile, PersonRow, RowError, RowRejected, check_row

MOST_ERRORS = 1_000
OFFICES = ((Role.FOREMAN, LeadKind.FOREMAN), (Role.DEPUTY, LeadKind.DEPUTY))


class What(TextChoices):
    """The outcome of a row."""

    CREATED = "created", gettext_lazy("新增")
    UPDATED = "updated", gettext_lazy("更新")
    UNCHANGED = "unchanged", gettext_lazy("未变")
    REJECTED = "rejected", gettext_lazy("拒绝")


@dataclass(frozen=True)
class Line:
    row: int | str
    username: str
    name: str
    what: What


@dataclass
class PeopleImport:
    """The outcome of the rows; `document()` has the keys of docs/contract.md."""

    lines: list[Line] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """Roles that a second person must confirm ("name: role"); empty for a command on the server."""

    def count(self, what: What) -> int:
        return sum(line.what == what for line in self.lines)

    def document(self) -> dict[str, Any]:
        counts = {what.value: self.count(what) for what in What}
        return {"rows": len(self.lines), **counts, "errors": [asdict(e) for e in self.errors[:MOST_ERRORS]]}

    @property
    def usernames(self) -> list[str]:
        """The user names of all rows that were not rejected."""
        return [line.username for line in self.lines if line.what != What.REJECTED]


def import_people(file: PeopleFile, *, by: User | None, today: date, dry_run: bool = False) -> PeopleImport:
    """Imports valid rows and reports the others. Importing the same file again changes nothing.

    A blank cell never clears a value; roles in the file replace the previous ones. With `dry_run` nothing is
    stored.
    """
    result, seen = PeopleImport(), Seen()
    with transaction.atomic():
        # Run imports one at a time: two at once would create the same people.
        list(Group.objects.select_for_update(no_key=True).order_by("pk"))
        for number, values in file.rows:
            try:
                with transaction.atomic():
                    file.refuse_unread(number)
                    row = check_row(values)
                    seen.refuse_contradiction(number, row)
                    what = take_in(row, by=by, today=today)
            except RowRejected as rejected:
                what = What.REJECTED
                result.errors.append(file.error(number, values, rejected.field, rejected.message))
            result.lines.append(Line(number, values.get("username", ""), values.get("name", ""), what))
        result.waiting = waiting_roles(result.usernames) if by else []
        transaction.set_rollback(dry_run)
    return result


@dataclass
class Seen:
    """The earlier rows of the file: if rows contradict each other, every import would change data again."""

    people: dict[str, tuple[int | str, PersonRow]] = field(default_factory=dict)
    foremen: dict[str, int | str] = field(default_factory=dict)

    def refuse_contradiction(self, number: int | str, row: PersonRow) -> None:
        first, same = self.people.setdefault(row.username.casefold(), (number, row))
        if same != row:
            raise RowRejected("username", _("第 %(row)s 行已有这个用户名,内容不同。") % {"row": first})
        if row.roles and Role.FOREMAN in row.roles and row.crew and first == number:
            other = self.foremen.setdefault(same_word(row.crew), number)
            if other != number:
                raise RowRejected(
                    "crew", _("第 %(row)s 行已是这个工班的工长,一个工班只有一名工长。") % {"row": other}
                )


def take_in(row: PersonRow, *, by: User | None, today: date) -> What:
    """Stores one person with all values of the row.

    Raises RowRejected; the caller then rolls the row back.
    """
    known = User.objects.named(row.username)
    person = known or create_person(row, by=by)
    if not person.is_active:
        raise RowRejected("username", _("这个账号已停用,请先在系统管理中恢复。"))
    changes = [
        known is not None and update_person(person, row, by=by),
        give_roles(person, row, by=by),
        take_crew(row, by=by),
        take_number(person, row, by=by),
        take_technician(person, row, by=by),
        take_offices(person, row, by=by, today=today),
    ]
    if known is None:
        return What.CREATED
    return What.UPDATED if any(changes) else What.UNCHANGED


def create_person(row: PersonRow, *, by: User | None) -> User:
    """Creates the account without a password: the person sets one by a one-time link."""
    if not row.name:
        raise RowRejected("name", _("新人员需要姓名,请填写。"))
    if row.roles is None:
        raise RowRejected("roles", _("新人员需要角色,请填写。"))
    person = User(username=row.username, name=row.name, phone=row.phone, email=row.email)
    person.set_unusable_password()
    set_change_author(person, by=by, reason=_("导入人员"))
    person.save()
    return person


def update_person(person: User, row: PersonRow, *, by: User | None) -> bool:
    named = {name: getattr(row, name) for name in ("name", "phone", "email")}
    changed = [name for name, value in named.items() if value and value != getattr(person, name)]
    for name in changed:
        setattr(person, name, named[name])
    if changed:
        save_with_history(person, changed, by=by, reason=_("导入人员"))
    return bool(changed)


def give_roles(person: User, row: PersonRow, *, by: User | None) -> bool:
    if row.roles is None or row.roles == person.group_roles():
        return False
    before = person.group_roles()
    try:
        set_roles(person, row.roles, by=by)
    except Refused as refusal:
        raise RowRejected("roles", str(refusal)) from None
    return person.group_roles() != before


def take_crew(row: PersonRow, *, by: User | None) -> bool:
    if not row.crew:
        return False
    crew = crew_of(row)
    if crew is None:
        Crew.objects.create(name=row.crew)
    elif not crew.is_active:
        raise RowRejected("crew", _("这个工班已停用,请先在系统管理中恢复。"))
    return crew is None


def crew_of(row: PersonRow) -> Crew | None:
    return spelt(Crew.objects.all(), "name", row.crew) if row.crew else None


def take_number(person: User, row: PersonRow, *, by: User | None) -> bool:
    """Stores every person's employee number: the technician may come later, with an order (domain §5.6)."""
    if not row.employee_no:
        return False
    if why := obstacle_to_number(person, row.employee_no):
        raise RowRejected("employee_no", why)
    return keep_number(person, row.employee_no, by=by, reason=_("导入人员"))


def take_technician(person: User, row: PersonRow, *, by: User | None) -> bool:
    """Links the technician with the person's number; created for technicians and crew leads if missing."""
    roles = person.group_roles()
    own = own_technician(person)
    if Role.TECHNICIAN in roles and own is None and not person.employee_no:
        raise RowRejected("employee_no", _("维修人需要工号,请填写。"))
    technician = own or technician_numbered(person.employee_no)
    if technician is None:
        if not person.employee_no or not roles & {Role.TECHNICIAN, *dict(OFFICES)}:
            return False
        technician = Technician(employee_no=person.employee_no, name=person.name)
    elif own is None and (why := obstacle_to_number(person, person.employee_no)):
        raise RowRejected("employee_no", why)
    return bind(technician, person, row, by=by)


def bind(technician: Technician, person: User, row: PersonRow, *, by: User | None) -> bool:
    """Sets the technician's account, name and current crew; past orders keep their crew (domain §3)."""
    wanted: dict[str, Any] = {"user": person, "name": person.name}
    if crew := crew_of(row):
        wanted["crew"] = crew
    changed = [name for name, value in wanted.items() if getattr(technician, name) != value]
    if not changed and technician.pk:
        return False
    for name in changed:
        setattr(technician, name, wanted[name])
    set_change_author(technician, by=by)
    technician.save()
    return True


def take_offices(person: User, row: PersonRow, *, by: User | None, today: date) -> bool:
    """Makes the person foreman or deputy of the row's crew; ends the terms of roles the person lost."""
    roles, changed = person.group_roles(), False
    for role, kind in OFFICES:
        if role not in roles:
            changed |= end_all(person, kind=kind, today=today, by=by)
        elif crew := crew_of(row):
            changed |= appoint(crew, person, kind=kind, today=today, by=by)
        elif not CrewLead.objects.not_over(today).filter(person=person, kind=kind).exists():
            raise RowRejected("crew", _("%(role)s需要工班,请填写。") % {"role": kind.label})
    return changed


def waiting_roles(usernames: Iterable[str]) -> list[str]:
    grants = RoleGrant.objects.pending().filter(person__username__in=usernames).select_related("person")
    return [f"{grant.person}: {grant.get_role_display()}" for grant in grants]


def without_password(usernames: Iterable[str]) -> list[User]:
    """Returns the active people among them without a password."""
    people = [User.objects.named(username) for username in dict.fromkeys(usernames)]
    return [
        person
        for person in people
        if person is not None and person.is_active and not person.has_usable_password()
    ]


def links_of(
    usernames: Iterable[str], *, by: User | None, now: datetime, address: str | None = None, site: str = ""
) -> list[tuple[str, str, str]]:
    """Returns (user name, name, one-time link) of people without a password.

    The links are valid for 72 h, and their issue is recorded.
    """
    issued = issue_links(without_password(usernames), by=by, now=now, address=address, site=site)
    return [(person.username, person.name, link) for person, link in issued]
