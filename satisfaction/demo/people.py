"""The demonstration's people: 6 crews, 30 technicians, 4 dispatchers, 3 managers, an admin."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.accounts.people import set_roles
from satisfaction.core.roles import Role
from workorders.enums import LeadKind
from workorders.models import Crew, CrewLead, Technician

PASSWORD = "xiuwan-2026"
CREWS = "甲乙丙丁戊己"
CREW_SIZE = 5
"""Technicians in a crew."""
CALLERS = (
    ("lead", "调度长", Role.LEAD),
    ("dispatcher1", "调度一", Role.DISPATCHER),
    ("dispatcher2", "调度二", Role.DISPATCHER),
    ("dispatcher3", "调度三", Role.DISPATCHER),
    ("head", "科室负责人", Role.HEAD),
    ("manager1", "管理人员一", Role.MANAGER),
    ("manager2", "管理人员二", Role.MANAGER),
)
REPAIRING_FOREMAN = "foreman6"
"""This foreman repairs too; the deputy rates those orders."""


@dataclass
class DemoPeople:
    """People by user name, crews by name, technicians by employee number, leads by crew id."""

    people: dict[str, User] = field(default_factory=dict)
    crews: list[Crew] = field(default_factory=list)
    technicians: dict[str, Technician] = field(default_factory=dict)
    foremen: dict[int, User] = field(default_factory=dict)
    deputies: dict[int, User] = field(default_factory=dict)

    def __getitem__(self, username: str) -> User:
        return self.people[username]

    @property
    def learning(self) -> Crew:
        """The crew that the first improvement project improves."""
        return self.crews[1]

    def of_crew(self, crew: Crew) -> list[Technician]:
        return [one for one in self.technicians.values() if one.crew_id == crew.pk]


def make_people(*, since: date) -> DemoPeople:
    """Creates the people; the leads of each crew begin on `since`."""
    maker = _Maker(DemoPeople(), make_password(PASSWORD), since)
    maker.person("admin", "系统管理员", Role.ADMIN)
    for username, name, role in CALLERS:
        maker.person(username, name, role)
    for n, letter in enumerate(CREWS, start=1):
        maker.crew(n, letter)
    return maker.cast


@dataclass
class _Maker:
    cast: DemoPeople
    password: str
    since: date

    def person(self, username: str, name: str, *roles: str) -> User:
        person = User(username=username, name=name, password=self.password, is_demonstration=True)
        person.save()
        self.cast.people[username] = person = set_roles(person, roles, by=None)
        return person

    def crew(self, n: int, letter: str) -> None:
        crew = Crew.objects.create(name=f"工班{letter}")
        self.cast.crews.append(crew)
        foreman = self.person(f"foreman{n}", f"工长{letter}", Role.FOREMAN)
        deputy = self.person(f"deputy{n}", f"副工长{letter}", Role.DEPUTY)
        self.cast.foremen[crew.pk], self.cast.deputies[crew.pk] = foreman, deputy
        for person, kind in ((foreman, LeadKind.FOREMAN), (deputy, LeadKind.DEPUTY)):
            CrewLead.objects.create(crew=crew, person=person, kind=kind, from_on=self.since)
        for place in range(1, CREW_SIZE + 1):
            self.technician(crew, (n - 1) * CREW_SIZE + place, has_account=place == 1)

    def technician(self, crew: Crew, n: int, *, has_account: bool) -> None:
        """Creates a technician. The first of each crew has an account; the last of all is a foreman."""
        number, name, user = f"W{n:03d}", f"维修人{n:02d}", None
        if has_account:
            user = self.person(number.lower(), name, Role.TECHNICIAN)
        elif n == CREW_SIZE * len(CREWS):
            user = self.cast[REPAIRING_FOREMAN]
            name = user.name
        if user:
            user.employee_no = number
            user.save(update_fields=["employee_no"])
        self.cast.technicians[number] = Technician.objects.create(
            employee_no=number, name=name, crew=crew, user=user
        )


def account_list() -> list[dict[str, str]]:
    """Returns what `make run` prints: user names, password and roles."""
    technicians = [f"w{1 + n * CREW_SIZE:03d}" for n in range(len(CREWS))]
    told = (
        ("lead", _("调度长:结果看板、发布、改派")),
        ("dispatcher1", _("调度(dispatcher1…3):电话回访")),
        ("head", _("科室负责人:裁定、结算、免打扰")),
        ("manager1", _("管理人员(manager1、manager2):抽样回访、排名")),
        ("foreman1", _("工长(foreman1…6):自评、结果确认、申诉")),
        ("deputy1", _("副工长(deputy1…6):工长缺勤或本人维修时代行")),
        ("w001", _("维修人(%(accounts)s):本人结果") % {"accounts": _("、").join(technicians)}),
        ("admin", _("系统管理员:导入、人员、方案")),
    )
    return [{"username": username, "password": PASSWORD, "what": what} for username, what in told]
