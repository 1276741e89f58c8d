"""Evaluations in a workbook: whose they are, for which orders, equal or refused (domain §11)."""

from datetime import date, timedelta

import pytest

from evaluations.enums import CallbackState, Group, Manner, Rating, Repaired, Response, Source
from evaluations.models import Callback, EvaluationPolicy, SelfEvaluation, Settlement
from evaluations.workbook.import_ import import_workbook
from satisfaction.accounts.models import User
from tests.factories import make_callback, make_person, make_self_evaluation
from tests.worlds.workbooks import NOW, as_csv, counts, evaluated, order, rejections, take
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
NO_DISPATCHER = {"调度测评人": "", "调度测评分值": "", "调度测评情况统计": ""}
NO_SELF = {"工长测评分值": "", "工长评语": ""}


def test_both_ratings_are_stored_as_imported_and_published():
    imported = take(
        evaluated(
            工长评语="处理慢\n整改意见：加强培训",
            工长测评分值="6",
            分值累计="14",
            不满意问题和建议统计="等太久",
        )
    )

    own = SelfEvaluation.objects.values(
        "rating", "points", "comment", "opinion", "source", "rated_by", "rated_at"
    ).get()
    call = Callback.objects.get()
    assert counts(imported) == {"created": 1}
    assert own == {
        "rating": Rating.DISSATISFIED, "points": 6, "comment": "处理慢", "opinion": "加强培训",
        "source": Source.IMPORTED, "rated_by": None, "rated_at": None,
    }  # fmt: skip
    assert (call.state, call.rating, call.points) == (CallbackState.RATED, Rating.BASICALLY_SATISFIED, 8)
    assert (call.source, call.group, call.run, call.ended_at) == (
        Source.IMPORTED,
        Group.DISPATCHER,
        None,
        None,
    )
    assert (call.published_at, call.published_by) == (NOW, None)
    assert (call.summary, call.words) == ("响应及时", "等太久")


def test_unknown_caller_becomes_an_inactive_person_who_cannot_sign_in():
    take(evaluated("WX-1"), evaluated("WX-2"))

    person = User.objects.get()
    assert (person.name, person.caller_group, person.is_active) == ("王调度", Group.DISPATCHER, False)
    assert not person.has_usable_password()
    assert Callback.objects.filter(caller=person).count() == 2


def test_unknown_caller_is_rejected_without_permission_to_create():
    take(order())

    imported = take(evaluated(), create_people=False)

    assert rejections(imported) == [(2, "调度测评人")]


def test_caller_of_the_columns_group_is_meant_and_the_active_one():
    make_person("m", "manager", name="王调度")
    make_person("old", "dispatcher", name="王调度", is_active=False)
    meant = make_person("d", "dispatcher", name="王调度")

    take(evaluated())

    assert Callback.objects.get().caller == meant


def test_two_people_of_one_name_are_ambiguous():
    make_person("d1", "dispatcher", name="王调度")
    make_person("d2", "dispatcher", name="王调度")

    assert rejections(take(evaluated())) == [(2, "调度测评人")]


@pytest.mark.parametrize(
    ("summary", "state"), [("未接通,三次", CallbackState.UNREACHABLE), ("拒绝评价", CallbackState.REFUSED)]
)
def test_callback_that_ended_without_a_rating_reads_back_so(summary, state):
    take(evaluated(调度测评分值="", 调度测评情况统计=summary, 分值累计="10"))

    call = Callback.objects.get()
    assert (call.state, call.rating, call.points, call.summary) == (state, "", None, summary)
    assert call.published_at == NOW


def test_one_side_alone_is_taken_and_a_caller_may_be_missing():
    imported = take(
        evaluated("WX-1", **NO_DISPATCHER, 分值累计="10"),
        evaluated("WX-2", **NO_SELF, 调度测评人="", 分值累计=""),
    )

    assert counts(imported) == {"created": 2}
    assert SelfEvaluation.objects.get().order.number == "WX-1"
    assert (Callback.objects.get().order.number, Callback.objects.get().caller) == ("WX-2", None)


