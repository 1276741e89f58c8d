from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.sheets import cells

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2016, 3, 1, 13, 46, 5, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, ""),
        ("", ""),
        (" \u3000张　三\xa0\t", "张　三"),
        ("\ufeff\u200bA-1\u200d", "A-1"),
        ("A\u200b-\u202d1\u202c", "A-1"),
        ("Caller\xa04414", "Caller 4414"),
        ("一_x000D_\n二_x000D_三\r\n四\r五\n六", "一\n二\n三\n四\n五\n六"),
        ("a\x00\x0b\x1fb\ud800\uffff", "ab"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        (123.0, "123"),
        (13800004414.0, "13800004414"),
        (1.38e10, "13800000000"),
        (123456789012345.0, "123456789012345"),
        (1e20, "100000000000000000000"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (-2.50, "-2.5"),
        (-0.0, "0"),
        (float("nan"), ""),
        (7, "7"),
        (True, "TRUE"),
        (datetime(2016, 3, 1), "2016-03-01"),
        (datetime(2016, 3, 1, 13, 46, 5), "2016-03-01 13:46:05"),
        (date(2016, 3, 1), "2016-03-01"),
        (time(13, 46), "13:46:00"),
        (timedelta(hours=1), "1:00:00"),
    ],
)
def test_text_is_what_a_person_reads(raw, expected):
    assert cells.parse_text(raw) == expected


@given(st.text())
def test_text_of_text_changes_nothing_more(value: str):
    assert cells.parse_text(cells.parse_text(value)) == cells.parse_text(value)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", ""),
        ("无", ""),
        ("/", ""),
        (13800004414.0, "13800004414"),
        ("13800004414.0", "13800004414"),
        ("1.3600001234E10", "13600001234"),
        ("1.3600001234e+10", "13600001234"),
        ("1.360000123E10", "13600001230"),
        ("13700001111\n13900005678", "13700001111\n13900005678"),
        ('="13800001234"', "13800001234"),
        ("'13800001234", "13800001234"),
        ("`13800001234", "13800001234"),
        ("8888转12", "8888转12"),
        ("138****1234", "138****1234"),
        (0.0, ""),
        ("00000000", ""),
    ],
)
def test_phone_keeps_every_digit_of_the_cell(raw, expected):
    assert cells.parse_phone(raw) == expected


@given(st.text(alphabet="0123456789+-*() 转—８.E'", max_size=20))
def test_phone_of_a_phone_changes_nothing_more(value: str):
    try:
        once = cells.parse_phone(value)
    except ValueError:
        return
    assert cells.parse_phone(once) == once


@pytest.mark.parametrize(
    "raw", ["1.38E+10", "1.38e+10", "2E+13", "1.36E10", "2026112712345671.0", "2.026112712345671E15"]
)
def test_digits_that_a_spreadsheet_has_eaten_are_refused(raw):
    for coerce in (cells.parse_phone, cells.parse_code, cells.parse_optional_code):
        with pytest.raises(ValueError, match="已变成科学计数,位数不全"):
            coerce(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("20261127001.0", "20261127001"),
        ("2.0261127001E10", "20261127001"),
        ("007.0", "007"),
        ('="WX-EQ1"', "WX-EQ1"),
        ('="a""b"', 'a"b'),
        ("'WX-1", "WX-1"),
        ("`WX-1", "WX-1"),
        ("'WX-1'", "'WX-1'"),
        ("WX-1.0", "WX-1.0"),
    ],
)
def test_code_is_what_the_program_meant(raw, expected):
    assert cells.parse_code(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("W001.0", "W001"),
        ("1.0", "1"),
        ("/", ""),
        ("—", ""),
        ("无", ""),
        ("N/A", ""),
        (None, ""),
        ("W-1", "W-1"),
    ],
)
def test_optional_code_may_say_nothing(raw, expected):
    assert cells.parse_optional_code(raw) == expected


def test_code_is_text_otherwise():
    raws = (42.0, " 1E5 ", "A-1.5E+3", "WX\n 1\u3000a", None)

    assert [cells.parse_code(raw) for raw in raws] == ["42", "1E5", "A-1.5E+3", "WX 1 a", ""]


