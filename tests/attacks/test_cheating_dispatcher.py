"""Attacks by a dispatcher who imports a workbook to help a friend (domain §3, §5, §11)."""

import io
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from evaluations.draw.run import draw_day
from evaluations.models import Callback
from satisfaction.accounts.models import Absence
from satisfaction.jobs.models import Job
from tests.factories import make_callback
from tests.worlds.attacked_centre import Centre
from tests.worlds.crew import D1, DAY
from tests.worlds.desk import NINE
from tests.worlds.workbooks import order as row
from workorders.models import PendingChange, WorkOrder

pytestmark = pytest.mark.django_db


def imported(centre: Centre, *numbers: str) -> list[WorkOrder]:
    """Complete orders as imported by the admin."""
    centre.imports(centre.admin, *[row(number) for number in numbers or ("WX-1",)], create_people="on")
    return list(WorkOrder.objects.order_by("number"))


@pytest.mark.parametrize(
    ("cells", "old_and_new"),
    [
        ({"所属工班": "另一工班"}, "工班甲 → 另一工班"),
        ({"维修人工号": "W999", "维修人": ""}, "W999 · 另一工班"),
        ({"工单类型": "请求"}, "故障 → 请求"),
        ({"工单类型": "重复登记"}, "故障 → 重复登记"),
        ({"登记渠道": "其他"}, "统一报修电话 → 其他"),
        ({"报修人电话": "13900009999"}, "138****1111 → 139****9999"),
        ({"关闭时间": "2026-05-12 08:00:00"}, "2026-05-11 16:00:05 → 2026-05-12 08:00:00"),
    ],
)
def test_second_workbook_that_moves_blame_waits_for_the_lead(centre, cells, old_and_new):
    """Changing crew, technician, kind, channel, phone or day of a complete order requires a reason from the lead."""
    imported(centre)
    before = WorkOrder.objects.values().get()
    said = centre.imports(centre.caller, row(**cells))
    change = PendingChange.objects.get()
    own = centre.does(centre.caller, "orders:decide_pending", change.pk, action="confirm", reason="原表错了")
    silent = centre.does(centre.lead, "orders:decide_pending", change.pk, action="confirm", reason="")
    still = WorkOrder.objects.values().get()
    centre.does(centre.lead, "orders:decide_pending", change.pk, action="confirm", reason="原表错了")

    assert "由调度长说明原因确认后才改" in said
    assert (still, own.status_code, silent.status_code) == (before, 403, 422)
    assert centre.head_sees("lead", "确认待定的更改", "提出人：dispatcher", "WX-1", old_and_new, "原表错了")


def test_lead_who_confirms_the_own_workbook_is_named_twice(centre):
    """One lead imports and confirms alone: this is allowed, and the audit entry names that person as proposer too."""
    imported(centre)
    centre.imports(centre.lead, row(所属工班="另一工班"))
    change = PendingChange.objects.get()
    centre.does(centre.lead, "orders:decide_pending", change.pk, action="confirm", reason="原表错了")

    assert WorkOrder.objects.get().crew == centre.other_crew
    assert centre.head_sees("lead", "确认待定的更改", "提出人：lead", "工班甲 → 另一工班", "原表错了")


def test_duplicate_instead_of_repeat_is_refused_by_page_and_by_workbook(centre):
    """A repeat counts against the crew; a duplicate is not evaluated."""
    earlier, later = imported(centre, "WX-1", "WX-2")
    WorkOrder.objects.filter(pk=later.pk).update(reported_at=earlier.closed_at - timedelta(minutes=30))
    wish = {"action": "duplicate", "original": earlier.number, "number": earlier.number}
    own = centre.does(centre.caller, "orders:link", later.number, **wish)
    by_lead = centre.does(centre.lead, "orders:link", later.number, reason="同一故障", **wish)

    later.refresh_from_db()
    assert (own.status_code, by_lead.status_code, later.duplicate_of) == (403, 422, None)
    assert "是二次报修" in by_lead.content.decode()


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"首次联系时间": "2026-05-11 10:05:00"}, "不能由“2026-05-11 10:20:00”改为“2026-05-11 10:05:00”"),
        ({"报修时间": "2026-05-11 10:15:00"}, "不能由“2026-05-11 10:00:00”改为“2026-05-11 10:15:00”"),
        ({"报修人电话": "13900009999"}, "不能由“138****1111”改为“13900009999”"),
    ],
)
def test_first_contact_and_times_are_frozen_once_drawn(centre, cells, told):
    """A response of 1 h 42 min becomes 5 minutes: the row is rejected, and the import is recorded with its counts."""
    (order,) = imported(centre)
    make_callback(order, centre.caller)

    said = centre.imports(centre.caller, row(**cells))

    before = order.first_contact_at
    order.refresh_from_db()
    assert told in said
    assert order.first_contact_at == before
    assert centre.head_sees("dispatcher", "导入", "拒绝：1")


