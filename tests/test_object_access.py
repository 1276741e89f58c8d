"""Access by object (domain §4, §12): own crew, formerly led crew, other crew. Roles: test_access_matrix.

404: the user may not know of the object. 403: the user may see it but not do this with it.
"""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from evaluations.enums import CallbackState, Rating
from evaluations.models import Objection
from improvement.enums import ProjectState
from improvement.revisits.photos import add_photos, read_picture
from satisfaction.core.roles import Role
from tests.crawling import told
from tests.factories import (
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_person,
    make_self_evaluation,
)
from tests.worlds.meetings import DAY, NOW, Room, make_room
from tests.worlds.revisits import picture
from workorders.enums import LeadKind

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
TABLE = """
            foreman deputy former outsider technician colleague dispatcher lead manager second head admin
order             200 200 404 404 200 404 200 200 200 200 200 200
open order        200 200 404 404 404 404 200 200 200 200 200 200
deadlines         200 200 404 404 200 404 200 200 200 200 200 200
to rate           200 403 404 404 403 403 403 403 403 200 200 403
rated             200 200 404 404 403 403 403 403 200 200 200 403
correct rating    403 403 404 404 403 403 403 403 403 403 200 403
object            200 200 404 404 403 403 403 403 403 403 403 403
objection         200 200 404 404 403 403 403 403 200 200 200 403
call              403 403 403 403 403 403 403 403 200 403 403 403
ended call        403 403 403 403 403 403 403 403 200 403 403 403
correct call      403 403 403 403 403 403 403 403 403 403 200 403
postpone          403 403 403 403 403 403 403 200 200 403 403 403
reassign          403 403 403 403 403 403 403 403 403 403 200 403
take out          403 403 403 403 403 403 403 403 403 403 200 403
revisit           200 200 404 404 403 403 403 200 200 200 200 403
paper             200 200 404 404 403 403 403 200 200 200 200 403
photo             200 200 404 404 403 403 403 200 200 200 200 403
project           200 200 404 404 403 403 403 200 200 200 200 200
print project     200 200 404 404 403 403 403 200 200 200 200 200
edit project      403 403 403 403 403 403 403 403 200 200 200 403
step              200 200 404 404 403 403 403 403 200 200 200 403
technician month  200 200 404 404 200 404 200 200 200 200 200 200
crew month        200 200 404 404 404 404 200 200 200 200 200 200
technician day    200 200 404 404 200 404 200 200 200 200 200 200
"""
"""`former` led the crew until the day of its orders, `colleague` works beside the technician; `manager` calls."""


def wanted() -> dict[str, dict[str, int]]:
    who, *rows = TABLE.strip().splitlines()
    return {row[:18].strip(): dict(zip(who.split(), map(int, row[18:].split()), strict=True)) for row in rows}


@pytest.fixture
def room(time_machine) -> Room:
    time_machine.move_to(NOW, tick=False)
    room = make_room()
    for name, role in (("former", Role.FOREMAN), ("colleague", Role.TECHNICIAN), ("second", Role.MANAGER)):
        room.people[name] = make_person(name, role)
    room.crew.leads.create(person=room.former, kind=LeadKind.DEPUTY, from_on=date(2026, 1, 1), to_on=DAY)
    TechnicianFactory(crew=room.crew, user=room.colleague)
    return room


def objects(room: Room) -> dict[str, str]:
    """Returns the objects of an order rated dissatisfied, and of an order not yet rated and called."""
    order = OrderFactory(technician=room.worker)
    make_self_evaluation(order, by=room.foreman)
    make_callback(order, room.manager, rating=Rating.DISSATISFIED, published_at=order.due_at)
    waiting = OrderFactory(technician=room.worker)
    callback = make_callback(waiting, room.manager, CallbackState.ASSIGNED)
    Objection.objects.create(order=order, reason="评的是另一次", by=room.foreman, at=NOW)
    photo = add_photos(room.revisit(order), [read_picture(picture())], by=room.foreman, now=NOW)[0]
    project = room.project_in(ProjectState.IN_PROGRESS)
    step, month, worker = project.steps.get(), date(2026, 5, 1), room.worker.pk
    return {
        "order": reverse("orders:page", args=[order.number]),
        "open order": reverse("orders:page", args=[waiting.number]),
        "deadlines": reverse("orders:deadlines", args=[order.number]),
        "to rate": reverse("evaluations:rate", args=[waiting.pk]),
        "rated": reverse("evaluations:rate", args=[order.pk]),
        "correct rating": reverse("evaluations:correct_self_evaluation", args=[order.pk]),
        "object": reverse("evaluations:object", args=[order.pk]),
        "objection": reverse("evaluations:objection", args=[order.objection.pk]),
        "call": reverse("evaluations:call", args=[callback.pk]),
        "ended call": reverse("evaluations:call", args=[order.callback.pk]),
        "correct call": reverse("evaluations:correct_callback", args=[order.callback.pk]),
        "postpone": reverse("evaluations:postpone", args=[callback.pk]),
        "reassign": reverse("evaluations:reassign_one", args=[callback.pk]),
        "take out": reverse("evaluations:take_out", args=[waiting.pk]),
        "revisit": reverse("improvement:revisit", args=[order.number]),
        "paper": reverse("improvement:revisit_print", args=[order.number]),
        "photo": reverse("improvement:revisit_photo", args=[photo.pk]),
        "project": reverse("improvement:project", args=[project.pk]),
        "print project": reverse("improvement:project_print", args=[project.pk]),
        "edit project": reverse("improvement:project_edit", args=[project.pk]),
        "step": reverse("improvement:step_report", args=[project.pk, step.pk]),
        "technician month": reverse("evaluations:technician_month", args=[month, worker]),
        "crew month": reverse("evaluations:crew_month", args=[month, room.crew.pk]),
        "technician day": reverse("evaluations:day_orders", args=[DAY, worker]),
    }


def test_objects_open_for_whom_they_concern_and_for_nobody_else(room, client):
    addresses, found = objects(room), {}
    for who in wanted()["order"]:
        client.force_login(room.people[who])
        for what, address in addresses.items():
            found.setdefault(what, {})[who] = told(client.get(address))[0]

    assert found == wanted()


def test_who_may_not_decide_is_told_so_before_anything_is_typed(room, client):
    addresses = objects(room)
    client.force_login(room.second)

    for what in ("take out", "correct rating"):
        assert "由没有参与该工单评价、也不属于该工班的科室负责人决定" in client.get(addresses[what]).text