def test_phone_that_is_a_story_is_refused():
    with pytest.raises(ValueError, match="电话太长，最多 40 个字符"):
        cells.parse_phone("1" * 41)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("", None), (None, None), (10.0, 10), (8, 8), ("６", 6), (" 10.00 ", 10), ("-3", -3), ("007", 7)],
)
def test_whole_number_is_read(raw, expected):
    assert cells.parse_whole_number(raw) == expected


@pytest.mark.parametrize("raw", [8.5, "八", "10分", True, "1e3", datetime(2016, 3, 1), "1" * 16])
def test_what_is_no_whole_number_is_refused(raw):
    with pytest.raises(ValueError, match="不是整数"):
        cells.parse_whole_number(raw)


@pytest.mark.parametrize(
    "raw",
    [
        datetime(2016, 3, 1, 13, 46, 5),
        datetime(2016, 3, 1, 13, 46, 4, 999_600),
        datetime(2016, 3, 1, 5, 46, 5, tzinfo=UTC),
        42430.57366898148,
        "42430.57366898148",
        "2016-03-01 13:46:05",
        "2016-3-1 13:46:5",
        "2016-03-01T13:46:05",
        "2016-03-01T13:46:05.000",
        "2016-03-01T13:46:04.6",
        "2016-03-01T05:46:05Z",
        "2016-03-01T06:46:05+01:00",
        "2016-03-01 05:46:05 +0000",
        "2016/3/1 13:46:05",
        "2016.3.1 13:46:05",
        "２０１６－０３－０１　１３：４６：０５",
        "2016年3月1日 13时46分05秒",
        "2016年3月1日13点46分5秒",
        "2016 年 3 月 1 日 13:46:05",
        " 2016-03-01\u00a013:46:05\u200b",
        "20160301134605",
        "20160301 13:46:05",
        "2016/3/1 下午 1:46:05",
        "2016年3月1日下午1时46分5秒",
        "2016-03-01 1:46:05 PM",
    ],
)
def test_moment_is_read_however_it_is_written(raw):
    assert cells.parse_moment(raw, SHANGHAI) == AT


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2016-03-01 13:46", datetime(2016, 3, 1, 13, 46)),
        ("2016年3月1日 13时46分", datetime(2016, 3, 1, 13, 46)),
        ("2016年3月1日13时", datetime(2016, 3, 1, 13)),
        ("20160301 1346", datetime(2016, 3, 1, 13, 46)),
        ("2016-03-01 12:00 AM", datetime(2016, 3, 1)),
        ("2016-03-01 上午 12:30", datetime(2016, 3, 1, 0, 30)),
        ("2016-03-01 下午 12:30", datetime(2016, 3, 1, 12, 30)),
        ("2016年3月1日", datetime(2016, 3, 1)),
        ("2016/3/1", datetime(2016, 3, 1)),
        ("20160301", datetime(2016, 3, 1)),
        (20160301.0, datetime(2016, 3, 1)),
        (date(2016, 3, 1), datetime(2016, 3, 1)),
        (42430, datetime(2016, 3, 1)),
        (42430.99999999, datetime(2016, 3, 2)),
        ("2016-12-31 23:59:59.7", datetime(2017, 1, 1)),
        ("1970-01-01", datetime(1970, 1, 1)),
        ("2100-12-31 23:59:59", datetime(2100, 12, 31, 23, 59, 59)),
    ],
)
def test_moment_without_all_its_parts_is_filled_up(raw, expected):
    assert cells.parse_moment(raw, SHANGHAI) == expected.replace(tzinfo=SHANGHAI)


