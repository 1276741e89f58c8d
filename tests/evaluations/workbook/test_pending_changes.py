"""Changes that could shift blame wait until dispatch confirms them (domain §3)."""

import pytest

from evaluations.workbook.pending_changes import (
    changes_for,
    confirm_change,
    decline_change,
    value_changes,
)
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from satisfaction.core.errors import NotAllowed, Refused
from tests.factories import (
    CrewFactory,
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_lead,
    make_person,
)
from tests.worlds.workbooks import NOW, counts, order, rejections, take
from workorders.enums import ChangeState, Kind
from workorders.intake.complete import Completion
from workorders.intake.pending import complete_as_crew
from workorders.models import Crew, PendingChange, Technician, WorkOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispatcher():
    return make_person("d1", "dispatcher")


@pytest.fixture
def lead():
    return make_person("lead", "dispatcher", "lead")


@pytest.fixture
def imported(dispatcher):
    """WX-1 as imported by an admin, and another crew with a technician."""
    take(order())
    CrewFactory(name="工班乙")
    TechnicianFactory(employee_no="0099", name="赵六")
    return WorkOrder.objects.get()


def waiting() -> PendingChange:
    return PendingChange.objects.get(state=ChangeState.WAITING)


@pytest.mark.parametrize(
    ("cells", "fields"),
    [
        ({"所属工班": "工班乙"}, ["crew"]),
        ({"维修人工号": "0099", "维修人": "赵六"}, ["employee_no"]),
        ({"工单类型": "请求"}, ["kind"]),
        ({"工单类型": "重复登记"}, ["kind"]),
        ({"登记渠道": "其他"}, ["channel"]),
        ({"报修人电话": "13900009999"}, ["reporter_phone"]),
        ({"关闭时间": "2026-05-12 08:00:00"}, ["closed_at"]),
    ],
)
def test_second_workbook_of_a_dispatcher_cannot_move_a_complete_order(imported, dispatcher, cells, fields):
    before = WorkOrder.objects.values().get()

    result = take(order(**cells), by=dispatcher, create_people=False)

    assert counts(result) == {"unchanged": 1} and result.waiting == 1
    assert WorkOrder.objects.values().get() == before
    assert (waiting().fields, waiting().by) == (fields, dispatcher)


def test_same_file_again_waits_once(imported, dispatcher):
    take(order(所属工班="工班乙"), by=dispatcher, create_people=False)
    take(order(所属工班="工班乙"), by=dispatcher, create_people=False)

    assert PendingChange.objects.count() == 1


@pytest.mark.parametrize("cells", [{"故障描述": "又坏了"}, {"关闭时间": "2026-05-11 16:10:00"}])
def test_what_moves_no_blame_comes_in_at_once(imported, dispatcher, cells):
    result = take(order(**cells), by=dispatcher, create_people=False)

    assert counts(result) == {"updated": 1}
    assert not PendingChange.objects.exists()


def test_admin_changes_at_once(imported):
    result = take(order(所属工班="工班乙"), by=make_person("a", "admin"), create_people=False)

    assert counts(result) == {"updated": 1}


def test_incomplete_order_is_filled_at_once(dispatcher):
    take(order(报修人电话=""))

    result = take(order(), by=dispatcher, create_people=False)

    assert counts(result) == {"updated": 1}


def test_dry_run_keeps_nothing(imported, dispatcher):
    result = take(order(所属工班="工班乙"), by=dispatcher, create_people=False, dry_run=True)

    assert result.waiting == 1
    assert not PendingChange.objects.exists()


def test_confirmed_import_is_written_with_reason_and_audit(imported, dispatcher, lead):
    take(order(所属工班="工班乙", 报修人电话="13900009999"), by=dispatcher, create_people=False)

    confirm_change(waiting(), by=lead, reason="原表登记错了", now=NOW)
    confirm_change(PendingChange.objects.get(), by=lead, reason="原表登记错了", now=NOW)

    held = WorkOrder.objects.get()
    assert (held.crew.name, held.reporter_phone) == ("工班乙", "13900009999")
    event = AuditEvent.objects.get(kind=AuditKind.CONFIRMED)
    assert (event.by, event.reason, event.subject_id) == (lead, "原表登记错了", held.pk)
    assert event.details["changes"]["所属工班"] == ["工班甲", "工班乙"]
    assert event.details["changes"]["报修人电话"] == ["138****1111", "139****9999"]
    assert (
        take(order(所属工班="工班乙", 报修人电话="13900009999"), by=dispatcher, create_people=False).waiting
        == 0
    )


def test_declined_import_is_not_asked_about_again(imported, dispatcher, lead):
    take(order(所属工班="工班乙"), by=dispatcher, create_people=False)

    decline_change(waiting(), by=lead, reason="维修记录写的是工班甲", now=NOW)

    assert WorkOrder.objects.get().crew.name == "工班甲"
    assert take(order(所属工班="工班乙"), by=dispatcher, create_people=False).waiting == 0
    assert AuditEvent.objects.get(kind=AuditKind.DECLINED).reason == "维修记录写的是工班甲"


