"""Rules 1 and 2: 90 % to dispatchers, 10 % to managers, by crew and by technician."""

from fractions import Fraction

import pytest

from evaluations.draw.rules import (
    DISPATCHER,
    MANAGER,
    MANAGERS_BARRED_NEXT_DAY,
    NO_ELIGIBLE_CALLER,
    NO_MANAGER_NEXT_DAY,
    Assignment,
    DrawCount,
    DrawResult,
    draw,
)
from evaluations.draw.rules.groups import CrewBounds, crew_bounds
from tests.worlds.draws import (
    DISPATCHERS,
    LATER,
    MANAGERS,
    NEXT,
    SHARE,
    Month,
    in_group,
    order,
    orders,
    run_of,
)


@pytest.mark.parametrize(
    ("count", "new", "callable_by_managers", "bounds"),
    [
        (DrawCount(0, 0), 1, 1, CrewBounds(0, 1, 0)),
        (DrawCount(0, 0), 9, 9, CrewBounds(0, 1, 0)),
        (DrawCount(0, 0), 10, 10, CrewBounds(1, 1, 0)),
        (DrawCount(0, 0), 11, 11, CrewBounds(1, 2, 0)),
        (DrawCount(9, 0), 1, 1, CrewBounds(1, 1, 0)),
        (DrawCount(9, 1), 1, 1, CrewBounds(0, 0, 0)),
        (
            DrawCount(30, 0),
            2,
            2,
            CrewBounds(2, 2, 1),
        ),  # the debt is larger than the day: all orders go to managers, one is still owed
        (DrawCount(30, 0), 5, 5, CrewBounds(3, 4, 0)),
        (DrawCount(10, 4), 5, 5, CrewBounds(0, 0, 0)),  # already above the share: none
        (DrawCount(0, 0), 20, 0, CrewBounds(0, 0, 2)),  # no manager present: two are owed
        (DrawCount(0, 0), 20, 1, CrewBounds(1, 1, 1)),
        (DrawCount(99, 9), 100, 100, CrewBounds(10, 11, 0)),
    ],
)
def test_crew_bounds_keep_the_month_less_than_one_off(count, new, callable_by_managers, bounds):
    assert crew_bounds(count, new=new, callable_by_managers=callable_by_managers, share=SHARE) == bounds


def test_crew_bounds_of_a_share_that_floats_cannot_hold_are_exact():
    # 0.07 × 100 is 7.000000000000001 in floating point, which would allow 6.
    assert crew_bounds(
        DrawCount(0, 0), new=100, callable_by_managers=100, share=Fraction("0.07")
    ) == CrewBounds(7, 7, 0)


def test_crew_with_one_order_a_day_gives_every_tenth_or_so_to_managers():
    month = Month()
    worst = []
    for day in range(1, 31):
        result = month.rows(NEXT.replace(day=day), [(f"N{day}", "C1", "T1")])
        worst.append(result.worst_crew_deviation)

    assert max(worst) < 1
    assert month.crews == {"C1": DrawCount(30, 3)}


def test_managers_get_the_orders_of_the_technician_furthest_below():
    behind = {"T1": DrawCount(8, 0), "T2": DrawCount(2, 0), "T3": DrawCount(8, 2)}

    result = draw(
        run_of(
            [order("A", "T1"), order("B", "T2"), order("C", "T3")],
            crew_counts={"C1": DrawCount(18, 2)},
            technician_counts=behind,
        )
    )

    assert in_group(result, MANAGER) == ["A"]
    assert result.worst_crew_deviation == Fraction(9, 10)
    assert result.worst_technician_deviation == Fraction(11, 10)


def test_technician_of_two_crews_has_one_share():
    """Each crew owes one order; T1 works for both, so only one of the two may be T1's."""
    first = orders(5, "T1", crew="C1", prefix="A") + orders(5, "T2", crew="C1", prefix="B")
    second = orders(5, "T1", crew="C2", prefix="C") + orders(5, "T3", crew="C2", prefix="D")

    result = draw(run_of(first + second))

    assert len(in_group(result, MANAGER)) == 2
    assert result.worst_technician_deviation == Fraction(1, 2)


def test_crew_share_goes_before_technician_share():
    """T1 is above its share, but C1 owes an order and has only T1's today."""
    result = draw(
        run_of(
            [order("A", "T1")],
            crew_counts={"C1": DrawCount(9, 0), "C2": DrawCount(1, 1)},
            technician_counts={"T1": DrawCount(1, 1)},
        )
    )

    assert in_group(result, MANAGER) == ["A"]


