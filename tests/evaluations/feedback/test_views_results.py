"""The crew's results: both ratings side by side where visible, acknowledged with one tap."""

from datetime import timedelta

import pytest
from django.urls import reverse

from evaluations.enums import CallbackState, Rating
from evaluations.models import Acknowledgement, Objection
from satisfaction.core.roles import Role
from tests.factories import CrewFactory, TechnicianFactory, make_person, make_self_evaluation
from tests.worlds.crew import AFTER_D2, DAY, EVENING, MORNING, queries_of

pytestmark = pytest.mark.django_db
RESULTS, ACKNOWLEDGE = reverse("evaluations:results"), reverse("evaluations:acknowledge")


@pytest.fixture(autouse=True)
def evening(time_machine):
    time_machine.move_to(EVENING, tick=False)


def rated(stage, own=Rating.SATISFIED, rating=Rating.BASICALLY_SATISFIED, **fields):
    order = stage.order(**{key: fields.pop(key) for key in ("technician", "day") if key in fields})
    if own:
        make_self_evaluation(order, own, by=stage.foreman, rated_at=MORNING)
    if rating is not None:
        stage.called(order, rating, **fields)
    return order


def rows(response):
    """Per row: number, own rating, reporter's rating or state, sum; None for hidden values."""
    return [
        (
            row.order.number,
            row.own and row.own.rating,
            row.reported and (row.reported.rating or row.reported.state),
            row.points,
        )
        for group in response.context.get("groups", [])
        for row in group.rows
    ]


def seen_by(client, person, **query):
    client.force_login(person)
    return client.get(RESULTS, query)


def test_foreman_sees_both_ratings_and_the_sum_of_published_orders(client, stage):
    both = rated(stage)
    unpublished = rated(stage, published_at=None)
    unrated = rated(stage, own=None)
    refused = rated(stage, rating="", state=CallbackState.REFUSED)
    uncalled = rated(stage, rating=None)
    stage.called(uncalled, "", state=CallbackState.ASSIGNED, published_at=None, ended_at=None)

    response = seen_by(client, stage.foreman)

    assert rows(response) == [
        (both.number, "satisfied", "basically_satisfied", 18),
        (unpublished.number, "satisfied", None, None),
        (unrated.number, None, None, None),
        (refused.number, "satisfied", "refused", None),
        (uncalled.number, "satisfied", None, None),
    ]


def test_dispatcher_sees_both_ratings_once_they_are_published(client, stage):
    published = rated(stage)
    ended = rated(stage, published_at=None)
    open_one = rated(stage, rating=None)

    response = seen_by(client, stage.dispatcher, day=f"{DAY}")

    assert rows(response) == [
        (published.number, "satisfied", "basically_satisfied", 18),
        (ended.number, None, None, None),
        (open_one.number, None, None, None),
    ]


def test_technician_sees_own_orders_with_published_results_only(client, stage):
    own = rated(stage)
    rated(stage, published_at=None)
    rated(stage, technician=TechnicianFactory(crew=stage.crew))

    response = seen_by(client, stage.worker)

    assert rows(response) == [(own.number, "satisfied", "basically_satisfied", 18)]


def test_page_opens_on_the_latest_day_with_results_and_knows_its_neighbours(client, stage):
    rated(stage)
    rated(stage, rating=None, day=DAY + timedelta(days=1))
    rated(stage, rating=None, day=DAY - timedelta(days=3))

    context = seen_by(client, stage.foreman).context

    assert (context["day"], context["before"], context["after"]) == (
        DAY,
        DAY - timedelta(days=3),
        DAY + timedelta(days=1),
    )


def test_foreman_sees_no_other_crew_and_a_strange_crew_is_empty(client, stage):
    rated(stage)

    assert rows(seen_by(client, stage.outsider)) == []
    assert rows(seen_by(client, stage.foreman, crew=CrewFactory().pk)) == []


