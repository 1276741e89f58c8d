"""The person who revisits the reporter (domain §4, §12)."""

import pytest

from evaluations.self_evaluation.rules import LeadToday, RatingFacts
from improvement.revisits.who_revisits import VisitRefusal, VisitVerdict, who_revisits

FOREMAN, DEPUTY, MANAGER, OTHER = 1, 2, 3, 9
BOTH = (LeadToday(FOREMAN, is_foreman=True), LeadToday(DEPUTY, is_foreman=False))
AWAY = (LeadToday(FOREMAN, is_foreman=True, is_present=False), LeadToday(DEPUTY, is_foreman=False))
ALONE = (LeadToday(FOREMAN, is_foreman=True),)
UNLED = (LeadToday(DEPUTY, is_foreman=False),)
NOBODY_ELSE = (LeadToday(FOREMAN, is_foreman=True), LeadToday(DEPUTY, is_foreman=False, is_present=False))


@pytest.mark.parametrize(
    ("person", "is_manager", "leads", "technician", "expected"),
    [
        (FOREMAN, False, BOTH, OTHER, VisitVerdict()),
        (DEPUTY, False, BOTH, OTHER, VisitVerdict(VisitRefusal.FOREMAN_VISITS)),
        (DEPUTY, False, AWAY, OTHER, VisitVerdict()),
        (FOREMAN, False, BOTH, FOREMAN, VisitVerdict(VisitRefusal.OWN_REPAIR)),
        (DEPUTY, False, BOTH, FOREMAN, VisitVerdict()),
        (DEPUTY, False, AWAY, DEPUTY, VisitVerdict(VisitRefusal.OWN_REPAIR)),
        (MANAGER, True, BOTH, OTHER, VisitVerdict(VisitRefusal.LEADS_VISIT)),
        (MANAGER, True, BOTH, FOREMAN, VisitVerdict(VisitRefusal.LEADS_VISIT)),
        (MANAGER, True, ALONE, FOREMAN, VisitVerdict(is_in_place=True)),
        (MANAGER, False, ALONE, FOREMAN, VisitVerdict(VisitRefusal.NOT_OF_THE_CREW)),
        (OTHER, False, BOTH, None, VisitVerdict(VisitRefusal.NOT_OF_THE_CREW)),
        (FOREMAN, True, BOTH, None, VisitVerdict()),
        (DEPUTY, False, UNLED, OTHER, VisitVerdict()),
        (MANAGER, True, UNLED, OTHER, VisitVerdict(VisitRefusal.LEADS_VISIT)),
        (MANAGER, True, UNLED, DEPUTY, VisitVerdict(is_in_place=True)),
        (MANAGER, True, NOBODY_ELSE, FOREMAN, VisitVerdict(is_in_place=True)),
        (MANAGER, True, (), OTHER, VisitVerdict(is_in_place=True)),
        (MANAGER, True, (), MANAGER, VisitVerdict(VisitRefusal.OWN_REPAIR)),
        (OTHER, False, (), None, VisitVerdict(VisitRefusal.NOT_OF_THE_CREW)),
    ],
)
def test_who_revisits(person, is_manager, leads, technician, expected):
    facts = RatingFacts(leads=leads, technician=technician)

    assert who_revisits(facts, person, is_manager=is_manager) == expected
