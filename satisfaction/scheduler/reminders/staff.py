"""People present today with roles and crews, loaded once for all reminders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from evaluations.self_evaluation.queries import LeadsByCrew, leads_by_crew
from evaluations.self_evaluation.rules import RatingFacts, acts_as_lead
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from workorders.models import CrewLead, Technician


@dataclass(frozen=True)
class PresentStaff:
    """`roles`: person id → roles, of everybody active and present today. `worked`: person → technician, crew.

    `led_until`: person → (crew, last day) of crews that the person led before.
    """

    now: datetime
    roles: dict[int, frozenset[str]]
    leads: LeadsByCrew
    worked: Mapping[int, tuple[int, int | None]]
    led_until: Mapping[int, list[tuple[int, date]]]

    @property
    def today(self) -> date:
        return days.local_day(self.now)

    @property
    def period(self) -> str:
        return self.today.isoformat()

    def with_role(self, *roles: str) -> list[int]:
        return [person for person, held in self.roles.items() if not held.isdisjoint(roles)]

    def acting_for(self, crew: int, *, technician: int | None = None) -> Iterator[int]:
        """Yields who acts for the crew today: the foreman, else the deputy; never the technician."""
        facts = RatingFacts(self.leads.get(crew, ()), technician=technician)
        for person in {lead.person for lead in facts.leads}:
            if person in self.roles and person != technician and acts_as_lead(facts, person):
                yield person

    def is_own_side(self, person: int, *, crew: int | None, technician: int | None, day: date | None) -> bool:
        """Whether the person counts as crew for orders closed on `day` (domain §4); reminders omit them."""
        own_technician, own_crew = self.worked.get(person, (None, None))
        if own_technician is not None and own_technician == technician:
            return True
        if any(
            crew == led and day is not None and day <= last for led, last in self.led_until.get(person, ())
        ):
            return True
        leads = self.leads.get(crew, ()) if crew is not None else ()
        return crew is not None and (crew == own_crew or any(lead.person == person for lead in leads))


def load_present_staff(now: datetime) -> PresentStaff:
    """Loads the people present today; superusers count as admins. Five queries."""
    today = days.local_day(now)
    present = User.objects.on_duty(today).with_roles().order_by("pk")
    roles = {
        person.pk: person.group_roles() | ({Role.ADMIN} if person.is_superuser else frozenset())
        for person in present
    }
    working = Technician.objects.filter(user__isnull=False).values_list("user_id", "pk", "crew_id")
    worked = {user: (technician, crew) for user, technician, crew in working}
    led_until: defaultdict[int, list[tuple[int, date]]] = defaultdict(list)
    ended = CrewLead.objects.filter(to_on__lt=today).values_list("person_id", "crew_id", "to_on")
    for user, crew, last in ended:
        assert last  # filtered
        led_until[user].append((crew, last))
    return PresentStaff(now, roles, leads_by_crew(today), worked, led_until)
