"""Evaluation complete (工单关闭 of the plan's flow): derived, shown and filtered (domain §8)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from evaluations.enums import CallbackState, ObjectionState, Rating, Source
from evaluations.models import Callback, Objection, Settlement, TakenOut
from improvement.enums import Decision, ProjectState
from improvement.models import ImprovementProject
from satisfaction.portal.orders.queries import (
    mark_completeness,
    with_complete_evaluation,
    with_unfinished_evaluation,
)
from tests.factories import OrderFactory, make_callback, make_self_evaluation
from tests.worlds.crew import AFTER_D2, DAY, MORNING
from tests.worlds.revisits import (
    NOW,
    handed_in,
    on_agenda,
    open_meeting,
    turned_satisfied,
    uphold,
)
from workorders.enums import Kind
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db


def undrawn(stage):
    return stage.order()


def only_rated_by_the_crew(stage):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman)
    return order


def to_call(stage):
    order = only_rated_by_the_crew(stage)
    make_callback(order, stage.dispatcher)
    return order


def called(stage, rating=Rating.SATISFIED, **fields):
    order = only_rated_by_the_crew(stage)
    stage.called(order, rating, **fields)
    return order


def unpublished(stage):
    return called(stage, published_at=None)


def not_rated_by_the_crew(stage):
    order = stage.order()
    stage.called(order)
    return order


def ended(stage, state):
    order = only_rated_by_the_crew(stage)
    make_callback(order, stage.dispatcher, state=state, ended_at=MORNING, published_at=AFTER_D2)
    return order


def set_aside(stage):
    order = only_rated_by_the_crew(stage)
    Callback.objects.create(order=order, state=CallbackState.SET_ASIDE, ended_at=MORNING)
    return order


def objected(stage, state=ObjectionState.UNDECIDED, **fields):
    order = called(stage)
    Objection.objects.create(order=order, reason="不符", by=stage.foreman, at=MORNING, state=state, **fields)
    return order


def taken_out(stage):
    order = stage.order()
    TakenOut.objects.create(order=order, reason="演练", by=stage.head, at=MORNING)
    return order


def settle():
    Settlement.objects.create(month=DAY.replace(day=1), snapshot={}, policy={}, settled_at=NOW)


def settled(stage):
    order = undrawn(stage)
    settle()
    return order


def reopened(stage):
    order = settled(stage)
    Settlement.objects.update(reopened_at=NOW, reopened_by=stage.head, reopen_reason="漏了")
    return order


def imported_and_dissatisfied(stage):
    order = stage.order(with_deadlines=False)
    stage.called(order, Rating.DISSATISFIED, source=Source.IMPORTED, run=None)
    return order


def revisited(stage, decision="", **fields):
    """Of a settled month: only the revisit remains open."""
    revisit = handed_in(stage)
    if decision:
        on_agenda(revisit, open_meeting(stage), decision, **fields)
    settle()
    return revisit.order


def in_project(stage, state, **fields):
    project = ImprovementProject.objects.create(
        problem="响应慢",
        source="revisits",
        responsible=stage.foreman,
        created_by=stage.head,
        created_at=NOW,
        **fields,
    )
    ImprovementProject.objects.filter(pk=project.pk).update(state=state, decided_on=DAY)
    return revisited(stage, Decision.ADDED, project=project)


def confirmed(stage):
    by = stage.head
    return in_project(
        stage, ProjectState.CONFIRMED,
        effect="有效", evaluated_by=by, evaluated_at=NOW, confirmed_by=by, confirmed_at=NOW,
    )  # fmt: skip


def corrected_upward(stage):
    order = called(stage, Rating.DISSATISFIED)
    turned_satisfied(order)
    return order


def upheld(stage):
    order = called(stage, Rating.DISSATISFIED)
    uphold(order, stage)
    return order


CASES = {
    "not drawn": (undrawn, False),
    "to be called": (to_call, False),
    "not published": (unpublished, False),
    "not rated by the crew": (not_rated_by_the_crew, False),
    "published and satisfied": (called, True),
    "published and refused": (lambda s: ended(s, CallbackState.REFUSED), True),
    "published and unreachable": (lambda s: ended(s, CallbackState.UNREACHABLE), True),
    "set aside for do not call": (set_aside, True),
    "published and dissatisfied": (lambda s: called(s, Rating.DISSATISFIED), False),
    "objection undecided": (objected, False),
    "objection upheld": (upheld, True),
    "taken out": (taken_out, True),
    "settled": (settled, True),
    "reopened": (reopened, False),
    "imported and dissatisfied": (imported_and_dissatisfied, True),
    "revisit handed in": (revisited, False),
    "revisit an exception": (lambda s: revisited(s, Decision.NO_ACTION), True),
    "revisit deferred": (lambda s: revisited(s, Decision.DEFERRED), False),
    "project running": (lambda s: in_project(s, ProjectState.IN_PROGRESS), False),
    "project confirmed": (confirmed, True),
    "project cancelled": (lambda s: in_project(s, ProjectState.CANCELLED, cancelled_reason="并入他项"), True),
    "corrected upward": (corrected_upward, True),
    "not evaluated": (lambda s: s.order(kind=Kind.REQUEST), None),
}


@pytest.mark.parametrize("case", CASES)
def test_order_page_and_both_filters_agree_on_what_is_complete(stage, case):
    build, expected = CASES[case]
    order = build(stage)

    order = WorkOrder.objects.get(pk=order.pk)
    mark_completeness([order])

    every = WorkOrder.objects.filter(pk=order.pk)
    found = (
        order.is_complete,
        with_complete_evaluation(every).exists(),
        with_unfinished_evaluation(every).exists(),
    )
    assert found == (expected, expected is True, expected is False)


def test_list_is_filtered_and_shows_the_state(client, stage):
    done, open_order = called(stage), undrawn(stage)
    client.force_login(stage.head)
    address = reverse("orders:list")

    pages = {name: client.get(address, {"evaluation": name}) for name in ("complete", "unfinished")}

    assert [order.number for order in pages["complete"].context["page"]] == [done.number]
    assert [order.number for order in pages["unfinished"].context["page"]] == [open_order.number]
    assert "✓</span>评价完成" in pages["complete"].content.decode()
    assert (
        "○</span>评价未完成" in client.get(reverse("orders:page", args=[open_order.number])).content.decode()
    )


def test_crew_learns_nothing_of_a_call_before_it_has_rated(client, stage):
    """Published satisfied, published dissatisfied and not called all look the same."""
    worlds = [not_rated_by_the_crew(stage), undrawn(stage)]
    dissatisfied = stage.order()
    stage.called(dissatisfied, Rating.DISSATISFIED)
    client.force_login(stage.foreman)

    shown = client.get(reverse("orders:list"), {"evaluation": "unfinished"}).context["page"]

    assert {order.pk for order in shown} == {order.pk for order in (*worlds, dissatisfied)}


def test_list_takes_few_queries_whatever_the_number_of_orders(client, stage, django_assert_max_num_queries):
    OrderFactory.create_batch(30, technician=stage.technician, day=DAY - timedelta(days=1))
    client.force_login(stage.head)

    with django_assert_max_num_queries(20):
        client.get(reverse("orders:list"), {"evaluation": "unfinished"})
