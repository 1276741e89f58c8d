"""Orders that partly look like one job: the rules in Python and SQL agree."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from satisfaction.calendars import days
from tests.factories import OrderFactory, TechnicianFactory
from workorders.models import WorkOrder
from workorders.near_identical import OrderFacts, near_identical

NOON = days.start_of_day(date(2026, 5, 11)) + timedelta(hours=12)


def facts(number, *, technician="", minutes=0.0, reporter="", equipment="终端", fault=""):
    return OrderFacts(number, technician, NOON + timedelta(minutes=minutes), reporter, equipment, fault)


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ({"technician": "W1", "fault": "x"}, {"technician": "W1", "fault": "x", "minutes": 0.9}, True),
        ({"technician": "W1", "fault": "x"}, {"technician": "W1", "fault": "x", "minutes": 1}, False),
        ({"technician": "W1", "fault": "x"}, {"technician": "W2", "fault": "x"}, False),
        ({"technician": "W1", "fault": "x"}, {"technician": "W1", "fault": "y"}, False),
        ({"technician": "W1"}, {"technician": "W1"}, False),
        ({}, {}, False),
        ({"reporter": "1", "fault": "x"}, {"reporter": "1", "fault": "x", "minutes": 60}, True),
        ({"reporter": "1", "fault": "x"}, {"reporter": "1", "fault": "x", "minutes": 60.1}, False),
        ({"reporter": "1", "fault": "x"}, {"reporter": "1", "fault": "y", "minutes": 5}, False),
        ({"reporter": "1", "fault": "x"}, {"reporter": "1", "fault": "x", "equipment": "服务器"}, False),
    ],
)
def test_near_identical_orders_are_closed_together_or_say_the_same(one, other, is_near):
    assert near_identical([facts("A", **one), facts("B", **other)]) == ({"A", "B"} if is_near else set())


class SqlTest(TestCase):
    """The database query finds the same orders."""

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([0, 1]),
                st.integers(0, 400),
                st.sampled_from("12"),
                st.sampled_from(["", "x"]),
            ),
            max_size=8,
        )
    )
    def test_sql_finds_what_the_rule_finds(self, drawn):
        people = TechnicianFactory.create_batch(2)
        orders = [
            OrderFactory(
                technician=people[who],
                closed_at=NOON + timedelta(seconds=20 * n),
                reporter_phone=f"1380000000{phone}",
                fault=text,
            )
            for who, n, phone, text in drawn
        ]
        rule = near_identical(
            OrderFacts(
                o.number, o.technician.employee_no, o.closed_at, o.reporter_phone, o.equipment, o.fault
            )
            for o in orders
        )

        assert set(WorkOrder.objects.near_identical().values_list("number", flat=True)) == rule
