from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improvement.enums import Likeness
from improvement.meetings.rules_agenda import (
    MAX_DAYS_APART,
    MIN_ORDERS,
    Proposal,
    Trouble,
    find_proposals,
    make_proposal_key,
)

DAY = date(2026, 5, 11)


def trouble(order, day=0, **alike):
    pairs = tuple((Likeness(name), value, value) for name, value in alike.items())
    return Trouble(order, f"WX-{order}", DAY + timedelta(days=day), 1, "工班甲", pairs)


def test_same_place_twice_is_one_proposal_with_its_orders():
    first, second, other = trouble(1, place="三楼"), trouble(2, 5, place="三楼"), trouble(3, place="四楼")

    found = find_proposals([second, other, first])

    assert found == [
        Proposal(
            keys=(make_proposal_key(Likeness.PLACE, "三楼"),),
            names=((Likeness.PLACE, "三楼"),),
            orders=(first, second),
        )
    ]


@pytest.mark.parametrize("name", ["reporter", "place", "equipment", "problem_type"])
@pytest.mark.parametrize(("apart", "is_repeated"), [(0, True), (30, True), (31, False)])
def test_alike_within_thirty_days_only(name, apart, is_repeated):
    orders = [trouble(1, 0, **{name: "x"}), trouble(2, apart, **{name: "x"})]

    assert bool(find_proposals(orders)) is is_repeated


def test_order_far_from_the_others_is_not_among_them():
    near, next_to_it, far = trouble(1, 40, place="a"), trouble(2, 50, place="a"), trouble(3, 0, place="a")

    assert [proposal.orders for proposal in find_proposals([near, next_to_it, far])] == [(near, next_to_it)]


def test_empty_values_are_not_alike():
    assert find_proposals([trouble(1, place="", reporter=""), trouble(2, place="", reporter="")]) == []


def test_same_orders_alike_in_several_are_one_proposal():
    orders = [trouble(1, place="三楼", reporter="138"), trouble(2, place="三楼", reporter="138")]

    (found,) = find_proposals(orders)

    assert found.names == ((Likeness.REPORTER, "138"), (Likeness.PLACE, "三楼"))
    assert found.keys == (
        make_proposal_key(Likeness.REPORTER, "138"),
        make_proposal_key(Likeness.PLACE, "三楼"),
    )


def test_largest_first_then_the_latest():
    small = [trouble(n, 0, place="a") for n in (1, 2)]
    late = [trouble(n, 9, place="b") for n in (3, 4)]
    large = [trouble(n, 0, place="c") for n in (5, 6, 7)]

    assert [proposal.orders[0].order for proposal in find_proposals(small + late + large)] == [5, 3, 1]


def test_decided_proposal_comes_back_only_with_a_new_order():
    orders = [trouble(1, place="a"), trouble(2, place="a")]
    decided = {make_proposal_key(Likeness.PLACE, "a"): frozenset({1, 2})}

    again = find_proposals(orders, decided=decided)
    more = find_proposals([*orders, trouble(3, 2, place="a")], decided=decided)

    assert (again, [len(proposal.orders) for proposal in more]) == ([], [3])


def test_key_does_not_tell_the_phone():
    assert "13800001234" not in make_proposal_key(Likeness.REPORTER, "13800001234")


@given(st.lists(st.tuples(st.integers(0, 80), st.sampled_from("abc")), max_size=25))
def test_every_order_of_a_proposal_has_a_neighbour(rows):
    orders = [trouble(n, day, place=place) for n, (day, place) in enumerate(rows)]

    for proposal in find_proposals(orders):
        days = [order.day for order in proposal.orders]
        assert len(days) >= MIN_ORDERS
        assert all(
            any(abs((day - other).days) <= MAX_DAYS_APART for m, other in enumerate(days) if m != n)
            for n, day in enumerate(days)
        )


@given(st.lists(st.tuples(st.integers(0, 80), st.sampled_from("abc")), max_size=12), st.randoms())
def test_sequence_of_the_orders_does_not_matter(rows, random):
    orders = [trouble(n, day, place=place) for n, (day, place) in enumerate(rows)]
    shuffled = random.sample(orders, len(orders))

    assert find_proposals(orders) == find_proposals(shuffled)