def test_no_manager_next_day_assigns_to_those_of_the_day_after():
    result = draw(run_of(orders(10), managers=(), managers_later=("m2",)))

    managers = [given for given in result.assignments if given.group == MANAGER]
    assert [(given.caller, given.calling_on, given.reason) for given in managers] == [
        ("m2", LATER, NO_MANAGER_NEXT_DAY)
    ]
    others = {(given.calling_on, given.reason) for given in result.assignments if given.group == DISPATCHER}
    assert others == {(NEXT, "")}
    assert result.debts == {}


def test_no_manager_at_all_names_the_debt():
    drawn = orders(25, crew="C1", prefix="A") + orders(9, "T2", crew="C2", prefix="B")

    result = draw(run_of(drawn, managers=()))

    assert in_group(result, MANAGER) == []
    assert all(given.caller for given in result.assignments)
    assert result.debts == {"C1": 2}
    assert result.worst_crew_deviation == Fraction(5, 2)


def test_debt_is_made_up_as_far_as_the_orders_go_then_rule_one_binds_again():
    month = Month()
    days = [NEXT.replace(day=day) for day in (3, 9, 10, 11)]
    month.absent = {(days[0].replace(day=day), name) for day in (4, 5) for name in MANAGERS}

    results = [
        month.rows(day, [(f"{day.day}-{n}", "C1", f"T{n % 3}") for n in range(size)])
        for day, size in zip(days, (40, 2, 6, 10), strict=True)
    ]

    assert [result.debts for result in results] == [{"C1": 4}, {"C1": 2}, {}, {}]
    assert [result.worst_crew_deviation < 1 for result in results] == [False, False, True, True]


def test_crew_above_its_share_gets_no_more_managers():
    result = draw(run_of(orders(5), crew_counts={"C1": DrawCount(10, 3)}))

    assert in_group(result, MANAGER) == []
    assert result.debts == {}


def test_order_all_managers_are_barred_from_goes_to_dispatchers():
    barred = orders(9, prefix="A", barred=MANAGERS)

    result = draw(run_of([*barred, order("B")]))

    assert in_group(result, MANAGER) == ["B"]


def test_crew_all_managers_are_barred_from_goes_to_dispatchers_and_is_owed():
    result = draw(run_of(orders(10, barred=MANAGERS)))

    assert in_group(result, MANAGER) == []
    assert result.debts == {"C1": 1}


def test_managers_barred_next_day_leave_a_forced_order_to_the_day_after():
    """Rule 1 asks for one of ten; the managers present on D+1 are all barred, m3 is present on D+2."""
    result = draw(run_of(orders(10, barred=("m1",)), managers=("m1",), managers_later=("m3",)))

    managers = [given for given in result.assignments if given.group == MANAGER]
    assert [(given.caller, given.calling_on, given.reason) for given in managers] == [
        ("m3", LATER, MANAGERS_BARRED_NEXT_DAY)
    ]


def test_managers_barred_next_day_are_not_waited_for_without_need():
    history = {"crew_counts": {"C1": DrawCount(4, 0)}, "technician_counts": {"T1": DrawCount(4, 0)}}

    result = draw(run_of(orders(4, barred=("m1",)), managers=("m1",), managers_later=("m3",), **history))

    assert in_group(result, MANAGER) == []


def test_order_all_dispatchers_are_barred_from_goes_to_managers():
    result = draw(run_of([*orders(9), order("X", "T2", barred=DISPATCHERS)]))

    assert in_group(result, MANAGER) == ["X"]


def test_order_all_dispatchers_are_barred_from_waits_when_rule_one_forbids_managers():
    result = draw(run_of([order("X", barred=DISPATCHERS)], crew_counts={"C1": DrawCount(9, 1)}))

    assert result.assignments == (Assignment("X", DISPATCHER, None, NEXT, NO_ELIGIBLE_CALLER),)


def test_dispatchers_who_are_only_absent_do_not_shift_the_share():
    """Their orders wait for a day; this is temporary, so the shares stay the same."""
    result = draw(run_of(orders(100), dispatchers=()))

    assert len(in_group(result, MANAGER)) == 10


def test_empty_run_reports_the_month():
    result = draw(run_of([], crew_counts={"C1": DrawCount(13, 1)}, technician_counts={"T1": DrawCount(3, 1)}))

    assert result == DrawResult((), {}, Fraction(3, 10), Fraction(7, 10))


def test_empty_run_of_an_empty_month_has_no_deviation():
    assert draw(run_of([])) == DrawResult((), {}, Fraction(0), Fraction(0))
