from collections import Counter
from datetime import timedelta

import pytest

from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.guards import Held
from evaluations.callbacks.open_call import open_callback
from evaluations.callbacks.reassign import reassign, reassign_all, take_over, takers
from evaluations.callbacks.save import record_attempt
from evaluations.enums import CallbackState, Outcome
from evaluations.models import Callback, CallReassignment
from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.roles import Role
from tests.factories import TechnicianFactory, make_lead, make_person, make_self_evaluation
from tests.worlds.crew import make_absent, settle
from tests.worlds.desk import D1, NINE, SATISFIED, rated
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
WHY = "病假"


def test_reassign_keeps_the_draws_record_and_leaves_one_trail(desk):
    callback = desk.callback()

    for _ in range(2):
        reassign(callback, to=desk.colleague, by=desk.lead, reason=WHY, now=NINE)

    callback.refresh_from_db()
    assert (callback.caller, callback.drawn_caller) == (desk.colleague, desk.caller)
    assert list(
        CallReassignment.objects.values_list("callback", "from_caller", "to_caller", "reason", "by", "at")
    ) == [(callback.pk, desk.caller.pk, desk.colleague.pk, WHY, desk.lead.pk, NINE)]


def test_dispatchers_by_the_lead_and_managers_by_a_head(desk):
    of_dispatcher, of_manager = desk.callback(), desk.callback(desk.stage.manager)
    second = make_person("second", Role.MANAGER)

    for by in (desk.stage.head, desk.caller, desk.stage.manager):
        with pytest.raises(NotAllowed):
            reassign(of_dispatcher, to=desk.colleague, by=by, reason=WHY, now=NINE)
    with pytest.raises(NotAllowed):
        reassign(of_manager, to=second, by=desk.lead, reason=WHY, now=NINE)
    reassign(of_manager, to=second, by=desk.stage.head, reason=WHY, now=NINE)

    of_manager.refresh_from_db()
    assert of_manager.caller == second


def test_takers_are_of_the_group_on_duty_and_not_barred(desk):
    callback = desk.callback(order_reporter_name="同名")
    order = callback.order
    absent, gone = (
        make_person("absent", Role.DISPATCHER),
        make_person("gone", Role.DISPATCHER, is_active=False),
    )
    make_absent(absent, D1)
    reporter = make_person("reporter", Role.DISPATCHER, phone=order.reporter_phone)
    namesake = make_person("namesake", Role.DISPATCHER, name="同名")
    foreman = make_person("also foreman", Role.DISPATCHER, Role.FOREMAN)
    make_lead(order.crew, foreman, "deputy")
    technician = make_person("also technician", Role.DISPATCHER, Role.TECHNICIAN)
    order.technician.user = technician
    order.technician.save()
    author = make_person("author", Role.DISPATCHER)
    make_self_evaluation(order, by=author)

    assert takers(callback, now=NINE) == {desk.colleague.pk, desk.lead.pk}
    for person in (absent, gone, reporter, namesake, foreman, technician, author, desk.stage.manager):
        with pytest.raises(Refused):
            reassign(callback, to=person, by=desk.lead, reason=WHY, now=NINE)


def test_reassign_needs_a_reason_an_assigned_callback_and_nobody_on_the_phone(desk):
    callback, ended = desk.callback(), rated(desk.callback(), desk.caller)
    waiting = desk.waiting()

    with pytest.raises(Refused, match="原因"):
        reassign(callback, to=desk.colleague, by=desk.lead, reason=" ", now=NINE)
    for row in (ended, waiting):
        with pytest.raises(Refused):
            reassign(row, to=desk.colleague, by=desk.lead, reason=WHY, now=NINE)
    open_callback(callback, by=desk.caller, now=NINE)
    with pytest.raises(Held):
        reassign(callback, to=desk.colleague, by=desk.lead, reason=WHY, now=NINE)
    settle()
    with pytest.raises(Refused, match="已结算"):
        reassign(callback, to=desk.colleague, by=desk.lead, reason=WHY, now=NINE + timedelta(hours=1))


def test_all_of_an_absent_caller_level_the_load_of_the_closing_day(desk):
    """Rule 4 of the draw: the load counts calls already made as well as open ones."""
    make_absent(desk.caller, D1)
    make_absent(desk.lead, D1)
    for _ in range(3):
        rated(desk.callback(desk.colleague), desk.colleague, NINE)
    make_person("third", Role.DISPATCHER)
    for _ in range(4):
        desk.callback()

    reassign_all(desk.caller, by=desk.lead, reason=WHY, now=NINE)

    of_day = Counter(Callback.objects.values_list("caller__username", flat=True))
    assert sorted(of_day.values()) == [3, 4]


