"""Orders of a workbook: imported, compared with the last import, frozen, rejected (domain §3, §11)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from evaluations.enums import CallbackState
from evaluations.models import Settlement
from evaluations.workbook.import_ import import_workbook
from evaluations.workbook.imported import document
from satisfaction.sheets.reading import read_table
from tests.factories import (
    CrewFactory,
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_person,
    make_self_evaluation,
)
from tests.worlds.workbooks import NOW, counts, order, rejections, take
from workorders.enums import Channel, Kind
from workorders.models import Crew, Technician, WorkOrder
from workorders.phones import phone_key, phone_keys

pytestmark = pytest.mark.django_db
REAL = Path(__file__).parents[2] / "data" / "fault-workbook-2016-03.xlsx"
LATER = NOW + timedelta(days=1)


def local(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def test_complete_row_becomes_an_order_with_its_deadlines():
    imported = take(order())

    held = WorkOrder.objects.get()
    assert counts(imported) == {"created": 1}
    assert (imported.new_crews, imported.new_technicians) == (("工班甲",), ("李四 0042",))
    assert (held.number, held.crew.name, held.technician.employee_no) == ("WX-1", "工班甲", "0042")
    assert (held.kind, held.channel, held.reporter_phone_key) == (
        Kind.FAULT,
        Channel.HOTLINE,
        phone_key("13800001111"),
    )
    assert held.closed_at == local("2026-05-11 16:00:05")
    assert (held.received_at, held.entered_at) == (NOW, NOW)
    assert (held.due_at, held.last_due_at) == (local("2026-05-12 18:00"), local("2026-05-13 18:00"))


def test_real_month_comes_in_whole_and_twice_changes_nothing():
    first = import_workbook(REAL, filename=REAL.name, now=NOW, create_people=True)
    again = import_workbook(REAL, filename=REAL.name, now=LATER, create_people=True)

    assert document(first) == {
        "rows": 5848, "created": 5848, "updated": 0, "unchanged": 0, "rejected": 0, "incomplete": 925,
        "waiting": 0, "left_out": [],
        "new_crews": 59, "new_technicians": 147, "unknown_columns": [], "errors": [], "rejected_file": None,
        "sheets": [{"name": "每日故障统计", "rows": 5848, "read": True}], "hidden_rows": 0, "near_identical": 1107,
    }  # fmt: skip
    assert counts(again) == {"unchanged": 5848, "incomplete": 925}
    assert WorkOrder.objects.filter(repeat_of__isnull=False).count() == 165
    assert WorkOrder.objects.filter(due_at__isnull=False).count() == 0


@pytest.mark.parametrize(
    "blank",
    [
        {"所属工班": ""},
        {"维修人工号": "", "维修人": ""},
        {"报修人电话": ""},
        {"工单类型": ""},
        {"登记渠道": ""},
    ],
)
def test_order_is_incomplete_until_a_later_import_fills_it(blank):
    first = take(order(**blank))
    second = take(order(), now=LATER)

    held = WorkOrder.objects.get()
    assert counts(first) == {"created": 1, "incomplete": 1}
    assert counts(second) == {"updated": 1}
    assert (held.received_at, held.entered_at) == (NOW, LATER)
    assert held.due_at == local("2026-05-13 18:00")


def test_incomplete_counts_whatever_the_scope():
    imported = take(order(工单类型="请求", 所属工班="", 关闭时间=""))

    assert counts(imported) == {"created": 1, "incomplete": 1}


def test_open_order_enters_when_it_is_closed():
    take(order(关闭时间=""))
    assert WorkOrder.objects.get().due_at is None

    imported = take(order(), now=LATER)

    held = WorkOrder.objects.get()
    assert counts(imported) == {"updated": 1}
    assert (held.entered_at, held.due_at) == (LATER, local("2026-05-13 18:00"))


def test_old_order_and_order_of_a_settled_month_get_no_deadline():
    Settlement.objects.create(month="2026-05-01", snapshot={}, policy={}, settled_at=NOW)

    take(order(), order("WX-2", 报修时间="2026-01-01 10:00", 关闭时间="2026-01-05 10:00"))

    assert list(WorkOrder.objects.values_list("due_at", flat=True)) == [None, None]


def test_blank_cells_and_a_masked_phone_change_nothing():
    take(order())

    imported = take(
        order(报修人电话="138****1111", 故障原因="", 所属工班="", 维修人工号="", 维修人="", 关闭时间="")
    )

    held = WorkOrder.objects.get()
    assert counts(imported) == {"unchanged": 1}
    assert (held.reporter_phone, held.cause, held.crew.name) == ("13800001111", "电源", "工班甲")


def test_masked_phone_of_a_new_order_counts_as_missing():
    imported = take(order(报修人电话="138****1111"))

    assert counts(imported) == {"created": 1, "incomplete": 1}
    assert WorkOrder.objects.get().reporter_phone == ""


def test_repeated_import_keeps_what_dispatch_corrected():
    take(order())
    WorkOrder.objects.update(reporter_phone="13900002222", reporter_phone_key=phone_key("13900002222"))

    again = take(order(), now=LATER)

    assert counts(again) == {"unchanged": 1}
    assert WorkOrder.objects.get().reporter_phone == "13900002222"


def test_import_that_says_something_new_updates_and_leaves_history():
    take(order())

    imported = take(order(故障描述="黑屏", 报修人电话="13700003333"), now=LATER)

    held = WorkOrder.objects.get()
    assert counts(imported) == {"updated": 1}
    assert (held.fault, held.reporter_phone_key) == ("黑屏", phone_key("13700003333"))
    assert [(past.fault, past.history_type) for past in held.history.all()] == [
        ("黑屏", "~"),
        ("无显示", "+"),
    ]


def test_import_that_agrees_with_todays_correction_is_remembered_quietly():
    take(order())
    WorkOrder.objects.update(reporter_phone="13900002222")

    agreeing = take(order(报修人电话="13900002222"), now=LATER)
    back_again = take(order(), now=LATER)

    assert counts(agreeing) == {"unchanged": 1}
    assert counts(back_again) == {"updated": 1}


def freeze_by_draw(held: WorkOrder) -> None:
    make_callback(held, make_person("d", "dispatcher"), CallbackState.ASSIGNED)


def freeze_by_self_evaluation(held: WorkOrder) -> None:
    make_self_evaluation(held)


def freeze_by_settling(held: WorkOrder) -> None:
    Settlement.objects.create(month="2026-05-01", snapshot={}, policy={}, settled_at=NOW)


@pytest.mark.parametrize("freeze", [freeze_by_draw, freeze_by_self_evaluation, freeze_by_settling])
@pytest.mark.parametrize(
    ("column", "cells", "old", "new"),
    [
        ("所属工班", {"所属工班": "工班乙"}, "工班甲", "工班乙"),
        ("维修人工号", {"维修人工号": "0099", "维修人": "赵六"}, "0042", "0099"),
        ("关闭时间", {"关闭时间": "2026-05-11 17:00"}, "2026-05-11 16:00:05", "2026-05-11 17:00:00"),
        ("工单类型", {"工单类型": "请求"}, "故障", "请求"),
        ("工单类型", {"工单类型": "重复登记"}, "故障", "重复登记"),
        ("登记渠道", {"登记渠道": "微信"}, "统一报修电话", "微信"),
        ("报修人电话", {"报修人电话": "13900002222"}, "138****1111", "13900002222"),
    ],
)
def test_frozen_order_refuses_what_differs_from_the_last_import(freeze, column, cells, old, new):
    take(order())
    held = WorkOrder.objects.get()
    freeze(held)
    before = WorkOrder.objects.values().get()

    imported = take(order(**cells, 故障描述="黑屏"), now=LATER)

    assert rejections(imported) == [(2, column)]
    assert f"“{old}”" in imported.errors[0].message and f"“{new}”" in imported.errors[0].message
    assert WorkOrder.objects.values().get() == before


@pytest.mark.parametrize("freeze", [freeze_by_draw, freeze_by_self_evaluation, freeze_by_settling])
def test_frozen_order_still_takes_other_fields(freeze):
    take(order())
    freeze(WorkOrder.objects.get())
    due_at = WorkOrder.objects.get().due_at

    imported = take(order(故障描述="黑屏"), now=LATER)

    held = WorkOrder.objects.get()
    assert counts(imported) == {"updated": 1}
    assert (held.fault, held.due_at) == ("黑屏", due_at)


def test_order_never_imported_is_compared_with_what_it_holds():
    held = OrderFactory(number="WX-7", day=datetime(2026, 5, 11).date())
    freeze_by_draw(held)

    imported = take({"工单号": "WX-7", "所属工班": held.crew.name, "维修人工号": held.technician.employee_no})

    assert counts(imported) == {"unchanged": 1}


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("工单号", {"工单号": ""}),
        ("工单号", {"工单号": "9" * 65}),
        ("报修时间", {"报修时间": "昨天"}),
        ("完成时间", {"完成时间": "31/2/2016 10:00"}),
        ("关闭时间", {"关闭时间": "2026-05-11 09:59"}),
        ("关闭时间", {"关闭时间": "2026-05-12 08:31"}),
        ("报修人位置", {"报修人位置": "远" * 201}),
        ("报修人电话", {"报修人电话": "1" * 41}),
        ("维修人", {"维修人": "张三"}),
        ("维修人工号", {"维修人工号": "0043", "维修人": ""}),
        ("维修人", {"维修人工号": "", "维修人": "无此人"}),
        ("二次报修(原工单号)", {"二次报修(原工单号)": "WX-1"}),
    ],
)
def test_bad_row_is_rejected_and_named_while_the_others_come_in(column, cells):
    TechnicianFactory(employee_no="0042", name="李四")

    imported = take(order("WX-0"), {**order(), **cells}, order("WX-9"))

    assert counts(imported) == {"created": 2, "rejected": 1}
    assert rejections(imported) == [(3, column)]
    assert sorted(WorkOrder.objects.values_list("number", flat=True)) == ["WX-0", "WX-9"]


@pytest.mark.parametrize(
    ("column", "cells"), [("所属工班", {"所属工班": "新班"}), ("维修人工号", {"维修人工号": "0077"})]
)
def test_unknown_people_are_rejected_without_permission_to_create(column, cells):
    TechnicianFactory(employee_no="0042", name="李四", crew=CrewFactory(name="工班甲"))

    imported = take(order(**cells), order("WX-2"), create_people=False)

    assert rejections(imported) == [(2, column)]
    assert counts(imported) == {"created": 1, "rejected": 1}
    assert (Crew.objects.count(), Technician.objects.count()) == (1, 1)


def test_people_of_rejected_rows_are_not_created():
    imported = take(order(关闭时间="2026-05-11 09:00"))

    assert (imported.new_crews, imported.new_technicians) == ((), ())
    assert (Crew.objects.count(), Technician.objects.count()) == (0, 0)


def test_technician_is_found_by_a_name_that_only_one_has():
    TechnicianFactory(employee_no="0042", name="李四")

    take(order(维修人工号=""))

    assert WorkOrder.objects.get().technician.employee_no == "0042"


@pytest.mark.parametrize(
    "cells",
    [
        {"维修人工号": "００４２"},
        {"维修人工号": "\u30000042 "},
        {"维修人工号": "00 42"},
        {"维修人": "李\u3000四"},
        {"维修人": "李 四", "维修人工号": ""},
        {"所属工班": "工班\u3000甲"},
        {"所属工班": "　工班甲　"},
    ],
)
@pytest.mark.parametrize("create_people", [True, False])
def test_people_and_crews_are_known_whatever_spaces_and_width(cells, create_people):
    lisi = TechnicianFactory(employee_no="0042", name="李四", crew=CrewFactory(name="工班甲"))

    imported = take(order(**cells), create_people=create_people)

    held = WorkOrder.objects.get()
    assert (held.technician, held.crew) == (lisi, lisi.crew)
    assert (imported.new_crews, imported.new_technicians) == ((), ())


@pytest.mark.parametrize("cells", [{"维修人工号": "００４２"}, {"所属工班": "工班 甲"}])
def test_other_spelling_of_what_is_frozen_is_no_change(cells):
    take(order())
    freeze_by_draw(WorkOrder.objects.get())

    assert counts(take(order(**cells), now=LATER)) == {"unchanged": 1}


def test_two_spelt_alike_are_told_apart_by_how_they_are_written():
    first, second = (TechnicianFactory(employee_no=number, name="李四") for number in ("A42", "a42"))

    take(order(维修人工号="a42"))
    rejected = take(order("WX-2", 维修人工号="Ａ４２"), create_people=False)

    assert WorkOrder.objects.get().technician == second != first
    assert rejections(rejected) == [(2, "维修人工号")]


@pytest.mark.parametrize(
    "number", [".", "..", "WX/../1", "WX//1", "/WX", "WX/", "incomplete", "export", "WX/link", "WX/deadlines"]
)
def test_number_at_which_no_page_could_stand_is_refused(number):
    imported = take(order(number), order("WX-1"))

    assert rejections(imported) == [(2, "工单号")]
    assert imported.errors[0].message == f"不能用作工单号:“{number}”与网址冲突"
    assert WorkOrder.objects.get().number == "WX-1"


def test_number_with_a_slash_is_taken():
    assert counts(take(order("2026/05/link-1"))) == {"created": 1}


@pytest.mark.parametrize("number", ["WX-1", "WX-2"])
def test_renamed_crew_and_technician_do_not_disturb_a_repeat(number):
    take(order("WX-1"), order("WX-2"))
    Crew.objects.update(name="工班新")
    Technician.objects.update(name="李四光")

    again = take(order(number), create_people=False)

    assert counts(again) == {"unchanged": 1}


def test_number_twice_with_the_same_content_is_unchanged():
    assert counts(take(order(), order())) == {"created": 1, "unchanged": 1}


def test_number_twice_with_different_content_rejects_the_later_row():
    imported = take(order(), order(故障描述="黑屏"))

    assert counts(imported) == {"created": 1, "rejected": 1}
    assert rejections(imported) == [(3, "工单号")]
    assert WorkOrder.objects.get().fault == "无显示"


def test_good_row_after_a_bad_one_of_the_same_number_is_taken():
    imported = take(order(关闭时间="2026-05-11 09:00"), order())

    assert counts(imported) == {"created": 1, "rejected": 1}


def test_unknown_kind_and_channel_are_other_and_keep_their_text():
    take(order(工单类型="巡检", 登记渠道="微信"))

    held = WorkOrder.objects.get()
    assert (held.kind, held.kind_text) == (Kind.OTHER, "巡检")
    assert (held.channel, held.channel_text) == (Channel.OTHER, "微信")


@pytest.mark.parametrize("numbers", [("WX-1", "WX-2"), ("WX-2", "WX-1")])
def test_original_of_the_same_file_is_linked_in_any_order(numbers):
    rows = {"WX-1": order("WX-1"), "WX-2": order("WX-2", **{"二次报修(原工单号)": "WX-1"})}

    take(*(rows[number] for number in numbers))

    assert WorkOrder.objects.get(number="WX-2").repeat_of.number == "WX-1"


def test_original_that_arrives_later_is_linked_then_with_history():
    take(order("WX-2", **{"二次报修(原工单号)": "WX-1"}))
    assert WorkOrder.objects.get().original_number == "WX-1"

    take(order("WX-1"), now=LATER)

    held = WorkOrder.objects.get(number="WX-2")
    assert held.repeat_of.number == "WX-1"
    assert held.history.get(history_type="~").repeat_of_id == held.repeat_of_id


def test_duplicate_goes_to_duplicate_of():
    take(order("WX-1"), order("WX-2", **{"工单类型": "重复登记", "二次报修(原工单号)": "WX-1"}))

    held = WorkOrder.objects.get(number="WX-2")
    assert (held.kind, held.duplicate_of.number, held.repeat_of) == (Kind.DUPLICATE, "WX-1", None)


def test_kind_that_becomes_duplicate_moves_the_link():
    take(order("WX-1"), order("WX-2", **{"二次报修(原工单号)": "WX-1"}))

    take(order("WX-2", **{"工单类型": "重复登记", "二次报修(原工单号)": "WX-1"}), now=LATER)

    held = WorkOrder.objects.get(number="WX-2")
    assert (held.duplicate_of.number, held.repeat_of, held.due_at) == ("WX-1", None, None)


DUPLICATE = {"工单类型": "重复登记", "二次报修(原工单号)": "WX-1"}
AFTER = {"报修时间": "2026-05-11 15:00", "首次联系时间": ""}
"""Reported when the repair of WX-1 was finished."""


@pytest.mark.parametrize(
    "files",
    [
        [[order("WX-1"), order("WX-2", **DUPLICATE, **AFTER)]],
        [[order("WX-2", **DUPLICATE, **AFTER), order("WX-1")]],
        [[order("WX-1")], [order("WX-2", **DUPLICATE, **AFTER)]],
        [
            [order("WX-1", 完成时间="")],
            [order("WX-2", **DUPLICATE, **AFTER, 关闭时间="2026-05-11 18:00"), order("WX-1")],
        ],
    ],
    ids=["below the original", "above the original", "in a later file", "finished by the same file"],
)
def test_duplicate_reported_after_the_repair_is_rejected(files):
    for rows in files:
        imported = take(*rows)

    [error] = imported.errors
    assert (error.column, "是二次报修,不是重复登记" in error.message) == ("工单类型", True)
    assert list(WorkOrder.objects.values_list("number", flat=True)) == ["WX-1"]


def test_order_that_becomes_a_duplicate_after_the_repair_is_rejected():
    take(order("WX-1"), order("WX-2", **AFTER))

    imported = take(order("WX-2", **DUPLICATE, **AFTER), now=LATER)

    assert rejections(imported) == [(2, "工单类型")]
    assert WorkOrder.objects.get(number="WX-2").out_of_scope is None


def test_duplicate_whose_report_moves_after_the_repair_is_rejected():
    take(order("WX-1"), order("WX-2", **DUPLICATE))

    imported = take(order("WX-2", **DUPLICATE, **AFTER), now=LATER)

    assert rejections(imported) == [(2, "工单类型")]


@pytest.mark.parametrize(
    "late",
    [{"完成时间": "", "关闭时间": ""}, {"完成时间": "", "关闭时间": "2026-05-11 20:00"}],
    ids=["unfinished", "closed"],
)
def test_duplicate_becomes_a_repeat_when_the_repair_turns_out_to_be_earlier(late):
    take(order("WX-1", **late), order("WX-2", **DUPLICATE, **AFTER), now=local("2026-05-11 21:00"))

    take(order("WX-1", 关闭时间="2026-05-11 20:00"))

    held = WorkOrder.objects.get(number="WX-2")
    assert (held.kind, held.repeat_of.number, held.duplicate_of) == (Kind.FAULT, "WX-1", None)
    assert (held.out_of_scope, held.entered_at, held.due_at) == (None, NOW, local("2026-05-12 18:00"))
    assert held.history.first().history_change_reason == "原工单修复之后报修:二次报修"


def test_duplicate_becomes_a_repeat_when_its_original_arrives_and_was_finished_before():
    take(order("WX-2", **DUPLICATE, **AFTER))

    take(order("WX-1"), now=LATER)
    again = take(order("WX-2", **DUPLICATE, **AFTER), now=LATER)

    held = WorkOrder.objects.get(number="WX-2")
    assert (held.kind, held.repeat_of.number, counts(again)) == (Kind.FAULT, "WX-1", {"unchanged": 1})


def test_duplicate_of_a_settled_month_stays_as_it_was_counted():
    take(order("WX-2", **DUPLICATE, **AFTER))
    Settlement.objects.create(month="2026-05-01", snapshot={}, policy={}, settled_at=NOW)

    take(order("WX-1"), now=LATER)

    held = WorkOrder.objects.get(number="WX-2")
    assert (held.kind, held.duplicate_of.number, held.repeat_of) == (Kind.DUPLICATE, "WX-1", None)


def test_circle_of_originals_is_not_closed():
    take(order("WX-1", **{"二次报修(原工单号)": "WX-2"}), order("WX-2", **{"二次报修(原工单号)": "WX-1"}))

    assert list(WorkOrder.objects.values_list("repeat_of", flat=True)) == [None, None]


def test_unlinked_repeat_stays_unlinked_when_the_file_comes_again():
    rows = order("WX-1"), order("WX-2", **{"二次报修(原工单号)": "WX-1"})
    take(*rows)
    WorkOrder.objects.update(repeat_of=None, original_number="")

    again = take(*rows, now=LATER)

    assert counts(again) == {"unchanged": 2}
    assert WorkOrder.objects.get(number="WX-2").repeat_of is None


def test_duplicate_marked_by_hand_stays_one():
    take(order("WX-1"), order("WX-2"), order("WX-3"))
    first = WorkOrder.objects.get(number="WX-1")
    WorkOrder.objects.filter(number="WX-2").update(duplicate_of=first, original_number="WX-1")

    take(order("WX-2", **{"二次报修(原工单号)": "WX-3"}), now=LATER)

    assert WorkOrder.objects.get(number="WX-2").duplicate_of == first


def test_dry_run_says_the_same_and_stores_nothing():
    rows = order(), order("WX-2", 关闭时间="?")

    dry, real = take(*rows, dry_run=True), take(*rows)

    assert document(dry) == {**document(real), "rejected_file": None}
    assert (dry.rejected_file, WorkOrder.objects.count()) == (None, 1)


def test_rejected_rows_come_back_as_a_workbook_to_mend():
    imported = take(order(关闭时间="2026-05-11 09:00", 备注="=1+1"), order("WX-2"))

    table = read_table(Path(imported.rejected_file), filename="x.xlsx", header_key=["工单号"])
    rows = [dict(zip(table.columns, row.cells, strict=True)) for row in table.rows]
    assert table.columns[0] == "拒绝原因"
    assert imported.unknown_columns == ("备注",)
    assert [(row["拒绝原因"], row["工单号"], row["备注"]) for row in rows] == [
        ("关闭时间：关闭时间早于报修时间", "WX-1", "=1+1")
    ]


def test_workbook_of_rejected_rows_can_be_uploaded_again():
    rejected = take(order(关闭时间="2026-05-11 09:00")).rejected_file

    again = import_workbook(Path(rejected), filename="x.xlsx", now=NOW, create_people=True)
    mended = take({"拒绝原因": "关闭时间早于报修时间", **order()})

    assert (counts(again), again.unknown_columns) == ({"rejected": 1}, ())
    assert (counts(mended), mended.unknown_columns) == ({"created": 1}, ())


def test_at_most_a_thousand_errors_are_listed():
    imported = take(*(order(f"WX-{n}", 关闭时间="?") for n in range(1_003)))

    assert (imported.rejected, len(imported.errors)) == (1_003, 1_000)


@pytest.mark.parametrize("rows", [1, 40])
def test_number_of_queries_does_not_grow_with_the_rows(rows, django_assert_max_num_queries):
    take(*(order(f"WX-{n}") for n in range(rows)))
    changed = [order(f"WX-{n}", 故障描述="黑屏") for n in range(rows)]

    with django_assert_max_num_queries(26):  # SQLite splits its three inserts of 40 rows
        imported = take(*changed, now=LATER)

    assert imported.updated == rows


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("1.3600001234E10", "13600001234"),
        ("13500001234.0", "13500001234"),
        ("13700001111 13900005678", "13700001111/13900005678"),
        ("010-88881234-567", "01088881234转567"),
    ],
)
def test_phone_is_kept_in_its_normal_form_and_repeats_are_unchanged(written, held):
    take(order(报修人电话=written))
    again = take(order(报修人电话=written), now=LATER)

    found = WorkOrder.objects.get()
    keys = (found.reporter_phone_key, found.reporter_other_key)
    assert (found.reporter_phone, keys) == (held, phone_keys(held))
    assert counts(again) == {"unchanged": 1}


def test_phone_that_nobody_can_dial_counts_as_missing_and_is_remembered():
    imported = take(order(报修人电话="1380000441"))
    again = take(order(报修人电话="1380000441"), now=LATER)

    held = WorkOrder.objects.get()
    assert counts(imported) == {"created": 1, "incomplete": 1}
    assert counts(again) == {"unchanged": 1, "incomplete": 1}
    assert (held.reporter_phone, held.undialable_phone) == ("", "1380000441")


def test_phone_that_nobody_can_dial_replaces_none():
    take(order())

    imported = take(order(报修人电话="12"), now=LATER)

    assert counts(imported) == {"unchanged": 1}
    assert WorkOrder.objects.get().reporter_phone == "13800001111"


def test_notes_below_the_table_are_left_out_and_named():
    imported = take(
        order(), {"工单号": "合计", "报修时间": "1"}, {"工单号": "制表：张三", "报修人电话": "审核：李四"}
    )

    assert counts(imported) == {"created": 1}
    assert [(row.row, row.value) for row in imported.left_out] == [(3, "合计"), (4, "制表：张三")]
    assert imported.rows == 1


def test_signs_for_nothing_are_blank():
    imported = take(
        order(
            首次联系时间="/", 完成时间="未联系", 维修人工号="-", 维修人="无", **{"二次报修(原工单号)": "无"}
        )
    )

    held = WorkOrder.objects.get()
    assert counts(imported) == {"created": 1, "incomplete": 1}
    assert (held.first_contact_at, held.finished_at, held.technician, held.original_number) == (
        None,
        None,
        None,
        "",
    )


def test_numbers_that_a_program_wrote_with_a_decimal_point_are_whole():
    take(order("20261127001.0", 维修人工号="0042.0"))

    assert [(one.number, one.technician.employee_no) for one in WorkOrder.objects.all()] == [
        ("20261127001", "0042")
    ]
