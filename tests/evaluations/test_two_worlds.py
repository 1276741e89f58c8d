"""Blind both ways (domain §4), by comparison: worlds that differ only in the hidden fact respond alike.

Each world is created, requested by one person at every address of the product, and rolled back. The tests compare
whole responses instead of searching for words: a different count, link, status or sentence is a leak too.

The suite uses one person of each kind; WALKS=all uses every combination of roles and follows every link.
"""

from __future__ import annotations

import contextlib
import copy
import difflib
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from evaluations.enums import CallbackState, Outcome, Rating
from evaluations.models import (
    Callback,
    CallbackAttempt,
    CallReassignment,
    DrawRun,
    ProblemType,
    RatingCorrection,
)
from evaluations.workbook.import_ import import_workbook
from evaluations.workbook.imported import document
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from satisfaction.scheduler.reminders import find_due_reminders
from tests.crawling import WALKS_ALL, Address, Answer, addresses, crawl, filled, told
from tests.factories import (
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_lead,
    make_person,
    make_run,
    make_self_evaluation,
)
from tests.worlds.crew import AFTER_D2, D1, DAY, MORNING, ON_D2
from workorders.enums import LeadKind
from workorders.models import Crew, Technician, WorkOrder

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
PHONE = "13876543210"
PK = 7001  # everything related to the order, so that any address can be built from it


@dataclass
class Base:
    """The data shared by all worlds: the order in question, orders everybody may know, and the people."""

    order: WorkOrder
    people: dict[str, User]
    run: DrawRun


def person(name: str, *roles: str) -> User:
    return make_person(name, *roles, email=f"{name}@example.org")


@pytest.fixture
def base(time_machine) -> Base:
    time_machine.move_to(MORNING, tick=False)
    crew, other = Crew.objects.create(pk=PK, name="甲班"), Crew.objects.create(pk=PK + 1, name="乙班")
    people = {
        "foreman": person("foreman", Role.FOREMAN),
        "deputy": person("deputy", Role.DEPUTY),
        "worker": person("worker", Role.TECHNICIAN),
        "outsider": person("outsider", Role.FOREMAN),
        "dispatcher": person("dispatcher", Role.DISPATCHER),
        "second": person("second", Role.DISPATCHER),
        "lead": person("lead", Role.DISPATCHER, Role.LEAD),
        "manager": person("manager", Role.MANAGER),
        "head": person("head", Role.MANAGER, Role.HEAD),
        "admin": person("admin", Role.ADMIN),
    }
    for one in ("dispatcher", "lead", "manager", "head", "admin"):
        roles = {"lead": [Role.LEAD, Role.DISPATCHER], "head": [Role.HEAD, Role.MANAGER]}.get(one, [one])
        people[f"foreman+{one}"] = person(f"foreman+{one}", Role.FOREMAN, *roles)
        people[f"former+{one}"] = person(f"former+{one}", Role.FOREMAN, *roles)
        people[f"technician+{one}"] = person(f"technician+{one}", Role.TECHNICIAN, *roles)
    make_lead(crew, people["foreman"])
    make_lead(crew, people["deputy"], LeadKind.DEPUTY)
    make_lead(other, people["outsider"])
    worker = Technician.objects.create(
        pk=PK, crew=crew, employee_no="W1", name="维修一", user=people["worker"]
    )
    stranger = TechnicianFactory(crew=other)
    order = OrderFactory(pk=PK, number="WX-7001", technician=worker, reporter_phone="138 7654 3210")
    for n, technician in enumerate((worker, stranger, worker)):
        known = OrderFactory(number=f"WX-80{n}", technician=technician, day=date(2026, 5, 4))
        make_self_evaluation(
            known, Rating.SATISFIED, by=people["foreman"], rated_at=days.moment_at(date(2026, 5, 5), time(9))
        )
        make_callback(
            known,
            people["second"],
            rating=Rating.DISSATISFIED if n == 2 else Rating.SATISFIED,
            words="很慢",
            ended_at=days.moment_at(date(2026, 5, 5), time(10)),
            published_at=days.moment_at(date(2026, 5, 5), time(17)),
        )
    beside = OrderFactory(number="WX-9001", technician=stranger)
    make_callback(beside, people["second"])
    return Base(order, people, make_run(DAY))


# --- Worlds: one order's callback, or its self-evaluation, in different states ------------------------

World = Callable[[Base], None]


