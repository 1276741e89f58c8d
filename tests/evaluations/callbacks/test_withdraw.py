from datetime import timedelta

import pytest

from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.open_call import open_callback
from evaluations.callbacks.save import record_attempt
from evaluations.callbacks.withdraw import end_do_not_call, put_on_do_not_call, take_out, withdraw_month
from evaluations.enums import CallbackState, Outcome, WithdrawnReason
from evaluations.models import Callback, DoNotCall, TakenOut
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.roles import Role
from tests.factories import make_lead, make_person, make_self_evaluation
from tests.worlds.crew import D1, D2, DAY, settle
from tests.worlds.desk import NINE, SATISFIED, Desk, rated
from workorders.enums import LeadKind
from workorders.phones import phone_key

pytestmark = pytest.mark.django_db
WHY = "演练工单"


def withdrawn(callback: Callback) -> tuple:
    row = Callback.objects.get(pk=callback.pk)
    return row.state, row.withdrawn_reason, row.ended_by, row.held_by


def test_a_head_takes_an_order_out_once_and_its_callback_is_withdrawn(desk):
    callback = desk.callback()
    open_callback(callback, by=desk.caller, now=NINE)

    first = take_out(callback.order, by=desk.stage.head, reason=WHY, now=NINE)
    again = take_out(callback.order, by=desk.stage.head, reason="另一个", now=NINE + timedelta(hours=1))

    assert first == again == TakenOut.objects.get()
    assert (again.reason, again.by, again.at, again.is_by_stand_in) == (WHY, desk.stage.head, NINE, False)
    assert withdrawn(callback) == (CallbackState.WITHDRAWN, WithdrawnReason.TAKEN_OUT, None, None)


def test_an_order_not_drawn_yet_is_taken_out(desk):
    order = desk.stage.order()

    take_out(order, by=desk.stage.head, reason=WHY, now=NINE)

    assert TakenOut.objects.get().order == order


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_head_of_the_own_crew_is_told_the_same_whether_the_call_has_ended_or_not(desk, is_recorded):
    """Otherwise the refusal would reveal what domain §4 hides from the crew."""
    make_lead(desk.stage.crew, desk.stage.head, "deputy")
    callback = rated(desk.callback(), desk.caller) if is_recorded else desk.callback()

    with pytest.raises(NotAllowed, match="另一位科室负责人"):
        take_out(callback.order, by=desk.stage.head, reason=WHY, now=NINE)


def test_only_before_the_callback_is_recorded_with_a_reason_in_an_open_month(desk):
    done, still_open = rated(desk.callback(), desk.caller), desk.callback()

    with pytest.raises(Refused, match="申诉"):
        take_out(done.order, by=desk.stage.head, reason=WHY, now=NINE)
    with pytest.raises(Refused, match="原因"):
        take_out(still_open.order, by=desk.stage.head, reason=" ", now=NINE)
    with pytest.raises(Refused, match="不是故障工单"):
        take_out(desk.stage.order(kind="request"), by=desk.stage.head, reason=WHY, now=NINE)
    settle()
    with pytest.raises(Refused, match="已结算"):
        take_out(still_open.order, by=desk.stage.head, reason=WHY, now=NINE)
    assert not TakenOut.objects.exists()


def test_only_heads_and_never_on_what_they_rated_else_a_manager_stands_in(desk):
    order = desk.callback().order
    for by in (desk.lead, desk.stage.manager, desk.caller):
        with pytest.raises(NotAllowed):
            take_out(order, by=by, reason=WHY, now=NINE)
    make_self_evaluation(order, by=desk.stage.head)

    with pytest.raises(NotAllowed):
        take_out(order, by=desk.stage.head, reason=WHY, now=NINE)
    taken = take_out(order, by=desk.stage.manager, reason=WHY, now=NINE)

    assert taken.is_by_stand_in is True


def test_what_was_withdrawn_while_on_the_phone_is_told_to_the_caller(desk):
    callback = desk.callback()
    open_callback(callback, by=desk.caller, now=NINE)
    take_out(callback.order, by=desk.stage.head, reason=WHY, now=NINE)

    with pytest.raises(Refused, match="已撤回"):
        record_attempt(callback, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE)