def test_moment_of_a_number_counted_from_1904():
    assert cells.parse_moment(40968.5, SHANGHAI, date1904=True) == datetime(2016, 3, 1, 12, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026年5月1日星期五 8:30", "2026-05-01T08:30:00+08:00"),
        ("2026-05-01 (周五) 08:30", "2026-05-01T08:30:00+08:00"),
        ("Friday, 2026-05-01 08:30", "2026-05-01T08:30:00+08:00"),
        ("2026-05-01 24:00", "2026-05-02T00:00:00+08:00"),
        ("2026-12-31T24:00:00", "2027-01-01T00:00:00+08:00"),
        ("2026-05-01 08:30+08", "2026-05-01T08:30:00+08:00"),
        ("2026-05-01 09:30 +09:00", "2026-05-01T08:30:00+08:00"),
        ("2026-05-01 08:30 UTC+8", "2026-05-01T08:30:00+08:00"),
        ("2026-05-01T00:30Z", "2026-05-01T08:30:00+08:00"),
        ("2026-05-01 08:30:00:000", "2026-05-01T08:30:00+08:00"),
        ("2026-05-01 0830", "2026-05-01T08:30:00+08:00"),
        ("2026/5/1 083015", "2026-05-01T08:30:15+08:00"),
        ("20260501 8:30", "2026-05-01T08:30:00+08:00"),
        ("'2026-05-01 08:30", "2026-05-01T08:30:00+08:00"),
        ('="2026-05-01 08:30"', "2026-05-01T08:30:00+08:00"),
    ],
)
def test_moment_that_can_mean_one_thing_only_is_read(raw, expected):
    assert cells.parse_moment(raw, SHANGHAI).isoformat() == expected


@pytest.mark.parametrize("raw", ["/", "-", "——", "无", "未联系", "未完成", "N/A", "NULL", "NaT"])
def test_sign_for_nothing_is_no_moment(raw):
    assert cells.parse_moment(raw, SHANGHAI) is None


@pytest.mark.parametrize("raw", ["", None, "\u3000"])
def test_empty_cell_is_no_moment(raw):
    assert cells.parse_moment(raw, SHANGHAI) is None


@pytest.mark.parametrize(
    "raw",
    [
        "1/3/2016 13:46", "29/2/2016 08:23", "03-01-2016", "16-3-1", "2016-3/1", "2016-02-30", "2016-13-01",
        "2016-03-01 24:01", "2016-03-01 13:60", "2016年3月1日星期一", "20160301134", "20160301 830",
        "2016-03-01 0:30 PM",
        "2016-03-01 下午", "20160301 0146 PM", "2016-03-01 13:46 下午", "2016-03-01 13:46 +99:99", "昨天",
        "?", "2016", 2016.0, -5.0, 1e300, float("inf"), True, time(13, 46), timedelta(days=2),
        "2016-03-01 13:46:05 x",
    ],
)  # fmt: skip
def test_what_names_no_single_moment_is_refused(raw):
    if raw == float("inf"):
        assert cells.parse_moment(raw, SHANGHAI) is None
        return
    with pytest.raises(ValueError, match="不是能读懂的时间，请写成 2016-03-01 13:46 的样子"):
        cells.parse_moment(raw, SHANGHAI)


@pytest.mark.parametrize("raw", ["1969-12-31", "2101-01-01", datetime.min, datetime.max, 10000, "0001-01-01"])
def test_year_out_of_reach_is_refused(raw):
    with pytest.raises(ValueError, match=r"不在 1970—2100 之间|不是能读懂的时间"):
        cells.parse_moment(raw, SHANGHAI)


def test_skipped_local_time_moves_on_and_doubled_one_is_the_first():
    skipped = cells.parse_moment("2016-03-27 02:30", BERLIN)
    doubled = cells.parse_moment("2016-10-30 02:30", BERLIN)

    assert skipped.isoformat() == "2016-03-27T03:30:00+02:00"
    assert doubled.isoformat() == "2016-10-30T02:30:00+02:00"


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),
    st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("Asia/Kathmandu")]),
)
def test_every_moment_written_with_its_zone_is_read_back(moment: datetime, zone: ZoneInfo):
    moment = moment.replace(microsecond=0).astimezone(zone)

    assert cells.parse_moment(moment.isoformat(), SHANGHAI) == moment


@given(
    st.one_of(st.text(), st.floats(), st.integers(), st.dates(), st.datetimes(), st.times(), st.timedeltas())
)
def test_no_cell_breaks_a_coercion(raw):
    for coerce in (
        cells.parse_text,
        cells.parse_phone,
        cells.parse_whole_number,
        lambda cell: cells.parse_moment(cell, BERLIN),
    ):
        try:
            coerce(raw)
        except ValueError as error:
            assert str(error).strip()
