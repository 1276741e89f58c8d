"""The exported workbook: what its reader may see, and how Excel shows it (domain §4, §11, §12)."""

import io
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from evaluations.enums import CallbackState, Rating
from evaluations.models import EvaluationPolicy, ProblemType
from evaluations.scores.daily import daily_rows
from evaluations.workbook.columns import COLUMNS
from evaluations.workbook.export import COMMAND, Reader, export_workbook, reader_of
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from tests.factories import (
    CrewFactory,
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_lead,
    make_person,
    make_self_evaluation,
)
from workorders.enums import Kind
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 11)
NOW = days.moment_at(date(2026, 5, 12), time(15, 0))


def workbook(
    reader: Reader = COMMAND, *, first: date = DAY, last: date = DAY, now: datetime = NOW
) -> openpyxl.Workbook:
    file = io.BytesIO()
    export_workbook(file, first=first, last=last, reader=reader, now=now)
    return openpyxl.load_workbook(io.BytesIO(file.getvalue()))


def table(page) -> list[dict]:
    """Rows below the header, keyed by column name."""
    _heading, header, *rows = page.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def orders(reader: Reader = COMMAND, **options) -> list[dict]:
    return table(workbook(reader, **options).worksheets[0])


def both_sides(row: dict) -> tuple:
    return row["工长测评分值"], row["调度测评分值"], row["分值累计"]


@pytest.fixture
def crew():
    return CrewFactory(name="工班甲")


@pytest.fixture
def rated(crew):
    """Orders rated by both sides and published."""
    order = OrderFactory(number="WX-1", technician=TechnicianFactory(crew=crew, employee_no="007"))
    make_self_evaluation(order, Rating.SATISFIED, comment="好")
    caller = make_person("d", "dispatcher", name="王调度")
    make_callback(
        order, caller, rating=Rating.DISSATISFIED, published_at=NOW, words="等太久"
    ).problem_types.add(ProblemType.objects.get(code=1))
    return order


def test_sheet_of_orders_has_the_plans_columns_and_stands_ready_to_work_with(rated):
    page = workbook().worksheets[0]

    assert [cell.value for cell in page[2]] == [column.zh for column in COLUMNS]
    assert (page["A1"].value, page.freeze_panes, page.auto_filter.ref) == (
        "每日故障统计 2026-05-11",
        "B3",
        "A2:AB3",
    )
    assert (page["D3"].value, page["D3"].data_type, page["K3"].value) == (rated.reporter_phone, "s", "007")
    assert (page["O3"].value, page["O3"].number_format) == (
        datetime(2026, 5, 11, 16, 0),
        "yyyy-mm-dd hh:mm:ss",
    )
    assert (page["S3"].value, page["S3"].data_type) == (10, "n")


def test_row_holds_both_sides_their_sum_and_the_reporters_words(rated):
    (row,) = orders()

    assert both_sides(row) == (10, 6, 16)
    assert (row["工长评语"], row["调度测评人"]) == ("好", "王调度")
    assert row["不满意问题和建议统计"] == "维修人员故障响应速度\n等太久"


@pytest.mark.parametrize("text", ["=1+1", "+86", "-5", "@SUM(A1)", '=HYPERLINK("x")'])
def test_text_that_looks_like_a_formula_stays_text(text):
    OrderFactory(fault=text, day=DAY)

    cell = workbook().worksheets[0]["G3"]

    assert (cell.value, cell.data_type) == (text, "s")


def test_rows_stand_by_closing_time_then_number_and_only_of_the_days():
    for number, day, clock in (("B", 11, 9), ("A", 11, 9), ("C", 11, 8), ("D", 10, 9), ("E", 12, 9)):
        OrderFactory(number=number, day=date(2026, 5, day), closing_clock=time(clock))

    assert [row["工单号"] for row in orders()] == ["C", "A", "B"]
    assert [row["工单号"] for row in orders(first=date(2026, 5, 10))] == ["D", "C", "A", "B"]


def test_duplicate_shows_its_kind_and_its_original():
    original = OrderFactory(number="WX-0", day=DAY)
    OrderFactory(number="WX-1", day=DAY, duplicate_of=original, closing_clock=time(17))
    OrderFactory(number="WX-2", day=DAY, repeat_of=original, closing_clock=time(18))
    OrderFactory(
        number="WX-3",
        day=DAY,
        kind=Kind.OTHER,
        kind_text="巡检",
        original_number="WX-9",
        closing_clock=time(19),
    )

    shown = [(row["工单类型"], row["二次报修(原工单号)"]) for row in orders()]

    assert shown == [("故障", None), ("重复登记", "WX-0"), ("故障", "WX-0"), ("巡检", "WX-9")]


