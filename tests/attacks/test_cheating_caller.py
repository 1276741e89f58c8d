"""Attacks by a dispatcher who wants a friend's crew to be rated satisfied (domain §4, §6)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from evaluations.callbacks.phone_numbers import end_wrong_numbers
from evaluations.draw.run import draw_day
from evaluations.enums import CallbackState, Rating
from evaluations.models import Callback, CallSave
from satisfaction.calendars import days
from tests.factories import make_callback, make_self_evaluation
from tests.worlds.attacked_centre import GOOD, WORDS, Centre, bad, words
from tests.worlds.crew import AFTER_D2, D1, D2, DAY
from tests.worlds.desk import NINE

pytestmark = pytest.mark.django_db
SECRET = "自评密语"


def with_self_evaluation(centre: Centre) -> Callback:
    callback = centre.desk.callback()
    make_self_evaluation(callback.order, Rating.SATISFIED, by=centre.foreman, rated_at=NINE, comment=SECRET)
    return callback


def ended(centre: Centre, number: int, state: str = CallbackState.REFUSED, *, by=None) -> None:
    """Calls of a published day with the given outcomes; the colleague's calls are rated satisfied."""
    for _ in range(number):
        by_caller = {"rating": Rating.SATISFIED} if state == CallbackState.RATED else {"state": state}
        make_callback(centre.desk.stage.order(), by or centre.caller, published_at=NINE, **by_caller)


def test_saving_reading_and_undoing_shows_nothing_and_is_on_record(centre):
    """The caller saves any rating to open the self-evaluation, reads it, withdraws the save and then decides."""
    callback = with_self_evaluation(centre)
    pages = [centre.order_page(callback.order, centre.caller)]
    centre.calls(callback, **bad())
    pages.append(centre.order_page(callback.order, centre.caller))
    pages.append(centre.reads(centre.caller, "evaluations:results", day=f"{DAY}"))
    centre.does(centre.caller, "evaluations:undo_save", CallSave.objects.get().pk)
    pages.append(centre.order_page(callback.order, centre.caller))
    centre.calls(callback)

    assert [SECRET in page for page in pages] == [False] * 4
    assert centre.head_sees("dispatcher", callback.order.number, "总体评价：不满意 → ", WORDS)
    assert "撤销保存" in centre.order_page(callback.order)
    centre.publishes()
    assert SECRET in centre.order_page(callback.order, centre.caller)
    assert centre.pattern(centre.caller, "undone") == (1, 1)


def test_guessing_the_self_evaluation_by_correcting_it_answers_every_guess_alike(centre):
    """A correct guess must be answered like a wrong one."""
    callback = with_self_evaluation(centre)
    guesses = [{"rating": rating, "comment": SECRET, "reason": "猜"} for rating in Rating]

    for person in (centre.caller, centre.lead, centre.manager, centre.head, centre.admin):
        answers = [
            centre.does(person, "evaluations:correct_self_evaluation", callback.order_id, **guess)
            for guess in guesses
        ]
        assert {answer.status_code for answer in answers} == {403}
        assert len({words(answer.content.decode()) for answer in answers}) == 1
    callback.order.self_evaluation.refresh_from_db()
    assert callback.order.self_evaluation.rating == Rating.SATISFIED


def test_correcting_before_publishing_needs_a_reason_and_keeps_the_reporters_words(centre):
    """ "Dissatisfied" was saved correctly; the caller tries to turn it into "satisfied" or "refused"."""
    callback = centre.desk.callback()
    centre.calls(callback, **bad())

    silent = centre.corrects(callback, state="rated", **GOOD)
    centre.corrects(callback, state="rated", reason="听错了", **GOOD)
    centre.corrects(callback, state="refused", reason="不愿评价")

    assert silent.status_code == 422
    assert centre.head_sees("dispatcher", "总体评价：不满意 → 满意", WORDS, "听错了")
    assert centre.head_sees("dispatcher", "已评价 → 拒绝评价", "不愿评价")
    assert WORDS in centre.order_page(callback.order)
    centre.publishes()
    assert WORDS in centre.order_page(callback.order, centre.manager)
    assert centre.pattern(centre.caller, "corrected_before") == (1, 1)