def test_manager_columns_make_a_managers_callback():
    take(evaluated(**NO_DISPATCHER, 管理人员测评人="赵主任", 管理人员测评分值="8"))

    assert (Callback.objects.get().group, User.objects.get().caller_group) == (Group.MANAGER, Group.MANAGER)


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("工长测评分值", {"工长测评分值": "7", "分值累计": ""}),
        ("工长测评分值", {"工长测评分值": "7"}),
        ("工长测评分值", {"工长测评分值": "满意", "分值累计": ""}),
        ("工长测评分值", {"工长测评分值": "0", "分值累计": ""}),
        ("调度测评分值", {"调度测评分值": "9", "分值累计": ""}),
        ("调度测评分值", {"调度测评分值": "8.5", "分值累计": ""}),
        ("管理人员测评分值", {"管理人员测评人": "赵主任", "管理人员测评分值": "8", "分值累计": ""}),
        ("分值累计", {"分值累计": "20"}),
        ("分值累计", {**NO_DISPATCHER, **NO_SELF, "分值累计": "18"}),
        ("调度测评情况统计", {"调度测评情况统计": "未接通"}),
        ("调度测评分值", {"调度测评分值": "", "分值累计": "10"}),
        ("工长评语", {"工长测评分值": "", "分值累计": "8"}),
        ("不满意问题和建议统计", {**NO_DISPATCHER, "分值累计": "10", "不满意问题和建议统计": "等太久"}),
        ("工长测评分值", {"工单类型": "请求"}),
        ("工长测评分值", {"登记渠道": "微信"}),
        ("工长测评分值", {"所属工班": ""}),
        ("工长测评分值", {"关闭时间": ""}),
        ("工长测评分值", {"工单类型": "重复登记"}),
    ],
)
def test_evaluation_that_makes_no_sense_rejects_the_row(column, cells):
    imported = take(evaluated("WX-0"), evaluated("WX-1", **cells))

    assert rejections(imported) == [(3, column)]
    assert counts(imported) == {"created": 1, "rejected": 1}
    assert list(WorkOrder.objects.values_list("number", flat=True)) == ["WX-0"]


def test_sum_of_nothing_written_as_zero_says_nothing():
    assert counts(take(evaluated(**NO_DISPATCHER, **NO_SELF, 分值累计="0"))) == {"created": 1}


def test_points_are_those_of_the_policy_of_the_orders_month():
    EvaluationPolicy.objects.create(
        begins_on=date(2026, 5, 1), points_satisfied=5, points_basically_satisfied=4, points_dissatisfied=3
    )

    imported = take(evaluated("WX-1"), evaluated("WX-2", 工长测评分值="5", 调度测评分值="3", 分值累计="8"))

    assert rejections(imported) == [(2, "工长测评分值")]
    assert SelfEvaluation.objects.get().rating == Rating.SATISFIED
    assert Callback.objects.get().rating == Rating.DISSATISFIED


def test_order_that_is_there_takes_its_evaluation_from_a_later_import():
    take(order())

    imported = take(evaluated(), now=LATER)

    assert counts(imported) == {"updated": 1}
    assert Callback.objects.get().published_at == LATER


def test_same_file_twice_changes_nothing():
    rows = [evaluated(), evaluated("WX-2", 工长评语="慢\n整改意见:培训")]
    take(*rows)
    before = list(Callback.objects.values()), list(SelfEvaluation.objects.values())

    again = take(*rows, now=LATER)

    assert counts(again) == {"unchanged": 2}
    assert (list(Callback.objects.values()), list(SelfEvaluation.objects.values())) == before


def test_blank_evaluation_cells_say_nothing():
    take(evaluated())

    assert counts(take(order(), now=LATER)) == {"unchanged": 1}


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("工长测评分值", {"工长测评分值": "8", "分值累计": "16"}),
        ("工长评语", {"工长评语": "另一句"}),
        ("调度测评人", {"调度测评人": "别人"}),
        ("调度测评分值", {"调度测评分值": "10", "分值累计": "20"}),
        ("调度测评情况统计", {"调度测评情况统计": "另一句"}),
        ("不满意问题和建议统计", {"不满意问题和建议统计": "等太久"}),
    ],
)
def test_different_evaluation_is_refused_and_nothing_overwritten(column, cells):
    take(evaluated())
    before = (
        list(Callback.objects.values()),
        list(SelfEvaluation.objects.values()),
        WorkOrder.objects.values().get(),
    )

    imported = take(evaluated(**cells, 故障描述="黑屏"), now=LATER)

    assert rejections(imported) == [(2, column)]
    after = (
        list(Callback.objects.values()),
        list(SelfEvaluation.objects.values()),
        WorkOrder.objects.values().get(),
    )
    assert after == before


