from dataclasses import replace
from datetime import time, timedelta
from uuid import uuid4

import pytest

from evaluations.callbacks.answers import Answers, Contradictory, answers_of
from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.guards import AlreadyEnded, may_give_up
from evaluations.callbacks.open_call import open_callback
from evaluations.callbacks.rules import Contradiction
from evaluations.callbacks.save import end_unreachable, record_attempt
from evaluations.enums import CallbackState, Outcome, PostponedReason, Rating, Repaired, Response
from evaluations.models import Callback, CallbackAttempt, EvaluationPolicy, ProblemType
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from tests.worlds.crew import D1 as NEXT_DAY
from tests.worlds.crew import D2, settle
from tests.worlds.desk import NINE, SATISFIED, dissatisfied, rated, tried

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_reached_stores_rating_points_answers_and_one_attempt(desk):
    callback = desk.callback()
    open_callback(callback, by=desk.caller, now=NINE - timedelta(minutes=3))

    record_attempt(callback, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE)

    callback.refresh_from_db()
    assert answers_of(callback) == SATISFIED
    assert (callback.state, callback.points, callback.ended_at, callback.ended_by) == (
        CallbackState.RATED,
        10,
        NINE,
        desk.caller,
    )
    assert (callback.script.version, callback.is_contradictory, callback.held_by) == (1, False, None)
    assert list(
        callback.attempts.values_list("by", "started_at", "ended_at", "outcome", "phone", "is_same_call")
    ) == [
        (
            desk.caller.pk,
            NINE - timedelta(minutes=3),
            NINE,
            Outcome.REACHED,
            callback.order.reporter_phone,
            False,
        )
    ]


def test_points_come_from_the_policy_of_the_orders_month(desk):
    EvaluationPolicy.objects.create(begins_on=NINE.date().replace(day=1), points_basically_satisfied=9)

    callback = rated(
        desk.callback(), desk.caller, answers=replace(SATISFIED, rating=Rating.BASICALLY_SATISFIED)
    )

    assert callback.points == 9


def test_the_same_form_twice_is_one_attempt(desk):
    callback, token = desk.callback(), uuid4()
    attempt = Attempt(Outcome.NO_ANSWER, token=token)

    first = record_attempt(callback, attempt, by=desk.caller, now=NINE)
    second = record_attempt(callback, attempt, by=desk.caller, now=NINE + HOUR)

    assert second.call_again_at == first.call_again_at == NINE + 2 * HOUR
    assert callback.attempts.count() == 1


def test_the_same_rating_twice_is_one_attempt_with_or_without_a_token(desk):
    callback = rated(desk.callback(), desk.caller)

    again = record_attempt(callback, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE + HOUR)

    assert again.ended_at == NINE
    assert callback.attempts.count() == 1


def test_another_result_after_the_end_is_refused_and_points_to_the_correction(desk):
    callback = rated(desk.callback(), desk.caller)

    for attempt in (Attempt(Outcome.REACHED, dissatisfied(1)), Attempt(Outcome.NO_ANSWER)):
        with pytest.raises(AlreadyEnded, match="更正"):
            record_attempt(callback, attempt, by=desk.caller, now=NINE)

    callback.refresh_from_db()
    assert (callback.rating, callback.attempts.count()) == (Rating.SATISFIED, 1)


def test_a_form_saved_once_does_not_save_another_outcome(desk):
    callback, token = desk.callback(), uuid4()
    record_attempt(callback, Attempt(Outcome.BUSY, token=token), by=desk.caller, now=NINE)

    with pytest.raises(Refused, match="占线"):
        record_attempt(callback, Attempt(Outcome.REACHED, SATISFIED, token=token), by=desk.caller, now=NINE)

    assert callback.attempts.count() == 1


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (Answers(), "总体评价"),
        (Answers(rating="great"), "总体评价"),
        (Answers(rating=Rating.DISSATISFIED, words="慢"), "至少选一类"),
        (Answers(rating=Rating.DISSATISFIED, words="慢", problem_types=frozenset({9999})), "已停用"),
    ],
)
def test_incomplete_answers_are_refused(desk, answers, sentence):
    callback = desk.callback()

    with pytest.raises(Refused, match=sentence):
        record_attempt(callback, Attempt(Outcome.REACHED, answers), by=desk.caller, now=NINE)

    assert not callback.attempts.exists()


def test_dissatisfied_needs_words_or_that_none_were_given(desk):
    with pytest.raises(Refused, match="未说明原因"):
        rated(desk.callback(), desk.caller, answers=dissatisfied(1, words=" "))

    callback = rated(desk.callback(), desk.caller, answers=dissatisfied(1, words="", gave_no_reason=True))

    assert (callback.rating, callback.gave_no_reason, callback.points) == (Rating.DISSATISFIED, True, 6)


