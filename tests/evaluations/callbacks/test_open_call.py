from datetime import timedelta

import pytest

from evaluations.callbacks.guards import AlreadyEnded, Held
from evaluations.callbacks.open_call import claim_next, open_callback, release, stay_on
from evaluations.callbacks.queue import queue_of
from evaluations.callbacks.rules import Service
from evaluations.callbacks.withdraw import put_on_do_not_call
from evaluations.enums import CallbackState
from evaluations.models import Callback, DoNotCall
from satisfaction.core.errors import NotAllowed, Refused
from tests.worlds.crew import settle
from tests.worlds.desk import D1, DAY, NINE, rated, tried

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def holds() -> dict[int, tuple]:
    return {
        pk: (by, until)
        for pk, by, until in Callback.objects.filter(held_by__isnull=False).values_list(
            "pk", "held_by", "held_until"
        )
    }


def test_open_holds_all_of_the_reporters_open_orders_of_the_group(desk):
    mine, also_mine, colleagues = desk.of_one_reporter(desk.caller, desk.caller, desk.colleague)
    managers = desk.of_one_reporter(desk.stage.manager)[0]
    desk.callback()

    opened = open_callback(mine, by=desk.caller, now=NINE)

    until = NINE + timedelta(minutes=15)
    assert opened.siblings == (also_mine, colleagues)
    assert holds() == {row.pk: (desk.caller.pk, until) for row in (mine, also_mine, colleagues)}
    assert managers.pk not in holds()


def test_open_stores_the_version_of_the_script(desk):
    opened = open_callback(desk.callback(), by=desk.caller, now=NINE)

    assert Callback.objects.get(pk=opened.callback.pk).script.version == 1


def test_open_twice_prolongs_the_hold_and_keeps_when_the_call_began(desk):
    callback = desk.callback()
    open_callback(callback, by=desk.caller, now=NINE)

    open_callback(callback, by=desk.caller, now=NINE + timedelta(minutes=10))

    callback.refresh_from_db()
    assert (callback.held_since, callback.held_until) == (NINE, NINE + timedelta(minutes=25))


@pytest.mark.parametrize("other_group", [False, True])
def test_open_is_refused_with_the_name_while_somebody_phones_the_reporter(desk, other_group):
    other = desk.stage.manager if other_group else desk.colleague
    mine, others = desk.of_one_reporter(desk.caller, other)
    open_callback(others, by=other, now=NINE)

    with pytest.raises(Held, match=str(other)):
        open_callback(mine, by=desk.caller, now=NINE + timedelta(minutes=14))


def test_open_after_the_hold_is_over_takes_it(desk):
    mine, colleagues = desk.of_one_reporter(desk.caller, desk.colleague)
    open_callback(colleagues, by=desk.colleague, now=NINE)
    later = NINE + timedelta(minutes=15)

    open_callback(mine, by=desk.caller, now=later)

    assert {by for by, _until in holds().values()} == {desk.caller.pk}


def test_open_lets_go_of_the_reporter_before(desk):
    before, after = desk.callback(), desk.callback()
    open_callback(before, by=desk.caller, now=NINE)

    open_callback(after, by=desk.caller, now=NINE)

    assert list(holds()) == [after.pk]


def test_a_screen_that_speaks_late_does_not_take_the_next_reporter_away(desk):
    before, after = desk.callback(), desk.callback()
    open_callback(after, by=desk.caller, now=NINE)

    assert stay_on(before, by=desk.caller, now=NINE) is False
    assert stay_on(after, by=desk.caller, now=NINE + timedelta(minutes=5)) is True
    assert holds() == {after.pk: (desk.caller.pk, NINE + timedelta(minutes=20))}


def test_numbers_without_digits_are_nobodys_in_common(desk):
    one = desk.callback(order_reporter_phone="内线")
    desk.callback(order_reporter_phone="内线")

    assert open_callback(one, by=desk.caller, now=NINE).siblings == ()


def test_open_is_refused_for_what_cannot_be_phoned(desk):
    ended = rated(desk.callback(), desk.caller)
    wrong = desk.callback(has_wrong_number=True)
    listed = desk.callback()
    DoNotCall.objects.create(
        phone_key=listed.order.reporter_phone_key, reason="夜班", until_on=D1, by=desk.stage.head, at=NINE
    )

    with pytest.raises(AlreadyEnded):
        open_callback(ended, by=desk.caller, now=NINE)
    with pytest.raises(NotAllowed):
        open_callback(desk.callback(desk.colleague), by=desk.caller, now=NINE)
    for callback in (wrong, listed):
        with pytest.raises(Refused):
            open_callback(callback, by=desk.caller, now=NINE)
    assert holds() == {}


