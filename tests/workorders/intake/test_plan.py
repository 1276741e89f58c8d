"""The outcome of each row of an import (domain §3, §11): pure, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from workorders.enums import Kind
from workorders.intake.crew_registry import RegisteredPeople
from workorders.intake.order_rows import OrderCells, OrderRow, row_of_values
from workorders.intake.order_state import FROZEN, CrewFacts, OrderState, TechnicianFacts
from workorders.intake.plan import (
    ImportProgress,
    ImportResult,
    IntakeFacts,
    IntakePlan,
    PlannedRow,
    RowAction,
)

REPORTED, FINISHED, CLOSED = (datetime(2026, 5, 11, hour, tzinfo=UTC) for hour in (2, 7, 8))
NOW = datetime(2026, 5, 12, 0, 30, tzinfo=UTC)
COMPLETE = {
    "number": "WX-1",
    "reported_at": REPORTED,
    "reporter_phone": "13800001111",
    "fault": "无显示",
    "crew": "工班甲",
    "employee_no": "0042",
    "technician": "李四",
    "finished_at": FINISHED,
    "closed_at": CLOSED,
    "kind": "故障",
    "channel": "统一报修电话",
}
PEOPLE = RegisteredPeople(
    crews=(CrewFacts("工班甲", 1), CrewFacts("工班乙", 2)),
    technicians=(TechnicianFacts("0042", "李四", 1), TechnicianFacts("0099", "赵六", 2)),
)


def order_row(place: int = 2, **cells: object) -> OrderRow:
    """A complete row; `cells` overrides values by field."""
    return OrderRow.of(OrderCells.model_construct(**{**COMPLETE, **cells}), row=place)  # type: ignore[arg-type]


def plan_of(*rows: OrderRow, orders: tuple[OrderState, ...] = (), **options: object) -> IntakePlan:
    """The plan of the rows; `orders` exist, `frozen` fields belong to all of them."""
    facts = IntakeFacts(
        orders={order.number: order for order in orders},
        frozen={order.number: options.pop("frozen", frozenset()) for order in orders},  # type: ignore[misc]
        file_cells={row.number: row.cells for row in reversed(rows)},
        repairs=options.pop("repairs", {}),  # type: ignore[arg-type]
        people=options.pop("people", PEOPLE),  # type: ignore[arg-type]
    )
    plan = IntakePlan(facts, ImportProgress(), now=NOW, **options)  # type: ignore[arg-type]
    for row in rows:
        plan.add(plan.plan_row(row))
    return plan


def planned(row: OrderRow, **options: object) -> PlannedRow:
    return plan_of(row, **options).rows[0]  # type: ignore[arg-type]


def stored(**fields: object) -> OrderState:
    """WX-1 as its first import stored it, with `fields` changed since."""
    after = planned(order_row()).after
    assert after
    return replace(after, id=1, **fields)  # type: ignore[arg-type]


# --- One row ----------------------------------------------------------------------------------------


def test_new_complete_order_is_created_and_enters():
    found = planned(order_row())

    assert (found.action, found.enters, found.is_incomplete, found.moves_deadlines) == (
        RowAction.CREATE,
        True,
        False,
        True,
    )
    assert found.after == OrderState(
        number="WX-1",
        reported_at=REPORTED,
        finished_at=FINISHED,
        closed_at=CLOSED,
        closed_on=date(2026, 5, 11),
        reporter_phone="13800001111",
        fault="无显示",
        crew=CrewFacts("工班甲", 1),
        technician=TechnicianFacts("0042", "李四", 1),
        kind="fault",
        channel="hotline",
        entered_at=NOW,
        imported=order_row().values,
    )


@pytest.mark.parametrize(
    ("cells", "today", "action", "changes"),
    [
        ({}, {}, RowAction.KEEP, set()),
        ({"fault": "", "crew": "", "closed_at": None}, {}, RowAction.KEEP, set()),
        ({"fault": "黑屏"}, {}, RowAction.UPDATE, {"fault"}),
        ({"crew": "工班乙"}, {}, RowAction.UPDATE, {"crew"}),
        ({"crew": "工班 甲"}, {}, RowAction.REMEMBER, set()),
        ({"employee_no": "", "technician": "赵六"}, {}, RowAction.UPDATE, {"employee_no"}),
        ({"reporter_phone": "12"}, {}, RowAction.KEEP, set()),
        ({}, {"reporter_phone": "13900002222"}, RowAction.KEEP, set()),
        ({"fault": "黑屏"}, {"fault": "黑屏"}, RowAction.REMEMBER, set()),
        ({"reporter_phone": "13900002222"}, {"is_masked": True, "reporter_phone": ""}, RowAction.KEEP, set()),
    ],
    ids=[
        "same row", "blank cells", "other text", "other crew", "crew spelt otherwise", "technician by name",
        "phone nobody can dial", "corrected since", "as corrected since", "masked for good",
    ],
)  # fmt: skip
def test_row_is_compared_with_the_last_import_and_with_today(cells, today, action, changes):
    found = planned(order_row(**cells), orders=(stored(**today),))

    assert (found.action, found.changes) == (action, changes)


@pytest.mark.parametrize(
    ("cells", "options", "field", "sentence"),
    [
        ({"crew": "工班丙"}, {}, "crew", "没有工班“工班丙”"),
        ({"employee_no": "77"}, {}, "employee_no", "没有工号为 77 的维修人"),
        ({"employee_no": "77", "technician": ""}, {"create_people": True}, "employee_no", "缺姓名"),
        ({"technician": "张三"}, {}, "technician", "已登记为“李四”"),
        ({"employee_no": "", "technician": "张三"}, {}, "technician", "没有维修人“张三”"),
        ({"original": "WX-1"}, {}, "original", "自己的工单号"),
        ({"closed_at": NOW + timedelta(hours=1)}, {}, "closed_at", "在将来"),
        ({"closed_at": REPORTED - timedelta(hours=1)}, {}, "closed_at", "早于报修时间"),
        ({"crew": "工班丙", "technician": "张三", "original": "WX-1"}, {}, "crew", "没有工班"),
    ],
)
def test_row_is_rejected_for_the_first_reason(cells, options, field, sentence):
    found = planned(order_row(**cells), **options)

    assert (found.action, found.after) == (RowAction.REJECT, None)
    assert found.problem and (found.problem.field, sentence in found.problem.message) == (field, True)


@pytest.mark.parametrize(
    ("frozen", "cells", "today", "field"),
    [
        (frozenset(), {"crew": "工班乙"}, {}, None),
        (FROZEN, {"crew": "工班乙"}, {}, "crew"),
        (FROZEN, {"closed_at": CLOSED + timedelta(minutes=1)}, {}, "closed_at"),
        (FROZEN, {"crew": "工班乙", "channel": "微信"}, {}, "channel"),
        (FROZEN, {"fault": "黑屏", "original": "WX-0"}, {}, None),
        (FROZEN | {"original"}, {"original": "WX-0"}, {"original_number": "WX-9"}, "original"),
        (FROZEN, {"reporter_name": "王五"}, {}, None),
        (FROZEN, {"first_contact_at": FINISHED}, {}, "first_contact_at"),
    ],
    ids=[
        "nothing frozen", "crew", "closing", "first by name", "not frozen", "original of a settled month",
        "blank filled", "blank time",
    ],
)  # fmt: skip
def test_frozen_fields_come_as_an_argument(frozen, cells, today, field):
    found = planned(order_row(**cells), orders=(stored(**today),), frozen=frozen)

    assert (found.problem and found.problem.field) == field


@pytest.mark.parametrize(
    ("cells", "today", "to_confirm"),
    [
        ({"crew": "工班乙", "kind": "请求"}, {}, ("crew", "kind")),
        ({"closed_at": CLOSED + timedelta(hours=10)}, {}, ("closed_at",)),
        ({"closed_at": CLOSED + timedelta(hours=1)}, {}, ()),
        ({"fault": "黑屏"}, {}, ()),
        ({"crew": "工班乙"}, {"technician": None}, ()),
    ],
    ids=["blame and scope", "other day", "same day", "text", "incomplete order"],
)
def test_sensitive_changes_of_a_complete_order_wait(cells, today, to_confirm):
    before = stored(**today)

    found = planned(order_row(**cells), orders=(before,), must_confirm=True)

    assert found.to_confirm == to_confirm
    assert (found.action == RowAction.WAIT) == bool(to_confirm) == (found.after == before)


@pytest.mark.parametrize(
    ("today", "cells", "enters"),
    [
        ({"reporter_phone": "", "entered_at": None}, {"reporter_phone": "13900002222"}, True),
        ({"closed_at": None, "closed_on": None}, {"closed_at": CLOSED + timedelta(hours=1)}, True),
        ({}, {"fault": "黑屏"}, False),
        ({"crew": None, "entered_at": None}, {"fault": "黑屏"}, False),
    ],
    ids=["completed", "closed", "complete before", "still incomplete"],
)
def test_order_enters_once_it_is_complete_and_again_when_it_is_closed(today, cells, enters):
    before = stored(**{"entered_at": NOW - timedelta(days=1), **today})

    found = planned(order_row(**cells), orders=(before,))

    assert found.after and found.enters == enters
    assert found.after.entered_at == (NOW if enters else before.entered_at)


@pytest.mark.parametrize(
    ("cells", "moves"),
    [
        ({"fault": "黑屏"}, False),
        ({"reported_at": REPORTED - timedelta(hours=1)}, False),
        ({"kind": "请求"}, True),
    ],
)
def test_deadlines_move_with_what_decides_them(cells, moves):
    assert planned(order_row(**cells), orders=(stored(),)).moves_deadlines == moves


DUPLICATE = {"number": "WX-2", "kind": "重复登记", "original": "WX-1", "reported_at": FINISHED}


@pytest.mark.parametrize(
    ("file", "repairs", "is_rejected"),
    [
        ((order_row(),), {"WX-1": (None, None)}, True),
        ((), {"WX-1": (FINISHED, CLOSED)}, True),
        ((), {"WX-1": (None, FINISHED)}, True),
        ((), {"WX-1": (None, CLOSED)}, False),
        ((order_row(finished_at=CLOSED),), {"WX-1": (FINISHED, CLOSED)}, False),
        ((), {"WX-1": (None, None)}, False),
    ],
    ids=["in the file", "stored", "only closed", "closed later", "the file counts first", "unknown"],
)
def test_duplicate_is_compared_with_the_repair_of_its_original(file, repairs, is_rejected):
    found = plan_of(*file, order_row(3, **DUPLICATE), repairs=repairs).rows[-1]

    assert (found.action == RowAction.REJECT) == is_rejected
    assert not is_rejected or (found.problem and "是二次报修" in found.problem.message)


def test_duplicate_marked_by_hand_stays_one():
    marked = stored(number="WX-2", duplicate_of="WX-1", original_number="WX-1")

    found = planned(order_row(number="WX-2", original="WX-3"), orders=(marked,))

    assert found.after and (found.after.duplicate_of, found.after.original) == ("WX-1", "WX-1")


def test_kind_that_becomes_duplicate_is_linked_anew():
    repeat = stored(number="WX-2", repeat_of="WX-1", original_number="WX-1")

    after = planned(order_row(number="WX-2", kind="重复登记"), orders=(repeat,)).after

    assert after and (after.kind, after.repeat_of, after.original_number) == (Kind.DUPLICATE, "", "WX-1")


# --- Several rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "action"), [({}, RowAction.REPEAT), ({"fault": "黑屏"}, RowAction.REJECT)]
)
def test_first_row_of_a_number_counts(second, action):
    found = plan_of(order_row(2), order_row(3, **second)).rows[1]

    assert found.action == action
    assert found.problem is None or "与第 2 行重复" in found.problem.message


def test_row_after_a_rejected_one_of_its_number_counts():
    rows = plan_of(order_row(2, closed_at=NOW + timedelta(days=1)), order_row(3)).rows

    assert [row.action for row in rows] == [RowAction.REJECT, RowAction.CREATE]


def test_people_are_created_for_accepted_rows_only():
    new = {"crew": "工班丙", "employee_no": "77"}
    plan = plan_of(
        order_row(2, **new, technician="张三", closed_at=NOW + timedelta(days=1)),
        order_row(3, number="WX-2", **new, technician="钱二"),
        order_row(4, number="WX-3", **new, technician="张三"),
        create_people=True,
    )

    assert [row.action for row in plan.rows] == [RowAction.REJECT, RowAction.CREATE, RowAction.REJECT]
    assert plan.registry.new.crews == [CrewFacts("工班丙")]
    assert plan.registry.new.technicians == [(TechnicianFacts("77", "钱二"), CrewFacts("工班丙"))]


def test_name_alone_finds_nobody_that_the_import_itself_brings():
    plan = plan_of(
        order_row(2, employee_no="77", technician="钱二"),
        order_row(3, number="WX-2", employee_no="", technician="钱二"),
        create_people=True,
    )

    assert [row.action for row in plan.rows] == [RowAction.CREATE, RowAction.REJECT]


def test_account_of_the_number_becomes_the_technician():
    people = RegisteredPeople(crews=PEOPLE.crews, accounts=(TechnicianFacts("77", "钱二", account=5),))

    after = planned(order_row(employee_no="77", technician=""), people=people, create_people=True).after

    assert after and after.technician == TechnicianFacts("77", "钱二", account=5)


def test_result_counts_each_row_once():
    complete = stored()
    rows = plan_of(
        order_row(2, number="WX-2", crew=""),
        order_row(3, number="WX-2", crew=""),
        order_row(4, crew="工班乙"),
        order_row(5, number="WX-3", crew="?"),
        orders=(complete,),
        must_confirm=True,
    ).rows
    result = ImportResult()
    for row in rows:
        result.count(row)

    assert (result.created, result.updated, result.unchanged, result.incomplete, result.waiting) == (
        1,
        0,
        2,
        2,
        1,
    )
    assert list(result.rejected) == [("", 5)]


# --- Values kept ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells", [{}, {"kind": "巡检", "channel": "微信"}, {"kind": "Fault"}, {"kind": "重复登记", "crew": ""}]
)
def test_kept_values_make_the_same_row_again(cells):
    row = order_row(**cells)

    again = row_of_values(row.number, row.values)

    assert (again.values, again.closed_on) == (row.values, row.closed_on)
