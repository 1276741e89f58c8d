import gzip
from datetime import datetime
from pathlib import Path

import pytest

from satisfaction.core.errors import Refused
from satisfaction.sheets.reading import read_table
from satisfaction.sheets.tables import TableRow, UnreadableCell, UploadedTable, UploadLimits
from tests.satisfaction.sheets.building import (
    HEADER,
    KEY,
    STRICT_MAIN,
    STRICT_RELATIONS,
    data,
    inline,
    legacy_workbook,
    row,
    value,
    workbook,
    workbook_parts,
    zipped,
)

MARCH = Path(__file__).parents[2] / "data" / "fault-workbook-2016-03.xlsx"
APRIL = Path(__file__).parents[2] / "data" / "servicenow-2016-04.csv.gz"
SMALL = UploadLimits(max_rows=5, max_blank_rows=3, max_columns=4)


def read(source: bytes | Path, limits: UploadLimits | None = None) -> UploadedTable:
    return read_table(source, filename="上传.xlsx", header_key=KEY, limits=limits or UploadLimits())


def seen(table: UploadedTable) -> list[tuple]:
    return [(found.number, *found.cells) for found in table.rows]


def test_march_workbook_is_read_whole():
    table = read(MARCH)

    columns = {name: [found.cells[i] for found in table.rows] for i, name in enumerate(table.columns)}
    missing = {name: sum(cell == "" for cell in cells) for name, cells in columns.items()}
    assert (len(table.rows), len(table.columns), table.sheet) == (5_848, 28, "每日故障统计")
    assert (missing["所属工班"], missing["维修人"], missing["报修人电话"]) == (891, 36, 1)
    assert (missing["完成时间"], missing["首次联系时间"]) == (463, 2_294)
    first = next(iter(table.rows))
    assert (first.number, first.cells[:4]) == (
        2,
        ["INC0000174", datetime(2016, 2, 29, 10, 39), "Caller 4414", "13800004414"],
    )


def test_packed_csv_of_another_service_desk_is_read_whole():
    table = read(APRIL)

    assert (len(table.rows), len(table.columns), table.columns[0]) == (8_326, 36, "number")
    assert {len(found.cells) for found in table.rows} == {36}


def test_rows_can_be_walked_twice_and_counted_before():
    table = read(workbook(data(HEADER, row(2, inline("A2", "A-1")))))

    assert len(table.rows) == 1
    assert list(table.rows) == list(table.rows) == [TableRow(2, ["A-1", ""])]


def test_header_below_title_rows_and_columns_beside_it_empty():
    sheet = data(row(3, inline("C3", "说明")), row(20, inline("C20", " 工 单 号* "), inline("E20", "备注")))

    table = read(workbook(sheet))

    assert (table.header_row, table.columns, len(table.rows)) == (20, ["工 单 号*", "", "备注"], 0)


def test_header_in_row_21_is_too_late():
    with pytest.raises(Refused, match="前 20 行里没有表头：请保留含有“工单号 / number”一列"):
        read(workbook(data(row(21, inline("A21", "工单号")))))


def test_every_visible_sheet_with_a_header_is_read():
    notes = data(row(1, inline("A1", "随便写写")))
    other = data(
        row(1, inline("A1", "备注"), inline("B1", "number")), row(2, inline("A2", "急"), inline("B2", "A-2"))
    )

    table = read(workbook(notes, data(HEADER, row(2, inline("A2", "A-1"))), other))

    assert (table.sheet, table.columns) == ("S2", ["工单号", "报修时间", "备注", "number"])
    assert [(found.sheet, found.number, found.cells) for found in table.rows] == [
        ("S2", 2, ["A-1", "", "", ""]),
        ("S3", 2, ["", "", "急", "A-2"]),
    ]
    assert [(sheet.name, sheet.rows, sheet.read) for sheet in table.sheets] == [
        ("S1", 0, False), ("S2", 1, True), ("S3", 1, True),
    ]  # fmt: skip


