"""Who visits the reporter (domain §4, §9, §12): the foreman, else the deputy, else a manager in place. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from evaluations.self_evaluation.rules import Facts, acts, managers_rate_at_once


class WhyNot(Enum):
    """Why this person may not fill in the form now."""

    OWN_REPAIR = "own_repair"
    FOREMAN_VISITS = "foreman_visits"
    LEADS_VISIT = "leads_visit"
    NOT_OF_THE_CREW = "not_of_the_crew"


@dataclass(frozen=True)
class Verdict:
    """May fill in when `why_not` is None; `is_in_place`: a manager for the crew's leads."""

    why_not: WhyNot | None = None
    is_in_place: bool = False

    @property
    def may(self) -> bool:
        return self.why_not is None


def who_revisits(facts: Facts, person: int, *, is_manager: bool) -> Verdict:
    """Whether `person` visits the order's reporter today, and as what; leading the crew comes first.

    A manager visits where every lead is concerned, and where the crew has no lead.
    """
    if person == facts.technician:
        return Verdict(WhyNot.OWN_REPAIR)
    if acts(facts, person):
        return Verdict()
    if is_manager and (not facts.leads or managers_rate_at_once(facts)):
        return Verdict(is_in_place=True)
    if any(lead.person == person for lead in facts.leads):
        return Verdict(WhyNot.FOREMAN_VISITS)
    return Verdict(WhyNot.LEADS_VISIT if is_manager else WhyNot.NOT_OF_THE_CREW)