def called(base: Base, caller: str | None, state: str = CallbackState.RATED, **fields: object) -> Callback:
    """The order's callback, published by default; one row, whatever its outcome."""
    ended = state not in (CallbackState.ASSIGNED, CallbackState.WAITING)
    by = base.people[caller] if caller else None
    fields.setdefault("published_at", days.moment_at(D1, time(17, 30)) if ended else None)
    fields.setdefault("ended_at", days.moment_at(D1, time(10)) if ended else None)
    return make_callback(base.order, by, state, pk=PK, run=base.run, **fields)


def satisfied(base: Base, **fields: object) -> None:
    called(base, "dispatcher", rating=Rating.SATISFIED, **fields)


def dissatisfied_with_a_manager(base: Base, **fields: object) -> None:
    manager = base.people["manager"]
    callback = called(
        base,
        "manager",
        rating=Rating.DISSATISFIED,
        words="太慢",
        summary="摘要",
        other_problem="其它",
        **fields,
    )
    callback.problem_types.set(ProblemType.objects.filter(code__in=(1, 4)))
    CallbackAttempt.objects.create(
        pk=PK, callback=callback, by=manager, started_at=MORNING, ended_at=MORNING, outcome=Outcome.REACHED
    )
    CallReassignment.objects.create(
        pk=PK,
        callback=callback,
        from_caller=base.people["head"],
        to_caller=manager,
        reason="出差",
        by=base.people["head"],
        at=MORNING,
    )
    RatingCorrection.objects.create(
        pk=PK, callback=callback, before={}, after={}, reason="听错", by=manager, at=MORNING
    )
    base.order._history_user, base.order._history_date = manager, MORNING
    base.order.save()


def still_open(base: Base, **fields: object) -> None:
    called(base, "dispatcher", CallbackState.ASSIGNED, **{**fields, "published_at": None})


def refused(base: Base, **fields: object) -> None:
    called(base, "second", CallbackState.REFUSED, **fields)


CALLBACKS: dict[str, Callable[..., None]] = {
    one.__name__: one for one in (satisfied, dissatisfied_with_a_manager, still_open, refused)
}


OWN_WORDS = {"opinion": "整改", "comment": "评语", "record_factor": "poor"}
OWN: dict[str, dict[str, str]] = {
    Rating.SATISFIED: {},
    Rating.DISSATISFIED: OWN_WORDS,
}


# --- Requests ------------------------------------------------------------------------------------------

ADDRESSES: dict[str, tuple[object, ...]] = {
    "pk": (PK,),
    "sibling": (PK,),
    "step": (PK,),
    "position": (1,),
    "number": ("WX-7001",),
    "day": (DAY,),
    "month": (f"{DAY:%Y-%m}",),
    "year": (DAY.year,),
    "role": (),
    "object_id": (PK,),
    "content_type_id": (),
    "uidb64": (),
    "token": (),
}
MORE = [
    f"/exports/?first={DAY}&last={DAY}",
    f"/results/?day={DAY}",
    f"/board/?day={DAY}",
    f"/audit/?first={DAY}&last={D1}",
    "/orders/?q=WX-7001",
    *(
        f"/improvement/kpis/orders/?kpi={kpi}&first={DAY}&last={DAY}&crew={PK}"
        for kpi in ("satisfied", "manager_share")
    ),
]
NOT_ASKED = ("logout", "healthz", "/static/", "/language/", "/admin/jsi18n")


def doors(reader: User) -> list[Address]:
    return [
        one
        for one in addresses()
        if (reader.has_role(Role.ADMIN) if one.is_admins else one.roles and reader.has_role(*one.roles))
    ]


def start(reader: User) -> list[str]:
    """Every address this person may request (the access matrix covers the others), and the pages' own requests."""
    every = [address for one in doors(reader) for address in filled(one.route, ADDRESSES)]
    return [one for one in (*every, *MORE) if not any(part in one for part in NOT_ASKED)]


def dialled(answers: dict[str, Answer]) -> list[str]:
    """Addresses that show the reporter's full number, in any notation."""
    return [
        address for address, answer in answers.items() if PHONE in re.sub(r"[\s\-]|%20", "", str(answer[-1]))
    ]


@contextlib.contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