def test_results_take_the_same_number_of_queries_for_one_and_for_many(client, stage):
    rated(stage)
    client.force_login(stage.foreman)
    one = queries_of(client, RESULTS)

    for _ in range(29):
        rated(stage)

    assert queries_of(client, RESULTS) == one


def acknowledged(client, stage, **changes):
    data = {"crew": stage.crew.pk, "day": f"{DAY}", "seen_at": EVENING.isoformat(), **changes}
    return client.post(ACKNOWLEDGE, data)


def test_one_tap_acknowledges_what_the_page_showed(client, stage):
    rated(stage)
    page = seen_by(client, stage.foreman)
    before = [group.may_acknowledge for group in page.context["groups"]]

    response = acknowledged(client, stage)

    after = [(group.awaits, group.acknowledged.by) for group in client.get(RESULTS).context["groups"]]
    assert (before, response.status_code, after) == ([True], 302, [(False, stage.foreman)])
    assert [one["day"] for one in page.context["awaiting"]] == [DAY]


def test_the_forms_own_seen_at_is_understood(client, stage):
    rated(stage)
    page = seen_by(client, stage.foreman).content.decode()
    seen_at = page.split('name="seen_at" value="')[1].split('"')[0]

    assert acknowledged(client, stage, seen_at=seen_at).status_code == 302


def test_acknowledge_twice_keeps_one(client, stage):
    rated(stage)
    client.force_login(stage.foreman)

    statuses = [acknowledged(client, stage).status_code for _ in range(2)]

    assert (statuses, Acknowledgement.objects.count()) == ([302, 302], 1)


@pytest.mark.parametrize(
    ("who", "status"), [("deputy", 403), ("outsider", 404), ("dispatcher", 403), ("worker", 403)]
)
def test_acknowledge_is_the_acting_leads(client, stage, who, status):
    rated(stage)
    client.force_login(getattr(stage, who))

    assert acknowledged(client, stage).status_code == status


@pytest.mark.parametrize("changes", [{"crew": "x"}, {"day": ""}, {"seen_at": "gestern"}])
def test_acknowledge_nonsense_is_refused(client, stage, changes):
    rated(stage)
    client.force_login(stage.foreman)

    assert acknowledged(client, stage, **changes).status_code == 422


def test_get_does_not_acknowledge(client, stage):
    client.force_login(stage.foreman)

    assert client.get(ACKNOWLEDGE).status_code == 405


def test_object_link_stands_until_the_time_is_over(client, stage, time_machine):
    order = rated(stage)
    url = reverse("evaluations:object", args=[order.pk])
    in_time = url in seen_by(client, stage.foreman).content.decode()

    time_machine.move_to(AFTER_D2 + timedelta(days=1))
    late = url in client.get(RESULTS).content.decode()

    assert (in_time, late) == (True, False)


def test_foreman_who_is_a_dispatcher_too_sees_the_own_crew_with_its_eyes(client, stage):
    both = make_person("both", Role.FOREMAN, Role.DISPATCHER)
    stage.crew.leads.filter(person=stage.foreman).update(person=both)
    own = rated(stage, own=None)

    response = seen_by(client, both)

    assert rows(response) == [(own.number, None, None, None)]


@pytest.mark.parametrize(("who", "corrects"), [("head", True), ("foreman", False), ("manager", False)])
def test_heads_find_the_way_to_correct_an_own_rating(client, stage, who, corrects):
    order = rated(stage)

    page = seen_by(client, getattr(stage, who)).content.decode()

    assert (reverse("evaluations:correct_self_evaluation", args=[order.pk]) in page) is corrects


@pytest.mark.parametrize(("role", "opens"), [(Role.LEAD, False), (Role.ADMIN, False), (Role.HEAD, True)])
def test_an_objection_is_a_link_for_who_may_open_it(client, stage, role, opens):
    order = rated(stage)
    objection = Objection.objects.create(order=order, reason="评的是另一次维修", by=stage.foreman, at=EVENING)

    page = seen_by(client, make_person(f"a-{role}", role))

    assert "申诉" in page.text
    assert (reverse("evaluations:objection", args=[objection.pk]) in page.text) is opens
