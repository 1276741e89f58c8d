"""Concurrent callback actions, with real transactions and real locks."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest

from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.guards import AlreadyEnded, Held
from evaluations.callbacks.open_call import claim_next, open_callback
from evaluations.callbacks.reassign import reassign
from evaluations.callbacks.save import record_attempt, save_call
from evaluations.callbacks.withdraw import take_out
from evaluations.enums import CallbackState, Outcome
from evaluations.feedback.publish import PublishResult, publish_day
from evaluations.models import Callback, CallbackAttempt, CallSave
from satisfaction.core.errors import Refused
from tests.worlds.desk import DAY, NINE, SATISFIED
from tests.worlds.threads import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_two_callers_never_open_one_reporter(desk):
    mine, colleagues = desk.of_one_reporter(desk.caller, desk.colleague)

    results = at_once(
        lambda: open_callback(mine, by=desk.caller, now=NINE),
        lambda: open_callback(colleagues, by=desk.colleague, now=NINE),
    )

    assert sorted(isinstance(result, Held) for result in results) == [False, True]
    assert len(set(Callback.objects.values_list("held_by", flat=True))) == 1


def test_two_callers_who_hold_each_others_reporter_do_not_deadlock(desk):
    mine, colleagues = desk.of_one_reporter(desk.caller, desk.colleague)
    other_mine, other_colleagues = (
        desk.callback(desk.caller, order_reporter_phone="139 1"),
        desk.callback(desk.colleague, order_reporter_phone="139 1"),
    )
    Callback.objects.filter(pk__in=[mine.pk, colleagues.pk]).update(held_by=desk.colleague, held_until=NINE)
    Callback.objects.filter(pk__in=[other_mine.pk, other_colleagues.pk]).update(
        held_by=desk.caller, held_until=NINE
    )

    results = at_once(
        lambda: open_callback(mine, by=desk.caller, now=NINE),
        lambda: open_callback(other_colleagues, by=desk.colleague, now=NINE),
    )

    assert [result.callback for result in results] == [mine, other_colleagues]


def test_a_double_click_is_one_attempt(desk):
    callback, token = desk.callback(), uuid4()
    attempt = Attempt(Outcome.NO_ANSWER, token=token)

    results = at_once(*[lambda: record_attempt(callback, attempt, by=desk.caller, now=NINE)] * 4)

    assert results == [callback] * 4
    assert CallbackAttempt.objects.count() == 1


def test_one_form_saved_twice_at_once_is_one_save_that_both_answers_undo(desk):
    first, second = desk.of_one_reporter(desk.caller, desk.caller)
    open_callback(first, by=desk.caller, now=NINE)
    form = Attempt(Outcome.REACHED, SATISFIED, token=uuid4())
    save = partial(save_call, first, form, by=desk.caller, now=NINE, further={second.pk: SATISFIED})

    results = at_once(save, save, save)

    assert results == [(first, CallSave.objects.get())] * 3
    assert set(Callback.objects.values_list("state", flat=True)) == {CallbackState.RATED}


def test_two_tabs_that_save_different_results_keep_the_first(desk):
    callback = desk.callback()

    results = at_once(
        lambda: record_attempt(
            callback, Attempt(Outcome.REACHED, SATISFIED, token=uuid4()), by=desk.caller, now=NINE
        ),
        lambda: record_attempt(callback, Attempt(Outcome.REFUSED, token=uuid4()), by=desk.caller, now=NINE),
    )

    assert sorted(isinstance(result, AlreadyEnded) for result in results) == [False, True]
    assert CallbackAttempt.objects.count() == 1


def test_reassigned_while_it_is_saved_is_one_or_the_other(desk):
    callback = desk.callback()

    saved, moved = at_once(
        lambda: record_attempt(callback, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE),
        lambda: reassign(callback, to=desk.colleague, by=desk.lead, reason="病假", now=NINE),
    )

    callback.refresh_from_db()
    assert isinstance(saved, Refused) != isinstance(moved, Refused)
    assert callback.state == (CallbackState.ASSIGNED if isinstance(saved, Refused) else CallbackState.RATED)


def test_taken_out_while_it_is_saved_is_one_or_the_other(desk):
    callback = desk.callback()

    saved, taken = at_once(
        lambda: record_attempt(callback, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE),
        lambda: take_out(callback.order, by=desk.stage.head, reason="演练", now=NINE),
    )

    assert isinstance(saved, Refused) != isinstance(taken, Refused)


def test_two_who_publish_count_everything_once(desk):
    for _ in range(3):
        record_attempt(desk.callback(), Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE)
    desk.callback()

    results = at_once(
        lambda: publish_day(DAY, by=desk.lead, now=NINE, reason="一"),
        lambda: publish_day(DAY, by=desk.caller, now=NINE, reason="二"),
    )

    assert sorted(results, key=lambda result: result.published) == [
        PublishResult(DAY, 0, 0, 1),
        PublishResult(DAY, 3, 1, 1),
    ]


def test_next_call_gives_two_tabs_of_one_caller_one_reporter_at_a_time(desk):
    for _ in range(3):
        desk.callback()

    at_once(*[lambda: claim_next(by=desk.caller, now=NINE)] * 3)

    assert Callback.objects.filter(held_by=desk.caller).count() == 1
