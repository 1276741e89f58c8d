from datetime import time, timedelta
from uuid import uuid4

import pytest

from evaluations.callbacks.answers import Contradictory
from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.guards import AlreadyEnded
from evaluations.callbacks.open_call import candidates, claim_next, open_callback, open_or_take, skip_call
from evaluations.callbacks.queries import offered_to
from evaluations.callbacks.queue import in_service_order
from evaluations.callbacks.reassign import reassign
from evaluations.callbacks.rules import InQueue, service_key
from evaluations.callbacks.save import record_attempt, save_call
from evaluations.callbacks.undo import undo_save
from evaluations.draw.gather import barred_callers
from evaluations.enums import CallbackState, Outcome, Rating
from evaluations.feedback.publish import publish_day
from evaluations.models import Callback, CallbackAttempt, CallSave, CallSkip, EvaluationPolicy
from satisfaction.core.errors import NotAllowed, Refused
from tests.factories import make_lead, make_self_evaluation
from tests.worlds.crew import D2, settle
from tests.worlds.desk import DAY, NINE, SATISFIED, Desk, rated, tried

pytestmark = pytest.mark.django_db
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
REACHED = Attempt(Outcome.REACHED, SATISFIED)


def opened_two(desk: Desk) -> tuple[Callback, Callback]:
    first, second = desk.of_one_reporter(desk.caller, desk.caller)
    open_callback(first, by=desk.caller, now=NINE)
    return first, second


def results() -> list[tuple[str, str]]:
    return list(Callback.objects.order_by("pk").values_list("state", "rating"))


def test_one_save_rates_every_order_of_the_reporter(desk):
    first, second = opened_two(desk)

    save_call(first, REACHED, by=desk.caller, now=NINE, further={second.pk: SATISFIED})

    assert results() == [(CallbackState.RATED, Rating.SATISFIED)] * 2
    assert CallSave.objects.count() == 1


def test_a_further_order_without_a_rating_stays_open_or_is_refused_with_the_reporter(desk):
    first, second = opened_two(desk)
    nothing = SATISFIED.__class__()
    save_call(first, REACHED, by=desk.caller, now=NINE, further={second.pk: nothing})
    after_one = results()

    save_call(second, Attempt(Outcome.REFUSED), by=desk.caller, now=NINE)

    assert after_one == [(CallbackState.RATED, Rating.SATISFIED), (CallbackState.ASSIGNED, "")]
    assert results()[1] == (CallbackState.REFUSED, "")


def test_contradictions_of_all_orders_are_asked_about_at_once(desk):
    first, second = opened_two(desk)
    odd = SATISFIED.__class__(rating=Rating.SATISFIED, repaired="no")

    with pytest.raises(Contradictory, match=second.order.number) as asked:
        save_call(first, REACHED, by=desk.caller, now=NINE, further={second.pk: odd})
    confirmed = Attempt(Outcome.REACHED, SATISFIED, confirmed=frozenset(asked.value.found))
    save_call(first, confirmed, by=desk.caller, now=NINE, further={second.pk: odd})

    assert list(Callback.objects.order_by("pk").values_list("is_contradictory", flat=True)) == [False, True]


def test_an_order_reassigned_meanwhile_saves_nothing(desk):
    first, second = opened_two(desk)
    Callback.objects.filter(pk=second.pk).update(held_by=None, held_until=None)
    reassign(second, to=desk.colleague, by=desk.lead, reason="病假", now=NINE)

    with pytest.raises(Refused, match="改由别人"):
        save_call(first, REACHED, by=desk.caller, now=NINE, further={second.pk: SATISFIED})

    assert not CallbackAttempt.objects.exists()


