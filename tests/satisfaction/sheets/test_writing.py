import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from satisfaction.core.errors import Refused
from satisfaction.sheets import cells, writing
from satisfaction.sheets.cell_writer import TRUNCATION_MARK
from satisfaction.sheets.reading import read_table
from satisfaction.sheets.tables import TableRow, UploadedTable, UploadLimits
from satisfaction.sheets.writing import ExportColumn, ExportSheet, write_rejected_rows, write_workbook
from tests.satisfaction.sheets.building import KEY, data, inline, row, value, workbook

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2016, 3, 1, 5, 46, 5, tzinfo=UTC)
COLUMNS = [
    ExportColumn("工单号", 18),
    ExportColumn("报修时间", 20, "datetime", fill="FFEEDD"),
    ExportColumn("分值", 8, "integer"),
    ExportColumn("均分", 8, "decimal"),
    ExportColumn("评语", 40, wrap=True),
]


def written(*sheets: ExportSheet, **options) -> bytes:
    buffer = io.BytesIO()
    write_workbook(buffer, sheets, tz=SHANGHAI, **options)
    return buffer.getvalue()


def read(content: bytes) -> UploadedTable:
    return read_table(content, filename="导出.xlsx", header_key=KEY, limits=UploadLimits())


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_cells_are_stored_by_their_kind():
    rows = [["0012", AT, 10, Decimal("18.45"), "好"], ["0013", None, None, None, ""]]

    content = written(ExportSheet("每日故障统计", COLUMNS, rows))

    cells_of = [
        [(cell.value, cell.data_type, cell.number_format) for cell in line] for line in opened(content).active
    ]
    assert cells_of[1] == [
        ("0012", "s", "@"),
        (datetime(2016, 3, 1, 13, 46, 5), "d", "yyyy-mm-dd hh:mm:ss"),
        (10, "n", "0"),
        (18.45, "n", "0.00"),
        ("好", "s", "@"),
    ]
    assert [found.cells for found in read(content).rows] == [
        ["0012", datetime(2016, 3, 1, 13, 46, 5), 10.0, 18.45, "好"],
        ["0013", "", "", "", ""],
    ]


def test_sheet_is_laid_out_for_reading():
    sheet = ExportSheet("统计", COLUMNS, [["1"], ["2"]], heading="2016 年 3 月", frozen_columns=1)

    page = opened(written(sheet)).active

    assert (page["A1"].value, page["A1"].font.bold, page["A2"].value) == ("2016 年 3 月", True, "工单号")
    assert (page.freeze_panes, page.auto_filter.ref, page.print_title_rows) == ("B3", "A2:E4", "$1:$2")
    assert [page.column_dimensions[letter].width for letter in "ABCDE"] == [18, 20, 8, 8, 40]
    assert (page["B2"].fill.fgColor.rgb, page["A2"].alignment.wrap_text) == ("00FFEEDD", True)
    assert (page.page_setup.orientation, page.sheet_properties.pageSetUpPr.fitToPage) == ("landscape", True)


def test_own_export_is_found_below_its_heading():
    table = read(written(ExportSheet("统计", COLUMNS, [["A-1", AT]], heading="工单号统计")))

    assert (table.header_row, table.columns) == (2, [column.title for column in COLUMNS])
    assert next(iter(table.rows)).number == 3


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\n=1", "#N/A", "TRUE", "1e5", "=", "007", " a "]
)
def test_text_stays_the_same_text(text: str):
    content = written(ExportSheet("统计", COLUMNS[:1] + COLUMNS[4:], [["A-1", text]]))

    cell = opened(content).active["B2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert next(iter(read(content).rows)).cells == ["A-1", text]


def test_header_and_heading_stay_text_too():
    page = opened(written(ExportSheet("a", [ExportColumn("=1+1")], [], heading="=2+2"))).active

    assert [(cell.value, cell.data_type) for (cell,) in page["A1:A2"]] == [("=2+2", "s"), ("=1+1", "s")]


def test_what_no_workbook_can_store_is_left_out():
    content = written(ExportSheet("统计", COLUMNS[:1], [["a\x00\x0b\ud800\ufffeb\r\nc\rd"]]))

    assert next(iter(read(content).rows)).cells == ["ab\nc\nd"]


@pytest.mark.parametrize("text", ["_x0041_", "_x000D_", "_x005F_x0041_", "a_x0041", "__x0041__"])
def test_what_looks_like_an_escape_is_no_escape(text: str):
    content = written(ExportSheet("统计", COLUMNS[:1], [[text]]))

    assert next(iter(read(content).rows)).cells == [text]


@pytest.mark.parametrize("character", ["a", "故", "😀"])
def test_long_text_is_cut_and_says_so(character: str):
    content = written(ExportSheet("统计", COLUMNS[:1], [[character * 40_000]]))

    (text,) = next(iter(read(content).rows)).cells
    units = len(text.encode("utf-16-le")) // 2
    assert text.endswith(TRUNCATION_MARK) and text.startswith(character * 16_000)
    assert 32_765 <= units <= 32_767


def test_text_of_the_greatest_length_is_kept():
    content = written(ExportSheet("统计", COLUMNS[:1], [["a" * 32_767]]))

    assert next(iter(read(content).rows)).cells == ["a" * 32_767]


def test_numbers_and_dates_that_excel_cannot_hold_become_text():
    rows = [["A-1", datetime(1800, 1, 1), 10**17, float("nan"), None], ["A-2", "不详", "十", True, None]]

    content = written(ExportSheet("统计", COLUMNS, rows))

    assert [found.cells for found in read(content).rows] == [
        ["A-1", "1800-01-01 00:00:00", "100000000000000000", "", ""],
        ["A-2", "不详", "十", True, ""],
    ]


def test_titles_of_sheets_are_made_acceptable():
    names = opened(
        written(*(ExportSheet(title, COLUMNS, []) for title in ("a/b:c", "a/b:c", "'", "长" * 40)))
    ).sheetnames

    assert names == ["a-b-c", "a-b-c1", "Sheet", "长" * 28]


def test_same_content_gives_the_same_bytes():
    sheets = [ExportSheet("统计", COLUMNS, [["A-1", AT, 10, 18.45, "好"]])]

    assert written(*sheets) == written(*sheets)


def test_path_and_open_file_are_written_alike(tmp_path):
    write_workbook(tmp_path / "a.xlsx", [ExportSheet("统计", COLUMNS, [["A-1"]])])

    assert (tmp_path / "a.xlsx").read_bytes() == written(ExportSheet("统计", COLUMNS, [["A-1"]]))


def test_too_many_rows_are_refused_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "MAX_ROWS", 3)

    with pytest.raises(Refused, match="放不下这么多行：请选短一些的日期范围"):
        write_workbook(tmp_path / "a.xlsx", [ExportSheet("统计", COLUMNS, [["1"], ["2"], ["3"]])])
    assert list(tmp_path.iterdir()) == []