def test_columns_of_several_sheets_are_one_when_they_are_the_same_field():
    other = data(row(1, inline("A1", "reported at"), inline("B1", "number")), row(2, inline("B2", "A-2")))
    names = {"number": KEY, "reported_at": ("报修时间", "reported at")}

    content = workbook(data(HEADER, row(2, inline("A2", "A-1"))), other)
    table = read_table(content, filename="上传.xlsx", header_key=KEY, names=names)

    assert table.columns == ["工单号", "报修时间"]
    assert [found.cells for found in table.rows] == [["A-1", ""], ["A-2", ""]]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheet_is_not_read_and_named(state: str):
    sheet = data(HEADER, row(2, inline("A2", "OLD")))
    parts = workbook_parts(sheet, data(HEADER, row(2, inline("A2", "NEW"))))
    hidden = str(parts["xl/workbook.xml"]).replace('name="S1"', f'name="S1" state="{state}"')

    table = read(zipped(parts | {"xl/workbook.xml": hidden}))

    assert seen(table) == [(2, "NEW", "")]
    assert [(sheet.name, sheet.rows, sheet.read) for sheet in table.sheets] == [
        ("S1", 0, False),
        ("S2", 1, True),
    ]
    only_hidden = workbook_parts(sheet) | {
        "xl/workbook.xml": hidden.replace('<sheet name="S2"', '<x name="S2"')
    }
    with pytest.raises(Refused, match="隐藏的表（S1）没有读"):
        read(zipped(only_hidden))


def test_rows_hidden_by_a_filter_come_in_and_are_counted():
    hidden = row(3, inline("A3", "A-2")).replace("<row ", '<row hidden="1" ')

    table = read(workbook(data(HEADER, row(2, inline("A2", "A-1")), hidden)))

    assert (seen(table), table.hidden_rows) == ([(2, "A-1", ""), (3, "A-2", "")], 1)


def test_sheet_that_is_to_be_left_out_is_not_read():
    content = workbook(data(HEADER, row(2, inline("A2", "A-1"))), data(HEADER, row(2, inline("A2", "A-2"))))
    seen_columns = iter([False, True])

    table = read_table(content, filename="x", header_key=KEY, is_left_out=lambda columns: next(seen_columns))

    assert (seen(table), [sheet.read for sheet in table.sheets]) == ([(2, "A-1", "")], [True, False])


def test_header_of_two_rows_is_known_by_its_merged_key():
    above = row(1, inline("A1", "工单号"), inline("B1", "调度"))
    below = row(2, inline("B2", "测评人"), inline("C2", "测评分值"))
    merged = '<mergeCells count="2"><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/></mergeCells>'

    table = read(workbook(data(above, below, row(3, inline("A3", "A-1"))) + merged))

    assert (table.columns, table.header_row) == (["工单号", "测评人", "测评分值"], 2)
    assert seen(table) == [(3, "A-1", "", "")]