def test_the_same_form_twice_returns_the_same_save_and_the_later_answer_undoes_it(desk):
    first, second = opened_two(desk)
    form = Attempt(Outcome.REACHED, SATISFIED, token=uuid4())
    stale = Callback.objects.get(pk=first.pk)  # the state that the second of two concurrent requests has read

    kept, save = save_call(first, form, by=desk.caller, now=NINE, further={second.pk: SATISFIED})
    again, same = save_call(stale, form, by=desk.caller, now=NINE + SECOND, further={second.pk: SATISFIED})
    undo_save(same, by=desk.caller, now=NINE + 2 * SECOND)

    assert (kept, save) == (again, same)
    assert (CallSave.objects.count(), results()) == (1, [(CallbackState.ASSIGNED, "")] * 2)


def test_another_form_for_an_ended_call_is_told_how_it_ended(desk):
    first, second = opened_two(desk)
    save_call(first, REACHED, by=desk.caller, now=NINE, further={second.pk: SATISFIED})

    with pytest.raises(AlreadyEnded):
        save_call(
            Callback.objects.get(pk=first.pk),
            Attempt(Outcome.REFUSED, token=uuid4()),
            by=desk.caller,
            now=NINE,
            further={second.pk: SATISFIED},
        )


@pytest.mark.parametrize(
    "outcome", [Outcome.REACHED, Outcome.REFUSED, Outcome.NO_ANSWER, Outcome.WRONG_NUMBER]
)
def test_undo_restores_every_callback_of_the_save_once(desk, outcome):
    first, _second = opened_two(desk)
    before = list(Callback.objects.order_by("pk").values())
    _kept, save = save_call(
        first, Attempt(outcome, SATISFIED), by=desk.caller, now=NINE, form={"rating": ["x"]}
    )

    for _ in range(2):
        undo_save(save, by=desk.caller, now=NINE + 5 * SECOND)

    held = {"held_by_id", "held_until", "held_since"}
    after = list(Callback.objects.order_by("pk").values())
    assert [{k: v for k, v in row.items() if k not in held} for row in after] == [
        {k: v for k, v in row.items() if k not in held} for row in before
    ]
    assert not CallbackAttempt.objects.exists()
    assert first.__class__.objects.get(pk=first.pk).draft.values == {"rating": ["x"]}
    assert CallSave.objects.get().undone[str(first.pk)]["attempts"][0]["outcome"] == outcome


def test_undo_is_too_late_after_five_seconds_publishing_or_settling_and_nobody_elses(desk):
    first = desk.callback()
    _kept, save = save_call(first, REACHED, by=desk.caller, now=NINE)

    with pytest.raises(NotAllowed):
        undo_save(save, by=desk.colleague, now=NINE + SECOND)
    with pytest.raises(Refused, match="更正"):
        undo_save(save, by=desk.caller, now=NINE + 9 * SECOND)
    publish_day(DAY, by=desk.lead, now=NINE + SECOND)
    with pytest.raises(Refused, match="更正"):
        undo_save(save, by=desk.caller, now=NINE + 2 * SECOND)
    settle()
    with pytest.raises(Refused, match="已结算"):
        undo_save(save, by=desk.caller, now=NINE + 2 * SECOND)
    assert results() == [(CallbackState.RATED, Rating.SATISFIED)]


def test_a_skip_is_counted_once_and_another_call_comes_first(desk):
    first, second = desk.callback(), desk.callback()
    open_callback(first, by=desk.caller, now=NINE)

    for _ in range(2):
        skip_call(first, by=desk.caller, reason="先核实", now=NINE)
    following = claim_next(by=desk.caller, now=NINE)
    back = candidates(desk.caller, now=NINE + timedelta(minutes=31))

    assert CallSkip.objects.count() == 1
    assert (following.callback, first in back) == (second, True)


def test_a_skip_needs_a_reason_its_caller_and_an_open_month(desk):
    callback = desk.callback()

    with pytest.raises(Refused, match="原因"):
        skip_call(callback, by=desk.caller, reason=" ", now=NINE)
    with pytest.raises(NotAllowed):
        skip_call(callback, by=desk.colleague, reason="x", now=NINE)
    settle()
    with pytest.raises(Refused, match="已结算"):
        skip_call(callback, by=desk.caller, reason="x", now=NINE)