@pytest.mark.parametrize(
    ("state", "summary"),
    [
        (CallbackState.REFUSED, "拒绝评价"),
        (CallbackState.UNREACHABLE, "未接通"),
        (CallbackState.WITHDRAWN, None),
    ],
)
def test_callback_without_a_rating_shows_how_it_ended(crew, state, summary):
    order = OrderFactory(technician__crew=crew)
    reason = {"withdrawn_reason": "taken_out"} if state == CallbackState.WITHDRAWN else {}
    make_callback(order, make_person("d", "dispatcher", name="王调度"), state, **reason)

    (row,) = orders()

    assert (row["调度测评情况统计"], row["调度测评人"]) == (summary, "王调度" if summary else None)


def test_phones_are_full_for_admins_and_commands_masked_for_others(rated):
    admin, head = make_person("a", "admin"), make_person("h", "head")

    shown = [
        orders(reader)[0]["报修人电话"]
        for reader in (COMMAND, reader_of(admin, now=NOW), reader_of(head, now=NOW))
    ]

    phone = rated.reporter_phone
    assert shown == [phone, phone, f"{phone[:3]}****{phone[-4:]}"]


def test_foreman_gets_the_own_crew_alone_even_as_a_dispatcher(crew, rated):
    OrderFactory(number="WX-2", day=DAY)
    person = make_person("f", "foreman", "dispatcher")
    make_lead(crew, person)

    assert [row["工单号"] for row in orders(reader_of(person, now=NOW))] == ["WX-1"]


def test_crew_sees_no_callback_before_its_own_rating(crew):
    order = OrderFactory(technician__crew=crew)
    make_callback(order, make_person("d", "dispatcher"), rating=Rating.SATISFIED, published_at=NOW)
    foreman = make_person("f", "foreman")
    make_lead(crew, foreman)

    blind, sighted = workbook(reader_of(foreman, now=NOW)), workbook(COMMAND)

    assert both_sides(table(blind.worksheets[0])[0]) == (None, None, None)
    assert both_sides(table(sighted.worksheets[0])[0]) == (None, 10, 10)


def test_crews_totals_tell_nothing_that_its_rows_hide(crew, rated):
    """The crew has not rated the second order: a total would reveal the callback's points."""
    hidden = OrderFactory(technician=rated.technician, crew=crew)
    make_callback(hidden, make_person("d2", "dispatcher"), rating=Rating.DISSATISFIED, published_at=NOW)
    foreman = make_person("f", "foreman")
    make_lead(crew, foreman)

    _orders, scores, dissatisfied = workbook(reader_of(foreman, now=NOW)).worksheets

    (row,) = table(scores)
    assert (row["应评工单"], row["参与评价"], row["分值累计"], row["不满意"]) == (2, 1, 16, 1)
    assert [row["工单号"] for row in table(dissatisfied)] == ["WX-1"]


def test_dispatch_sees_no_self_evaluation_before_the_callback_ended(crew):
    order = OrderFactory(technician__crew=crew)
    make_self_evaluation(order, Rating.SATISFIED)
    make_callback(order, make_person("d", "dispatcher"), CallbackState.ASSIGNED)

    (row,) = orders(reader_of(make_person("l", "lead"), now=NOW))

    assert both_sides(row) == (None, None, None)


def test_scores_of_the_day_are_those_of_the_daily_rows(rated):
    OrderFactory(technician=rated.technician, day=DAY)

    (row,) = table(workbook().worksheets[1])

    (held,) = daily_rows(DAY, DAY)
    assert list(row.values()) == [
        datetime(2026, 5, 11), "工班甲", "007", rated.technician.name, 2, 1, 10, 6, 16, 0, 0, 1,
    ]  # fmt: skip
    assert (held.tally.orders, held.tally.taking_part, held.tally.points) == (2, 1, 16)


def test_dissatisfied_orders_have_a_sheet_of_their_own(rated):
    OrderFactory(day=DAY)

    (row,) = table(workbook().worksheets[2])

    assert (row["工单号"], row["所属工班"], row["不满意问题和建议统计"]) == (
        "WX-1", "工班甲", "维修人员故障响应速度\n等太久",
    )  # fmt: skip


def test_day_without_orders_gives_three_empty_sheets():
    assert [table(page) for page in workbook().worksheets] == [[], [], []]


def test_day_before_the_first_policy_is_written_all_the_same():
    EvaluationPolicy.objects.update(begins_on=date(2026, 6, 1))
    OrderFactory(day=DAY, with_deadlines=False)

    assert len(orders()) == 1


def test_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(Refused):
        workbook(first=DAY, last=DAY - timedelta(days=1))


@pytest.mark.parametrize("count", [1, 30])
def test_number_of_queries_is_the_same_for_one_and_thirty_orders(count, rated, django_assert_num_queries):
    for _ in range(count):
        order = OrderFactory(technician=rated.technician, day=DAY)
        make_callback(
            order, make_person(f"p{WorkOrder.objects.count()}", "dispatcher"), rating=Rating.SATISFIED
        )

    with django_assert_num_queries(19):
        export_workbook(io.BytesIO(), first=DAY, last=DAY, reader=COMMAND, now=NOW)
