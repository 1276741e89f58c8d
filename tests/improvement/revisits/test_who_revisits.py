"""Who visits the reporter (§4, §12)."""

import pytest

from evaluations.self_evaluation.rules import Facts, Lead
from improvement.revisits.who_revisits import Verdict, WhyNot, who_revisits

FOREMAN, DEPUTY, MANAGER, OTHER = 1, 2, 3, 9
BOTH = (Lead(FOREMAN, is_foreman=True), Lead(DEPUTY, is_foreman=False))
AWAY = (Lead(FOREMAN, is_foreman=True, is_present=False), Lead(DEPUTY, is_foreman=False))
ALONE = (Lead(FOREMAN, is_foreman=True),)
UNLED = (Lead(DEPUTY, is_foreman=False),)
NOBODY_ELSE = (Lead(FOREMAN, is_foreman=True), Lead(DEPUTY, is_foreman=False, is_present=False))


@pytest.mark.parametrize(
    ("person", "is_manager", "leads", "technician", "expected"),
    [
        (FOREMAN, False, BOTH, OTHER, Verdict()),
        (DEPUTY, False, BOTH, OTHER, Verdict(WhyNot.FOREMAN_VISITS)),
        (DEPUTY, False, AWAY, OTHER, Verdict()),
        (FOREMAN, False, BOTH, FOREMAN, Verdict(WhyNot.OWN_REPAIR)),
        (DEPUTY, False, BOTH, FOREMAN, Verdict()),
        (DEPUTY, False, AWAY, DEPUTY, Verdict(WhyNot.OWN_REPAIR)),
        (MANAGER, True, BOTH, OTHER, Verdict(WhyNot.LEADS_VISIT)),
        (MANAGER, True, BOTH, FOREMAN, Verdict(WhyNot.LEADS_VISIT)),
        (MANAGER, True, ALONE, FOREMAN, Verdict(is_in_place=True)),
        (MANAGER, False, ALONE, FOREMAN, Verdict(WhyNot.NOT_OF_THE_CREW)),
        (OTHER, False, BOTH, None, Verdict(WhyNot.NOT_OF_THE_CREW)),
        (FOREMAN, True, BOTH, None, Verdict()),
        (DEPUTY, False, UNLED, OTHER, Verdict()),
        (MANAGER, True, UNLED, OTHER, Verdict(WhyNot.LEADS_VISIT)),
        (MANAGER, True, UNLED, DEPUTY, Verdict(is_in_place=True)),
        (MANAGER, True, NOBODY_ELSE, FOREMAN, Verdict(is_in_place=True)),
        (MANAGER, True, (), OTHER, Verdict(is_in_place=True)),
        (MANAGER, True, (), MANAGER, Verdict(WhyNot.OWN_REPAIR)),
        (OTHER, False, (), None, Verdict(WhyNot.NOT_OF_THE_CREW)),
    ],
)
def test_who_revisits(person, is_manager, leads, technician, expected):
    facts = Facts(leads=leads, technician=technician)

    assert who_revisits(facts, person, is_manager=is_manager) == expected
