"""Export, empty the database, import, export again: the files are equal, byte for byte (domain §11)."""

import io
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.enums import CallbackState, Group, Manner, Rating, Repaired, Response, Uncivil
from evaluations.models import Callback, CallbackAttempt, DaySeed, DrawRun, ProblemType, SelfEvaluation
from evaluations.workbook.export import COMMAND, export_workbook
from evaluations.workbook.import_ import import_workbook
from satisfaction.accounts.models import User
from tests.factories import make_callback, make_person, make_run, make_self_evaluation
from tests.worlds.workbooks import NOW
from workorders.enums import Channel, Kind
from workorders.intake.order_state import OrderState, is_after_repair
from workorders.intake.repeats import repaired_at
from workorders.models import Crew, Technician, WorkOrder

pytestmark = pytest.mark.django_db
REAL = Path(__file__).parents[2] / "data" / "fault-workbook-2016-03.xlsx"
FIRST, LAST = date(2026, 5, 1), date(2026, 5, 11)


def exported(first: date = FIRST, last: date = LAST) -> bytes:
    file = io.BytesIO()
    export_workbook(file, first=first, last=last, reader=COMMAND, now=NOW)
    return file.getvalue()


def empty_the_database() -> None:
    WorkOrder.objects.update(repeat_of=None, duplicate_of=None)
    Callback.problem_types.through.objects.all().delete()
    models = CallbackAttempt, Callback, SelfEvaluation, WorkOrder, Technician, Crew, DrawRun, DaySeed, User
    for model in models:
        model.objects.all().delete()


def assert_round_trip(first: date = FIRST, last: date = LAST) -> None:
    """Compares every sheet through the bytes of the whole file, which contains no timestamp."""
    before = exported(first, last)
    orders = WorkOrder.objects.closed_between(first, last).count()
    empty_the_database()

    imported = import_workbook(before, filename="x.xlsx", now=NOW, create_people=True)

    assert imported.errors == ()
    assert (imported.rows, imported.created, imported.unknown_columns) == (orders, orders, ())
    assert exported(first, last) == before


@pytest.mark.any_database
def test_real_month_round_trips():
    import_workbook(REAL, filename=REAL.name, now=NOW, create_people=True)

    assert_round_trip(date(2016, 3, 1), date(2016, 3, 31))


NASTY = [
    "=1+1",
    "+86",
    "-",
    "@x",
    "'a",
    "_x000D_",
    "_x0041_",
    " ",
    "\n",
    "\t",
    "“”",
    "😀",
    "\u200b",
    "0012",
    "1e5",
    "a",
    "整改意见：",
]
TEXT = st.lists(st.sampled_from([*NASTY, "更换电源", "未接通", "拒绝评价", "\x07", "\xa0"]), max_size=4).map(
    "".join
)
LINE = TEXT.map(lambda text: text[:40])
ENDED = [CallbackState.RATED, CallbackState.REFUSED, CallbackState.UNREACHABLE]
MOMENT = st.integers(0, 10 * 24 * 3600).map(
    lambda second: timezone.make_aware(datetime(2026, 5, 1)) + timedelta(seconds=second)
)


@st.composite
def orders(draw):
    closed_at = draw(MOMENT)
    return {
        "closed_at": closed_at,
        "reported_at": draw(st.none() | st.just(closed_at - timedelta(hours=1))),
        "finished_at": draw(st.none() | MOMENT),
        "reporter_name": draw(LINE),
        "reporter_phone": draw(st.sampled_from(["", "13800001111", "0571-8888 转 12", "8001"])),
        "fault": draw(TEXT),
        "cause": draw(TEXT),
        "kind": draw(st.sampled_from(["", *Kind.values, Kind.FAULT, Kind.FAULT, Kind.FAULT])),
        "kind_text": draw(st.sampled_from(["巡检", ""])),
        "channel": draw(st.sampled_from(["", *Channel.values, Channel.HOTLINE, Channel.HOTLINE])),
        "channel_text": draw(st.sampled_from(["微信", ""])),
        "crew": draw(st.sampled_from([None, 0, 1])),
        "technician": draw(st.sampled_from([None, 0, 1])),
        "original": draw(st.sampled_from(["", "WX-0", "WX-1", "WX-gone"])),
        "is_marked": draw(st.booleans()),
    }