def test_corrected_after_publishing_by_a_head_alone(centre):
    callback = centre.desk.callback()
    centre.calls(callback, **bad())
    centre.publishes()

    refused = [centre.corrects(callback, by, state="refused", reason="误记") for by in (None, centre.lead)]
    centre.corrects(callback, centre.head, state="refused", reason="误记")

    assert [answer.status_code for answer in refused] == [403, 403]
    assert centre.head_sees("head", "已评价 → 拒绝评价", "误记")


def test_replacing_the_number_by_a_friends_is_shown_with_old_and_new(centre):
    """A friend answers the phone and says they are satisfied."""
    callback = centre.desk.callback(order_reporter_phone="13800004414")
    new = {"phone": "13911112222"}
    silent = centre.does(centre.caller, "evaluations:correct_number", callback.pk, **new)
    centre.does(centre.caller, "evaluations:correct_number", callback.pk, reason="换号", **new)
    centre.calls(callback)
    centre.publishes()

    assert silent.status_code == 422
    assert centre.head_sees("dispatcher", callback.order.number, "138****4414 → 139****2222", "换号")
    assert "138****4414 → 139****2222" in centre.order_page(callback.order)
    assert centre.pattern(centre.crew, "number_changed") == (1, 1)


def test_replacing_the_number_of_a_colleagues_call_is_refused(centre):
    callback = centre.desk.callback(order_reporter_phone="13800004414")

    seen = centre.browser(centre.colleague).get(reverse("evaluations:correct_number", args=[callback.pk]))
    sent = centre.does(
        centre.colleague, "evaluations:correct_number", callback.pk, phone="13911112222", reason="换号"
    )

    callback.order.refresh_from_db()
    assert (seen.status_code, sent.status_code, "0000 4414" in seen.content.decode()) == (403, 403, False)
    assert callback.order.reporter_phone == "13800004414"


def test_looking_up_full_numbers_of_others_is_on_record(centre):
    """The lead may correct any number and so sees it in full: recorded by name, once per day and order."""
    callback = centre.desk.callback(order_reporter_phone="13800004414")

    for _ in range(2):
        page = centre.browser(centre.lead).get(reverse("evaluations:correct_number", args=[callback.pk]))

    assert "138 0000 4414" in page.content.decode()
    assert sum("查看完整电话" in entry and "lead" in entry for entry in centre.trail()) == 1


@pytest.mark.parametrize(
    ("state", "measure"),
    [(CallbackState.REFUSED, "refused"), (CallbackState.UNREACHABLE, "unreachable")],
)
def test_burying_bad_calls_stands_out_beside_the_group(centre, state, measure):
    """One click ends a bad call; a caller with six of six stands out from the others."""
    ended(centre, 6, state)
    ended(centre, 12, CallbackState.RATED, by=centre.colleague)

    assert centre.pattern(centre.caller, measure) == (6, 6)
    assert centre.is_marked(centre.caller, measure)
    assert centre.pattern(centre.colleague, measure) == (0, 12)


def test_calling_a_number_wrong_to_bury_a_call_counts_for_the_caller(centre, clock):
    """The system ends a wrong number at D+2; the caller need not act."""
    callback = centre.desk.callback()
    centre.calls(callback, outcome="wrong_number")
    clock(AFTER_D2)
    end_wrong_numbers(now=AFTER_D2)
    centre.publishes()

    callback.refresh_from_db()
    assert callback.state == CallbackState.UNREACHABLE
    assert centre.pattern(centre.caller, "wrong_number") == (1, 1)
    assert centre.pattern(centre.caller, "unreachable") == (1, 1)


