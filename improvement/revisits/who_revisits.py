"""The visitor of a reporter: the foreman, else the deputy, else a manager in place (domain §4.2, §9.4). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from evaluations.self_evaluation.rules import RatingFacts, acts_as_lead, managers_rate_at_once


class VisitRefusal(Enum):
    """Reason why a person may not fill in the form now."""

    OWN_REPAIR = "own_repair"
    FOREMAN_VISITS = "foreman_visits"
    LEADS_VISIT = "leads_visit"
    NOT_OF_THE_CREW = "not_of_the_crew"


@dataclass(frozen=True)
class VisitVerdict:
    """The person may fill in the form when `why_not` is None. `is_in_place`: a manager instead of the crew's leads."""

    why_not: VisitRefusal | None = None
    is_in_place: bool = False

    @property
    def may(self) -> bool:
        return self.why_not is None


def who_revisits(facts: RatingFacts, person: int, *, is_manager: bool) -> VisitVerdict:
    """Returns whether `person` visits the order's reporter today, and in which capacity. Crew leads come first.

    A manager visits when every lead is concerned, or when the crew has no lead.
    """
    if person == facts.technician:
        return VisitVerdict(VisitRefusal.OWN_REPAIR)
    if acts_as_lead(facts, person):
        return VisitVerdict()
    if is_manager and (not facts.leads or managers_rate_at_once(facts)):
        return VisitVerdict(is_in_place=True)
    if any(lead.person == person for lead in facts.leads):
        return VisitVerdict(VisitRefusal.FOREMAN_VISITS)
    return VisitVerdict(VisitRefusal.LEADS_VISIT if is_manager else VisitRefusal.NOT_OF_THE_CREW)
