"""The audit trail (domain §12), restricted by domain §4."""

import html
import re
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from django.contrib.auth.models import update_last_login
from django.urls import reverse
from django.utils import timezone

from evaluations.models import CallSave, DoNotCall, EvaluationPolicy, ProblemType, RatingCorrection
from evaluations.self_evaluation.actions import (
    SelfEvaluationAnswers,
    correct_self_evaluation,
    save_self_evaluation,
)
from evaluations.visibility import viewer_of
from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from satisfaction.core.history import set_change_author
from satisfaction.portal.audit.pages import SOURCES, all_entries, trail_page
from satisfaction.portal.audit.shapes import TrailCursor, TrailQuery
from tests.factories import OrderFactory, make_callback, make_lead, make_person, make_self_evaluation
from workorders.intake.repeats import link_repeat
from workorders.intake.store import store_changed
from workorders.models import Crew, CrewLead, WorkOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_person("h", "head", name="负责人甲")


def trail(client, person, /, **query) -> str:
    client.force_login(person)
    return client.get(reverse("audit"), query).content.decode()


def entries_for(reader, /, **chosen):
    now = timezone.now()
    return list(all_entries(TrailQuery(viewer_of(reader, now=now), now, **chosen)))


def changes_for(reader, /, **chosen):
    return [tuple(change) for entry in entries_for(reader, **chosen) for change in entry.changes]


def test_audit_names_who_did_what_to_which_order(client, head):
    earlier = OrderFactory(number="A")
    later = OrderFactory(number="B", reported_at=earlier.closed_at)
    link_repeat(later, number="A", by=make_person("d", "dispatcher", name="调度甲"))

    content = trail(client, head)

    assert ("调度甲" in content, "原工单" in content, reverse("orders:page", args=["B"]) in content) == (
        True,
    ) * 3


def test_audit_keeps_a_corrected_self_evaluation_until_the_callback_is_published(client, head):
    now, foreman = timezone.now(), make_person("f", "foreman")
    order = OrderFactory(day=timezone.localdate() - timedelta(days=1), received_at=now)
    make_lead(order.crew, foreman)
    given = save_self_evaluation(order, by=foreman, answer=SelfEvaluationAnswers(rating="satisfied"), now=now)
    correct_self_evaluation(
        given,
        by=foreman,
        answer=SelfEvaluationAnswers(rating="basically_satisfied"),
        reason="看错了",
        now=now,
    )
    callback = make_callback(order, make_person("d", "dispatcher"))

    before = trail(client, head)
    callback.state, callback.ended_at = "refused", now
    callback.save()
    ended = trail(client, head)
    callback.published_at = now
    callback.save()
    after = trail(client, head)

    assert ["自评：满意 → 基本满意" in page and "看错了" in page for page in (before, ended, after)] == [
        False,
        False,
        True,
    ]


def test_audit_tells_both_values_of_a_corrected_callback(head):
    order = OrderFactory()
    callback = make_callback(order, make_person("d", "dispatcher"), rating="satisfied")
    before = {"state": "rated", "rating": "dissatisfied", "points": 6, "words": "修了三次还是坏的"}
    after = {"state": "rated", "rating": "satisfied", "points": 10, "words": ""}
    RatingCorrection.objects.create(
        callback=callback, before=before, after=after, reason="听错", by=callback.caller, at=timezone.now()
    )

    assert changes_for(head, kind="callback_correction") == [
        ("总体评价", "不满意", "满意"),
        ("报修人的话", "修了三次还是坏的", "–"),
    ]


def test_audit_shows_an_undone_save(head):
    callback = make_callback(OrderFactory(), make_person("d", "dispatcher"))
    undone = {str(callback.pk): {"state": "rated", "rating": "dissatisfied", "words": "还是坏的"}}
    CallSave.objects.create(
        callback=callback, by=callback.caller, at=timezone.now(), undone_at=timezone.now(), undone=undone
    )

    assert changes_for(head, kind="undone_save")[1] == ("总体评价", "不满意", "–")


@pytest.mark.parametrize("path", ["save", "import"])
def test_first_change_of_an_imported_order_names_its_fields(head, path):
    order = OrderFactory.build(number="A", technician=None, crew=None, reporter_phone="13800001234")
    WorkOrder.objects.bulk_create([order])  # stored as by an import: without history
    order = WorkOrder.objects.get(number="A")
    order.reporter_phone, order.equipment = "13900005678", "交换机"
    if path == "save":
        set_change_author(order, by=head)
        order.save()
    else:
        store_changed([order], [], now=timezone.now(), by=head)

    assert changes_for(head, about="A") == [
        ("报修人电话", "138****1234", "139****5678"),
        ("设备/系统", "办公终端", "交换机"),
    ]


