"""Crews and technicians as an import finds and, if it may, creates them (§11)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from satisfaction.accounts.models import User
from workorders.models import Crew, Technician, WorkOrder
from workorders.spelling import Spelt, same_word

from .rows import OrderCells, RowRejected


class CrewBook:
    """All crews and technicians. What it creates is stored by `save`, and only if a row needs it.

    It is read at the beginning of each transaction (`read`): others may have written in between.
    `new_crews` and `new_technicians` are those created so far, in the order of their rows.
    """

    def __init__(self, *, create: bool) -> None:
        self.create = create
        self.new_crews: list[Crew] = []
        self.new_technicians: list[Technician] = []
        self.read()

    def read(self) -> None:
        own = {technician.employee_no for technician in self.new_technicians}
        self.crews: Spelt[Crew] = Spelt()
        self.technicians: Spelt[Technician] = Spelt()
        self.accounts: Spelt[User] = Spelt()
        self.by_name: dict[str, list[Technician]] = {}
        for crew in Crew.objects.all():
            self.crews.add(crew.name, crew)
        for technician in Technician.objects.all():
            self.technicians.add(technician.employee_no, technician)
            if technician.employee_no not in own:
                self.by_name.setdefault(same_word(technician.name), []).append(technician)
        for account in User.objects.filter(technician__isnull=True).exclude(employee_no=""):
            self.accounts.add(account.employee_no, account)

    def crew(self, name: str) -> Crew:
        if known := self.crews.get(name):
            return known
        if self.create:
            return Crew(name=name)
        raise RowRejected("crew", _("没有工班“%(name)s”,须由系统管理员导入或先建立") % {"name": name})

    def technician(self, cells: OrderCells) -> Technician:
        """By employee number, whose name must agree; by name alone only when exactly one is called so."""
        if not cells.employee_no:
            return self._by_name(cells.technician)
        known = self.technicians.get(cells.employee_no)
        if known is None:
            return self._unknown(cells)
        _refuse_other_name(cells, known)
        return known

    def _by_name(self, name: str) -> Technician:
        """Only technicians known before the import count: which rows stand above makes no difference."""
        called_so = self.by_name.get(same_word(name), [])
        if len(called_so) == 1:
            return called_so[0]
        why = (
            _("有 %(count)d 名维修人叫“%(name)s”,请填写维修人工号")
            if called_so
            else _("没有维修人“%(name)s”,请填写维修人工号")
        )
        raise RowRejected("technician", why % {"count": len(called_so), "name": name})

    def _unknown(self, cells: OrderCells) -> Technician:
        """A new technician; an account with this number is the same person, and its name must agree (§5.6)."""
        number = cells.employee_no
        account = self.accounts.get(number)
        if account:
            _refuse_other_name(cells, account)
        if not self.create:
            raise RowRejected(
                "employee_no",
                _("没有工号为 %(number)s 的维修人,须由系统管理员导入或先登记") % {"number": number},
            )
        name = cells.technician or (account.name if account else "")
        if not name:
            raise RowRejected("employee_no", _("新维修人 %(number)s 缺姓名") % {"number": number})
        return Technician(employee_no=number, name=name, user=account)

    def keep(self, order: WorkOrder) -> None:
        """The row is taken in: crew and technician that it brought will be stored, the technician in that crew."""
        crew, technician = order.crew, order.technician
        if crew and not self.crews.get(crew.name):
            self.crews.add(crew.name, crew)
            self.new_crews.append(crew)
        if technician and not self.technicians.get(technician.employee_no):
            technician.crew = crew
            self.technicians.add(technician.employee_no, technician)
            self.new_technicians.append(technician)

    def save(self, *, by: User | None) -> None:
        """Stores what was kept since the last time; two queries for each kind."""
        for model, kept in ((Crew, self.new_crews), (Technician, self.new_technicians)):
            fresh = [row for row in kept if row.pk is None]
            if fresh:
                bulk_create_with_history(fresh, model, batch_size=500, default_user=by)


def _refuse_other_name(cells: OrderCells, known: Technician | User) -> None:
    """A number belongs to one name."""
    if cells.technician and same_word(cells.technician) != same_word(known.name):
        raise RowRejected(
            "technician",
            _("工号 %(number)s 已登记为“%(known)s”,不是“%(name)s”")
            % {"number": known.employee_no, "known": known.name, "name": cells.technician},
        )
