from dataclasses import replace
from datetime import time, timedelta

import pytest

from evaluations.callbacks.answers import Contradictory, answers_of
from evaluations.callbacks.correct import correct_callback
from evaluations.callbacks.withdraw import put_on_do_not_call
from evaluations.enums import CallbackState, Rating, Repaired
from evaluations.models import Callback, RatingCorrection
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.roles import Role
from tests.factories import make_lead, make_person, make_self_evaluation
from tests.worlds.crew import D1, settle
from tests.worlds.desk import NINE, SATISFIED, Desk, dissatisfied, rated, tried

pytestmark = pytest.mark.django_db
NOON = days.moment_at(D1, time(12))
BASICALLY = replace(SATISFIED, rating=Rating.BASICALLY_SATISFIED)
RATED = CallbackState.RATED


def published(desk: Desk) -> Callback:
    callback = rated(desk.callback(), desk.caller)
    Callback.objects.filter(pk=callback.pk).update(published_at=NOON, published_by=desk.lead)
    return callback


def test_its_caller_corrects_until_published_and_both_values_stay(desk):
    callback = rated(desk.callback(), desk.caller)

    correct_callback(callback, state=RATED, answers=dissatisfied(1), by=desk.caller, now=NOON, reason="听错")

    callback.refresh_from_db()
    assert (callback.rating, callback.points, callback.corrected_at) == (Rating.DISSATISFIED, 6, NOON)
    correction = RatingCorrection.objects.get(callback=callback)
    assert (correction.by, correction.at, correction.is_by_stand_in) == (desk.caller, NOON, False)
    assert correction.before["rating"] == "satisfied" and correction.before["points"] == 10
    assert correction.after | {} == {
        "state": "rated",
        "response": "not_asked",
        "manner": "not_asked",
        "uncivil": "not_asked",
        "repaired": "not_asked",
        "rating": "dissatisfied",
        "points": 6,
        "words": "来得太慢",
        "gave_no_reason": False,
        "other_problem": "",
        "is_contradictory": False,
        "problem_types": [1],
    }


def test_the_same_correction_twice_leaves_one_trail(desk):
    callback = rated(desk.callback(), desk.caller)

    for minutes in (0, 1):
        correct_callback(
            callback,
            state=RATED,
            answers=BASICALLY,
            by=desk.caller,
            now=NOON + timedelta(minutes=minutes),
            reason="听错",
        )

    callback.refresh_from_db()
    assert (callback.corrected_at, callback.corrections.count()) == (NOON, 1)


@pytest.mark.parametrize("state", [CallbackState.REFUSED, CallbackState.UNREACHABLE])
def test_the_outcome_may_change_and_change_back(desk, state):
    callback = rated(desk.callback(), desk.caller)

    correct_callback(callback, state=state, answers=SATISFIED, by=desk.caller, now=NOON, reason="记错了工单")
    callback.refresh_from_db()
    assert (callback.state, callback.rating, callback.points) == (state, "", None)

    correct_callback(callback, state=RATED, answers=SATISFIED, by=desk.caller, now=NOON, reason="没有记错")
    callback.refresh_from_db()
    assert (callback.state, answers_of(callback), callback.points) == (RATED, SATISFIED, 10)


@pytest.mark.parametrize("state", [RATED, CallbackState.REFUSED, CallbackState.UNREACHABLE])
def test_correction_before_publishing_without_a_reason_is_refused(desk, state):
    callback = rated(desk.callback(), desk.caller)

    with pytest.raises(Refused, match="原因"):
        correct_callback(callback, state=state, answers=BASICALLY, by=desk.caller, now=NOON, reason=" ")

    callback.refresh_from_db()
    assert (callback.state, callback.rating, callback.corrected_at) == (RATED, Rating.SATISFIED, None)


def test_before_publishing_nobody_else_corrects(desk):
    callback = rated(desk.callback(), desk.caller)

    for by in (desk.colleague, desk.lead, desk.stage.head):
        with pytest.raises(NotAllowed):
            correct_callback(callback, state=RATED, answers=BASICALLY, by=by, now=NOON, reason="听录音")


