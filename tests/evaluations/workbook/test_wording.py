"""The workbook's wording reads back and is written the same again (domain §11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.enums import CallbackState
from evaluations.workbook.wording import (
    comment_cell,
    read_comment,
    read_ended,
    summary_cell,
    words_cell,
    write_comment,
)

PIECES = st.lists(
    st.sampled_from(
        [
            "处理及时",
            "\n",
            " ",
            "整改意见：",
            "整改意见:",
            "Rectification: ",
            "未接通",
            "拒绝评价",
            "更正：",
            "a",
        ]
    ),
    max_size=6,
).map("".join)


@pytest.mark.parametrize(
    ("comment", "opinion", "cell"),
    [
        ("", "", ""),
        ("处理及时", "", "处理及时"),
        ("", "加强培训", "整改意见：加强培训"),
        ("处理慢", "加强培训", "处理慢\n整改意见：加强培训"),
        ("第一行\n第二行", "甲\n乙", "第一行\n第二行\n整改意见：甲\n乙"),
    ],
)
def test_comment_and_opinion_share_a_cell_and_read_back(comment, opinion, cell):
    assert write_comment(comment, opinion) == cell
    assert read_comment(cell) == (comment, opinion)


@pytest.mark.parametrize("cell", ["慢\n整改意见:培训", "慢\n 整改意见： 培训", "慢\nRectification: 培训"])
def test_mark_of_the_opinion_is_read_however_it_is_spelt(cell):
    assert read_comment(cell) == ("慢", "培训")


@given(comment=PIECES, opinion=PIECES, english=st.booleans())
def test_comment_cell_is_written_the_same_after_reading(comment, opinion, english):
    cell = comment_cell(comment, opinion, english=english)

    assert comment_cell(*read_comment(cell), english=english) == cell


@pytest.mark.parametrize(
    ("summary", "state"),
    [
        ("未接通：拨打 3 次", CallbackState.UNREACHABLE),
        ("拒绝评价", CallbackState.REFUSED),
        ("Not reached, three times", CallbackState.UNREACHABLE),
        ("rating refused", CallbackState.REFUSED),
        ("两次未接通,第三次接通", None),
        ("", None),
    ],
)
def test_end_without_a_rating_is_read_from_the_beginning(summary, state):
    assert read_ended(summary) == state


@pytest.mark.parametrize(
    ("state", "summary", "cell"),
    [
        (CallbackState.RATED, "响应及时", "响应及时"),
        (CallbackState.RATED, "未接通", "更正：未接通"),
        (CallbackState.UNREACHABLE, "", "未接通"),
        (CallbackState.UNREACHABLE, "拨打 3 次", "未接通：拨打 3 次"),
        (CallbackState.REFUSED, "未接通", "拒绝评价：未接通"),
        (CallbackState.REFUSED, "拒绝评价,很忙", "拒绝评价,很忙"),
    ],
)
def test_summary_begins_as_its_state_demands(state, summary, cell):
    assert summary_cell(state, summary) == cell


@given(
    state=st.sampled_from([CallbackState.RATED, CallbackState.REFUSED, CallbackState.UNREACHABLE]),
    summary=PIECES,
    english=st.booleans(),
)
def test_summary_tells_its_state_and_stays(state, summary, english):
    cell = summary_cell(state, summary, english=english)

    assert (read_ended(cell) or CallbackState.RATED) == state
    assert summary_cell(state, cell, english=english) == cell


def test_problem_types_stand_above_the_reporters_own_words():
    assert words_cell(["响应速度", "其它：电梯"], "等了两天\n") == "响应速度；其它：电梯\n等了两天"