@st.composite
def evaluations(draw):
    rating = draw(st.sampled_from(Rating.values))
    return {
        "own": draw(st.none() | st.sampled_from(Rating.values)),
        "comment": draw(TEXT),
        "opinion": draw(TEXT),
        "state": draw(st.sampled_from([None, *CallbackState.values, *ENDED, *ENDED])),
        "rating": rating,
        "is_imported": draw(st.booleans()),
        "summary": draw(TEXT),
        "response": draw(st.sampled_from(Response.values)),
        "manner": draw(st.sampled_from(Manner.values)),
        "uncivil": draw(st.sampled_from(Uncivil.values)),
        "repaired": draw(st.sampled_from(Repaired.values)),
        "words": draw(TEXT),
        "gave_no_reason": draw(st.booleans()),
        "other_problem": draw(LINE),
        "problem": draw(st.none() | st.sampled_from([1, 4])),
        "group": draw(st.sampled_from(Group.values)),
        "has_caller": draw(st.booleans()),
        "attempts": draw(st.integers(0, 2)),
    }


def build(number: int, order: dict, evaluation: dict, crews: list, technicians: list, callers: dict) -> None:
    """One order and its evaluations in a state that the product can store."""
    original = order["original"] if order["original"] != f"WX-{number}" else ""
    earlier = WorkOrder.objects.filter(number=original).first()
    is_duplicate = bool(earlier) and (order["kind"] == Kind.DUPLICATE or order["is_marked"])
    held = WorkOrder.objects.create(
        number=f"WX-{number}",
        **{
            name: order[name]
            for name in ("closed_at", "reported_at", "finished_at", "reporter_phone", "fault", "cause")
        },
        **{name: order[name] for name in ("reporter_name", "kind", "channel")},
        closed_on=timezone.localtime(order["closed_at"]).date(),
        kind_text=order["kind_text"] if order["kind"] == Kind.OTHER else "",
        channel_text=order["channel_text"] if order["channel"] == Channel.OTHER else "",
        crew=None if order["crew"] is None else crews[order["crew"]],
        technician=None if order["technician"] is None else technicians[order["technician"]],
        original_number=original,
        repeat_of=None if is_duplicate else earlier,
        duplicate_of=earlier if is_duplicate else None,
        received_at=NOW,
        entered_at=NOW,
    )
    if held.out_of_scope is None:
        rate(held, evaluation, callers)


def untie_repeats() -> None:
    """A duplicate reported after the repair does not count as one: the product stores none, so its time is unknown."""
    repaired = {order.number: repaired_at(order) for order in WorkOrder.objects.all()}
    for order in WorkOrder.objects.all():
        is_duplicate = order.kind == Kind.DUPLICATE or order.duplicate_of_id
        if is_duplicate and is_after_repair(order.reported_at, repaired.get(OrderState.of(order).original)):
            WorkOrder.objects.filter(pk=order.pk).update(reported_at=None)


def rate(held: WorkOrder, given: dict, callers: dict) -> None:
    if given["own"]:
        make_self_evaluation(held, given["own"], comment=given["comment"], opinion=given["opinion"])
    state = given["state"]
    if state is None:
        return
    caller = callers[given["group"]] if given["has_caller"] or state == CallbackState.ASSIGNED else None
    answers = {
        name: given[name]
        for name in ("response", "manner", "uncivil", "repaired", "words", "gave_no_reason", "other_problem")
    }
    call = make_callback(
        held,
        caller if state != CallbackState.WAITING else None,
        state,
        group=given["group"],
        rating=given["rating"] if state == CallbackState.RATED else "",
        run=make_run(held.closed_on) if state != CallbackState.SET_ASIDE else None,
        published_at=NOW if state in ENDED else None,
        ended_at=NOW if state not in (CallbackState.WAITING, CallbackState.ASSIGNED) else None,
        withdrawn_reason="taken_out" if state == CallbackState.WITHDRAWN else "",
        summary=given["summary"] if given["is_imported"] else "",
        **answers,
    )
    if given["problem"]:
        call.problem_types.add(ProblemType.objects.get(code=given["problem"]))
    for _attempt in range(given["attempts"]):
        CallbackAttempt.objects.create(
            callback=call, by=callers["dispatcher"], started_at=NOW, ended_at=NOW, outcome="busy", phone="1"
        )


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(orders(), evaluations()), min_size=1, max_size=6),
    language=st.sampled_from(["zh-hans", "en"]),
)
def test_whatever_the_product_holds_round_trips(rows, language):
    with transaction.atomic(), translation.override(language):
        crews = [Crew.objects.create(name=name) for name in ("工班甲", "=班")]
        technicians = [
            Technician.objects.create(employee_no=number, name=name)
            for number, name in (("007", "李四"), ("8", "@王"))
        ]
        callers = {group: make_person(group, group, name=f"{group} 赵") for group in Group.values}
        for number, (order, evaluation) in enumerate(rows):
            build(number, order, evaluation, crews, technicians, callers)
        untie_repeats()

        assert_round_trip()

        transaction.set_rollback(True)
