"""The person who rates an order: the foreman, else the deputy, else a manager in place (domain §4.2). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class RatingRefusal(Enum):
    """Reason why a person may not rate an order now."""

    OWN_REPAIR = "own_repair"
    FOREMAN_RATES = "foreman_rates"
    CALLER = "caller"
    NOT_YET = "not_yet"
    NOT_OF_THE_CREW = "not_of_the_crew"


@dataclass(frozen=True)
class LeadToday:
    """A lead of the order's crew today. `is_present`: by the duty roster."""

    person: int
    is_foreman: bool
    is_present: bool = True


@dataclass(frozen=True)
class RatingFacts:
    """Facts that decide about one order: ids of people, and the local day of D+2 (None: not known yet)."""

    leads: tuple[LeadToday, ...] = ()
    technician: int | None = None
    caller: int | None = None
    last_due_on: date | None = None


@dataclass(frozen=True)
class RatingVerdict:
    """The person may rate when `why_not` is None. `is_in_place`: a manager instead of the crew's leads."""

    why_not: RatingRefusal | None = None
    is_in_place: bool = False

    @property
    def may(self) -> bool:
        return self.why_not is None


def deputies_rate(facts: RatingFacts) -> bool:
    """Whether the deputy acts, because no foreman is present and not concerned."""
    return not any(lead.is_foreman and _is_able(lead, facts) for lead in facts.leads)


def acts_as_lead(facts: RatingFacts, person: int) -> bool:
    """Whether `person` acts for the crew: a foreman, or a deputy while no foreman can."""
    mine = [lead for lead in facts.leads if lead.person == person]
    return any(lead.is_foreman for lead in mine) or (bool(mine) and deputies_rate(facts))


def managers_rate_at_once(facts: RatingFacts) -> bool:
    """Whether every lead who should rate is concerned and no other lead can rate (domain §4.2)."""
    foremen = [lead for lead in facts.leads if lead.is_foreman]
    standing = foremen or list(facts.leads)
    all_concerned = bool(standing) and all(lead.person == facts.technician for lead in standing)
    return all_concerned and not any(_is_able(lead, facts) for lead in facts.leads)


def who_rates(facts: RatingFacts, person: int, *, today: date, is_manager: bool) -> RatingVerdict:
    """Returns whether `person` may rate today, and in which capacity. Crew leads come before managers."""
    if person == facts.technician:
        return RatingVerdict(RatingRefusal.OWN_REPAIR)
    if acts_as_lead(facts, person):
        return RatingVerdict()
    if is_manager:
        return _manager(facts, person, today)
    is_deputy = any(lead.person == person for lead in facts.leads)
    return RatingVerdict(RatingRefusal.FOREMAN_RATES if is_deputy else RatingRefusal.NOT_OF_THE_CREW)


def _manager(facts: RatingFacts, person: int, today: date) -> RatingVerdict:
    if person == facts.caller:
        return RatingVerdict(RatingRefusal.CALLER)
    is_over = facts.last_due_on is not None and today >= facts.last_due_on
    if is_over or managers_rate_at_once(facts):
        return RatingVerdict(is_in_place=True)
    return RatingVerdict(RatingRefusal.NOT_YET)


def _is_able(lead: LeadToday, facts: RatingFacts) -> bool:
    return lead.is_present and lead.person != facts.technician