def listed(desk: Desk, phone: str, **fields) -> DoNotCall:
    values = {"reason": "本人要求", "until_on": D2, "by": desk.stage.head, "now": NINE}
    return put_on_do_not_call(phone=phone, **values | fields)


def test_a_number_on_the_list_withdraws_its_open_callbacks_once(desk):
    mine, managers = desk.of_one_reporter(desk.caller, desk.stage.manager)
    done = rated(desk.of_one_reporter(desk.caller)[0], desk.caller)
    other = desk.callback()

    first = listed(desk, "138-0000-4414")
    again = listed(desk, "13800004414")

    assert first == again == DoNotCall.objects.get()
    for row in (mine, managers):
        assert withdrawn(row)[:2] == (CallbackState.WITHDRAWN, WithdrawnReason.DO_NOT_CALL)
    assert withdrawn(done)[0] == CallbackState.RATED
    assert withdrawn(other)[0] == CallbackState.ASSIGNED


def test_on_the_list_otherwise_is_refused_and_an_expired_entry_makes_room(desk):
    old = listed(desk, "13800004414", until_on=D1)
    with pytest.raises(Refused, match="已在免打扰名单上"):
        listed(desk, "13800004414", until_on=D2)

    new = listed(desk, "13800004414", now=NINE + timedelta(days=1))

    old.refresh_from_db()
    assert (old.ended_by, new.ended_at) == (desk.stage.head, None)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": " "}, "原因"),
        ({"until_on": DAY}, "截止日期"),
        ({"phone": "138****4414"}, "可以拨打"),
    ],
)
def test_the_list_takes_no_half_entries(desk, fields, sentence):
    with pytest.raises(Refused, match=sentence):
        listed(desk, **{"phone": "13800004414"} | fields)


def test_the_list_is_kept_by_heads_and_ended_once(desk):
    entry = listed(desk, "13800004414")
    for by in (desk.lead, desk.stage.manager):
        with pytest.raises(NotAllowed):
            listed(desk, "13800004415", by=by)
        with pytest.raises(NotAllowed):
            end_do_not_call(entry, by=by, now=NINE)
    second = make_person("second head", Role.HEAD)

    end_do_not_call(entry, by=second, now=NINE)
    end_do_not_call(entry, by=desk.stage.head, now=NINE + timedelta(hours=1))

    entry.refresh_from_db()
    assert (entry.ended_by, entry.ended_at) == (second, NINE)
    assert not DoNotCall.objects.in_force(D1).exists()


def test_settling_withdraws_what_was_never_phoned(desk):
    callback, done = desk.callback(), rated(desk.callback(), desk.caller)

    withdraw_month(DAY.replace(day=1), now=NINE)

    assert withdrawn(callback)[:2] == (CallbackState.WITHDRAWN, WithdrawnReason.MONTH_SETTLED)
    assert withdrawn(done)[0] == CallbackState.RATED


OWN = "13800004416"


@pytest.fixture
def own_reporter(desk):
    """A head who leads the crew that did the repair, and another head."""
    order = desk.callback().order
    type(order).objects.filter(pk=order.pk).update(reporter_phone=OWN, reporter_phone_key=phone_key(OWN))
    make_lead(order.crew, desk.stage.head, LeadKind.DEPUTY)
    return make_person("other head", Role.HEAD)


def test_head_does_not_list_a_reporter_of_the_own_crew(desk, own_reporter):
    with pytest.raises(NotAllowed, match="另一名科室负责人"):
        listed(desk, OWN)

    assert listed(desk, "13800004417").by == desk.stage.head
    assert (listed(desk, OWN, by=own_reporter).is_by_stand_in, DoNotCall.objects.count()) == (False, 2)


def test_manager_lists_a_reporter_only_where_every_head_is_concerned(desk, own_reporter):
    with pytest.raises(NotAllowed):
        listed(desk, OWN, by=desk.stage.manager)
    own_reporter.is_active = False
    own_reporter.save()

    assert listed(desk, OWN, by=desk.stage.manager).is_by_stand_in is True
    with pytest.raises(NotAllowed):
        listed(desk, "13800004417", by=desk.stage.manager)


def test_reporter_of_long_ago_concerns_nobody(desk, own_reporter):
    later = NINE + timedelta(days=100)

    assert listed(desk, OWN, now=later, until_on=later.date() + timedelta(days=9)).by == desk.stage.head