def test_open_is_refused_in_a_settled_month(desk):
    callback = desk.callback()
    settle()

    with pytest.raises(Refused, match="已结算"):
        open_callback(callback, by=desk.caller, now=NINE)


def test_queue_holds_the_callers_own_open_callbacks_in_the_order_of_service(desk):
    retry = tried(desk.callback(), desk.caller, NINE - HOUR * 3)
    waiting = tried(desk.callback(), desk.caller, NINE)
    fresh = desk.callback()
    promised = desk.callback(call_again_at=NINE, is_promised=True)
    desk.callback(desk.colleague)
    desk.callback(has_wrong_number=True)
    rated(desk.callback(), desk.caller)

    queue = queue_of(desk.caller, now=NINE)

    assert [(call.callback, call.service) for call in queue] == [
        (promised, Service.PROMISED),
        (fresh, Service.FRESH),
        (retry, Service.RETRY),
        (waiting, Service.NOT_YET),
    ]


def test_queue_asks_as_often_for_thirty_as_for_one(desk, django_assert_num_queries):
    desk.callback()
    with django_assert_num_queries(1):
        queue_of(desk.caller, now=NINE)
    for _ in range(29):
        desk.callback()

    with django_assert_num_queries(1):
        assert len(queue_of(desk.caller, now=NINE)) == 30


def test_queue_leaves_settled_months_out(desk):
    desk.callback()
    settle()

    assert queue_of(desk.caller, now=NINE) == []


def test_claim_next_opens_the_first_that_nobody_holds(desk):
    held_mine, held_colleagues = desk.of_one_reporter(desk.caller, desk.colleague)
    open_callback(held_colleagues, by=desk.colleague, now=NINE)
    second = desk.callback()

    opened = claim_next(by=desk.caller, now=NINE)

    assert opened is not None and opened.callback == second
    assert held_mine.pk != second.pk


def test_claim_next_finds_nothing_while_all_wait(desk):
    tried(desk.callback(), desk.caller, NINE)

    assert claim_next(by=desk.caller, now=NINE + HOUR) is None
    assert claim_next(by=desk.caller, now=NINE + 2 * HOUR) is not None


def test_release_by_the_holder_twice_lets_all_of_the_reporter_go(desk):
    mine, _other = desk.of_one_reporter(desk.caller, desk.caller)
    open_callback(mine, by=desk.caller, now=NINE)

    for _ in range(2):
        release(mine, by=desk.caller, now=NINE)

    assert holds() == {}


def test_release_by_a_lead_but_not_by_a_colleague(desk):
    mine = desk.callback()
    open_callback(mine, by=desk.caller, now=NINE)

    with pytest.raises(NotAllowed):
        release(mine, by=desk.colleague, now=NINE)
    assert mine.pk in holds()
    release(mine, by=desk.lead, now=NINE)
    assert holds() == {}


def test_open_says_how_it_ended_when_it_is_not_open_any_more(desk):
    callback = desk.callback(state=CallbackState.UNREACHABLE, ended_at=NINE)

    with pytest.raises(AlreadyEnded) as refused:
        open_callback(callback, by=desk.caller, now=NINE)

    assert str(refused.value) == (
        f"{callback.order.number}已由dispatcher于05-12 09:00记录为“未接通”,这次填写没有保存;需要修改请用“更正”。"
    )
    assert callback.order.closed_on == DAY


def test_orders_that_share_one_of_two_numbers_are_one_call(desk):
    both = desk.callback(order_reporter_phone="13700001111/13900005678")
    second = desk.callback(order_reporter_phone="13900005678")
    desk.callback(order_reporter_phone="13600001111")

    opened = open_callback(both, by=desk.caller, now=NINE)

    assert opened.siblings == (second,)


def test_reporter_whose_second_number_is_listed_is_not_called(desk):
    callback = desk.callback(order_reporter_phone="13700001111/13900005678")
    put_on_do_not_call(phone="139 0000 5678", reason="夜班", until_on=D1, by=desk.stage.head, now=NINE)

    with pytest.raises(AlreadyEnded):
        open_callback(callback, by=desk.caller, now=NINE)


def test_person_whose_number_is_the_second_one_does_not_call(desk):
    callback = desk.callback(order_reporter_phone="13700001111/13900005678")
    desk.caller.phone = "139-0000-5678"
    desk.caller.save()

    with pytest.raises(NotAllowed, match="与您有关"):
        open_callback(callback, by=desk.caller, now=NINE)