def test_cell_merged_across_columns_is_worth_the_same_in_each():
    header = row(
        1,
        *(inline(f"{letter}1", name) for letter, name in zip("ABC", ("工单号", "完成", "关闭"), strict=True)),
    )
    rows = (
        row(2, inline("A2", "A-1"), inline("B2", "x")),
        row(3, inline("A3", "A-2")),
        row(4, inline("A4", "合计")),
    )
    merged = '<mergeCells count="2"><mergeCell ref="B2:C3"/><mergeCell ref="A4:C4"/></mergeCells>'

    assert seen(read(workbook(data(header, *rows) + merged))) == [
        (2, "A-1", "x", "x"), (3, "A-2", "x", "x"), (4, "合计", "", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("reference", ["A:A", "$A:$C", "5:6", "A1:XFD1048576"])
def test_whole_columns_and_rows_may_be_merged(reference: str):
    merged = f'<mergeCells count="1"><mergeCell ref="{reference}"/></mergeCells>'

    assert seen(read(workbook(data(HEADER, row(2, inline("A2", "A-1"))) + merged))) == [(2, "A-1", "")]


def test_cell_merged_over_rows_is_worth_the_same_in_each():
    rows = [row(n, inline(f"A{n}", f"A-{n}")) for n in (3, 4, 6, 7)]
    first = row(2, inline("A2", "A-2"), inline("B2", "x"), inline("C2", "beside"))
    own = row(5, inline("A5", "A-5"), inline("B5", "own"))
    merged = '<mergeCells count="2"><mergeCell ref="B2:C6"/><mergeCell ref="A20:A1048576"/></mergeCells>'

    table = read(workbook(data(HEADER, first, *rows[:2], own, *rows[2:]) + merged))

    assert seen(table) == [
        (2, "A-2", "x"), (3, "A-3", "x"), (4, "A-4", "x"), (5, "A-5", "own"), (6, "A-6", "x"), (7, "A-7", ""),
    ]  # fmt: skip


def test_merged_block_below_the_table_is_no_row_of_its_own():
    rows = row(2, inline("A2", "A-1")), row(4, inline("A4", "说明"))
    merged = '<mergeCells count="1"><mergeCell ref="A4:B9"/></mergeCells>'

    assert seen(read(workbook(data(HEADER, *rows) + merged))) == [(2, "A-1", ""), (4, "说明", "")]


def test_blank_rows_are_passed_over_and_too_many_end_the_sheet():
    spaces = row(4, inline("A4", "\u3000\xa0\u200b"))
    rows = row(2, inline("A2", "A-1")), spaces, row(6, inline("A6", "A-2")), row(10, inline("A10", "A-3"))

    table = read(workbook(data(HEADER, *rows, row(15, inline("A15", "A-4")))), SMALL)

    assert seen(table) == [(2, "A-1", ""), (6, "A-2", ""), (10, "A-3", "")]


def test_notes_beside_the_table_are_left_out():
    rows = row(2, inline("A2", "A-1"), inline("D2", "旁注")), row(3, inline("D3", "旁注"))

    assert seen(read(workbook(data(HEADER, *rows)))) == [(2, "A-1", "")]


def test_formula_without_result_and_error_are_marked():
    cells = '<c r="A2"><f>1+1</f></c>', value("B2", "#N/A", "e")
    stored = '<c r="A3" t="str"><f>A1</f><v>A-1</v></c>', '<c r="B3" t="str"><f>A1</f><v></v></c>'

    assert seen(read(workbook(data(HEADER, row(2, *cells), row(3, *stored))))) == [
        (2, UnreadableCell("formula", ""), UnreadableCell("error", "#N/A")),
        (3, "A-1", ""),
    ]


def test_error_values_of_a_csv_are_marked():
    assert seen(read("工单号,备注\nA-1,#VALUE!\nA-2,#1\n".encode())) == [
        (2, "A-1", UnreadableCell("error", "#VALUE!")),
        (3, "A-2", "#1"),
    ]


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ("13800001234", 13800001234),
        ("1.3800001234E10", 13800001234.0),
        ("2026112712345671", 2026112712345671),
        ("2.026112712345671E15", 2026112712345671),
        ("2.02611271234567E+15", UnreadableCell("rounded", "2.02611271234567E+15")),
        ("2026112712345670", UnreadableCell("rounded", "2026112712345670")),
        ("202611271234567123", 202611271234567123),
        ("202611271234567136", UnreadableCell("rounded", "202611271234567136")),
        ("2.0261127123456714E+17", UnreadableCell("rounded", "2.0261127123456714E+17")),
        ("46353.354166666664", 46353.354166666664),
    ],
)
def test_long_number_is_exact_or_marked(stored: str, found: object):
    assert seen(read(workbook(data(HEADER, row(2, value("A2", stored)))))) == [(2, found, "")]


@pytest.mark.parametrize("code", ["[h]:mm", "yyyy-mm-dd", "hh:mm"])
def test_number_beyond_any_date_stays_a_number(code: str):
    parts = workbook_parts(data(HEADER, row(2, inline("A2", "A-1"), value("B2", "13800001234", style=1))))
    styles = str(parts["xl/styles.xml"]).replace(
        "<fonts", f'<numFmts><numFmt numFmtId="200" formatCode="{code}"/></numFmts><fonts', 1
    )

    table = read(zipped(parts | {"xl/styles.xml": styles.replace('numFmtId="22"', 'numFmtId="200"')}))

    assert seen(table) == [(2, "A-1", 13800001234)]


def test_cells_and_rows_without_references_are_counted():
    sheet = data("<row><c/><c t='str'><v>number</v></c></row><row/><row><c/><c><v>7</v></c></row>")

    assert seen(read(workbook(sheet))) == [(3, 7.0)]


def test_strict_workbook_is_read():
    rows = row(2, inline("A2", "A-1"), value("B2", "2016-03-01T13:46:05", "d"))

    table = read(workbook(data(HEADER, rows), main=STRICT_MAIN, relations=STRICT_RELATIONS))

    assert seen(table) == [(2, "A-1", datetime(2016, 3, 1, 13, 46, 5))]


def test_dates_that_begin_in_1904_come_out_right():
    rows = row(2, inline("A2", "A-1"), value("B2", "40968.5", style=1))

    table = read(workbook(data(HEADER, rows), properties='date1904="1"'))

    assert (table.date1904, seen(table)) == (True, [(2, "A-1", datetime(2016, 3, 1, 12))])