def test_phones_are_not_read_out_of_rejected_rows(centre):
    """Every phone is wrong on purpose: the refusals must not reveal the correct numbers."""
    orders = imported(centre, *[f"WX-{n}" for n in range(5)])
    for order in orders:
        make_callback(order, centre.colleague)
    wrong = [{"工单号": order.number, "报修人电话": "13000000000"} for order in orders]
    preview = centre.uploads(centre.caller, *wrong)
    pages = centre.browser(centre.caller).get(preview).content.decode()
    said = centre.imports(centre.caller, *wrong)
    job = Job.objects.order_by("-pk").first()
    rejected = centre.browser(centre.caller).get(f"/imports/{job.pk}/rejected/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(rejected.streaming_content)))
    cells = " ".join(str(cell) for sheet in book for line in sheet.values for cell in line)
    stored = str(job.result) + str(job.input)
    other = centre.browser(centre.colleague).get(f"/imports/{job.pk}/rejected/")

    assert [text.count("13800001111") for text in (pages, said, cells, stored)] == [0] * 4
    assert "138****1111" in said + cells
    assert other.status_code == 404
    assert oct(Path(job.input.path).stat().st_mode & 0o777) == "0o600"
    assert centre.head_sees("dispatcher", "导入", "拒绝：5")
    assert centre.head_sees("dispatcher", "下载文件", "5")


def test_holding_one_order_back_does_not_choose_the_caller(centre, clock):
    """A held-back order is imported when the friend is next; it is drawn by lot with the others of that hour."""
    imported(centre, *[f"WX-{n}" for n in range(6)])
    draw_day(DAY, now=NINE, may_wait=True)
    clock(NINE + timedelta(minutes=10))
    centre.imports(centre.caller, row("WX-HELD"))
    waits = draw_day(DAY, now=NINE + timedelta(minutes=15), may_wait=True)
    clock(NINE + timedelta(hours=1))
    drawn = draw_day(DAY, now=NINE + timedelta(hours=1), may_wait=True)

    page = centre.reads(centre.head, "evaluations:draw_day", DAY)
    assert (waits.assigned, drawn.assigned, drawn.run.n) == (0, 1, 2)
    assert "带入人: dispatcher 1" in page  # two elements without a space between them
    assert Callback.objects.get(order__number="WX-HELD").run.seed.sha256 in centre.reads(
        centre.head, "evaluations:draw_month", DAY.replace(day=1)
    )


def test_evaluations_in_a_dispatchers_file_are_ignored(centre):
    """The workbook gives everybody ten points."""
    imported(centre)
    said = centre.imports(centre.caller, row(工长测评分值="10", 调度测评人="dispatcher", 调度测评分值="10"))

    assert "1 行带有评价,没有采用" in said
    assert not hasattr(WorkOrder.objects.get(), "self_evaluation")
    assert not Callback.objects.exists()


def test_taking_every_phone_home_as_a_workbook_is_not_a_dispatchers(centre):
    imported(centre)

    answer = centre.browser(centre.caller).get("/exports/", {"first": f"{DAY}"})
    masked = centre.browser(centre.head).get("/exports/", {"first": f"{DAY}"})

    book = openpyxl.load_workbook(io.BytesIO(b"".join(masked.streaming_content)))
    cells = " ".join(str(cell) for sheet in book for line in sheet.values for cell in line)
    assert (answer.status_code, "13800001111" in cells, "138****1111" in cells) == (403, False, True)
    assert centre.head_sees("head", "导出", "行数：1")


def test_setting_the_others_absent_gives_a_friend_the_calls_and_is_on_record(centre):
    """The lead may edit the duty roster, but not their own days; with the others away, a friend gets every call."""
    imported(centre)
    absent = {"person": centre.colleague.pk, "first_on": f"{D1}", "last_on": f"{D1}", "reason": "病假"}
    added = centre.does(centre.lead, "accounts:roster_add", **absent)
    own = centre.does(centre.lead, "accounts:roster_add", **absent | {"person": centre.lead.pk})
    draw_day(DAY, now=NINE)

    assert (added.status_code, own.status_code != 302) == (302, True)
    assert [absence.person for absence in Absence.objects.all()] == [centre.colleague]
    assert not Callback.objects.filter(caller=centre.colleague).exists()
    assert centre.head_sees("lead", "colleague", f"{D1}")