def asked(base: Base, who: str, now: datetime, *, follows: bool = True) -> dict[str, Answer]:
    """Every address, the pages' links (`follows`), every form and every preview."""
    client = Client(raise_request_exception=True)
    reader = base.people[who]
    client.force_login(reader)
    first = start(reader)
    answers = crawl(client, first, skip=NOT_ASKED, most=1000 if follows else len(first))
    due = [(one.kind, dict(one.params)) for one in find_due_reminders(now).due if one.person == reader.pk]
    if not reader.has_role(Role.ADMIN) and not Callback.objects.open().filter(caller=reader).exists():
        assert dialled(answers) == []
    answers |= sent(client, reader) | previewed(reader, now)
    return answers | {"reminders": (sorted(map(repr, due)),)}


# Guesses and ordinary forms by address name; other addresses with an order or a callback get an empty form.
GUESSES = [{"rating": rating, "reason": "猜", "opinion": "整改", "comment": ""} for rating in Rating.values]
BODIES: dict[str, list[dict[str, object]]] = {
    "evaluations:rate": GUESSES,
    "evaluations:correct_self_evaluation": [
        *GUESSES,
        {"rating": Rating.DISSATISFIED, "reason": "猜", **OWN_WORDS},
    ],
    "evaluations:correct_callback": [
        {"state": "rated", "rating": Rating.SATISFIED, "reason": "猜"},
        {"state": "refused", "reason": "猜"},
    ],
    "evaluations:correct_number": [{"phone": PHONE, "reason": "猜"}],
    "evaluations:publish": [{"day": f"{DAY}"}, {"day": f"{DAY}", "reason": "演练"}],
    "evaluations:acknowledge": [{"day": f"{DAY}", "crew": PK, "seen_at": AFTER_D2.isoformat()}],
    "evaluations:take_out": [{"reason": "猜"}],
    "evaluations:object": [{"reason": "猜"}],
    "evaluations:postpone": [{"reason": "猜"}],
    "evaluations:reassign_one": [{"reason": "猜"}],
    "orders:link": [{"action": one, "number": "WX-800", "reason": "猜"} for one in ("duplicate", "unlink")],
}


def sent(client: Client, reader: User) -> dict[str, Answer]:
    """Responses of every address with an order or a callback to a form, rolled back at once."""
    answers: dict[str, Answer] = {}
    cookies = copy.deepcopy(client.cookies)  # one of the forms signs out everywhere
    for one in doors(reader):
        if one.is_admins or not ("<" in one.route or one.name in BODIES):
            continue
        for address, (n, body) in itertools.product(
            filled(one.route, ADDRESSES), enumerate(BODIES.get(one.name, [{}]))
        ):
            if any(part in address for part in NOT_ASKED):
                continue
            client.cookies = copy.deepcopy(cookies)
            with transaction.atomic():
                answers[f"POST {address} {n}"] = told(client.post(address, body))
                transaction.set_rollback(True)
    return answers


SHEETS = [
    {"工单号": "WX-7001", "工长测评分值": "10"},
    {"工单号": "WX-7001", "工长测评分值": "6", "工长评语": "评语\n整改意见：整改"},
    {"工单号": "WX-7001", "调度测评分值": "10"},
    {"工单号": "WX-7001", "管理人员测评分值": "6"},
    {"工单号": "WX-7001", "不满意问题和建议统计": "太慢"},
]


def previewed(reader: User, now: datetime) -> dict[str, Answer]:
    """The upload preview's answers to guesses, with the sender's rights."""
    if not reader.has_role(Role.DISPATCHER, Role.LEAD, Role.ADMIN):
        return {}
    found = {}
    for n, row in enumerate(SHEETS):
        text = f"{','.join(row)}\n" + ",".join(f'"{cell}"' for cell in row.values())
        with_evaluations = reader.has_role(Role.ADMIN)
        done = import_workbook(
            text.encode(),
            filename="a.csv",
            now=now,
            by=reader,
            with_evaluations=with_evaluations,
            dry_run=True,
        )
        found[f"preview {n}"] = (str(document(done)),)
    return found


def alike(worlds: dict[str, dict[str, Answer]]) -> None:
    if found := differing(worlds):
        pytest.fail("\n".join(found), pytrace=False)