def test_change_of_an_order_without_a_kept_first_version_says_so(head):
    order = OrderFactory(number="A")
    WorkOrder.history.filter(id=order.pk).update(history_type="~")

    [entry] = entries_for(head, about="A")

    assert (entry.changes, entry.words) == ((), "首次修改,此前的内容没有留存")


def test_policy_and_crew_lead_show_old_and_new(head):
    EvaluationPolicy.objects.create(begins_on=date(2026, 12, 1), award_bonus="0.75")
    lead = make_lead(Crew.objects.create(name="一班"), make_person("f", "foreman", name="工长甲"))
    CrewLead.objects.get(pk=lead.pk)
    lead.to_on = date(2026, 11, 30)
    lead.save()

    assert ("获奖加分", "0.5", "0.75") in changes_for(head, kind="history:EvaluationPolicy", about="2026-12")
    assert changes_for(head, kind="history:CrewLead")[0] == ("至", "–", "2026-11-30")


def test_signing_in_is_no_change_of_a_person(head):
    rows = User.history.count()

    update_last_login(None, head)

    assert User.history.count() == rows


def test_rows_of_old_sign_ins_are_not_shown_and_cannot_flood(head):
    now = timezone.now()
    User.history.bulk_history_create(
        [head] * 120, update=True, default_change_reason="sign-in", default_date=now
    )

    shown = trail_page(TrailQuery(viewer_of(head, now=now), now), after=None, size=50)

    assert [entry.what for entry in shown.entries] == ["新增 · 人员"]


