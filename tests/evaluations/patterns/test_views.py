"""Patterns of a month, calculated by hand: callers and crews beside their groups, each number down to its orders."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from evaluations.models import CallbackAttempt, CallSave, CallSkip, RatingCorrection
from evaluations.patterns.queries import PatternScope
from evaluations.patterns.report import pattern_tables
from evaluations.visibility import viewer_of
from satisfaction.core.history import set_change_author
from tests.factories import (
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_lead,
    make_person,
    make_self_evaluation,
)

pytestmark = pytest.mark.django_db
MAY = date(2026, 5, 1)


@pytest.fixture
def head():
    return make_person("h", "head", name="负责人甲")


@pytest.fixture
def ann():
    return make_person("ann", "dispatcher", name="调度甲")


@pytest.fixture
def bob():
    return make_person("bob", "dispatcher", name="调度乙")


def call(caller, *, minute=0, day=11, technician=None, published=True, fault="", **result):
    """A called order; every order is closed in a different minute."""
    order = OrderFactory(
        day=date(2026, 5, day),
        **({"technician": technician} if technician else {}),
        fault=fault or str(uuid4()),
    )
    at = order.due_at - timedelta(hours=5) + timedelta(minutes=minute)
    callback = make_callback(order, caller, published_at=order.due_at if published else None, **result)
    CallbackAttempt.objects.create(
        callback=callback, by=caller, started_at=at, ended_at=at, outcome="reached", phone="1"
    )
    return callback


def read(reader):
    """Maps table, name and measure to (counted, of, is far); numbers without orders are left out."""
    now = timezone.now()
    found = pattern_tables(PatternScope(MAY, viewer_of(reader, now=now), now))
    return {
        str(table.title): {
            str(row.who): {m.key: (s.counted, s.of, s.is_far) for m, s in row.shares if s.of}
            for row in table.rows
        }
        for table in found
    }


def test_callers_stand_beside_their_group(head, ann, bob):
    first = [call(ann, minute=10 * n, rating="satisfied") for n in range(4)]
    refused = [call(ann, minute=100 + 10 * n, state="refused") for n in range(6)]
    for n in range(20):
        call(bob, minute=10 * n, rating="satisfied" if n else "dissatisfied")
    call(bob, rating="dissatisfied", published=False)  # hidden while it may still be changed
    now = first[0].published_at
    for at in (now - timedelta(hours=1), now + timedelta(hours=1)):
        RatingCorrection.objects.create(callback=first[0], before={}, after={}, reason="x", by=ann, at=at)
    CallSave.objects.create(callback=first[1], by=ann, at=now)
    CallSave.objects.create(callback=first[1], by=ann, at=now, undone_at=now)
    CallSkip.objects.create(callback=first[2], by=ann, at=now, reason="占线")
    first[3].postponed_by, first[3].postponed_at = ann, now
    first[3].drawn_caller = bob
    first[3].save()
    attempt = refused[0].attempts.get()
    for seconds in (30, 200):
        at = attempt.started_at + timedelta(seconds=seconds)
        CallbackAttempt.objects.create(
            callback=refused[1], by=ann, started_at=at, ended_at=at, outcome="wrong_number", phone="1"
        )

    found = read(head)["调度"]

    assert found["调度甲"] == {
        "satisfied": (4, 4, False),
        "basically_satisfied": (0, 4, False),
        "dissatisfied": (0, 4, False),
        "refused": (6, 10, True),  # 6 against 10 · 6/30 = 2 ± 2 · 1.26
        "unreachable": (0, 10, False),
        "wrong_number": (1, 10, False),
        "same_minute": (2, 10, False),
        "corrected_before": (1, 10, False),
        "corrected_after": (1, 10, False),
        "undone": (1, 1, False),
        "skipped": (1, 10, False),
        "postponed": (1, 10, False),
        "handed_on": (0, 9, False),
    }
    assert found["调度乙"]["refused"] == (0, 20, True)  # 0 against 4 ± 2 · 1.79
    assert found["调度乙"]["handed_on"] == (1, 21, False)


def test_crews_stand_beside_each_other(head, ann):
    foreman = make_person("f", "foreman")
    technician = TechnicianFactory(crew__name="一班")
    make_lead(technician.crew, foreman)
    calls = [call(ann, day=1 + n, technician=technician, rating="satisfied") for n in range(4)]
    calls += [
        call(ann, day=5, technician=technician, fault="无显示", rating="satisfied") for n in range(2)
    ]  # the same minute
    for n, one in enumerate(calls):
        make_self_evaluation(one.order, by=foreman, is_late=n < 2, is_not_blind=n < 1)
    order = calls[0].order
    set_change_author(order, by=foreman)
    order.reporter_phone = order.reporter_phone_key = "13912345678"
    order.save()
    other = call(ann, rating="satisfied", technician=TechnicianFactory(crew__name="二班"))

    found = read(head)["工班"]

    assert found["一班"] == {
        "completed": (1, 6, False),
        "number_changed": (1, 6, False),
        "near_identical": (2, 6, False),
        "self_late": (2, 6, False),
        "not_blind": (1, 6, False),
        "self_satisfied": (6, 6, False),
        "self_basically_satisfied": (0, 6, False),
        "self_dissatisfied": (0, 6, False),
        "objected": (0, 6, False),
        "taken_out": (0, 6, False),
        "not_called": (0, 6, False),
    }
    assert found[str(other.order.crew)]["near_identical"] == (0, 1, False)


def test_head_of_a_crew_sees_nothing_of_its_open_orders(head, ann):
    mine = call(ann, rating="dissatisfied")
    mine.order.last_due_at = timezone.now() + timedelta(days=1)
    mine.order.save()
    make_lead(mine.order.crew, head)

    assert "调度" not in read(head)

    make_self_evaluation(mine.order)
    assert read(head)["调度"]["调度甲"]["dissatisfied"] == (1, 1, False)


def test_each_number_leads_to_its_orders(client, head, ann):
    refused, satisfied = call(ann, state="refused"), call(ann, rating="satisfied")
    client.force_login(head)

    page = client.get(reverse("evaluations:patterns", args=[MAY])).content.decode()
    address = reverse("evaluations:pattern_orders", args=[MAY])
    counted = client.get(address, {"what": "refused", "who": ann.pk})
    whole = client.get(address, {"what": "refused", "who": ann.pk, "whole": 1})

    assert f"{address}?what=refused&amp;who={ann.pk}" in page
    assert [one.number for one in counted.context["page"]] == [refused.order.number]
    assert [one.number for one in whole.context["page"]] == [refused.order.number, satisfied.order.number]


@pytest.mark.parametrize("query", ["", "?what=x&who=1", "?what=refused&who=x", "?what=refused&who=99"])
def test_unknown_numbers_are_not_found(client, head, query):
    client.force_login(head)

    assert client.get(reverse("evaluations:pattern_orders", args=[MAY]) + query).status_code == 404


def test_page_takes_the_same_queries_for_1_and_30_orders(
    client, head, ann, django_assert_num_queries, django_assert_max_num_queries
):
    call(ann, rating="satisfied")
    client.force_login(head)
    address = reverse("evaluations:patterns", args=[MAY])
    client.get(address)
    with django_assert_max_num_queries(50) as one:
        client.get(address)
    for n in range(29):
        call(make_person(f"d{n}", "dispatcher"), rating="satisfied")

    with django_assert_num_queries(len(one)):
        client.get(address)