def differing(worlds: dict[str, dict[str, Answer]]) -> list[str]:
    """Every address that answers differently between worlds, with the first differing lines."""
    (first, answers), *others = worlds.items()
    found = []
    for name, other in others:
        for address in sorted({*answers, *other}):
            mine, theirs = answers.get(address), other.get(address)
            if mine != theirs:
                lines = difflib.unified_diff(
                    *(str(one).split("\\n") for one in (mine, theirs)), lineterm="", n=0
                )
                short = [line.strip()[:300] for line in lines if not line.startswith(("---", "+++", "@@"))]
                found.append(f"{first} / {name}: {address}: " + " ‖ ".join(short[:6]))
    return found


def join(base: Base, who: str) -> None:
    """`foreman+…` leads the crew, `former+…` led it on the order's day, `technician+…` works in it."""
    crew, reader = base.order.crew, base.people[who]
    if who.startswith("foreman+"):
        crew.leads.filter(person=base.people["foreman"]).update(person=reader)
    elif who.startswith("former+"):
        crew.leads.create(person=reader, kind=LeadKind.DEPUTY, from_on=date(2026, 1, 1), to_on=DAY)
    elif who.startswith("technician+"):
        TechnicianFactory(crew=crew, user=reader)


# Viewers with the crew's view of the order.
CREW = ["foreman", "former+head"]
if WALKS_ALL:
    CREW += ["technician+admin", "technician+lead", "foreman+dispatcher"]


def worlds_for(who: str) -> dict[str, Callable[..., None]]:
    """All worlds for the first viewer; for others the two most different: ended and fully visible, and open."""
    if who == CREW[0]:
        return CALLBACKS
    return {one.__name__: one for one in (dissatisfied_with_a_manager, still_open)}


@pytest.mark.nightly
def test_crew_cannot_tell_one_unpublished_callback_from_another_along_the_links(base, time_machine):
    who = CREW[0]
    make_self_evaluation(base.order, Rating.SATISFIED, by=base.people["deputy"], rated_at=MORNING, pk=PK)
    time_machine.move_to(AFTER_D2, tick=False)

    worlds = {}
    for world in (dissatisfied_with_a_manager, still_open):
        with taken_back():
            world(base, published_at=None)
            worlds[world.__name__] = asked(base, who, AFTER_D2, follows=True)

    alike(worlds)


@pytest.mark.parametrize("who", CREW)
def test_crew_cannot_tell_one_unpublished_callback_from_another(base, time_machine, who):
    join(base, who)
    make_self_evaluation(base.order, Rating.SATISFIED, by=base.people["deputy"], rated_at=MORNING, pk=PK)
    time_machine.move_to(AFTER_D2, tick=False)

    worlds = {}
    for name, world in worlds_for(who).items():
        with taken_back():
            world(base, published_at=None)
            worlds[name] = asked(base, who, AFTER_D2, follows=False)

    alike(worlds)


@pytest.mark.parametrize("who", ["technician+lead", *(["foreman", "technician+admin"] if WALKS_ALL else [])])
def test_crew_that_has_not_rated_cannot_tell_whether_and_what_was_published(base, time_machine, who):
    join(base, who)
    time_machine.move_to(ON_D2, tick=False)

    worlds = {}
    for name, world in worlds_for(who).items():
        with taken_back():
            world(base)
            worlds[name] = asked(base, who, ON_D2, follows=False)

    alike(worlds)


OTHERS = [("dispatcher", CallbackState.REFUSED), ("manager", CallbackState.ASSIGNED)]
if WALKS_ALL:
    OTHERS += [
        ("dispatcher", CallbackState.ASSIGNED),
        ("head", CallbackState.REFUSED),
        ("admin", CallbackState.REFUSED),
    ]


@pytest.mark.parametrize(("who", "state"), OTHERS)
def test_nobody_else_can_tell_one_self_evaluation_from_another_before_it_is_published(
    base, time_machine, who, state
):
    """This holds above all for the caller, who could still correct the saved rating."""
    join(base, who)
    called(base, who if who in ("dispatcher", "manager") else "second", state, published_at=None)
    time_machine.move_to(AFTER_D2, tick=False)
    foreman = base.people["foreman"]

    worlds = {}
    for rating, fields in OWN.items():
        with taken_back():
            given = make_self_evaluation(base.order, rating, by=foreman, rated_at=MORNING, pk=PK, **fields)
            if fields:
                RatingCorrection.objects.create(
                    pk=PK, self_evaluation=given, before={}, after={}, reason="改", by=foreman, at=MORNING
                )
            worlds[rating] = asked(base, who, AFTER_D2, follows=WALKS_ALL)

    alike(worlds)