@pytest.mark.parametrize(
    "far",
    [
        pytest.param(row(1_048_576, value("XFD1048576", "1")), id="corner cell"),
        pytest.param(row(999_999_999, value("A999999999", "1")), id="row 999,999,999"),
        pytest.param(row(9_999_999_999, value("A9999999999", "1")), id="row beyond any number"),
        pytest.param(row(3, value("XFD3", "1")), id="cell far to the right"),
        pytest.param(row(3, value("XFD3", "1"), inline("C3", ""), value("XFC3", "1")), id="out of order"),
        pytest.param("<row/>" * 100_000, id="endless empty rows"),
    ],
)  # fmt: skip
def test_sheet_that_claims_to_be_huge_gives_what_it_holds(far: str):
    claim = '<dimension ref="A1:XFD1048576"/>'

    table = read(workbook(claim + data(HEADER, row(2, inline("A2", "A-1")), far)))

    assert seen(table) == [(2, "A-1", "")]


def test_rows_after_a_cell_far_to_the_right_are_kept():
    rows = row(2, inline("A2", "A-1"), value("XFD2", "1")), row(3, inline("A3", "A-2"))

    assert seen(read(workbook(data(HEADER, *rows)))) == [(2, "A-1", ""), (3, "A-2", "")]


def test_prefixed_parts_are_trimmed_alike():
    cell = "<x:c r='{}' t='str'><x:v>{}</x:v></x:c>"
    rows = (
        f"<x:row r='{n}'>{cell.format(f'{column}{n}', text)}</x:row>"
        for n, column, text in ((1, "A", "工单号"), (2, "A", "A-1"), (1_048_576, "XFD", "far"))
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f"<?xml version='1.0'?><x:worksheet xmlns:x='{main}'>"
    sheet += f"<x:sheetData>{''.join(rows)}</x:sheetData></x:worksheet>"

    assert seen(read(workbook(sheet))) == [(2, "A-1")]


def test_path_and_content_read_alike(tmp_path: Path):
    content = workbook(data(HEADER, row(2, inline("A2", "A-1"))))
    (tmp_path / "a.csv").write_bytes(content)

    assert seen(read(tmp_path / "a.csv")) == seen(read(content))


def test_legacy_workbook_is_read_below_its_title():
    table = read(legacy_workbook(sheets=2))

    assert (table.sheet, table.columns, table.header_row) == ("表1", ["工单号", "报修时间", "电话"], 3)
    assert seen(table) == [(5, "A-1", datetime(2016, 3, 1, 13, 46, 5), 13800004414)] * 2
    assert [(sheet.name, sheet.rows, sheet.read) for sheet in table.sheets] == [
        ("表1", 1, True),
        ("表2", 1, True),
    ]


def test_legacy_workbook_with_dates_from_1904_comes_out_right():
    assert seen(read(legacy_workbook(date1904=True)))[0][2] == datetime(2016, 3, 1, 13, 46, 5)


CSV = '工单号{0}报修人{0}备注\r\nA-1{0}张三{0}\r\n\r\nA-2{0}李四{0}"一,二;三\t四\n五"\r\n'


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_every_common_form(delimiter: str, encoding: str):
    content = CSV.format(delimiter).encode(encoding)

    for source in (content, gzip.compress(content)):
        table = read(source)
        assert table.columns == ["工单号", "报修人", "备注"]
        assert seen(table) == [(2, "A-1", "张三", ""), (4, "A-2", "李四", "一,二;三\t四\n五")]


def test_quoted_headers_between_semicolons_are_no_broken_quotes():
    assert seen(read(b'"number";"name"\n"1";"a, b"\n')) == [(2, "1", "a, b")]


def test_csv_row_with_too_many_separators_shows_its_surplus():
    table = read(b"number,name\r\n1,a,,\r\n2,b,c\r\n3\r\n")

    assert seen(table) == [(2, "1", "a"), (3, "2", "b", "c"), (4, "3", "")]


def test_header_alone_gives_no_rows():
    assert seen(read("工单号".encode())) == []


def test_row_beyond_the_limit_is_refused():
    rows = [row(n, inline(f"A{n}", f"A-{n}")) for n in range(2, 8)]

    assert len(read(workbook(data(HEADER, *rows[:5])), SMALL).rows) == 5
    with pytest.raises(Refused, match="超过 5 行：请分成几个文件上传"):
        read(workbook(data(HEADER, *rows)), SMALL)
    with pytest.raises(Refused, match="超过 5 行"):
        read(b"number\n" + b"1\n" * 6, SMALL)
