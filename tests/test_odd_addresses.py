"""Every address handles any input in its URL or form with a page, a message or a refusal, never an error.

Every field name of the product is sent to every address, so no view can read an untested field.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import django_filters
import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from evaluations.callbacks.save import snapshot
from evaluations.enums import AwardKind
from evaluations.models import Award, CallSave, DoNotCall, Objection
from evaluations.scores.settle import settle
from evaluations.workbook.jobs import TASK
from improvement.enums import ProjectState
from improvement.revisits.photos import add_photos, read_picture
from satisfaction.accounts.models import Absence, RoleGrant, User
from satisfaction.jobs.models import Job, JobState
from satisfaction.notices.models import Notice
from tests.crawling import PARAMETER, WALKS_ALL, Address, addresses, filled
from tests.factories import OrderFactory, make_callback
from tests.worlds.crew import DAY
from tests.worlds.meetings import NOW, make_room
from tests.worlds.revisits import picture
from workorders.models import PendingChange

pytestmark = pytest.mark.django_db
NUL, HUGE = "a\0b", "9" * 30
ENDLESS = "9" * 5000  # more digits than Python converts to a number
ODD = (
    "", " ", "x", "-1", "0", HUGE, ENDLESS, str(2**31), str(2**63), "1.5", "1e5", "NaN", "²", "٣", NUL, "长" * 3000,
    "0000-00", "9999-99", "10000-13", "2026-02-30", "0001-01-01", "9999-12-31", "0001-01-01T00:00",
    "9999-12-31T23:59", "%", "<b>", "{x}", "..", "[]", '{"a": 1}', "None", "on", "😀",
)  # fmt: skip
ODD_IN_PATH: dict[str, tuple[Any, ...]] = {
    "int": (0, 2**31, 2**63, HUGE),
    "day": ("0000-00-00", "9999-12-31", "٢٠٢٦-05-11"),
    "month": ("0000-00", "9999-12", "2100-12"),
    "str": (NUL, "长" * 300, "0000-00"),
    "path": (NUL, "..", "长" * 300),
}
ROOT = Path(__file__).parents[1]
READ_BY_NAME = re.compile(r"(?:GET|POST|FILES)(?:\.get|\.getlist|\[)\(?\"(\w+)\"")
BYTES = (
    (
        "application/x-www-form-urlencoded",
        "&".join(f"{name}=%FF%ED%B3%BF" for name in ("reason", "q", "day")),
    ),
    ("application/x-www-form-urlencoded; charset=utf-16", "reason=%FF"),
    ("application/json", '{"reason": ["x"]}'),
    ("multipart/form-data", "x"),
    (
        "multipart/form-data; boundary=b",
        '--b\r\nContent-Disposition: form-data; name="\0"\r\n\r\n\xff\r\n--b--',
    ),
    ("text/plain; charset=none", "x"),
)


@dataclass
class World:
    """An object for every address, open and ended; `keys`: address prefix → possible numbers."""

    people: dict[str, User]
    keys: dict[str, tuple[Any, ...]]

    def values(self, one: Address, name: str) -> tuple[Any, ...]:
        if name in ("pk", "sibling"):
            return next(keys for begins, keys in self.keys.items() if one.name.startswith(begins))
        return self.keys[name]


@pytest.fixture
def world(time_machine) -> World:
    time_machine.move_to(NOW, tick=False)
    room = make_room()
    worker, at = room.worker, {"by": room.head, "at": NOW}
    waiting = OrderFactory(number="WX/1", technician=worker, day=date(2026, 6, 9))
    calls = [
        make_callback(waiting, room.dispatcher),
        make_callback(OrderFactory(technician=worker), room.manager),
    ]
    OrderFactory(technician=worker, reporter_phone="")
    over = room.dissatisfied(number="WX/2")
    revisit = room.revisit(over)
    photo = add_photos(revisit, [read_picture(picture())], by=room.foreman, now=NOW)[0]
    room.opened()
    project = room.project_in(ProjectState.IN_PROGRESS)
    absence = Absence.objects.create(
        person=room.dispatcher, first_on=date(2026, 6, 20), last_on=date(2026, 6, 21), entered_by=room.lead
    )
    listed = DoNotCall.objects.create(
        phone="13800000000", phone_key="13800000000", until_on=date(2026, 12, 1), **at
    )
    objection = Objection.objects.create(order=over, reason="评的是另一次", by=room.foreman, at=NOW)
    award = Award.objects.create(
        settlement=settle(date(2026, 4, 1), by=None, now=NOW),
        kind=AwardKind.STAR,
        technician=worker,
        bonus=Decimal("0.5"),
    )
    grant = RoleGrant.objects.create(person=room.dispatcher, role="admin", asked_by=room.admin, asked_at=NOW)
    pending = PendingChange.objects.create(
        order=waiting, source="import", said={"crew": "x"}, fields=["crew"], by=room.dispatcher, at=NOW
    )
    jobs = [
        Job.objects.create(kind=TASK, state=state, by=room.admin)
        for state in (JobState.DONE, JobState.FAILED)
    ]
    notice = Notice.objects.create(person=room.head, kind="x", period="2026-06", created_at=NOW)
    callbacks = (*(one.pk for one in calls), over.callback.pk)
    saves = [
        CallSave.objects.create(callback=one, by=room.dispatcher, at=NOW, before={str(one.pk): snapshot(one)})
        for one in (calls[0], over.callback)
    ]
    keys: dict[str, tuple[Any, ...]] = {
        "improvement:revisit_photo": (photo.pk,),
        "improvement:": (project.pk,),
        "accounts:roster_end": (absence.pk,),
        "accounts:decide_grant": (grant.pk,),
        "orders:decide_pending": (pending.pk,),
        "notices:read": (notice.pk,),
        "evaluations:end_do_not_call": (listed.pk,),
        "evaluations:objection": (objection.pk,),
        "evaluations:record_decision": (award.pk,),
        "evaluations:import_": tuple(job.pk for job in jobs),
        "evaluations:undo_save": tuple(one.pk for one in saves),
        "evaluations:technician_month": (worker.pk,),
        "evaluations:day_orders": (worker.pk,),
        "evaluations:crew_month": (room.crew.pk,),
        **dict.fromkeys(("evaluations:rate", "evaluations:take_out"), (waiting.pk, over.pk)),
        **dict.fromkeys(("evaluations:correct_self_evaluation", "evaluations:object"), (over.pk,)),
        "evaluations:": callbacks[::2],
        "step": (project.steps.get().pk,),
        "position": (1,),
        "number": ("WX/1", "WX/2"),
        "day": (DAY,),
        "month": ("2026-06",),
        "year": (2026,),
        "role": ("lead",),
        "uidb64": ("MQ",),
        "token": ("x",),
        "object_id": (worker.pk,),
        "content_type_id": (1,),
        "app_label": ("workorders",),
        "url": ("x",),
    }
    return World(room.people, keys)


# --- Requests -----------------------------------------------------------------------------------------


def forms_of_ours() -> Iterator[Any]:
    waiting: list[Any] = [forms.BaseForm, django_filters.FilterSet]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if not one.__module__.startswith("django"):
                yield one


def plausible(field: Any) -> str:
    """Returns a valid value for the field, as a browser sends it."""
    if isinstance(field, forms.ModelChoiceField | forms.IntegerField):
        return "1"
    if isinstance(field, forms.ChoiceField):
        return next(
            (str(value) for value, _label in field.choices if value and not isinstance(_label, list)), "1"
        )
    kinds = {forms.BooleanField: "on", forms.DateTimeField: "2026-06-11T09:30", forms.DateField: "2026-06-11"}
    return next((value for kind, value in kinds.items() if isinstance(field, kind)), "好")


def everything_asked() -> dict[str, str]:
    """Returns every field name read by a form or view of the product → a plausible value."""
    found = {
        name: "1" for path in ROOT.glob("*/**/views*.py") for name in READ_BY_NAME.findall(path.read_text())
    }
    for form in forms_of_ours():
        for name, field in getattr(form, "base_fields", getattr(form, "base_filters", {})).items():
            found[name] = plausible(getattr(field, "field", field))
    return dict(sorted(found.items())) | {"with": "1", "action": "repeat"}


def sent(names: dict[str, str], turn: int, *, every: int) -> dict[str, Any]:
    """Puts an odd value, different each turn, into each `every`-th field; the others are plausible."""
    return {
        name: ODD[(n + 5 * turn) % len(ODD)] if (n + turn) % every == 0 else value
        for n, (name, value) in enumerate(names.items())
    }


def short(data: dict[str, Any]) -> str:
    """Returns the data as a query string short enough for a request line."""
    return urlencode({name: value for name, value in data.items() if len(value) < 100})


def requests(path: str, names: dict[str, str], turn: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields GET, POST and one unusual POST each turn: non-text bytes, files or JSON."""
    query = (
        "&".join(f"{name}=%FF%ED%B3%BF" for name in names)
        if turn % 4 == 0
        else short(sent(names, turn, every=1))
    )
    yield "GET", f"{path}?{query}", {}
    yield "POST", path, {"data": sent(names, turn, every=1 + turn % 4)}
    if turn % 4 == 0:
        yield (
            "POST",
            path,
            {"data": {name: SimpleUploadedFile("a.xlsx", b"PK\x03\x04\xff") for name in names}},
        )
    elif turn % 4 == 1:
        content_type, body = BYTES[turn // 4 % len(BYTES)]
        yield "POST", path, {"data": body.encode("latin-1"), "content_type": content_type}


def answered(client: Client, method: str, path: str, more: dict[str, Any]) -> str:
    """Returns "" if the address answers, else the error. Rolls the request's changes back."""
    send = client.post if isinstance(more.get("data"), dict) else partial(client.generic, method)
    try:
        with transaction.atomic():
            try:
                response = send(path, **more)
                b"".join(response.streaming_content) if response.streaming else response.content
            finally:
                transaction.set_rollback(True)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return f"{response.status_code}" if response.status_code >= 500 else ""


def clients(world: World) -> dict[str, Client]:
    found = {name: Client() for name in world.people}
    for name, client in found.items():
        client.force_login(world.people[name])
    return found


def askers(one: Address, turn: int) -> str:
    """Returns a user whom the view admits, a different one each turn."""
    roles = sorted(one.roles or {"technician"}) if not one.is_admins else ["admin"]
    return roles[turn % len(roles)]


def failures(world: World, asked: Iterable[tuple[Address, str, str, str, dict[str, Any]]]) -> dict[str, str]:
    who = clients(world)
    found = {}
    for _one, name, method, path, more in asked:
        if wrong := answered(who[name], method, path, more):
            found[f"{name} {method} {path[:90]}"] = wrong
    return found


SKIPPED = (
    "accounts:logout",
    "accounts:end_sessions",
    "admin:logout",
    "admin:jsi18n",
    "healthz",
)  # healthz answers 503 without a beat


def test_every_address_answers_whatever_its_fields_hold(world):
    names = everything_asked()
    turn = itertools.count()

    def every() -> Iterator[Any]:
        for one in addresses():
            if one.name in SKIPPED:
                continue
            parts = [part for _kind, part in PARAMETER.findall(one.route)]
            for path in filled(one.route, {part: world.values(one, part) for part in parts}):
                n = next(turn)
                found = list(requests(path, names, n))
                # The suite sends every other request; so does a whole walk to Django's own views.
                chosen = found[n % 2 :: 2] if one.is_admins or not WALKS_ALL else found
                yield from ((one, askers(one, n), *request) for request in chosen)

    assert failures(world, every()) == {}


def test_every_address_answers_whatever_stands_in_it(world):
    def every() -> Iterator[Any]:
        for n, one in enumerate(
            one for one in addresses() if not one.is_admins or "object_id" not in one.route
        ):
            kinds = PARAMETER.findall(one.route)
            for index in range(len(kinds)):
                values = {name: world.values(one, name)[:1] for _kind, name in kinds}
                for odd in ODD_IN_PATH[kinds[index][0] or "str"]:
                    path = next(filled(one.route, values | {kinds[index][1]: (quote(str(odd), safe="/"),)}))
                    yield one, askers(one, n), "GET", path, {}

    assert failures(world, every()) == {}
