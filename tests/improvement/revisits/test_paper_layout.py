"""How much text fits on the printed page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improvement.revisits.paper_layout import (
    LONG_FIELDS_HEIGHT,
    SIZES,
    fit_texts,
    height_of_long_fields,
    wrap_text,
)

MARK = "…(全文见系统)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("一二三四五", ["一二三四", "五"]),
        ("一二\n三", ["一二", "三"]),
        ("一二\n\n三", ["一二", "", "三"]),
        ("abcdef", ["abcdef"]),
        ("abcdefg", ["abcdef", "g"]),
    ],
)
def test_lines_of_four_wide(text, expected):
    assert wrap_text(text, 4) == expected


def test_short_texts_take_the_largest_type_unchanged():
    assert fit_texts(["修了三次", "", "加装风扇"], MARK) == ("s10", ["修了三次", "", "加装风扇"])


def test_what_fits_nowhere_is_cut_and_says_so():
    size, texts = fit_texts(["短", "长" * 9000, ""], MARK)

    assert (size, texts[0], texts[2]) == ("s6", "短", "")
    assert texts[1].endswith(MARK)


@given(st.lists(st.text(alphabet="报修a1 \n", max_size=6000), min_size=3, max_size=3))
def test_fitting_never_takes_more_lines_than_the_page_has(texts):
    name, shown = fit_texts(texts, MARK)

    size = next(size for size in SIZES if size.name == name)
    assert sum(len(wrap_text(text, size.per_line)) for text in shown) <= LONG_FIELDS_HEIGHT / size.line


@pytest.mark.parametrize(
    ("rows", "boxes", "expected"),
    [
        ([[("工单号", "WX-1"), ("所属工班", "工班甲")]], "☐ 1 响应", LONG_FIELDS_HEIGHT),
        ([[("工单号", "一" * 17), ("所属工班", "工班甲")]], "", pytest.approx(LONG_FIELDS_HEIGHT - 3.4)),
        (
            [[("工单号", "WX-1"), ("位置", "一" * 200)], [("人", "乙")]],
            "",
            pytest.approx(LONG_FIELDS_HEIGHT - 55.1),
        ),
        ([[("Order number", "WX-1")]], "", pytest.approx(LONG_FIELDS_HEIGHT - 3.4)),
        ([], "其" * 100, pytest.approx(LONG_FIELDS_HEIGHT - 5.1)),
    ],
)
def test_small_fields_that_need_more_lines_take_them_from_the_long_ones(rows, boxes, expected):
    assert height_of_long_fields(rows, boxes) == expected