def test_import_is_confirmed_by_a_lead_with_a_reason_only(imported, dispatcher, lead):
    take(order(所属工班="工班乙"), by=dispatcher, create_people=False)

    with pytest.raises(NotAllowed, match="调度长"):
        confirm_change(waiting(), by=dispatcher, reason="改了", now=NOW)
    with pytest.raises(NotAllowed):
        confirm_change(waiting(), by=make_person("f", "foreman"), reason="改了", now=NOW)
    with pytest.raises(Refused, match="原因"):
        confirm_change(waiting(), by=lead, reason=" ", now=NOW)
    with pytest.raises(Refused, match="原因"):
        decline_change(waiting(), by=lead, reason="", now=NOW)
    assert changes_for(dispatcher).count() == 0 and changes_for(lead).count() == 1


def test_drawn_order_cannot_be_changed_by_confirming(imported, dispatcher, lead):
    take(order(所属工班="工班乙"), by=dispatcher, create_people=False)
    make_callback(imported, dispatcher)

    with pytest.raises(Refused, match="已抽取"):
        confirm_change(waiting(), by=lead, reason="改了", now=NOW)

    assert WorkOrder.objects.get().crew.name == "工班甲"


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        ("首次联系时间", "2026-05-11 10:20:00", "2026-05-11 10:05:00"),
        ("完成时间", "2026-05-11 15:00:00", "2026-05-11 14:00:00"),
        ("报修时间", "2026-05-11 10:00:00", "2026-05-11 10:15:00"),
        ("报修人", "张工", "王五"),
        ("报修人电话", "138****1111", "13900009999"),
    ],
)
def test_drawn_order_is_frozen_and_no_message_tells_the_number(imported, dispatcher, column, old, new):
    make_callback(imported, dispatcher)

    result = take(order(**{column: new}), by=dispatcher, create_people=False)

    assert rejections(result) == [(2, column)]
    assert f"不能由“{old}”改为“{new}”" in result.errors[0].message


def test_time_that_was_blank_at_the_draw_stays_blank(dispatcher):
    take(order(首次联系时间=""))
    make_callback(WorkOrder.objects.get(), dispatcher)

    result = take(order(首次联系时间="2026-05-11 10:05:00"), by=dispatcher, create_people=False)

    assert "不能由“空”改为“2026-05-11 10:05:00”" in result.errors[0].message


@pytest.fixture
def incomplete():
    """An order of the foreman's crew whose technician and kind are missing."""
    return OrderFactory(technician=None, crew=CrewFactory(name="工班甲"), kind="", entered_at=None)


@pytest.fixture
def foreman(incomplete):
    return make_lead(incomplete.crew, make_person("f", "foreman")).person


def complete(order: WorkOrder, foreman, **known) -> tuple[list[WorkOrder], int]:
    return complete_as_crew([Completion(order.pk, **known)], by=foreman, now=NOW, orders=[order.pk])


def test_crew_completes_its_own_order_at_once(incomplete, foreman):
    own = TechnicianFactory(crew=incomplete.crew)

    changed, held_back = complete(incomplete, foreman, technician=own, kind=Kind.FAULT)

    assert ([one.pk for one in changed], held_back) == ([incomplete.pk], 0)
    assert WorkOrder.objects.get().technician == own


@pytest.mark.parametrize("known", [{"kind": Kind.REQUEST}, {"technician": "other", "kind": Kind.FAULT}])
def test_crew_can_neither_charge_another_crew_nor_leave_the_scope(incomplete, foreman, dispatcher, known):
    if "technician" in known:
        known = {**known, "technician": TechnicianFactory(employee_no="W9")}

    changed, held_back = complete(incomplete, foreman, **known)

    assert (changed, held_back) == ([], 1)
    assert (WorkOrder.objects.get().technician, WorkOrder.objects.get().kind) == (None, "")
    with pytest.raises(NotAllowed):
        confirm_change(waiting(), by=foreman, reason="", now=NOW)

    confirm_change(waiting(), by=dispatcher, reason="", now=NOW)

    held = WorkOrder.objects.get()
    assert held.kind == known["kind"]
    assert held.technician == known.get("technician")


def test_dispatcher_does_not_decide_for_the_own_crew(incomplete, foreman, dispatcher):
    complete(incomplete, foreman, kind=Kind.REQUEST)
    make_lead(incomplete.crew, dispatcher, kind="deputy")

    with pytest.raises(NotAllowed, match="本人工班"):
        confirm_change(waiting(), by=dispatcher, reason="", now=NOW)


@pytest.mark.parametrize("cells", [{"所属工班": "工班乙"}, {"维修人工号": "0099", "维修人": "赵六"}])
def test_lead_does_not_confirm_what_brings_an_order_to_the_own_crew(imported, dispatcher, lead, cells):
    crew = Crew.objects.get(name="工班乙")
    Technician.objects.filter(employee_no="0099").update(crew=crew)
    make_lead(crew, lead, kind="deputy")
    take(order(**cells), by=dispatcher, create_people=False)

    with pytest.raises(NotAllowed, match="本人工班"):
        confirm_change(waiting(), by=lead, reason="改了", now=NOW)


def test_value_changes_mask_phones(imported, dispatcher):
    take(order(报修人电话="13900009999"), by=dispatcher, create_people=False)

    (change,) = value_changes(waiting())

    assert (change.title, change.old, change.new) == ("报修人电话", "138****1111", "139****9999")
    assert change.needs_confirmation


def test_completion_names_the_technician_and_the_crew(incomplete, foreman):
    technician = TechnicianFactory(employee_no="W9", name="赵六", crew=CrewFactory(name="工班乙"))
    complete(incomplete, foreman, technician=technician, kind=Kind.FAULT)

    told = {change.title: change.new for change in value_changes(waiting())}

    assert told["维修人工号"] == "赵六 W9 · 工班乙"