def test_three_fake_attempts_take_two_half_days_and_show_the_minute(centre, clock):
    """The caller phones nobody: three "no answer" within one minute, then "unreachable"."""
    callback, other = centre.desk.callback(), centre.desk.callback()
    for _ in range(3):
        centre.calls(callback, outcome="no_answer")
    centre.calls(other, outcome="no_answer")
    early = centre.does(centre.caller, "evaluations:end_unreachable", callback.pk)
    callback.refresh_from_db()
    still = callback.state
    clock(days.moment_at(D1, days.time(14)))
    centre.calls(callback, outcome="no_answer")
    centre.does(centre.caller, "evaluations:end_unreachable", callback.pk)
    centre.publishes()

    callback.refresh_from_db()
    assert (early.status_code, still, callback.state) == (302, "assigned", "unreachable")
    assert centre.pattern(centre.caller, "unreachable") == (1, 1)
    assert centre.pattern(centre.caller, "same_minute") == (1, 1)
    assert centre.order_page(callback.order).count("无人接听") >= 4


def test_always_satisfied_stands_out_beside_the_group(centre):
    """The caller always records "satisfied"; the product cannot hear the call, but the caller's rate shows it."""
    ended(centre, 10, CallbackState.RATED)
    for _ in range(20):
        make_callback(
            centre.desk.stage.order(), centre.colleague, rating=Rating.DISSATISFIED, published_at=NINE
        )

    assert centre.pattern(centre.caller, "satisfied") == (10, 10)
    assert centre.is_marked(centre.caller, "satisfied")


def test_phoning_for_the_own_repair_is_prevented_whatever_the_spelling(centre):
    """The caller is the reporter, entered with full-width characters and spaces in the name."""
    orders = [
        centre.desk.stage.order(reporter_name=name) for name in ("ｄｉｓｐａｔｃｈｅｒ", " Dispatcher ")
    ]

    draw_day(DAY, now=NINE)

    callers = set(Callback.objects.filter(order__in=orders).values_list("caller__username", flat=True))
    assert len(orders) == 2 and callers and "dispatcher" not in callers


def test_handing_calls_to_a_friend_keeps_what_was_drawn(centre):
    """The lead moves a call within the group: a reason is required, and the drawn caller stays on record."""
    callback = centre.desk.callback()
    choice = {"to": centre.colleague.pk}
    silent = centre.does(centre.lead, "evaluations:reassign_one", callback.pk, **choice)
    own = centre.does(centre.caller, "evaluations:reassign_one", callback.pk, reason="忙", **choice)
    centre.does(centre.lead, "evaluations:reassign_one", callback.pk, reason="忙", **choice)
    centre.calls(callback, centre.colleague)
    centre.publishes()

    assert (silent.status_code, own.status_code) == (422, 403)
    assert centre.head_sees("lead", callback.order.number, "忙")
    assert centre.pattern(centre.caller, "handed_on") == (1, 1)


def test_putting_bad_calls_off_is_allowed_once_and_counted(centre):
    callback = centre.desk.callback()
    once = centre.does(centre.caller, "evaluations:postpone", callback.pk, reason="报修人出差")
    again = centre.does(centre.caller, "evaluations:postpone", callback.pk, reason="还在出差")
    centre.calls(callback)
    centre.publishes()

    callback.refresh_from_db()
    assert (once.status_code, again.status_code, callback.calling_on) == (302, 422, D2)
    assert centre.pattern(centre.caller, "postponed") == (1, 1)


def test_skipping_the_difficult_reporter_is_counted(centre):
    callback, _next = centre.desk.callback(), centre.desk.callback()
    centre.does(centre.caller, "evaluations:open_call", callback.pk)
    centre.does(centre.caller, "evaluations:call", callback.pk, skip="other", skip_reason="先核实")
    Callback.objects.filter(pk=callback.pk).update(call_again_at=None)
    centre.calls(callback)
    centre.publishes()

    assert centre.pattern(centre.caller, "skipped")[0] == 1


def test_undoing_later_than_seconds_is_refused(centre, clock):
    callback = centre.desk.callback()
    centre.calls(callback, **bad())
    clock(NINE + timedelta(minutes=1))
    centre.does(centre.caller, "evaluations:undo_save", CallSave.objects.get().pk)

    callback.refresh_from_db()
    assert callback.rating == Rating.DISSATISFIED
