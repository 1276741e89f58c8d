"""One crew with its people, for tests of rating, results and objections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.enums import Rating
from evaluations.models import Callback, Settlement
from satisfaction.accounts.models import Absence, User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from tests.factories import (
    CrewFactory,
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_lead,
    make_person,
)
from workorders.enums import LeadKind
from workorders.models import Crew, Technician, WorkOrder

DAY = date(2026, 5, 11)
D1, D2 = DAY + timedelta(days=1), DAY + timedelta(days=2)
MORNING = days.moment_at(D1, time(9))
EVENING = days.moment_at(D1, time(18, 30))
ON_D2 = days.moment_at(D2, time(9))
AFTER_D2 = days.moment_at(D2, time(18, 30))


@dataclass
class Stage:
    """A crew led by a foreman and a deputy, its technician with an account, and people of the other roles."""

    crew: Crew
    technician: Technician
    worker: User
    foreman: User
    deputy: User
    dispatcher: User
    manager: User
    head: User
    outsider: User

    def order(self, **fields: Any) -> WorkOrder:
        """An order of the crew closed on DAY, due on D1 18:00."""
        return OrderFactory(technician=fields.pop("technician", self.technician), **fields)

    def called(self, order: WorkOrder, rating: str = Rating.SATISFIED, **fields: Any) -> Callback:
        """Returns its callback, rated by the dispatcher on D1 and published by default."""
        fields.setdefault("published_at", days.moment_at(D1, time(17, 30)))
        fields.setdefault("ended_at", days.moment_at(D1, time(10)))
        return make_callback(order, fields.pop("caller", self.dispatcher), rating=rating, **fields)


def make_stage() -> Stage:
    crew = CrewFactory()
    worker = make_person("worker", Role.TECHNICIAN)
    foreman, deputy = make_person("foreman", Role.FOREMAN), make_person("deputy", Role.DEPUTY)
    outsider = make_person("outsider", Role.FOREMAN)
    make_lead(crew, foreman)
    make_lead(crew, deputy, LeadKind.DEPUTY)
    make_lead(CrewFactory(), outsider)
    return Stage(
        crew=crew,
        technician=TechnicianFactory(crew=crew, user=worker),
        worker=worker,
        foreman=foreman,
        deputy=deputy,
        dispatcher=make_person("dispatcher", Role.DISPATCHER),
        manager=make_person("manager", Role.MANAGER),
        head=make_person("head", Role.HEAD),
        outsider=outsider,
    )


def make_absent(person: User, day: date) -> Absence:
    return Absence.objects.create(person=person, first_on=day, last_on=day)


def settle(month: date = DAY) -> Settlement:
    """Marks the month as settled, without scores."""
    return Settlement.objects.create(
        month=month.replace(day=1),
        snapshot={},
        policy={},
        settled_at=days.start_of_day(days.next_month(month)),
    )


def technician_of(person: User, crew: Crew) -> Technician:
    """Creates a technician of the crew, linked to the person's account."""
    return TechnicianFactory(crew=crew, user=person)


def queries_of(client: Client, url: str) -> int:
    """Returns the number of queries of the page without caches."""
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)
