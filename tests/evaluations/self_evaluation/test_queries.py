"""The lists of orders to rate: same rule as for one order, late ones first, with a fixed number of queries."""

from datetime import date, time, timedelta
from itertools import product

import pytest

from evaluations.enums import CallbackState
from evaluations.models import TakenOut
from evaluations.self_evaluation.actions import rating_verdict
from evaluations.self_evaluation.queries import (
    crews_without_lead,
    following_orders,
    late_first,
    orders_to_rate,
    orders_to_rate_in_place,
    rating_counts,
)
from satisfaction.accounts.models import User
from satisfaction.core.roles import Role
from tests.factories import (
    CrewFactory,
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_lead,
    make_person,
    make_self_evaluation,
)
from tests.worlds.crew import D1, DAY, EVENING, MORNING, ON_D2, make_absent, settle
from workorders.enums import Kind, LeadKind
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db


def numbers(orders):
    return [order.number for order in orders]


LEADS = ["none", "present", "absent"]
TECHNICIANS = ["worker", "foreman", "deputy", "manager"]


def crew_with(foreman: str, deputy: str) -> dict[str, User]:
    """A crew whose foreman and deputy are absent or present on D1 (None: no such lead)."""
    crew = CrewFactory()
    people = {}
    for kind, presence in ((LeadKind.FOREMAN, foreman), (LeadKind.DEPUTY, deputy)):
        person = make_person(f"{kind}-{foreman}-{deputy}", kind)
        people[kind] = person
        TechnicianFactory(user=person, crew=crew)
        if presence != "none":
            make_lead(crew, person, kind)
        if presence == "absent":
            make_absent(person, D1)
    return {"crew": crew, **people}


def test_lists_say_the_same_as_the_rule_for_one_order():
    manager, worker = make_person("manager", Role.MANAGER), make_person("worker", Role.TECHNICIAN)
    technicians = {"worker": TechnicianFactory(user=worker), "manager": TechnicianFactory(user=manager)}
    people = {manager, worker}
    for foreman, deputy in product(LEADS, LEADS):
        crew = crew_with(foreman, deputy)
        people |= {crew["foreman"], crew["deputy"]}
        for who, day, caller in product(TECHNICIANS, (DAY - timedelta(days=1), DAY), (None, manager)):
            technician = technicians.get(who) or crew[who].technician
            order = OrderFactory(crew=crew["crew"], technician=technician, day=day)
            if caller:
                make_callback(order, caller, CallbackState.ASSIGNED)

    for person in people:
        rule = {(o.pk, v.is_in_place) for o, v in verdicts(person) if v.may}
        lists = {(o.pk, False) for o in orders_to_rate(person.pk, now=MORNING)}
        if person == manager:
            lists |= {(o.pk, True) for o in orders_to_rate_in_place(person.pk, now=MORNING)}
        assert lists == rule, person
    assert WorkOrder.objects.count() == 9 * 16


def verdicts(person):
    orders = WorkOrder.objects.select_related("technician", "crew")
    return [(order, rating_verdict(order, person, now=MORNING)) for order in orders]


def test_to_rate_leaves_out_what_is_rated_settled_taken_out_or_not_evaluated(stage):
    waiting, rated, out = stage.order(), stage.order(), stage.order()
    make_self_evaluation(rated, by=stage.foreman)
    TakenOut.objects.create(order=out, reason="误报", by=stage.head, at=MORNING)
    stage.order(kind=Kind.REQUEST)
    stage.order(with_deadlines=False)
    stage.order(day=date(2026, 4, 30))
    settle(date(2026, 4, 1))

    assert numbers(orders_to_rate(stage.foreman.pk, now=MORNING)) == [waiting.number]


def test_to_rate_needs_no_draw_and_keeps_do_not_call(stage):
    undrawn, set_aside = stage.order(), stage.order()
    make_callback(set_aside, None, CallbackState.SET_ASIDE)

    assert numbers(orders_to_rate(stage.foreman.pk, now=MORNING)) == [undrawn.number, set_aside.number]


def test_to_rate_sees_settled_months_with_a_gap_between(stage):
    for month in (1, 2, 4):
        settle(date(2026, month, 1))
        stage.order(day=date(2026, month, 28))
    open_march, open_may = stage.order(day=date(2026, 3, 31)), stage.order(day=date(2026, 5, 1))

    assert numbers(orders_to_rate(stage.foreman.pk, now=MORNING)) == [open_march.number, open_may.number]


def test_late_ones_come_first_then_by_day_and_after_continues(stage):
    today = stage.order(day=D1, closing_clock=time(8))
    due_today = [stage.order(closing_clock=time(hour)) for hour in (10, 9)]
    late = [stage.order(day=DAY - timedelta(days=n)) for n in (1, 3, 2)]
    expected = [late[1], late[2], late[0], due_today[1], due_today[0], today]
    orders = late_first(orders_to_rate(stage.foreman.pk, now=MORNING), now=MORNING)

    assert list(orders) == expected
    assert [order.is_late for order in orders] == [True] * 3 + [False] * 3
    for position, last in enumerate(expected):
        assert list(following_orders(orders, last, now=MORNING)) == expected[position + 1 :]


def test_counts_what_is_to_rate_and_late(stage):
    stage.order(day=DAY - timedelta(days=1))
    stage.order()

    assert rating_counts(orders_to_rate(stage.foreman.pk, now=MORNING), now=MORNING) == {
        "to_rate": 2,
        "late": 1,
    }
    assert rating_counts(orders_to_rate(stage.foreman.pk, now=EVENING), now=EVENING) == {
        "to_rate": 2,
        "late": 2,
    }


@pytest.mark.parametrize("orders", [1, 30])
def test_to_rate_takes_three_queries(stage, orders, django_assert_num_queries):
    for _ in range(orders):
        stage.order()

    with django_assert_num_queries(3):
        assert len(late_first(orders_to_rate(stage.foreman.pk, now=MORNING), now=MORNING)) == orders


def test_in_place_list_begins_on_the_day_of_d2(stage):
    order = stage.order()

    found = [numbers(orders_to_rate_in_place(stage.manager.pk, now=now)) for now in (MORNING, EVENING, ON_D2)]

    assert found == [[], [], [order.number]]


def test_crews_without_lead_names_those_nobody_can_rate_for(stage):
    led, absent, former = stage.crew, CrewFactory(name="甲"), CrewFactory(name="乙")
    CrewFactory(name="旧", is_active=False)
    away = make_person("away", Role.FOREMAN)
    make_lead(absent, away)
    make_absent(away, D1)
    gone = make_lead(former, make_person("gone", Role.FOREMAN, is_active=False))
    gone.save()

    assert set(crews_without_lead(D1)) == {absent, former}
    assert led not in crews_without_lead(D1)
    assert set(crews_without_lead(DAY)) == {former}
