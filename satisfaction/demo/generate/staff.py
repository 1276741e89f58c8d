"""The people of a generated centre: crews with a foreman each, technicians, dispatchers, managers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from satisfaction.accounts.models import User
from satisfaction.accounts.people import caller_group_of, with_implied
from satisfaction.core.roles import Role
from satisfaction.demo.people import PASSWORD
from workorders.enums import LeadKind
from workorders.models import Crew, CrewLead, Technician

from .shape import CentreSize


@dataclass(frozen=True)
class GeneratedStaff:
    """`crews`, `foremen` (user ids) by crew id; `users`: ids by user name.

    `dispatchers`, `managers`: user names.
    """

    technicians: tuple[Technician, ...]
    crews: dict[int, Crew]
    foremen: dict[int, int]
    users: dict[str, int]
    dispatchers: tuple[str, ...]
    managers: tuple[str, ...]


def make_staff(shape: CentreSize, *, since: date) -> GeneratedStaff:
    people = [
        ("admin", "系统管理员", Role.ADMIN),
        ("lead", "调度长", Role.LEAD),
        ("head", "科室负责人", Role.HEAD),
    ]
    people += [(f"dispatcher{n}", f"调度{n}", Role.DISPATCHER) for n in range(1, shape.dispatchers)]
    people += [(f"manager{n}", f"管理人员{n}", Role.MANAGER) for n in range(1, shape.managers)]
    people += [(f"foreman{n}", f"工长{n}", Role.FOREMAN) for n in range(1, shape.crews + 1)]
    users = make_users(people)
    crews = Crew.objects.bulk_create(Crew(name=f"工班{n:03d}") for n in range(1, shape.crews + 1))
    foremen = {crew.pk: users[f"foreman{n}"] for n, crew in enumerate(crews, start=1)}
    CrewLead.objects.bulk_create(
        CrewLead(crew=crew, person_id=foremen[crew.pk], kind=LeadKind.FOREMAN, from_on=since)
        for crew in crews
    )
    technicians = Technician.objects.bulk_create(
        Technician(employee_no=f"W{n + 1:05d}", name=f"维修人{n + 1:05d}", crew=crews[n % len(crews)])
        for n in range(shape.technicians)
    )
    return GeneratedStaff(
        technicians=tuple(technicians),
        crews={crew.pk: crew for crew in crews},
        foremen=foremen,
        users=users,
        dispatchers=tuple(sorted(name for name in users if name == "lead" or name.startswith("dispatcher"))),
        managers=tuple(sorted(name for name in users if name == "head" or name.startswith("manager"))),
    )


def make_users(people: list[tuple[str, str, Role]]) -> dict[str, int]:
    """Creates demonstration accounts with the common password; returns ids by user name."""
    password = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(
            username=username,
            name=name,
            password=password,
            is_demonstration=True,
            is_staff=role == Role.ADMIN,
            caller_group=caller_group_of(with_implied([role])),
        )
        for username, name, role in people
    )
    groups = dict(Group.objects.values_list("name", "pk"))
    member = User.groups.through
    member.objects.bulk_create(
        member(user_id=user.pk, group_id=groups[held])
        for user, (_username, _name, role) in zip(users, people, strict=True)
        for held in sorted(with_implied([role]))
    )
    return {user.username: user.pk for user in users}
