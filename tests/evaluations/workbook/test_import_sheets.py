"""Several sheets in one file, and cells whose required value is missing (domain §11)."""

import io

import openpyxl
import pytest

from evaluations.workbook.columns import COLUMNS, DISSATISFIED, title_of
from evaluations.workbook.import_ import import_workbook
from evaluations.workbook.imported import Imported, document
from tests.worlds.workbooks import NOW, counts, evaluated, order, rejections, take
from workorders.intake.columns import ORDER_COLUMNS
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db


def take_sheets(**sheets: list[dict[str, str]]) -> Imported:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        page.append(list(rows[0]))
        for row in rows:
            page.append(list(row.values()))
    content = io.BytesIO()
    book.save(content)
    return import_workbook(content.getvalue(), filename="日报.xlsx", now=NOW, create_people=True)


def test_rows_of_all_sheets_come_in():
    imported = take_sheets(工班甲=[order("WX-1"), order("WX-2")], 工班乙=[order("WX-3")])

    assert counts(imported) == {"created": 3}
    assert document(imported)["sheets"] == [
        {"name": "工班甲", "rows": 2, "read": True},
        {"name": "工班乙", "rows": 1, "read": True},
    ]


def test_number_that_stands_in_two_sheets_is_rejected_with_its_place():
    imported = take_sheets(工班甲=[order("WX-1")], 工班乙=[order("WX-2"), order("WX-1", 故障描述="黑屏")])

    assert document(imported)["errors"] == [
        {
            "row": 3,
            "column": "工单号",
            "value": "WX-1",
            "message": "工单号与表“工班甲”第 2 行重复,内容不同",
            "sheet": "工班乙",
        }
    ]
    page = openpyxl.load_workbook(imported.rejected_file).active
    assert (page["A2"].value, page.max_row) == (
        "表“工班乙”第 3 行：工单号：工单号与表“工班甲”第 2 行重复,内容不同", 2,
    )  # fmt: skip


def test_same_row_in_two_sheets_is_unchanged():
    imported = take_sheets(工班甲=[order("WX-1")], 工班乙=[order("WX-1")])

    assert counts(imported) == {"created": 1, "unchanged": 1}


def test_dissatisfied_orders_of_our_own_export_are_left_out():
    further = {title_of(field): "WX-1" if field == "number" else "x" for field in DISSATISFIED}

    imported = take_sheets(每日故障统计=[order("WX-1")], 不满意工单=[further])

    assert counts(imported) == {"created": 1}
    assert [sheet.read for sheet in imported.sheets] == [True, False]


@pytest.mark.parametrize("column", [column.zh for column in COLUMNS])
def test_error_value_rejects_its_row_whatever_the_column(column):
    imported = take({**evaluated(), column: "#VALUE!"}, order("WX-2"))

    assert rejections(imported) == [(2, column)]
    assert imported.errors[0].message == "单元格是错误值 #VALUE!"
    assert WorkOrder.objects.get().number == "WX-2"


def test_error_value_in_a_column_that_nobody_reads_is_no_matter():
    imported = take({**order(), "备注": "#VALUE!"})

    assert (counts(imported), imported.unknown_columns) == ({"created": 1}, ("备注",))


@pytest.mark.parametrize("column", [column.zh for column in ORDER_COLUMNS])
def test_formula_without_a_result_rejects_its_row_whatever_the_column(column):
    imported = take_sheets(甲=[{**order(), column: "=A9"}, order("WX-2")])

    assert rejections(imported) == [(2, column)]
    assert WorkOrder.objects.get().number == "WX-2"