def rejected(columns: list[str], rows: list[tuple[str, list]], **options) -> bytes:
    buffer = io.BytesIO()
    write_rejected_rows(buffer, columns, rows, **options)
    return buffer.getvalue()


RAW = [
    "A-1",
    datetime(2016, 3, 1, 13, 46, 5),
    date(2016, 3, 1),
    time(13, 46),
    13800004414.0,
    0.5,
    True,
    "=1",
    "",
    "007",
]


def test_rejected_rows_keep_their_raw_values_behind_the_reason():
    columns = ["工单号", *(f"c{n}" for n in range(1, 10))]

    table = read(rejected(columns, [("工班“甲”不存在", RAW), ("时间读不懂", ["A-2"])]))

    assert table.columns == ["拒绝原因", *columns]
    assert [found.cells for found in table.rows] == [
        ["工班“甲”不存在", *RAW],
        ["时间读不懂", "A-2", *[""] * 9],
    ]


def test_reasons_of_an_earlier_round_are_replaced():
    once = read(rejected(["工单号", "报修人"], [("旧", ["A-1", "张三"])]))

    twice = read(rejected(once.columns, [("新", found.cells) for found in once.rows]))

    assert (twice.columns, list(twice.rows)) == (
        ["拒绝原因", "工单号", "报修人"],
        [TableRow(2, ["新", "A-1", "张三"])],
    )


def test_slipped_cells_of_a_rejected_row_are_kept():
    content = rejected(["工单号", "报修人"], [("列数不对", ["A-1", "张", "三"])])

    assert [cell.value for cell in opened(content).active[2]] == ["列数不对", "A-1", "张", "三"]


def test_rejected_rows_of_a_table_from_1904_keep_their_dates():
    cells_of = inline("A2", "A-1"), value("B2", "40968.5", style=1), value("C2", "40968.5")
    header = row(
        1, *(inline(f"{letter}1", name) for letter, name in zip("ABC", ("工单号", "b", "c"), strict=True))
    )
    before = read(workbook(data(header, row(2, *cells_of)), properties='date1904="1"'))

    after = read(rejected(before.columns, [("x", r.cells) for r in before.rows], date1904=before.date1904))

    (found,) = after.rows
    moments = [cells.parse_moment(raw, SHANGHAI, date1904=after.date1904) for raw in found.cells[2:]]
    assert moments == [datetime(2016, 3, 1, 12, tzinfo=SHANGHAI)] * 2


# Shanghai has had no clock change since 1992: each local time is unambiguous.
MOMENTS = st.datetimes(datetime(1992, 1, 1), datetime(2099, 12, 31), timezones=st.just(SHANGHAI))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(), MOMENTS, st.integers(-(10**14), 10**14), st.text(alphabet="_x05FDd\r\n= @+-"))
    )
)
def test_every_table_is_read_back_as_it_was_written(rows: list[tuple]):
    columns = [COLUMNS[0], ExportColumn("甲"), COLUMNS[1], COLUMNS[2], ExportColumn("乙")]
    numbered = [(str(number), *line) for number, line in enumerate(rows)]

    table = read(written(ExportSheet("统计", columns, numbered)))

    coerced = [
        (
            cells.parse_text(a),
            cells.parse_text(b),
            cells.parse_moment(c, SHANGHAI),
            cells.parse_whole_number(d),
            cells.parse_text(e),
        )
        for a, b, c, d, e in (found.cells for found in table.rows)
    ]
    assert coerced == [
        (a, cells.parse_text(b), c.replace(microsecond=0), d, cells.parse_text(e))
        for a, b, c, d, e in numbered
    ]