def test_drawn_order_takes_no_rating_from_a_file():
    take(order())
    make_callback(WorkOrder.objects.get(), make_person("d", "dispatcher"), CallbackState.ASSIGNED)

    assert rejections(take(evaluated(), now=LATER)) == [(2, "工长测评分值")]


def test_evaluation_made_here_equals_its_own_export():
    take(order())
    held = WorkOrder.objects.get()
    make_self_evaluation(held, Rating.SATISFIED, by=make_person("f", "foreman"), comment="好")
    make_callback(
        held, make_person("d", "dispatcher", name="王调度"), rating=Rating.BASICALLY_SATISFIED,
        response=Response.YES, manner=Manner.YES, repaired=Repaired.PARTLY,
    )  # fmt: skip

    imported = take(evaluated(工长评语="好", 调度测评情况统计="响应：是；态度：满意；结果：部分"), now=LATER)

    assert counts(imported) == {"unchanged": 1}


def test_rating_of_a_settled_month_is_refused():
    take(order())
    Settlement.objects.create(month="2026-05-01", snapshot={}, policy={}, settled_at=NOW)

    imported = take(evaluated(), evaluated("WX-2"), now=LATER)

    assert rejections(imported) == [(2, "工长测评分值"), (3, "工长测评分值")]


def test_dispatchers_upload_ignores_evaluations_and_says_so():
    imported = take(evaluated(工长测评分值="7"), order("WX-2"), with_evaluations=False)

    assert (counts(imported), imported.ignored_evaluations) == ({"created": 2}, 1)
    assert (SelfEvaluation.objects.count(), Callback.objects.count()) == (0, 0)


def test_english_headers_and_words_are_read():
    row = {
        "Order number": "WX-1", "Reported at": "2026-05-11 10:00", "Reporter's phone": "13800001111", "Crew": "A",
        "Technician's employee number": "7", "Technician": "Li", "Closed at": "2026-05-11 16:00",
        "Order type": "Fault", "Channel": "Central repair phone", "Foreman's points": "10",
        "Dispatcher": "Wang", "Dispatcher's call summary": "Not reached",
    }  # fmt: skip

    imported = import_workbook(as_csv(row), filename="x.csv", now=NOW, create_people=True)

    assert (counts(imported), imported.unknown_columns) == ({"created": 1}, ())
    assert Callback.objects.get().state == CallbackState.UNREACHABLE


@pytest.mark.parametrize("guess", ["10", "8", "6"])
def test_hidden_self_evaluation_is_refused_alike_whatever_the_file_says(guess):
    admin, foreman = make_person("admin", "admin"), make_person("foreman", "foreman")
    take(order())
    held = WorkOrder.objects.get()
    make_self_evaluation(held, Rating.BASICALLY_SATISFIED, by=foreman, rated_at=NOW)
    make_callback(held, make_person("caller", "dispatcher"), CallbackState.REFUSED, ended_at=NOW)

    imported = take(order(工长测评分值=guess), by=admin, now=LATER)

    (error,) = imported.errors
    assert (counts(imported), error.column) == ({"rejected": 1}, "工长测评分值")
    assert error.message == "工单已抽取或已评价;这一项您现在还不能看,既不核对也不改动"


@pytest.mark.parametrize("guess", ["10", "8", "6"])
def test_callback_of_the_own_crew_is_refused_alike_whatever_the_file_says(guess):
    take(order())
    held = WorkOrder.objects.get()
    admin = make_person("admin", "admin")
    held.technician.user = admin
    held.technician.save()
    make_callback(held, make_person("caller", "dispatcher"), rating=Rating.SATISFIED, ended_at=NOW)

    imported = take(order(调度测评分值=guess), by=admin, now=LATER)

    (error,) = imported.errors
    assert error.message == "工单已抽取或已评价;这一项您现在还不能看,既不核对也不改动"


def test_command_compares_what_nobody_else_may_see():
    take(order())
    held = WorkOrder.objects.get()
    make_self_evaluation(held, Rating.SATISFIED, by=make_person("foreman", "foreman"), rated_at=NOW)

    same, other = (take(order(工长测评分值=points), now=LATER) for points in ("10", "8"))

    assert (counts(same), counts(other)) == ({"unchanged": 1}, {"rejected": 1})