def test_other_problem_needs_its_text(desk):
    with pytest.raises(Refused, match="写明"):
        rated(desk.callback(), desk.caller, answers=dissatisfied(1, 4))

    callback = rated(desk.callback(), desk.caller, answers=dissatisfied(1, 4, other_problem="乱收费"))

    assert callback.other_problem == "乱收费"
    assert list(callback.problem_types.values_list("code", flat=True)) == [1, 4]


def test_problem_types_out_of_use_are_not_taken(desk):
    answers = dissatisfied(2)
    ProblemType.objects.filter(code=2).update(is_active=False)

    with pytest.raises(Refused, match="停用"):
        rated(desk.callback(), desk.caller, answers=answers)


def test_problems_belong_to_dissatisfied_alone(desk):
    answers = replace(dissatisfied(1, 4, other_problem="x"), rating=Rating.BASICALLY_SATISFIED)

    callback = rated(desk.callback(), desk.caller, answers=answers)

    assert (callback.problem_types.count(), callback.other_problem, callback.words) == (0, "", "来得太慢")


def test_contradiction_is_asked_once_then_accepted_and_marked(desk):
    callback = desk.callback()
    answers = replace(SATISFIED, repaired=Repaired.NO)
    attempt = Attempt(Outcome.REACHED, answers)
    with pytest.raises(Contradictory) as asked:
        record_attempt(callback, attempt, by=desk.caller, now=NINE)
    assert not callback.attempts.exists()

    confirmed = replace(attempt, confirmed=frozenset(asked.value.found))
    record_attempt(callback, confirmed, by=desk.caller, now=NINE)

    callback.refresh_from_db()
    assert (callback.rating, callback.is_contradictory) == (Rating.SATISFIED, True)


def test_in_time_against_recorded_times_is_a_contradiction(desk):
    callback = desk.callback()
    order = callback.order
    order.first_contact_at = order.reported_at + timedelta(minutes=61)
    order.save(update_fields=["first_contact_at"])

    with pytest.raises(Contradictory) as asked:
        record_attempt(callback, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE)

    assert asked.value.found == (Contradiction.IN_TIME_BUT_RECORDED_LATE,)
    assert "61 分钟" in str(asked.value)


@pytest.mark.parametrize(
    ("outcome", "wait"), [(Outcome.NO_ANSWER, timedelta(hours=2)), (Outcome.BUSY, timedelta(minutes=15))]
)
def test_unanswered_is_phoned_again_as_the_policy_says(desk, outcome, wait):
    callback = desk.callback()

    tried(callback, desk.caller, NINE, outcome)

    callback.refresh_from_db()
    assert (callback.state, callback.call_again_at, callback.is_promised) == (
        CallbackState.ASSIGNED,
        NINE + wait,
        False,
    )


def test_later_keeps_the_promised_time(desk):
    callback, at = desk.callback(), NINE + HOUR

    record_attempt(callback, Attempt(Outcome.CALL_LATER, call_again_at=at), by=desk.caller, now=NINE)

    callback.refresh_from_db()
    assert (callback.call_again_at, callback.is_promised, callback.postponed_reason) == (at, True, "")
    assert callback.attempts.get().call_again_at == at


def test_later_than_the_deadline_postpones_with_the_reporters_wish_as_reason(desk):
    callback, at = desk.callback(), days.moment_at(D2, time(9))

    record_attempt(callback, Attempt(Outcome.CALL_LATER, call_again_at=at), by=desk.caller, now=NINE)

    callback.refresh_from_db()
    assert (callback.due_at, callback.calling_on) == (callback.order.last_due_at, D2)
    assert (callback.postponed_reason, callback.postponed_by, callback.postponed_text) == (
        PostponedReason.SAID,
        desk.caller,
        "报修人要求届时再打",
    )


@pytest.mark.parametrize("at", [None, NINE, NINE - HOUR, NINE + timedelta(days=32)])
def test_later_needs_a_time_to_come(desk, at):
    with pytest.raises(Refused):
        record_attempt(
            desk.callback(), Attempt(Outcome.CALL_LATER, call_again_at=at), by=desk.caller, now=NINE
        )


def test_refused_ends_at_once_without_rating(desk):
    callback = desk.callback()
    attempt = Attempt(Outcome.REFUSED, Answers(rating=Rating.SATISFIED, response=Response.NO, words="没空"))

    for _ in range(2):
        record_attempt(callback, attempt, by=desk.caller, now=NINE)

    callback.refresh_from_db()
    assert (callback.state, callback.rating, callback.points, callback.words, callback.ended_by) == (
        CallbackState.REFUSED,
        "",
        None,
        "没空",
        desk.caller,
    )
    assert callback.attempts.count() == 1


