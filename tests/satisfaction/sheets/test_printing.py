"""Paper, pages and row heights from widths and texts; the numbers here were measured in LibreOffice."""

import io
from itertools import pairwise

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.sheets.printing import (
    A3_WIDE,
    A4_WIDE,
    FONT_SIZE,
    LINE_HEIGHT,
    MARGIN,
    MAX_ROW_HEIGHT,
    MIN_FONT_SIZE,
    PAPER_A3,
    PAPER_A4,
    WIDTH_TOLERANCE,
    column_points,
    line_count,
    page_layout,
    pages_across,
    row_height,
)
from satisfaction.sheets.writing import ExportColumn, ExportSheet, write_rejected_rows, write_workbook

WIDTHS = st.lists(st.floats(4, 60), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("widths", "paper", "pages"),
    [
        ([10] * 5, PAPER_A4, 1),
        ([14] * 10, PAPER_A4, 1),
        ([14] * 17, PAPER_A3, 1),
        ([18] * 28, PAPER_A3, 3),
        ([90], PAPER_A4, 1),
    ],
)
def test_paper_is_the_smallest_that_stays_readable(widths, paper, pages):
    layout = page_layout(widths, repeated=1)

    assert (layout.paper, layout.pages) == (paper, pages)


@given(WIDTHS, st.integers(0, 3))
def test_letters_stay_readable_and_columns_fit_their_pages(widths, repeated):
    layout = page_layout(widths, repeated=repeated)
    across = A4_WIDE if layout.paper == PAPER_A4 else A3_WIDE
    wide = [column_points(width) * WIDTH_TOLERANCE for width in widths]

    assert MIN_FONT_SIZE <= layout.letter + 1e-6 <= FONT_SIZE + 0.2
    assert pages_across(wide, repeated, (across - 2 * MARGIN) / layout.scale + 1e-6) <= layout.pages


def test_letters_do_not_grow():
    assert page_layout([5]).scale == 1


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("abc", 10, 1),
        ("故障描述故障描述", 10, 2),
        ("一\n二\n三", 30, 3),
        ("整改意见:" + "改" * 30, 20, 4),
        ("a" * 100, 20, 6),
        ("\n", 20, 2),
    ],
)
def test_lines_of_a_wrapped_text(text, width, lines):
    assert line_count(text, width) == lines


@given(st.text(max_size=200), st.floats(4, 60), st.floats(4, 60))
def test_wider_columns_need_no_more_lines(text, one, other):
    narrow, wide = sorted((one, other))

    assert line_count(text, narrow) >= line_count(text, wide) >= 1 + text.count("\n") * bool(text.strip("\n"))


def test_height_is_that_of_the_tallest_cell_and_bounded():
    heights = [row_height([("好", 10), ("字" * n, 12)]) for n in (1, 10, 20, 5000)]

    assert heights == [None, 2 * LINE_HEIGHT + 2, 4 * LINE_HEIGHT + 2, MAX_ROW_HEIGHT]
    assert row_height([]) is None


def page_of(sheet: ExportSheet):
    buffer = io.BytesIO()
    write_workbook(buffer, [sheet])
    return openpyxl.load_workbook(buffer).active


def test_rows_are_high_enough_for_their_text_and_only_those():
    columns = [ExportColumn("工单号", 12), ExportColumn("分值", 8, "integer"), ExportColumn("问题", 20)]
    rows = [["A", 10, "短"], ["B", 8, "响应慢\n来得太慢,等了三个小时还没有人联系"], ["C", 6, "长" * 9000]]

    page = page_of(ExportSheet("统计", columns, rows, heading="统计"))

    assert [page.row_dimensions[n].height for n in (3, 4, 5)] == [None, 3 * LINE_HEIGHT + 2, MAX_ROW_HEIGHT]
    assert page["C4"].alignment.wrap_text


def test_long_titles_fit_the_header():
    page = page_of(ExportSheet("统计", [ExportColumn("不满意问题和建议统计", 8), ExportColumn("分", 8)], []))

    assert page.row_dimensions[1].height >= 3 * LINE_HEIGHT


def test_numbers_keep_away_from_the_next_column():
    columns = [
        ExportColumn("分值", 8, "integer"),
        ExportColumn("均分", 8, "decimal"),
        ExportColumn("评语", 20),
    ]

    page = page_of(ExportSheet("统计", columns, [[10, 9.5, "好"]]))

    found = [(page[cell].alignment.horizontal, page[cell].alignment.indent) for cell in ("A2", "B2", "C2")]
    assert found == [("right", 1), ("right", 1), (None, 0)]


def test_wide_sheet_prints_on_pages_side_by_side_with_its_first_columns():
    columns = [ExportColumn(f"列{n}", 18) for n in range(28)]

    page = page_of(ExportSheet("统计", columns, [["1"]], heading="统计", frozen_columns=1))

    setup = page.page_setup
    assert (setup.paperSize, setup.orientation, setup.fitToWidth, setup.fitToHeight, setup.pageOrder) == (
        PAPER_A3,
        "landscape",
        3,
        0,
        "overThenDown",
    )
    assert (page.print_title_cols, page.print_title_rows) == ("$A:$A", "$1:$2")
    assert page.oddFooter.center.text == "&P / &N"


def test_printed_columns_alone_count_for_the_paper():
    columns = [ExportColumn(f"列{n}", 18) for n in range(28)]

    page = page_of(ExportSheet("统计", columns, [["1"]], printed_columns=4))

    assert (page.page_setup.paperSize, page.page_setup.fitToWidth) == (PAPER_A4, 1)
    assert page.print_area == "'统计'!$A$1:$D$2"


def test_rejected_rows_are_readable_too():
    buffer = io.BytesIO()
    write_rejected_rows(buffer, ["工单号", "故障描述"], [("时间无法识别", ["A", "打印机不出纸" * 5])])

    page = openpyxl.load_workbook(buffer).active

    assert page.row_dimensions[2].height == 5 * LINE_HEIGHT + 2
    assert page["C2"].alignment.wrap_text


def test_layouts_do_not_jump_back_with_width():
    """A wider sheet never gets a smaller paper size."""
    found = [page_layout([12] * n, repeated=1) for n in range(1, 60)]

    assert all((one.paper, -one.pages) >= (other.paper, -other.pages) for one, other in pairwise(found))
