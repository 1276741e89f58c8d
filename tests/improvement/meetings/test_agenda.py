from datetime import timedelta

import pytest
from django.urls import reverse

from evaluations.enums import CallbackState, Rating, Source
from evaluations.models import Callback, ProblemType, SelfEvaluation
from improvement.enums import ItemKind, Likeness, RevisitState
from improvement.meetings.actions import open_meeting
from improvement.meetings.agenda import live_agenda, open_proposals, overdue_by_crew, overdue_information
from improvement.models import AgendaItem, Revisit
from satisfaction.calendars import days
from tests.factories import CrewFactory, OrderFactory, TechnicianFactory, make_run, make_self_evaluation
from tests.worlds.crew import queries_of
from tests.worlds.meetings import DAY, NOW
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
MANY = 2000


def alone(n):
    """Fields with unique values per order."""
    return {"reporter_location": f"{n} 号楼", "equipment": f"终端 {n}", "types": ()}


def names(proposals):
    return [
        (sorted(likeness for likeness, _ in proposal.names), len(proposal.orders)) for proposal in proposals
    ]


@pytest.mark.parametrize(
    ("fields", "likeness"),
    [
        ({"reporter_phone_key": "13800001111"}, Likeness.REPORTER),
        ({"reporter_location": "三楼机房"}, Likeness.PLACE),
        ({"equipment": "一号服务器"}, Likeness.EQUIPMENT),
        ({"types": (2,)}, Likeness.PROBLEM_TYPE),
    ],
)
def test_trouble_that_is_alike_is_proposed(room, fields, likeness):
    for n in range(2):
        room.dissatisfied(**(alone(n) | fields))

    assert names(open_proposals(NOW)) == [([likeness], 2)]


def test_other_problem_is_no_likeness(room):
    other = ProblemType.objects.get(needs_text=True)
    for n in range(2):
        room.dissatisfied(**(alone(n) | {"types": (other.code,)}))

    assert open_proposals(NOW) == []


def test_repeat_repair_is_trouble_too(room):
    first = OrderFactory(technician=room.worker, reporter_location="三楼机房", equipment="甲")
    for n in range(2):
        OrderFactory(
            technician=room.worker,
            day=DAY + timedelta(days=n + 1),
            reporter_location="三楼机房",
            equipment=f"乙{n}",
            repeat_of=first,
        )

    assert names(open_proposals(NOW)) == [([Likeness.PLACE], 2)]


def test_satisfied_orders_are_no_trouble(room):
    for _ in range(2):
        order = OrderFactory(technician=room.worker, reporter_location="三楼机房")
        make_self_evaluation(order, by=room.foreman)
        room.rated(order, Rating.SATISFIED)

    assert open_proposals(NOW) == []


def test_trouble_the_crew_may_not_know_yet_is_not_told(room):
    orders = []
    for n in range(2):
        order = OrderFactory(technician=room.worker, reporter_location="三楼", equipment=f"终端 {n}")
        room.rated(order, Rating.DISSATISFIED)
        orders.append(order)
    last = max(order.last_due_at for order in orders)

    assert (open_proposals(last - timedelta(minutes=1)), names(open_proposals(last))) == (
        [],
        [([Likeness.PLACE], 2)],
    )


def test_trouble_older_than_two_months_is_over(room):
    for n in range(2):
        room.dissatisfied(**(alone(n) | {"reporter_location": "三楼"}))

    assert open_proposals(days.start_of_day(DAY + timedelta(days=63))) == []


def test_proposals_beyond_the_largest_are_counted(room):
    for n in range(22):
        for m in range(2):
            room.dissatisfied(**(alone(100 * n + m) | {"reporter_location": f"{n} 楼"}))

    agenda = live_agenda(NOW)

    assert (len([item for item in agenda.items if item.kind == ItemKind.PROPOSAL]), agenda.more) == (20, 2)


def test_agenda_of_the_next_meeting_leaves_out_what_is_before_an_open_one(room):
    room.revisit()
    room.proposed()
    room.opened()
    later = room.revisit(room.dissatisfied(**alone(9)))

    items = [item for item in live_agenda(NOW).items if item.kind != ItemKind.PROPOSAL]

    assert [item.revisit for item in items] == [later]


def test_information_is_crew_by_crew(room):
    late = [room.dissatisfied(**alone(n)) for n in range(2)]
    room.dissatisfied(technician=room.other_worker, **alone(3))
    after = NOW + timedelta(days=30)

    found = overdue_by_crew(overdue_information(after)["revisits"])

    assert [(crew["name"], len(crew["numbers"])) for crew in found] == [("工班甲", 2), ("工班乙", 1)]
    assert found[0]["numbers"] == sorted(order.number for order in late)


def bulk(room, state):
    """A month with 2,000 published dissatisfied callbacks of ten crews, with or without a submitted form."""
    workers = [TechnicianFactory(crew=CrewFactory()) for _ in range(10)]
    orders = [
        OrderFactory.build(
            technician=workers[n % 10],
            crew=workers[n % 10].crew,
            day=DAY + timedelta(days=n % 20),
            reporter_location=f"{n % 300} 号楼",
            equipment=f"终端 {n % 400}",
        )
        for n in range(MANY)
    ]
    for order in orders:
        order.due_at = order.last_due_at = order.closed_at + timedelta(days=1)
    orders = WorkOrder.objects.bulk_create(orders)
    run = make_run(DAY)
    SelfEvaluation.objects.bulk_create(
        SelfEvaluation(
            order=order,
            rating=Rating.SATISFIED,
            points=10,
            source=Source.APP,
            rated_by=room.foreman,
            rated_at=order.due_at,
        )
        for order in orders
    )
    callbacks = Callback.objects.bulk_create(
        Callback(
            order=order,
            caller=room.dispatcher,
            group="dispatcher",
            drawn_group="dispatcher",
            drawn_caller=room.dispatcher,
            run=run,
            state=CallbackState.RATED,
            rating=Rating.DISSATISFIED,
            points=6,
            ended_at=order.due_at,
            published_at=order.due_at,
        )
        for order in orders
    )
    through = Callback.problem_types.through
    kind = ProblemType.objects.get(code=1)
    through.objects.bulk_create(through(callback=callback, problemtype=kind) for callback in callbacks)
    if state == RevisitState.SUBMITTED:
        Revisit.objects.bulk_create(
            Revisit(
                order=order,
                state=state,
                begun_by=room.foreman,
                begun_at=order.due_at,
                visited_by=room.foreman,
                visited_at=order.due_at,
                findings="到场",
                measure="值守",
                submitted_by=room.foreman,
                submitted_at=order.due_at,
            )
            for order in orders
        )


@pytest.mark.parametrize("state", [RevisitState.SUBMITTED, None])
def test_agenda_of_two_thousand_opens_with_fifteen_queries(client, room, time_machine, state):
    time_machine.move_to(NOW, tick=False)
    bulk(room, state)
    meeting = room.planned()
    client.force_login(room.head)
    page = reverse("improvement:meeting", args=[meeting.month])

    live = queries_of(client, page)
    open_meeting(meeting, by=room.head, now=NOW)
    opened = queries_of(client, page)
    screen = queries_of(client, reverse("improvement:meeting_screen", args=[meeting.month, 1]))

    items = AgendaItem.objects.filter(kind=ItemKind.REVISIT).count()
    assert items == (MANY if state else 0)
    assert max(live, opened) <= 15, (live, opened)
    assert screen <= 25
