"""Looks up crews and technicians for an import and plans new ones if allowed (domain §11). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.utils.translation import gettext as _

from workorders.spelling import same_word

from .order_rows import ImportRejection, OrderCells
from .order_state import CrewFacts, OrderState, TechnicianFacts

Indexed = TypeVar("Indexed")


@dataclass(frozen=True)
class RegisteredPeople:
    """All crews and technicians, and the accounts with an employee number but no technician."""

    crews: tuple[CrewFacts, ...] = ()
    technicians: tuple[TechnicianFacts, ...] = ()
    accounts: tuple[TechnicianFacts, ...] = ()


@dataclass
class NewPeople:
    """Crews and technicians to create, in row order, each technician with the initial crew."""

    crews: list[CrewFacts] = field(default_factory=list)
    technicians: list[tuple[TechnicianFacts, CrewFacts | None]] = field(default_factory=list)

    def extend(self, other: NewPeople) -> None:
        self.crews += other.crews
        self.technicians += other.technicians


class SpellingIndex(Generic[Indexed]):
    """Looks up values by exact name, else by the only name with an equivalent spelling."""

    def __init__(self, known: Mapping[str, Indexed]) -> None:
        self.exactly: dict[str, Indexed] = {}
        self.alike: dict[str, list[Indexed]] = {}
        for name, value in known.items():
            self.add(name, value)

    def add(self, name: str, value: Indexed) -> None:
        """The exact `name` must not be in the index yet."""
        self.exactly[name] = value
        self.alike.setdefault(same_word(name), []).append(value)

    def get(self, name: str) -> Indexed | None:
        alike = self.alike.get(same_word(name), [])
        return self.exactly.get(name) or (alike[0] if len(alike) == 1 else None)


class CrewRegistry:
    """The crews and technicians that the rows of one step can refer to.

    `earlier`: added by earlier steps of the same import; stored, except in a preview. `new`: added by this
    step.
    """

    def __init__(self, people: RegisteredPeople, *, earlier: NewPeople, create: bool) -> None:
        self.create = create
        self.new = NewPeople()
        brought = {technician.employee_no: technician for technician, _crew in earlier.technicians}
        self.crews = SpellingIndex({crew.name: crew for crew in (*earlier.crews, *people.crews)})
        self.technicians = SpellingIndex(brought | {one.employee_no: one for one in people.technicians})
        self.accounts = SpellingIndex({one.employee_no: one for one in people.accounts})
        self.by_name: dict[str, list[TechnicianFacts]] = {}
        for technician in people.technicians:
            if technician.employee_no not in brought:
                self.by_name.setdefault(same_word(technician.name), []).append(technician)

    def crew(self, name: str) -> CrewFacts:
        if known := self.crews.get(name):
            return known
        if self.create:
            return CrewFacts(name)
        raise ImportRejection("crew", _("没有工班“%(name)s”,须由系统管理员导入或先建立") % {"name": name})

    def technician(self, cells: OrderCells) -> TechnicianFacts:
        """Finds by employee number, and the name must agree; by name alone only if exactly one matches."""
        if not cells.employee_no:
            return self._by_name(cells.technician)
        known = self.technicians.get(cells.employee_no)
        if known is None:
            return self._unknown(cells)
        _refuse_other_name(cells, known)
        return known

    def _by_name(self, name: str) -> TechnicianFacts:
        """Considers only technicians known before the import, so the row order makes no difference."""
        namesakes = self.by_name.get(same_word(name), [])
        if len(namesakes) == 1:
            return namesakes[0]
        why = (
            _("有 %(count)d 名维修人叫“%(name)s”,请填写维修人工号")
            if namesakes
            else _("没有维修人“%(name)s”,请填写维修人工号")
        )
        raise ImportRejection("technician", why % {"count": len(namesakes), "name": name})

    def _unknown(self, cells: OrderCells) -> TechnicianFacts:
        """Returns a new technician. An account with this number must have the same name (domain §5.6)."""
        number = cells.employee_no
        account = self.accounts.get(number)
        if account:
            _refuse_other_name(cells, account)
        if not self.create:
            raise ImportRejection(
                "employee_no",
                _("没有工号为 %(number)s 的维修人,须由系统管理员导入或先登记") % {"number": number},
            )
        name = cells.technician or (account.name if account else "")
        if not name:
            raise ImportRejection("employee_no", _("新维修人 %(number)s 缺姓名") % {"number": number})
        return TechnicianFacts(number, name, account=account.account if account else None)

    def keep(self, order: OrderState) -> None:
        """Registers the new crew and technician of an accepted row, the technician in that crew."""
        crew, technician = order.crew, order.technician
        if crew and not self.crews.get(crew.name):
            self.crews.add(crew.name, crew)
            self.new.crews.append(crew)
        if technician and not self.technicians.get(technician.employee_no):
            self.technicians.add(technician.employee_no, technician)
            self.new.technicians.append((technician, crew))


def _refuse_other_name(cells: OrderCells, known: TechnicianFacts) -> None:
    """Raises ImportRejection: the number is registered under another name."""
    if cells.technician and same_word(cells.technician) != same_word(known.name):
        raise ImportRejection(
            "technician",
            _("工号 %(number)s 已登记为“%(known)s”,不是“%(name)s”")
            % {"number": known.employee_no, "known": known.name, "name": cells.technician},
        )