def promised_to_anybody(desk: Desk, **fields) -> Callback:
    return desk.callback(call_again_at=NINE, is_promised=True, is_anybodys=True, **fields)


def test_anybodys_call_is_taken_at_its_time_by_one_of_the_group(desk):
    callback = promised_to_anybody(desk)

    with pytest.raises(NotAllowed):
        open_or_take(callback, by=desk.colleague, now=NINE - SECOND)
    opened = claim_next(by=desk.colleague, now=NINE)
    with pytest.raises(Refused):
        open_or_take(callback, by=desk.lead, now=NINE)

    callback.refresh_from_db()
    assert (opened.callback, callback.caller, callback.drawn_caller) == (
        callback,
        desk.colleague,
        desk.caller,
    )
    assert callback.reassignments.get().to_caller == desk.colleague


def test_anybodys_call_is_nobodys_of_the_other_group_and_of_who_is_barred(desk):
    promised_to_anybody(desk, order_reporter_name="colleague")
    rated_by = promised_to_anybody(desk)
    make_self_evaluation(rated_by.order, by=desk.lead)
    third = promised_to_anybody(desk)
    orders = [row.order for row in Callback.objects.select_related("order")]
    make_lead(desk.stage.crew, desk.lead, "deputy")
    barred = barred_callers(orders, today=NINE.date())

    for person in (desk.colleague, desk.lead, desk.stage.manager):
        offered = set(offered_to(person, now=NINE))
        allowed = {row for row in Callback.objects.all() if person.username not in barred[row.order_id]}
        assert offered == (allowed if person.caller_group == "dispatcher" else set())
    assert third in offered_to(desk.colleague, now=NINE)


def test_promised_past_the_deadline_only_with_a_postponement_and_never_past_d2(desk):
    callback = desk.callback()
    last = callback.order.last_due_at

    with pytest.raises(Refused, match="最晚只能约到"):
        record_attempt(
            callback, Attempt(Outcome.CALL_LATER, call_again_at=last + SECOND), by=desk.caller, now=NINE
        )
    record_attempt(callback, Attempt(Outcome.CALL_LATER, call_again_at=last), by=desk.caller, now=NINE)

    callback.refresh_from_db()
    assert (callback.postponed_reason, callback.calling_on) == ("said", D2)


def test_next_begins_with_what_a_killed_browser_left_on_the_screen(desk):
    desk.callback(due_at=NINE)
    left = desk.callback()
    open_callback(left, by=desk.caller, now=NINE)

    assert claim_next(by=desk.caller, now=NINE + timedelta(minutes=5)).callback == left


def test_outside_calling_hours_only_promised_calls_come_next(desk):
    EvaluationPolicy.objects.update(calling_from=time(8), calling_until=time(20))
    desk.callback()
    evening = NINE + timedelta(hours=11, minutes=30)
    nothing = claim_next(by=desk.caller, now=evening)
    promised = desk.callback(call_again_at=evening, is_promised=True)

    assert nothing is None
    assert claim_next(by=desk.caller, now=evening).callback == promised


def test_the_order_of_service_in_sql_is_the_rule(desk):
    tried(desk.callback(), desk.caller, NINE - 3 * HOUR)
    tried(desk.callback(), desk.caller, NINE - 4 * HOUR)
    tried(desk.callback(), desk.caller, NINE)
    desk.callback()
    desk.callback(due_at=None)
    desk.callback(due_at=NINE - HOUR)
    desk.callback(due_at=NINE + HOUR)
    desk.callback(call_again_at=NINE, is_promised=True)
    desk.callback(call_again_at=NINE - HOUR, is_promised=True, due_at=None)
    rated(desk.callback(), desk.caller)

    rows = Callback.objects.in_queue_of(desk.caller).with_attempt_count()
    by_rule = sorted(
        rows,
        key=lambda row: service_key(
            InQueue(row.pk, row.due_at, row.call_again_at, row.is_promised, bool(row.attempt_count)), NINE
        ),
    )
    assert list(in_service_order(Callback.objects.in_queue_of(desk.caller), NINE)) == by_rule
