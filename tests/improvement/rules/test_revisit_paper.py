"""How much text fits on the printed page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improvement.rules.revisit_paper import SIZES, fitting, lines_of

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
    assert lines_of(text, 4) == expected


def test_short_texts_take_the_largest_type_unchanged():
    assert fitting(["修了三次", "", "加装风扇"], MARK) == ("s10", ["修了三次", "", "加装风扇"])


def test_what_fits_nowhere_is_cut_and_says_so():
    size, texts = fitting(["短", "长" * 9000, ""], MARK)

    assert (size, texts[0], texts[2]) == ("s6", "短", "")
    assert texts[1].endswith(MARK)


@given(st.lists(st.text(alphabet="报修a1 \n", max_size=6000), min_size=3, max_size=3))
def test_fitting_never_takes_more_lines_than_the_page_has(texts):
    name, shown = fitting(texts, MARK)

    size = next(size for size in SIZES if size.name == name)
    assert sum(len(lines_of(text, size.per_line)) for text in shown) <= size.lines
