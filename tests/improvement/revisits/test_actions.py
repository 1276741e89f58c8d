"""Filling in a form, handing it in and sending it back (domain §9.1)."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from evaluations.callbacks.answers import Answers
from evaluations.callbacks.correct import correct_callback
from evaluations.enums import CallbackState, Rating
from evaluations.models import Callback, EvaluationPolicy, Settlement
from improvement.enums import Decision, RevisitState
from improvement.models import Revisit, RevisitQuestion
from improvement.revisits.actions import (
    RevisitAnswers,
    answers_from_call,
    return_with_question,
    save_revisit_draft,
    stored_answers,
    submit_revisit,
)
from improvement.revisits.due import due_revisits
from improvement.revisits.queries import with_standing
from improvement.revisits.rules import DueDate
from improvement.revisits.timeline import revisit_timeline
from improvement.revisits.visitors import must_visit
from improvement.revisits.wording import explain_revisit, why_due
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.roles import Role
from satisfaction.core.versioned import StaleVersion
from tests.factories import make_lead, make_person
from tests.worlds.crew import EVENING, make_absent, settle, technician_of
from tests.worlds.revisits import (
    JUNE,
    LATE,
    NOW,
    VISITED,
    answer,
    dissatisfied,
    handed_in,
    on_agenda,
    open_meeting,
    plan_meeting,
    returned,
    turned_satisfied,
    types,
    uphold,
)
from tests.worlds.threads import at_once
from workorders.models import CrewLead, WorkOrder

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
CALLED = days.moment_at(date(2026, 5, 12), time(10))


def draft(stage, order, version=0, by=None, now=NOW, **fields):
    return save_revisit_draft(
        order, by=by or stage.foreman, answer=answer(**fields), version=version, now=now
    )


def values(revisit):
    names = "state visited_by visited_at begun_by submitted_by submitted_at is_in_place version".split()
    return Revisit.objects.filter(pk=revisit.pk).values(*names).get()


def test_the_form_begins_with_what_the_reporter_said_by_phone(stage):
    order = dissatisfied(stage, words="还是坏的", types=(1, 3))

    assert answers_from_call(order) == RevisitAnswers(words="还是坏的", problem_types=types(1, 3))


def test_save_draft_begins_the_form_and_goes_on_with_it(stage):
    order = dissatisfied(stage)
    first = draft(stage, order, findings="", visited_at=None)
    second = draft(stage, order, version=1, by=stage.foreman, findings="机房过热", now=LATER)

    assert first == second
    assert stored_answers(second) == answer(findings="机房过热")
    assert values(second) == {
        "state": RevisitState.DRAFT,
        "visited_by": stage.foreman.pk,
        "visited_at": VISITED,
        "begun_by": stage.foreman.pk,
        "submitted_by": None,
        "submitted_at": None,
        "is_in_place": False,
        "version": 2,
    }


def test_submit_hands_in_what_was_never_saved_before(stage):
    revisit = submit_revisit(
        dissatisfied(stage), by=stage.foreman, answer=answer(second_rating="satisfied"), version=0, now=NOW
    )

    assert values(revisit) == {
        "state": RevisitState.SUBMITTED,
        "visited_by": stage.foreman.pk,
        "visited_at": VISITED,
        "begun_by": stage.foreman.pk,
        "submitted_by": stage.foreman.pk,
        "submitted_at": NOW,
        "is_in_place": False,
        "version": 1,
    }
    assert revisit.history.count() == 1


def test_the_second_rating_stands_beside_the_first_and_leaves_the_points(stage):
    order = dissatisfied(stage)
    before = Callback.objects.filter(order=order).values().get()

    revisit = handed_in(stage, order, second_rating=Rating.SATISFIED)

    assert (revisit.second_rating, Callback.objects.filter(order=order).values().get()) == (
        Rating.SATISFIED,
        before,
    )


def test_the_same_form_sent_twice_is_one_save(stage):
    order = dissatisfied(stage)
    drafts = draft(stage, order), draft(stage, order, now=LATER)
    submits = [
        submit_revisit(order, by=stage.foreman, answer=answer(), version=1, now=now) for now in (NOW, LATER)
    ]

    assert drafts[0] == drafts[1] == submits[0] == submits[1]
    assert (values(submits[0])["submitted_at"], values(submits[0])["version"]) == (NOW, 2)


@pytest.mark.parametrize("act", [save_revisit_draft, submit_revisit])
def test_a_form_saved_elsewhere_meanwhile_is_not_overwritten(stage, act):
    order = dissatisfied(stage)
    draft(stage, order, findings="第一页")

    with pytest.raises(StaleVersion, match=r"foreman.*05-14 12:00.*还没有保存") as stale:
        act(order, by=stage.foreman, answer=answer(findings="第二页"), version=0, now=LATER)

    assert (stale.value.row.version, stored_answers(Revisit.objects.get()).findings) == (1, "第一页")


def test_a_submitted_form_edited_in_two_tabs_keeps_the_first(stage):
    order = handed_in(stage).order
    submit_revisit(order, by=stage.foreman, answer=answer(measure="第一页"), version=1, now=NOW)

    with pytest.raises(StaleVersion):
        submit_revisit(order, by=stage.foreman, answer=answer(measure="第二页"), version=1, now=LATER)

    assert Revisit.objects.get().measure == "第一页"


def test_a_submitted_form_is_corrected_until_a_meeting_looks_and_its_time_stays(stage):
    order = handed_in(stage).order

    revisit = submit_revisit(order, by=stage.foreman, answer=answer(measure="再加一人"), version=1, now=LATER)

    assert (revisit.measure, revisit.submitted_at, revisit.version) == ("再加一人", NOW, 2)
    with pytest.raises(Refused, match="已经提交"):
        draft(stage, order, version=2)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"visited_at": None}, "提交前请填写:回访时间。"),
        ({"findings": " "}, "提交前请填写:工长回访情况统计。"),
        ({"measure": "", "problem_types": frozenset()}, "提交前请填写:不满意问题类型、工长整改措施和建议。"),
    ],
)
def test_submit_asks_for_what_is_missing_and_a_draft_does_not(stage, missing, sentence):
    order = dissatisfied(stage)
    with pytest.raises(Refused, match=sentence):
        submit_revisit(order, by=stage.foreman, answer=answer(**missing), version=0, now=NOW)

    assert draft(stage, order, **missing).state == RevisitState.DRAFT


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"visited_at": LATER}, "不能晚于现在"),
        ({"visited_at": days.moment_at(date(2026, 5, 11), time(9))}, "不能早于工单关闭时间"),
        (
            {"visited_at": CALLED - timedelta(minutes=1)},
            r"不能早于报修人表示不满意的电话\(2026-05-12 10:00\)",
        ),
        ({"problem_types": frozenset({987654})}, "不存在"),
        ({"second_rating": "perfect"}, "回访后评价请选"),
    ],
)
def test_what_cannot_be_is_refused_in_a_draft_too(stage, fields, sentence):
    with pytest.raises(Refused, match=sentence):
        draft(stage, dissatisfied(stage), **fields)

    assert not Revisit.objects.exists()


def test_other_problems_are_named(stage):
    order = dissatisfied(stage)
    other = answer(problem_types=types(4))

    with pytest.raises(Refused, match="写明是什么问题"):
        submit_revisit(order, by=stage.foreman, answer=other, version=0, now=NOW)

    named = submit_revisit(
        order, by=stage.foreman, answer=replace(other, other_problem="等太久"), version=0, now=NOW
    )
    assert named.other_problem == "等太久"


def test_nothing_to_fill_in_without_a_dissatisfied_callback_that_the_crew_sees(stage):
    order = stage.order()
    stage.called(order, Rating.DISSATISFIED)
    with pytest.raises(Refused, match="不需要回访"):
        draft(stage, order, now=EVENING)

    satisfied = stage.order()
    stage.called(satisfied, Rating.SATISFIED)
    with pytest.raises(Refused, match="不需要回访"):
        submit_revisit(satisfied, by=stage.foreman, answer=answer(), version=0, now=LATE)


@pytest.mark.parametrize("how", [turned_satisfied, "uphold"])
def test_what_was_begun_may_be_finished_though_it_is_due_no_more(stage, how):
    order = dissatisfied(stage)
    draft(stage, order)
    uphold(order, stage) if how == "uphold" else how(order)

    revisit = submit_revisit(order, by=stage.foreman, answer=answer(), version=1, now=LATER)

    assert revisit.state == RevisitState.SUBMITTED


def test_settling_and_reopening_the_month_changes_nothing_for_a_revisit(stage):
    order, other = dissatisfied(stage), dissatisfied(stage)
    settlement = settle()
    begun = save_revisit_draft(order, by=stage.foreman, answer=answer(), version=0, now=LATE)
    Settlement.objects.filter(pk=settlement.pk).update(
        reopened_at=LATE, reopened_by=stage.head, reopen_reason="补评"
    )

    handed_in(stage, other, now=LATE)
    done = submit_revisit(order, by=stage.foreman, answer=answer(), version=begun.version, now=LATE)

    assert (done.state, Revisit.objects.count()) == (RevisitState.SUBMITTED, 2)


def test_the_deputy_visits_where_the_crew_has_no_foreman(stage):
    CrewLead.objects.filter(person=stage.foreman).delete()

    done = submit_revisit(dissatisfied(stage), by=stage.deputy, answer=answer(), version=0, now=NOW)

    assert (done.submitted_by, done.is_in_place) == (stage.deputy, False)


def test_a_correction_by_a_head_ends_a_revisit_that_nobody_began(stage):
    order = dissatisfied(stage)
    callback = Callback.objects.get(order=order)

    correct_callback(
        callback,
        state=CallbackState.RATED,
        answers=Answers(rating=Rating.SATISFIED),
        by=stage.head,
        now=NOW,
        reason="记错了",
    )

    with pytest.raises(Refused, match="不需要回访"):
        draft(stage, order)


# --- Permissions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [save_revisit_draft, submit_revisit])
@pytest.mark.parametrize("who", ["deputy", "outsider", "worker", "dispatcher", "manager", "head"])
def test_who_does_not_visit_may_not_write(stage, act, who):
    order = dissatisfied(stage)

    with pytest.raises(NotAllowed):
        act(order, by=getattr(stage, who), answer=answer(), version=0, now=NOW)

    assert not Revisit.objects.exists()


def test_the_deputy_writes_while_the_foreman_is_away(stage):
    order = dissatisfied(stage)
    make_absent(stage.foreman, days.local_day(NOW))

    revisit = submit_revisit(order, by=stage.deputy, answer=answer(), version=0, now=NOW)

    assert (revisit.visited_by, revisit.is_in_place) == (stage.deputy, False)


def test_a_manager_writes_in_place_when_both_leads_are_concerned(stage):
    CrewLead.objects.filter(person=stage.deputy).delete()
    order = dissatisfied(stage, technician=technician_of(stage.foreman, stage.crew))

    revisit = submit_revisit(order, by=stage.manager, answer=answer(), version=0, now=NOW)

    assert (revisit.visited_by, revisit.is_in_place) == (stage.manager, True)


def test_a_manager_writes_in_place_when_the_crew_has_no_lead(stage):
    CrewLead.objects.filter(crew=stage.crew).delete()
    order = dissatisfied(stage)

    revisit = submit_revisit(order, by=stage.manager, answer=answer(), version=0, now=NOW)

    assert (revisit.visited_by, revisit.is_in_place) == (stage.manager, True)
    with pytest.raises(NotAllowed):
        submit_revisit(dissatisfied(stage), by=stage.outsider, answer=answer(), version=0, now=NOW)


@pytest.mark.parametrize("seconds", [0, 30])
def test_the_visit_may_be_in_the_minute_of_the_call(stage, seconds):
    """The form shows minutes, the call seconds."""
    order = dissatisfied(stage)
    Callback.objects.filter(order=order).update(ended_at=CALLED + timedelta(seconds=seconds))

    assert draft(stage, order, visited_at=CALLED).visited_at == CALLED


def test_a_foreman_who_changed_crews_leaves_the_draft_to_the_successor(stage):
    order = dissatisfied(stage)
    draft(stage, order, measure="")
    CrewLead.objects.filter(person=stage.foreman).update(to_on=days.local_day(NOW))
    successor = make_person("successor", Role.FOREMAN)
    make_lead(stage.crew, successor, from_on=days.local_day(LATE))

    with pytest.raises(NotAllowed):
        submit_revisit(order, by=stage.foreman, answer=answer(), version=1, now=LATE)
    revisit = submit_revisit(order, by=successor, answer=answer(), version=1, now=LATE)

    assert (revisit.begun_by, revisit.visited_by, revisit.submitted_by) == (
        stage.foreman,
        stage.foreman,
        successor,
    )


def test_the_phone_is_for_who_has_the_revisit_to_make(stage):
    order = dissatisfied(stage)
    people = (stage.foreman, stage.deputy, stage.manager, stage.worker)
    before = [must_visit(order, person, now=NOW) for person in people]
    handed_in(stage, order)

    assert before == [True, False, False, False]
    assert not must_visit(order, stage.foreman, now=NOW)


# --- Sent back by the meeting -----------------------------------------------------------------------------


def test_return_asks_and_the_foreman_answers_and_the_thread_stays(stage):
    asked = returned(stage)
    revisit = asked.revisit
    state = values(revisit)["state"]

    submit_revisit(revisit.order, by=stage.foreman, answer=answer(), version=2, now=LATER, reply=" 本周五 ")

    assert (state, values(revisit)["state"]) == (RevisitState.RETURNED, RevisitState.SUBMITTED)
    assert values(revisit)["submitted_at"] == NOW
    assert list(
        RevisitQuestion.objects.values_list("question", "asked_by", "answer", "answered_by", "answered_at")
    ) == [("风扇何时装好?", stage.head.pk, "本周五", stage.foreman.pk, LATER)]


def test_a_returned_form_may_be_asked_again_after_its_answer(stage):
    revisit = returned(stage).revisit
    submit_revisit(revisit.order, by=stage.foreman, answer=answer(), version=2, now=LATER, reply="本周五")

    return_with_question(revisit, by=stage.head, question="装好了吗?", now=LATE)

    assert list(revisit.questions.values_list("question", flat=True)) == ["风扇何时装好?", "装好了吗?"]


def test_a_returned_form_goes_back_only_with_an_answer(stage):
    order = returned(stage).revisit.order

    with pytest.raises(Refused, match="请回答会议的提问"):
        submit_revisit(order, by=stage.foreman, answer=answer(measure="改"), version=2, now=LATER, reply=" ")

    assert Revisit.objects.get().measure == answer().measure


def test_a_returned_form_is_mended_without_losing_its_state(stage):
    order = returned(stage).revisit.order

    revisit = draft(stage, order, version=2, measure="再加一人", now=LATER)

    assert (revisit.state, revisit.measure) == (RevisitState.RETURNED, "再加一人")
    with pytest.raises(Refused, match="提交前请填写"):
        draft(stage, order, version=3, measure="")


def test_return_twice_is_one_question_and_another_one_waits(stage):
    asked = returned(stage)

    assert return_with_question(asked.revisit, by=stage.head, question="风扇何时装好?", now=LATER) == asked
    with pytest.raises(Refused, match="尚未答复"):
        return_with_question(asked.revisit, by=stage.head, question="还有呢?", now=LATER)


def test_return_names_the_open_meeting_that_asks(stage):
    revisit = handed_in(stage)
    meeting = open_meeting(stage)
    on_agenda(revisit, meeting)

    assert return_with_question(revisit, by=stage.head, question="为何?", now=LATE).meeting == meeting


def test_return_refuses_drafts_decided_ones_and_empty_questions(stage):
    begun = draft(stage, dissatisfied(stage))
    with pytest.raises(Refused, match="还没有提交"):
        return_with_question(begun, by=stage.head, question="为何?", now=NOW)

    revisit = handed_in(stage)
    with pytest.raises(Refused, match="请写明"):
        return_with_question(revisit, by=stage.head, question=" ", now=NOW)
    on_agenda(revisit, open_meeting(stage), Decision.NO_ACTION)
    with pytest.raises(Refused, match="作出决定"):
        return_with_question(revisit, by=stage.head, question="为何?", now=NOW)


@pytest.mark.parametrize("who", ["foreman", "deputy", "manager", "dispatcher", "worker"])
def test_only_a_head_returns(stage, who):
    with pytest.raises(NotAllowed, match="科室负责人"):
        return_with_question(handed_in(stage), by=getattr(stage, who), question="为何?", now=NOW)


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [("", "正在讨论"), (Decision.NO_ACTION, "作出决定"), (Decision.DEFERRED, "正在讨论")],
)
def test_a_form_before_an_open_meeting_or_decided_is_closed_to_the_crew(stage, decision, sentence):
    revisit = handed_in(stage)
    on_agenda(revisit, open_meeting(stage), decision)

    with pytest.raises(Refused, match=sentence):
        submit_revisit(revisit.order, by=stage.foreman, answer=answer(measure="改"), version=1, now=LATE)


def test_a_deferred_form_is_open_again_after_its_meeting(stage):
    revisit = handed_in(stage)
    meeting = open_meeting(stage)
    on_agenda(revisit, meeting, Decision.DEFERRED)
    meeting.state, meeting.closed_at, meeting.closed_by = "closed", LATE, stage.head
    meeting.save()

    again = submit_revisit(revisit.order, by=stage.foreman, answer=answer(measure="改"), version=1, now=LATE)

    assert again.measure == "改"


# --- Constraints, wording, timeline ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"findings": ""},
        {"measure": ""},
        {"submitted_at": None},
        {"visited_by": None},
        {"state": "lost"},
    ],
)
def test_the_database_knows_that_a_submitted_form_is_whole(stage, fields):
    revisit = handed_in(stage)

    with pytest.raises(IntegrityError), transaction.atomic():
        Revisit.objects.filter(pk=revisit.pk).update(**fields)


def test_the_database_knows_one_open_question_a_form_and_one_form_an_order(stage):
    asked = returned(stage)

    with pytest.raises(IntegrityError), transaction.atomic():
        RevisitQuestion.objects.create(
            revisit=asked.revisit, question="还有呢?", asked_by=stage.head, asked_at=LATER
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Revisit.objects.create(order=asked.revisit.order, begun_by=stage.foreman, begun_at=NOW)


@pytest.mark.parametrize(
    ("is_planned", "is_later", "expected"),
    [
        (True, False, "2026年6月故障分析会前完成并上交"),
        (False, False, "2026年6月故障分析会尚未安排,按第 8 个服务日下班前上交"),
        (True, True, "结果公布后距上一次会议不足 3 个服务日,顺延:2026年6月故障分析会前完成并上交"),
    ],
)
def test_why_due_says_which_meeting(is_planned, is_later, expected):
    assert why_due(DueDate(LATE, JUNE, is_planned, is_later)) == expected


def row_of(order):
    [row] = due_revisits(with_standing(WorkOrder.objects.filter(pk=order.pk), now=NOW), now=NOW)
    return row


def test_a_revisit_without_a_meeting_tells_how_it_came_to_be_due(stage):
    EvaluationPolicy.objects.update(calendar="working_days")

    assert explain_revisit(row_of(dissatisfied(stage))) == (
        "5月12日星期二起工班可见结果,2026年6月故障分析会尚未安排,6月6日星期六至6月7日星期日是周末,"
        "6月10日星期三是第 8 个服务日,6月10日星期三 18:00 到期。"
    )


def test_a_revisit_seen_too_late_for_a_meeting_tells_of_both(stage):
    plan_meeting(JUNE, days.moment_at(date(2026, 6, 2), time(14)), stage.head)
    plan_meeting(date(2026, 7, 1), days.moment_at(date(2026, 7, 3), time(14)), stage.head)
    order = dissatisfied(stage, published_at=days.moment_at(date(2026, 6, 1), time(9)))

    row = row_of(order)

    assert explain_revisit(row) == (
        "6月1日星期一起工班可见结果,到2026年6月故障分析会(6月2日星期二)不足 3 个服务日,顺延,"
        "2026年7月故障分析会定于7月3日星期五 14:00,会前上交。"
    )
    with translation.override("en"):
        assert explain_revisit(row).endswith("the form is due before it.")


def test_what_is_not_due_has_nothing_to_tell(stage):
    order = dissatisfied(stage)
    save_revisit_draft(order, by=stage.foreman, answer=answer(), version=0, now=NOW)
    turned_satisfied(order)

    assert explain_revisit(row_of(order)) == ""


def test_timeline_tells_visit_question_and_answer_and_keeps_blind(stage):
    revisit = returned(stage).revisit
    submit_revisit(revisit.order, by=stage.foreman, answer=answer(), version=2, now=LATER, reply="本周五")
    revisit.order.shows_callback = True

    told = {
        name: revisit_timeline(revisit.order, person=getattr(stage, name), now=LATER)
        for name in ("foreman", "dispatcher")
    }
    revisit.order.shows_callback = False

    assert [(event.label, event.who) for event in told["foreman"]] == [
        ("开始填写回访表", "foreman"),
        ("工长当面回访", "foreman"),
        ("提交回访表", "foreman"),
        ("回访表退回提问", "head"),
        ("答复提问", "foreman"),
    ]
    assert {name: {event.url for event in events} for name, events in told.items()} == {
        "foreman": {f"/improvement/revisits/order/{revisit.order.number}/"},
        "dispatcher": {""},
    }
    assert revisit_timeline(revisit.order, person=stage.foreman, now=LATER) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_who_begin_at_once_make_one_form_and_lose_nothing_unseen(stage):
    order = dissatisfied(stage)

    results = at_once(
        *(lambda text=text: draft(stage, order, findings=text) for text in ("第一页", "第二页"))
    )

    assert sorted(type(one).__name__ for one in results) == ["Revisit", "StaleVersion"]
    assert Revisit.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_returning_and_correcting_at_once_leaves_one_of_two_refused_or_both_in_turn(stage):
    revisit = handed_in(stage)
    order = revisit.order

    results = at_once(
        lambda: return_with_question(revisit, by=stage.head, question="为何?", now=NOW),
        lambda: submit_revisit(order, by=stage.foreman, answer=answer(measure="改"), version=1, now=NOW),
    )

    revisit.refresh_from_db()
    assert isinstance(results[0], RevisitQuestion)
    assert (revisit.state, revisit.measure) == (
        RevisitState.RETURNED,
        answer().measure if isinstance(results[1], StaleVersion) else "改",
    )
