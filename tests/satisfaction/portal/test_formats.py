"""Formatting of days, times, numbers and states."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone, translation

from evaluations.enums import Rating
from satisfaction.core.formats import (
    format_clock,
    format_moment,
    format_percent,
    format_relative,
    format_two_decimals,
)
from satisfaction.portal.templatetags import satisfaction as look

NOW = datetime(2026, 5, 12, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def local(day, hour, minute=0, year=2026, month=5):
    return timezone.make_aware(datetime(year, month, day, hour, minute))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (local(12, 17, 40), "今天 17:40"),
        (local(11, 0), "昨天 00:00"),
        (local(13, 23, 59), "明天 23:59"),
        (local(9, 7, 5), "5月9日 07:05"),
        (local(31, 9, year=2025, month=12), "2025年12月31日 09:00"),
    ],
)
def test_moment_is_absolute_in_the_centres_zone(value, shown):
    assert format_moment(value) == shown


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (130, "还有 2 小时 10 分钟"),
        (120, "还有 2 小时"),
        (59, "还有 59 分钟"),
        (0, "现在"),
        (-5, "5 分钟前"),
        (-60 * 7 - 10, "7 小时前"),
        (-60 * 47, "47 小时前"),
        (-60 * 49, "2 天前"),
    ],
)
def test_relative_tells_the_one_or_two_largest_units(minutes, shown):
    assert format_relative(NOW + timedelta(minutes=minutes)) == shown


def test_moment_relative_shows_both():
    assert "昨天 17:40" in look.moment_relative(local(11, 17, 40))
    assert "22 小时前" in look.moment_relative(local(11, 17, 40))


def test_deadline_that_passed_is_late_in_words_too():
    assert look.deadline(local(11, 18)) == '<span class="chip late">逾期 · 昨天 18:00</span>'


def test_deadline_to_come_says_until_when():
    assert "今天 18:00 前" in look.deadline(local(12, 18))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (Fraction(290, 16), "18.13"),
        (Fraction(290, 16) + Fraction(12, 5), "20.53"),
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Decimal("18.445"), "18.45"),
        ("18.45", "18.45"),
        (0, "0.00"),
        (1460, "1,460.00"),
        (Fraction(-1, 1000), "0.00"),
        (Fraction(-5, 4), "-1.25"),
    ],
)
def test_two_decimals_rounds_half_up(value, shown):
    assert format_two_decimals(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (Fraction(37, 1204), "3.1 %"), (Fraction(1), "100.0 %"), (0.125, "12.5 %")],
)
def test_percent_has_one_decimal(value, shown):
    assert format_percent(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("13800004414", "138 0000 4414"),
        ("138****4414", "138 **** 4414"),
        ("010-6655 1234", "010-6655 1234"),
        ("", ""),
        (None, ""),
    ],
)
def test_phone_grouped_groups_mobile_numbers_only(value, shown):
    assert look.phone_grouped(value) == shown


@pytest.mark.parametrize(
    ("rating", "kind", "symbol", "word"),
    [
        (Rating.SATISFIED, "success", "●", "满意"),
        (Rating.BASICALLY_SATISFIED, "warning", "◐", "基本满意"),
        (Rating.DISSATISFIED, "danger", "▲", "不满意"),
    ],
)
def test_rating_chip_is_word_colour_and_shape(rating, kind, symbol, word):
    expected = f'<span class="chip tone-{kind}"><span aria-hidden="true">{symbol}</span>{word}</span>'

    assert look.rating_chip(rating) == expected


def test_rating_chip_of_a_stored_value_takes_its_word():
    assert look.rating_chip("satisfied", "满意") == look.rating_chip(Rating.SATISFIED)


def test_no_rating_has_no_chip():
    assert look.rating_chip("") == ""


def test_bar_parts_follow_each_other_without_inline_style():
    shown = Template('{% bar 40 "进度" "success" 30 "neutral" 5 %}').render(Context())

    assert shown.count("<rect") == 2
    assert ('x="750.0"' in shown, 'width="125.0"' in shown, "style" in shown) == (True, True, False)


def test_bar_of_nothing_is_empty():
    assert 'width="0.0"' in Template('{% bar 0 "进度" "success" 0 %}').render(Context())


def test_words_of_a_text_are_escaped():
    assert look.state_chip("done", "<b>") == (
        '<span class="chip tone-success"><span aria-hidden="true">✓</span>&lt;b&gt;</span>'
    )


def test_everything_speaks_english_without_breaking():
    with translation.override("en"):
        assert format_clock(local(12, 17, 40)) == "17:40"
        assert format_moment(local(9, 7, 5)).endswith("07:05")