def test_wrong_number_waits_outside_the_queue(desk):
    callback = desk.callback()

    tried(callback, desk.caller, NINE, Outcome.WRONG_NUMBER)

    callback.refresh_from_db()
    assert (callback.state, callback.has_wrong_number) == (CallbackState.ASSIGNED, True)
    assert not Callback.objects.in_queue_of(desk.caller).exists()
    with pytest.raises(Refused, match="号码有误"):
        tried(callback, desk.caller, NINE + HOUR)


@pytest.mark.parametrize(
    ("times", "may"),
    [
        ([NINE, NINE + HOUR], False),
        ([NINE, NINE + HOUR, NINE + 2 * HOUR], False),
        ([NINE, NINE + HOUR, NINE + 3 * HOUR], True),
    ],
)
def test_unreachable_after_three_attempts_on_two_half_days(desk, times, may):
    callback = desk.callback()
    for at in times:
        tried(callback, desk.caller, at)

    assert may_give_up(callback) is may
    if may:
        for _ in range(2):
            end_unreachable(callback, by=desk.caller, now=NINE + 4 * HOUR)
    else:
        with pytest.raises(Refused, match="3 次"):
            end_unreachable(callback, by=desk.caller, now=NINE + 4 * HOUR)

    callback.refresh_from_db()
    assert (callback.state == CallbackState.UNREACHABLE) is may
    assert callback.rating == ""


def test_the_last_attempt_may_end_it_at_once(desk):
    callback = desk.callback()
    for at in (NINE, NINE + HOUR):
        tried(callback, desk.caller, at)
    with pytest.raises(Refused, match="半天"):
        record_attempt(
            callback, Attempt(Outcome.NO_ANSWER, gives_up=True), by=desk.caller, now=NINE + 2 * HOUR
        )

    record_attempt(callback, Attempt(Outcome.NO_ANSWER, gives_up=True), by=desk.caller, now=NINE + 3 * HOUR)

    callback.refresh_from_db()
    assert (callback.state, callback.attempts.count()) == (CallbackState.UNREACHABLE, 3)


def test_a_wrong_number_does_not_count_as_an_attempt_at_the_reporter(desk):
    callback = desk.callback()
    for at in (NINE, NINE + 3 * HOUR):
        tried(callback, desk.caller, at)
    tried(callback, desk.caller, NINE + 4 * HOUR, Outcome.WRONG_NUMBER)

    assert may_give_up(callback) is False


def test_what_is_about_the_number_holds_for_all_own_orders_of_the_reporter(desk):
    mine, also_mine, colleagues = desk.of_one_reporter(desk.caller, desk.caller, desk.colleague)
    open_callback(mine, by=desk.caller, now=NINE)

    tried(mine, desk.caller, NINE + timedelta(minutes=1))

    attempts = set(CallbackAttempt.objects.values_list("callback", "outcome", "is_same_call"))
    assert attempts == {(mine.pk, Outcome.NO_ANSWER, False), (also_mine.pk, Outcome.NO_ANSWER, True)}
    again = Callback.objects.order_by("pk").values_list("call_again_at", flat=True)
    assert list(again) == [NINE + timedelta(hours=2, minutes=1)] * 2 + [None]
    assert not Callback.objects.filter(held_by__isnull=False).exists()
    assert colleagues.attempts.count() == 0


def test_a_second_order_rated_in_the_call_is_logged_as_same_call(desk):
    first, second = desk.of_one_reporter(desk.caller, desk.caller)
    open_callback(first, by=desk.caller, now=NINE)
    record_attempt(
        first, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE + timedelta(minutes=2)
    )

    record_attempt(
        second, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE + timedelta(minutes=3)
    )

    attempt = second.attempts.get()
    assert (attempt.is_same_call, attempt.started_at) == (True, NINE + timedelta(minutes=2))


def test_a_hold_forgotten_yesterday_is_not_a_long_call(desk):
    callback = desk.callback()
    open_callback(callback, by=desk.caller, now=NINE)
    tomorrow = NINE + timedelta(days=1)

    tried(callback, desk.caller, tomorrow)

    assert callback.attempts.get().started_at == tomorrow


def test_only_its_caller_records(desk):
    callback = desk.callback()

    with pytest.raises(NotAllowed, match="dispatcher"):
        tried(callback, desk.colleague, NINE)


def test_nothing_is_recorded_in_a_settled_month(desk):
    callback = desk.callback()
    settle()

    with pytest.raises(Refused, match="已结算"):
        rated_without_opening = Attempt(Outcome.REACHED, SATISFIED)
        record_attempt(callback, rated_without_opening, by=desk.caller, now=NINE)


def test_past_its_deadline_it_is_still_called(desk):
    callback = rated(desk.callback(), desk.caller, days.moment_at(NEXT_DAY, time(10)) + timedelta(days=9))

    assert callback.state == CallbackState.RATED
