"""Who may rate (domain §4), as a table; the querysets' tests check that lists agree."""

from datetime import date, timedelta

import pytest

from evaluations.self_evaluation.rules import (
    LeadToday,
    RatingFacts,
    RatingRefusal,
    RatingVerdict,
    acts_as_lead,
    deputies_rate,
    managers_rate_at_once,
    who_rates,
)

TODAY = date(2026, 5, 12)
D2 = TODAY + timedelta(days=1)
FOREMAN, DEPUTY, MANAGER, WORKER, OUTSIDER = 1, 2, 3, 4, 5

AT_WORK = (LeadToday(FOREMAN, is_foreman=True), LeadToday(DEPUTY, is_foreman=False))
FOREMAN_AWAY = (LeadToday(FOREMAN, is_foreman=True, is_present=False), LeadToday(DEPUTY, is_foreman=False))
NO_FOREMAN = (LeadToday(DEPUTY, is_foreman=False),)
NO_DEPUTY = (LeadToday(FOREMAN, is_foreman=True),)
DEPUTY_AWAY = (LeadToday(FOREMAN, is_foreman=True), LeadToday(DEPUTY, is_foreman=False, is_present=False))
LEAD, IN_PLACE = RatingVerdict(), RatingVerdict(is_in_place=True)


@pytest.mark.parametrize(
    ("leads", "technician", "person", "expected"),
    [
        (AT_WORK, WORKER, FOREMAN, LEAD),
        (AT_WORK, None, FOREMAN, LEAD),
        (AT_WORK, WORKER, DEPUTY, RatingVerdict(RatingRefusal.FOREMAN_RATES)),
        (AT_WORK, WORKER, WORKER, RatingVerdict(RatingRefusal.OWN_REPAIR)),
        (AT_WORK, WORKER, OUTSIDER, RatingVerdict(RatingRefusal.NOT_OF_THE_CREW)),
        (AT_WORK, WORKER, MANAGER, RatingVerdict(RatingRefusal.NOT_YET)),
        (AT_WORK, FOREMAN, FOREMAN, RatingVerdict(RatingRefusal.OWN_REPAIR)),
        (AT_WORK, FOREMAN, DEPUTY, LEAD),
        (AT_WORK, FOREMAN, MANAGER, RatingVerdict(RatingRefusal.NOT_YET)),
        (FOREMAN_AWAY, WORKER, DEPUTY, LEAD),
        (FOREMAN_AWAY, WORKER, FOREMAN, LEAD),
        (FOREMAN_AWAY, DEPUTY, DEPUTY, RatingVerdict(RatingRefusal.OWN_REPAIR)),
        (FOREMAN_AWAY, DEPUTY, MANAGER, RatingVerdict(RatingRefusal.NOT_YET)),
        (NO_FOREMAN, WORKER, DEPUTY, LEAD),
        (NO_FOREMAN, DEPUTY, MANAGER, IN_PLACE),
        (NO_DEPUTY, FOREMAN, MANAGER, IN_PLACE),
        (NO_DEPUTY, WORKER, MANAGER, RatingVerdict(RatingRefusal.NOT_YET)),
        (DEPUTY_AWAY, FOREMAN, MANAGER, IN_PLACE),
        (DEPUTY_AWAY, FOREMAN, DEPUTY, LEAD),
        ((), WORKER, MANAGER, RatingVerdict(RatingRefusal.NOT_YET)),
    ],
)
def test_who_rates_before_d2(leads, technician, person, expected):
    facts = RatingFacts(leads, technician=technician, last_due_on=D2)

    assert who_rates(facts, person, today=TODAY, is_manager=person == MANAGER) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (RatingFacts(AT_WORK, WORKER, last_due_on=TODAY), IN_PLACE),
        (RatingFacts((), WORKER, last_due_on=TODAY - timedelta(days=9)), IN_PLACE),
        (RatingFacts(AT_WORK, WORKER, last_due_on=None), RatingVerdict(RatingRefusal.NOT_YET)),
        (
            RatingFacts(AT_WORK, WORKER, caller=MANAGER, last_due_on=TODAY),
            RatingVerdict(RatingRefusal.CALLER),
        ),
        (
            RatingFacts(NO_DEPUTY, FOREMAN, caller=MANAGER, last_due_on=D2),
            RatingVerdict(RatingRefusal.CALLER),
        ),
        (RatingFacts(AT_WORK, MANAGER, last_due_on=TODAY), RatingVerdict(RatingRefusal.OWN_REPAIR)),
    ],
)
def test_manager_rates_in_place_from_d2_unless_caller_or_technician(facts, expected):
    assert who_rates(facts, MANAGER, today=TODAY, is_manager=True) == expected


def test_deputy_with_a_managers_role_rates_in_place_from_d2():
    facts = RatingFacts(AT_WORK, WORKER, last_due_on=TODAY)

    assert who_rates(facts, DEPUTY, today=TODAY, is_manager=True) == IN_PLACE


def test_foreman_who_is_a_manager_too_rates_as_foreman():
    facts = RatingFacts(AT_WORK, WORKER, last_due_on=TODAY)

    assert who_rates(facts, FOREMAN, today=TODAY, is_manager=True) == LEAD


@pytest.mark.parametrize(
    ("leads", "person", "expected"),
    [
        (AT_WORK, FOREMAN, True),
        (AT_WORK, DEPUTY, False),
        (FOREMAN_AWAY, DEPUTY, True),
        (NO_FOREMAN, DEPUTY, True),
        (AT_WORK, OUTSIDER, False),
    ],
)
def test_acts_for_the_crew(leads, person, expected):
    assert acts_as_lead(RatingFacts(leads), person) is expected


def test_two_foremen_in_office_one_concerned_leave_the_deputy_out():
    leads = (
        LeadToday(FOREMAN, is_foreman=True),
        LeadToday(9, is_foreman=True),
        LeadToday(DEPUTY, is_foreman=False),
    )
    facts = RatingFacts(leads, technician=FOREMAN)

    assert (deputies_rate(facts), managers_rate_at_once(facts)) == (False, False)