def test_all_of_an_absent_caller_keep_a_technicians_orders_spread(desk):
    """Rule 3 of the draw, for equal loads: one caller does not get all orders of one technician."""
    make_absent(desk.lead, D1)
    third = make_person("third", Role.DISPATCHER)
    technicians = [desk.stage.technician, TechnicianFactory(crew=desk.stage.crew)]
    for technician in technicians:
        for _ in range(4):
            desk.callback(order_technician=technician)

    reassign_all(desk.caller, by=desk.lead, reason=WHY, now=NINE)

    shared = Counter(Callback.objects.values_list("order__technician", "caller"))
    assert shared == {(one.pk, who.pk): 2 for one in technicians for who in (desk.colleague, third)}


def test_all_of_an_absent_caller_go_to_whom_has_fewest(desk):
    make_absent(desk.caller, D1)
    make_absent(desk.lead, D1)
    third = make_person("third", Role.DISPATCHER)
    for _ in range(2):
        desk.callback(third)
    rows = [desk.callback() for _ in range(4)]
    rated(rows[0], desk.caller, NINE)

    done = reassign_all(desk.caller, by=desk.lead, reason=WHY, now=NINE)
    again = reassign_all(desk.caller, by=desk.lead, reason=WHY, now=NINE)

    open_now = Counter(Callback.objects.open().values_list("caller__username", flat=True))
    assert open_now == {"third": 3, "colleague": 2} or open_now == {"third": 2, "colleague": 3}
    assert (len(done.moved), done.left, again.moved) == (3, (), ())
    assert CallReassignment.objects.count() == 3


def test_what_nobody_may_take_is_left_and_named(desk):
    make_absent(desk.lead, D1)
    left = desk.callback(order_reporter_name=desk.colleague.name)

    done = reassign_all(desk.caller, by=desk.lead, reason=WHY, now=NINE)

    assert (done.moved, done.left) == ((), (left,))
    left.refresh_from_db()
    assert left.caller == desk.caller


def test_taken_over_in_the_same_call_with_a_rating_of_its_own(desk):
    mine, colleagues = desk.of_one_reporter(desk.caller, desk.colleague)
    open_callback(mine, by=desk.caller, now=NINE)
    record_attempt(mine, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE + timedelta(minutes=2))

    for _ in range(2):
        take_over(colleagues, by=desk.caller, now=NINE + timedelta(minutes=3))
    record_attempt(
        colleagues, Attempt(Outcome.REACHED, SATISFIED), by=desk.caller, now=NINE + timedelta(minutes=4)
    )

    colleagues.refresh_from_db()
    assert (colleagues.caller, colleagues.drawn_caller, colleagues.state) == (
        desk.caller,
        desk.colleague,
        CallbackState.RATED,
    )
    assert colleagues.attempts.get().is_same_call is True
    assert CallReassignment.objects.get().by == desk.caller


def test_the_reporters_own_order_is_not_taken_over_whatever_the_width_of_the_name(desk):
    mine, colleagues = desk.of_one_reporter(desk.caller, desk.colleague)
    open_callback(mine, by=desk.caller, now=NINE)
    User.objects.filter(pk=desk.caller.pk).update(name="Wang Qiang")
    WorkOrder.objects.filter(pk=colleagues.order_id).update(reporter_name="ＷＡＮＧ　Qiang")

    with pytest.raises(NotAllowed, match="有关"):
        take_over(colleagues, by=User.objects.get(pk=desk.caller.pk), now=NINE)


def test_nothing_is_taken_over_without_holding_the_reporter_or_when_barred(desk):
    mine, colleagues = desk.of_one_reporter(desk.caller, desk.colleague)
    with pytest.raises(NotAllowed, match="通话"):
        take_over(colleagues, by=desk.caller, now=NINE)
    open_callback(mine, by=desk.caller, now=NINE)
    make_self_evaluation(colleagues.order, by=desk.caller)

    with pytest.raises(NotAllowed, match="有关"):
        take_over(colleagues, by=desk.caller, now=NINE)
    with pytest.raises(NotAllowed, match="通话"):
        take_over(colleagues, by=desk.caller, now=NINE + timedelta(minutes=15))