def test_pages_follow_each_other_over_all_time_without_gap_or_repeat(head):
    now = timezone.now()
    for n in range(130):  # several events at each moment, so that pages end within one
        at = now - timedelta(days=n // 7 * 40)
        record_event(AuditKind.IMPORTED, by=head, at=at, about=f"{n}.xlsx")
        if n % 3 == 0:
            DoNotCall.objects.create(
                phone=str(n), phone_key=str(n), name=f"{n}.xlsx", reason="x", until_on=now, by=head, at=at
            )
    query = TrailQuery(viewer_of(head, now=now), now)
    whole = [entry.about for entry in trail_page(query, after=None, size=1_000).entries]

    read, cursor = [], None
    while True:
        found = trail_page(query, after=cursor and TrailCursor.parse(str(cursor)), size=7)
        read += [entry.about for entry in found.entries]
        if (cursor := found.following) is None:
            break

    assert (read, len(whole)) == (whole, 130 + 44 + 1)


def test_link_to_earlier_entries_leads_on_from_the_page(client, head):
    now = timezone.now()
    for n in range(60):
        record_event(AuditKind.IMPORTED, by=head, at=now - timedelta(minutes=n), about=f"{n}.xlsx")

    first = trail(client, head)
    [address] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = client.get(reverse("audit") + html.unescape(address)).content.decode()

    assert ("59.xlsx" in first, "59.xlsx" in second, "0.xlsx" in first) == (False, True, True)


def test_filters_narrow_by_kind_person_object_and_period(client, head):
    other = make_person("m", "manager", name="管理乙")
    at = datetime(2026, 3, 5, 12, tzinfo=timezone.get_default_timezone())
    record_event(AuditKind.IMPORTED, by=head, at=at, about="三月.xlsx")
    record_event(AuditKind.EXPORTED, by=other, at=at + timedelta(days=1), about="导出.xlsx")

    def abouts(**chosen):
        return [entry.about for entry in entries_for(head, **chosen) if entry.about.endswith("xlsx")]

    assert abouts(kind="event:imported") == ["三月.xlsx"]
    assert abouts(person="管理乙") == abouts(person="M") == ["导出.xlsx"]
    assert abouts(about="三月") == ["三月.xlsx"]
    assert abouts(first=date(2026, 3, 6)) == ["导出.xlsx"]
    assert abouts(last=date(2026, 3, 5)) == ["三月.xlsx"]
    assert "三月.xlsx" in trail(client, head, last="2026-03-05", first="nonsense", after="nonsense~x~1")


def test_head_of_a_crew_learns_nothing_of_the_crews_open_callbacks(client, head):
    order = OrderFactory(number="EIGEN", day=timezone.localdate() - timedelta(days=1))
    make_lead(order.crew, head)
    callback = make_callback(order, make_person("d", "dispatcher", name="调度甲"), rating="dissatisfied")
    now = timezone.now()
    record_event(AuditKind.NUMBER_SHOWN, by=callback.caller, at=now, subject=order)
    record_event(AuditKind.SAVE_UNDONE, by=callback.caller, at=now, subject=callback)
    record_event(
        AuditKind.PUBLISHED, by=callback.caller, at=now, about=str(order.closed_on), details={"published": 1}
    )
    set_change_author(order, by=callback.caller)
    order.save()

    assert [entry.about for entry in entries_for(head) if entry.who == "调度甲"] == []
    assert len(entries_for(make_person("a", "admin"), person="d")) == 4

    make_self_evaluation(order)
    callback.published_at = now
    callback.save()
    assert len(entries_for(head, person="d")) == 3  # events about several crews at once stay hidden


def test_audit_shows_do_not_call_with_a_masked_number(client, head):
    DoNotCall.objects.create(
        phone="13800001234",
        phone_key="13800001234",
        name="站务",
        reason="要求不再来电",
        until_on=timezone.localdate(),
        by=head,
        at=timezone.now(),
    )

    content = trail(client, head)

    assert ("要求不再来电" in content, "138****1234" in content, "13800001234" in content) == (
        True,
        True,
        False,
    )


def test_changed_setting_without_history_leaves_old_and_new(client):
    admin = make_person("a", "admin")
    client.force_login(admin)
    kind = ProblemType.objects.get(code=1)
    data = {"name_zh": "响应慢", "name_en": kind.name_en, "is_active": "on"}

    client.post(reverse("admin:evaluations_problemtype_change", args=[kind.pk]), data)

    event = AuditEvent.objects.get(kind=AuditKind.SETTINGS_CHANGED)
    assert event.details == {"名称(中文)": [kind.name_zh, "响应慢"]}


@pytest.mark.parametrize("role", ["technician", "foreman", "dispatcher", "lead"])
def test_audit_is_not_for_others(client, role):
    client.force_login(make_person("x", role))

    assert client.get(reverse("audit")).status_code == 403


def test_excel_holds_the_filtered_trail_and_is_an_entry_itself(client, head, tmp_path):
    record_event(AuditKind.IMPORTED, by=head, at=timezone.now(), about="a.xlsx", details={"rows": 3})
    client.force_login(head)

    response = client.get(reverse("audit_excel"), {"kind": "event:imported"})
    file = tmp_path / "trail.xlsx"
    file.write_bytes(b"".join(response.streaming_content))

    rows = list(openpyxl.load_workbook(file).active.iter_rows(min_row=2, values_only=True))
    assert [row[1:5] for row in rows] == [("负责人甲", "导入", "a.xlsx", "行数 3")]
    assert AuditEvent.objects.get(kind=AuditKind.EXPORTED).details == {"rows": 1}


def test_excel_is_for_heads_and_admins(client):
    client.force_login(make_person("m", "manager"))

    assert client.get(reverse("audit_excel")).status_code == 403


def test_audit_takes_a_bounded_number_of_queries(
    client, head, django_assert_num_queries, django_assert_max_num_queries
):
    orders = OrderFactory.create_batch(31)

    def change(some):
        for order in some:
            order.equipment = "交换机"
            order.save()

    change(orders[:1])
    client.force_login(head)
    with django_assert_max_num_queries(2 * len(SOURCES) + 20) as one:
        client.get(reverse("audit"))
    change(orders[1:])

    with django_assert_num_queries(len(one)):
        client.get(reverse("audit"))


def test_details_of_events_are_words(head):
    order = OrderFactory(number="A")
    callback = make_callback(order, make_person("d", "dispatcher"))
    now = timezone.now()
    details = {"state": ["rated", "assigned"], "rating": ["dissatisfied", ""], "outcome": ["reached", None]}
    record_event(AuditKind.SAVE_UNDONE, by=callback.caller, at=now, subject=callback, details=details)
    record_event(
        AuditKind.ROLES_CHANGED, by=head, at=now, subject=head, details={"roles": [[], ["manager", "head"]]}
    )

    assert changes_for(head, kind="event:save_undone") == [
        ("拨打结果", "接通并评价", "–"),
        ("回访结果", "已评价", "待回访"),
        ("总体评价", "不满意", "–"),
    ]
    assert changes_for(head, kind="event:roles_changed") == [("角色", "–", "管理人员、科室负责人")]
    changes = {"source": "import", "proposed_by": "lead", "changes": {"所属工班": ["甲", "乙"]}}
    record_event(AuditKind.CONFIRMED, by=head, at=now, subject=order, details=changes)
    assert changes_for(head, kind="event:confirmed") == [
        ("来源", None, "导入"),
        ("提出人", None, "lead"),
        ("所属工班", "甲", "乙"),
    ]
