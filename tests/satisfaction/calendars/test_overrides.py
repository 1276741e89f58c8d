"""Calendar exceptions from a file: rows are independent, a second import changes nothing, deadlines follow."""

from datetime import date
from io import BytesIO

import pytest

from satisfaction.calendars.models import CalendarOverride
from satisfaction.calendars.overrides import (
    OverrideAction,
    OverrideFile,
    export_overrides,
    import_overrides,
    read_overrides,
)
from satisfaction.core.errors import Refused
from satisfaction.sheets.writing import ExportColumn, ExportSheet, write_workbook
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_person("boss", "admin")


def file_of(*lines, header="日期,是服务日,说明") -> OverrideFile:
    return read_overrides("\n".join([header, *lines]).encode(), filename="calendar.csv")


def stored() -> list[tuple]:
    return list(CalendarOverride.objects.order_by("day").values_list("day", "is_service_day", "name"))


def outcomes(lines) -> list[str]:
    return [line.what.value for line in lines]


def test_import_stores_each_day_with_who_brought_it(admin):
    lines = import_overrides(file_of("2027-02-06,否,春节", "2027/2/14,是,调休上班"), by=admin)

    assert outcomes(lines) == ["created", "created"]
    assert stored() == [(date(2027, 2, 6), False, "春节"), (date(2027, 2, 14), True, "调休上班")]
    assert {row.entered_by for row in CalendarOverride.objects.all()} == {admin}
    assert {row.history.get().history_user for row in CalendarOverride.objects.all()} == {admin}


def test_import_twice_changes_nothing(admin):
    file = file_of("2027-02-06,否,春节")
    import_overrides(file, by=admin)

    assert outcomes(import_overrides(file, by=admin)) == ["unchanged"]
    assert CalendarOverride.history.count() == 1


def test_import_updates_what_differs_and_leaves_the_rest(admin):
    import_overrides(file_of("2027-02-06,否,春节", "2027-02-07,否,春节"), by=admin)

    lines = import_overrides(file_of("2027-02-06,是,加班"), by=admin)

    assert outcomes(lines) == ["updated"]
    assert stored() == [(date(2027, 2, 6), True, "加班"), (date(2027, 2, 7), False, "春节")]


def test_preview_says_the_same_and_stores_nothing(admin):
    file = file_of("2027-02-06,否,春节", "2027-02-06,否,春节", "rubbish,否,")

    preview = import_overrides(file, by=admin, dry_run=True)

    assert stored() == []
    assert preview == import_overrides(file, by=admin)
    assert outcomes(preview) == ["created", "unchanged", "rejected"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",否,春节", "没有日期,请填写。"),
        ("2027-02-31,否,", "“2027-02-31”不是日期,请写成 YYYY-MM-DD。"),
        ("2027-02-06,也许,", "“也许”看不出是不是服务日,请写“是”或“否”。"),
        ("2027-02-06,,", "“”看不出是不是服务日,请写“是”或“否”。"),
        ("2027-02-06,否," + "长" * 101, "说明最多 100 个字。"),
        ("2027-02-05,是,", "这一天在第 2 行写得不一样。"),
        ("#REF!,否,春节", "单元格是错误值 #REF!"),
        ("2027-02-06,#N/A,春节", "单元格是错误值 #N/A"),
    ],
)
def test_row_that_cannot_be_is_rejected_alone(admin, line, problem):
    lines = import_overrides(file_of("2027-02-05,否,除夕", line), by=admin)

    assert outcomes(lines) == ["created", "rejected"]
    assert lines[1].row.problem == problem
    assert stored() == [(date(2027, 2, 5), False, "除夕")]


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("是", True), ("YES", True), ("1", True), ("上班", True), ("放假", False), ("no", False)],
)
def test_words_for_yes_and_no(word, meaning):
    assert file_of(f"2027-02-06,{word},").rows[0].is_service_day is meaning


def test_english_columns_in_any_order_with_unknown_ones_named():
    file = file_of("Spring Festival,x,no,2027-02-06", header="name,colour,service day,date")

    assert (file.rows[0].day, file.rows[0].is_service_day, file.rows[0].name) == (
        "2027-02-06",
        False,
        "Spring Festival",
    )
    assert file.unknown_columns == ["colour"]


@pytest.mark.parametrize("header", ["日期,说明", "说明,是服务日"])
def test_file_without_a_needed_column_is_refused(header):
    with pytest.raises(Refused):
        file_of("2027-02-06,否", header=header)


def test_dates_of_excel_are_read():
    target = BytesIO()
    columns = [ExportColumn("日期", kind="raw"), ExportColumn("是服务日"), ExportColumn("说明")]
    write_workbook(target, [ExportSheet("x", columns, [(date(2027, 2, 6), "否", "春节")])])

    assert read_overrides(target.getvalue(), filename="x.xlsx").rows[0].day == "2027-02-06"


def test_export_reads_back_the_same(admin):
    import_overrides(file_of("2027-02-06,否,春节", "2027-02-14,是,=1+1"), by=admin)
    target = BytesIO()

    export_overrides(target)

    again = import_overrides(read_overrides(target.getvalue(), filename="calendar.xlsx"), by=admin)
    assert [line.what for line in again] == [OverrideAction.UNCHANGED, OverrideAction.UNCHANGED]


def test_file_survives_the_way_through_the_preview():
    file = file_of("2027-02-06,否,春节", "rubbish,否,")

    assert OverrideFile.from_json(file.as_json()) == file


def test_deadlines_follow_after_the_commit_and_only_when_something_changed(
    admin, django_capture_on_commit_callbacks
):
    file = file_of("2027-02-06,否,春节")
    with django_capture_on_commit_callbacks() as first:
        import_overrides(file, by=admin)
    with django_capture_on_commit_callbacks() as second:
        import_overrides(file, by=admin)

    assert (len(first), len(second)) == (1, 0)