def test_after_publishing_a_head_corrects_with_a_reason(desk):
    callback = published(desk)

    with pytest.raises(NotAllowed):
        correct_callback(callback, state=RATED, answers=BASICALLY, by=desk.caller, now=NOON, reason="听录音")
    with pytest.raises(Refused, match="原因"):
        correct_callback(callback, state=RATED, answers=BASICALLY, by=desk.stage.head, now=NOON)
    correct_callback(callback, state=RATED, answers=BASICALLY, by=desk.stage.head, now=NOON, reason="听录音")

    callback.refresh_from_db()
    assert (callback.rating, callback.published_at) == (Rating.BASICALLY_SATISFIED, NOON)
    assert callback.corrections.get().reason == "听录音"


def test_a_head_does_not_correct_what_he_rated_and_another_manager_stands_in(desk):
    head, manager = desk.stage.head, desk.stage.manager
    callback = rated(desk.callback(head), head)
    Callback.objects.filter(pk=callback.pk).update(published_at=NOON)

    with pytest.raises(NotAllowed):
        correct_callback(callback, state=RATED, answers=BASICALLY, by=head, now=NOON, reason="听录音")
    correct_callback(callback, state=RATED, answers=BASICALLY, by=manager, now=NOON, reason="听录音")

    assert callback.corrections.get().is_by_stand_in is True


def test_a_head_does_not_correct_for_the_own_crew_and_another_manager_stands_in(desk):
    callback = published(desk)
    make_lead(desk.stage.crew, desk.stage.head, "deputy")

    with pytest.raises(NotAllowed):
        correct_callback(
            callback, state=RATED, answers=BASICALLY, by=desk.stage.head, now=NOON, reason="误记"
        )
    correct_callback(callback, state=RATED, answers=BASICALLY, by=desk.stage.manager, now=NOON, reason="误记")

    assert RatingCorrection.objects.get().is_by_stand_in


def test_with_another_head_managers_do_not_stand_in(desk):
    callback = published(desk)
    make_self_evaluation(callback.order, by=desk.stage.head)
    other = make_person("other head", Role.HEAD)

    with pytest.raises(NotAllowed):
        correct_callback(
            callback, state=RATED, answers=BASICALLY, by=desk.stage.manager, now=NOON, reason="听录音"
        )
    correct_callback(callback, state=RATED, answers=BASICALLY, by=other, now=NOON, reason="听录音")


def test_contradictions_are_asked_about_here_too(desk):
    callback = rated(desk.callback(), desk.caller)
    answers = replace(SATISFIED, repaired=Repaired.NO)

    with pytest.raises(Contradictory) as asked:
        correct_callback(callback, state=RATED, answers=answers, by=desk.caller, now=NOON)
    correct_callback(
        callback,
        state=RATED,
        answers=answers,
        by=desk.caller,
        now=NOON,
        reason="听错",
        confirmed=frozenset(asked.value.found),
    )

    callback.refresh_from_db()
    assert callback.is_contradictory is True


def test_open_withdrawn_and_settled_are_not_corrected(desk):
    still_open = tried(desk.callback(), desk.caller, NINE)
    withdrawn = desk.callback()
    put_on_do_not_call(
        phone=withdrawn.order.reporter_phone, reason="要求", until_on=D1, by=desk.stage.head, now=NINE
    )
    done = rated(desk.callback(), desk.caller)

    for callback in (still_open, withdrawn):
        with pytest.raises(Refused):
            correct_callback(callback, state=RATED, answers=SATISFIED, by=desk.caller, now=NOON)
    settle()
    with pytest.raises(Refused, match="已结算"):
        correct_callback(done, state=RATED, answers=BASICALLY, by=desk.caller, now=NOON)
    with pytest.raises(Refused, match="须是"):
        correct_callback(done, state=CallbackState.ASSIGNED, answers=BASICALLY, by=desk.caller, now=NOON)
