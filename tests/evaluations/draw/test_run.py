"""The draw with its database (domain §5)."""

import json
from datetime import date, timedelta

import pytest
from django.core.management import call_command

from evaluations.callbacks.queries import concerning
from evaluations.draw.gather import barred_callers
from evaluations.draw.register import register_rows
from evaluations.draw.replay import replay_day
from evaluations.draw.rules import seed_sha256
from evaluations.draw.run import days_to_draw, draw_day
from evaluations.draw.seeds import day_secret, make_seeds, reveal_seeds
from evaluations.enums import CallbackState, Group, PostponedReason
from evaluations.models import Callback, DaySeed, DoNotCall, DrawRun, Settlement, TakenOut
from satisfaction.accounts.models import Absence
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from tests.factories import (
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_lead,
    make_person,
    make_self_evaluation,
)
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 11)
NOW = days.moment_at(date(2026, 5, 12), days.time(9, 0))


@pytest.fixture
def callers():
    return [make_person(f"d{n}", "dispatcher") for n in range(3)] + [make_person("m0", "manager")]


@pytest.fixture
def orders():
    technician = TechnicianFactory()
    return OrderFactory.create_batch(10, technician=technician, day=DAY)


def drawn() -> dict[str, tuple[str, str]]:
    rows = Callback.objects.values_list("order__number", "group", "caller__username")
    return {number: (group, caller) for number, group, caller in rows}


def test_draw_gives_each_order_one_caller(callers, orders):
    result = draw_day(DAY, now=NOW)

    assert (result.orders, result.assigned, result.unassigned) == (10, 10, 0)
    assert sum(result.dispatchers.values()) == 9
    assert result.managers == {"m0": 1}
    assert Callback.objects.filter(state=CallbackState.ASSIGNED, calling_on=date(2026, 5, 12)).count() == 10


def test_draw_twice_moves_nothing(callers, orders):
    draw_day(DAY, now=NOW)
    before = drawn()

    again = draw_day(DAY, now=NOW + timedelta(minutes=5))

    assert (again.orders, again.assigned, again.run) == (10, 0, None)
    assert drawn() == before
    assert DrawRun.objects.count() == 1


def test_draw_later_run_takes_only_what_came_in_later(callers, orders):
    draw_day(DAY, now=NOW)
    before = drawn()
    late = OrderFactory(technician=orders[0].technician, day=DAY)

    result = draw_day(DAY, now=NOW + timedelta(hours=1))

    assert (result.assigned, result.run.n) == (1, 2)
    assert {number: who for number, who in drawn().items() if number != late.number} == before
    assert replay_day(DAY).equal


@pytest.mark.parametrize("day", [date(2026, 5, 12), date(2026, 5, 13)])
def test_draw_of_a_day_that_is_not_over_is_refused(day, callers):
    with pytest.raises(Refused, match="还没有结束"):
        draw_day(day, now=NOW)


def test_draw_of_a_day_before_the_first_policy_is_refused(callers):
    with pytest.raises(Refused, match="1999-12早于第一个评价方案"):
        draw_day(date(1999, 12, 31), now=NOW)


def test_draw_of_a_settled_month_is_refused(callers, orders):
    Settlement.objects.create(month=date(2026, 5, 1), snapshot={}, policy={}, settled_at=NOW)

    with pytest.raises(Refused, match="已结算"):
        draw_day(DAY, now=NOW)

    assert days_to_draw(now=NOW) == []


def test_draw_with_a_seed_made_the_day_before_is_committed(callers, orders):
    make_seeds(now=days.moment_at(date(2026, 5, 10), days.time(22, 0)))

    result = draw_day(DAY, now=NOW)

    assert result.run.is_committed
    assert result.run.seed.sha256 == DaySeed.objects.get(day=DAY).sha256


def test_draw_without_a_seed_in_time_is_not_committed(callers, orders):
    result = draw_day(DAY, now=NOW)

    assert not result.run.is_committed


def test_seed_cannot_be_worked_out_from_the_database(callers, orders, settings):
    make_seeds(now=days.moment_at(date(2026, 5, 10), days.time(22, 0)))
    run = draw_day(DAY, now=NOW).run
    seed = DaySeed.objects.get(day=DAY)

    secret = day_secret(seed)
    settings.SECRET_KEY = "what a reader of the database would have to guess"

    assert seed_sha256(secret) == seed.sha256
    assert seed.seed == "" and secret not in (seed.nonce, json.dumps(run.input))
    with pytest.raises(Refused, match="SECRET_KEY_FALLBACKS"):
        day_secret(seed)


def test_seed_is_derived_from_a_former_key(callers, orders, settings):
    draw_day(DAY, now=NOW)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next key"

    assert replay_day(DAY).equal


def test_seed_of_a_lost_key_is_replaced_before_its_first_run(callers, orders):
    make_seeds(now=days.moment_at(date(2026, 5, 10), days.time(22, 0)))
    published = DaySeed.objects.get(day=DAY).sha256
    DaySeed.objects.filter(day=DAY).update(nonce="of another key")

    run = draw_day(DAY, now=NOW).run

    assert (run.is_committed, run.seed.is_in_time) == (False, False)
    assert run.seed.sha256 != published
    assert replay_day(DAY).equal


def test_seeds_are_stored_when_the_month_is_settled(callers, orders, settings):
    draw_day(DAY, now=NOW)
    secret = day_secret(DaySeed.objects.get(day=DAY))

    reveal_seeds(date(2026, 5, 1))
    settings.SECRET_KEY = "the next key"

    assert DaySeed.objects.get(day=DAY).seed == secret
    assert replay_day(DAY).equal


@pytest.mark.parametrize(
    ("entered", "now", "is_drawn"),
    [
        ((9, 20), (9, 55), False),
        ((9, 20), (10, 0), True),
        ((9, 59), (10, 0), True),
        ((10, 0), (10, 55), False),
        ((11, 5), (14, 59), True),
        ((15, 5), (15, 10), True),  # less than three hours remain
    ],
)
def test_late_orders_wait_until_the_hour_is_over_or_the_deadline_is_near(
    callers, orders, entered, now, is_drawn
):
    draw_day(DAY, now=days.moment_at(NOW.date(), days.time(8, 0)))
    at = days.moment_at(date(2026, 5, 12), days.time(*entered))
    late = OrderFactory(technician=orders[0].technician, day=DAY, received_at=at, entered_at=at)
    WorkOrder.objects.filter(pk=late.pk).update(due_at=days.moment_at(date(2026, 5, 12), days.time(18, 0)))

    draw_day(DAY, now=days.moment_at(date(2026, 5, 12), days.time(*now)), may_wait=True)

    assert Callback.objects.filter(order=late).exists() == is_drawn


def test_late_orders_wait_while_callers_are_filled_in(orders):
    draw_day(DAY, now=NOW)
    make_person("d0", "dispatcher")
    late = OrderFactory(technician=orders[0].technician, day=DAY, received_at=NOW, entered_at=NOW)

    result = draw_day(DAY, now=NOW + timedelta(minutes=5), may_wait=True)

    assert result.assigned == 10
    assert not Callback.objects.filter(order=late).exists()


def test_command_draws_late_orders_at_once(callers, orders):
    draw_day(DAY, now=NOW)
    late = OrderFactory(technician=orders[0].technician, day=DAY, received_at=NOW, entered_at=NOW)

    call_command("assign_callbacks", DAY.isoformat())

    assert Callback.objects.filter(order=late).exists()


def test_seeds_are_made_once(callers):
    first = make_seeds(now=NOW)

    assert len(first) == 7
    assert make_seeds(now=NOW) == []


def test_draw_sets_aside_who_must_not_be_called(callers, orders):
    head = make_person("h", "head")
    DoNotCall.objects.create(
        phone=orders[0].reporter_phone,
        phone_key=orders[0].reporter_phone_key,
        reason="投诉",
        until_on=date(2026, 12, 31),
        by=head,
        at=NOW,
    )

    result = draw_day(DAY, now=NOW)

    assert (result.orders, result.assigned, result.unassigned) == (10, 9, 0)
    assert Callback.objects.get(order=orders[0]).state == CallbackState.SET_ASIDE
    assert orders[0].number not in {row.number for row in register_rows(date(2026, 5, 1))}


def test_draw_leaves_taken_out_and_incomplete_orders(callers, orders):
    TakenOut.objects.create(order=orders[0], reason="演练", by=callers[3], at=NOW)
    OrderFactory(day=DAY, reporter_phone="")

    result = draw_day(DAY, now=NOW)

    assert (result.orders, result.assigned, result.unassigned) == (10, 9, 0)


def test_draw_without_a_dispatcher_waits_and_is_filled_later(orders):
    make_person("m0", "manager")
    waiting = draw_day(DAY, now=NOW)
    make_person("d0", "dispatcher")

    filled = draw_day(DAY, now=NOW + timedelta(hours=1))

    assert (waiting.assigned, waiting.unassigned) == (1, 9)
    assert (filled.dispatchers, filled.unassigned) == ({"d0": 9}, 0)
    assert replay_day(DAY).equal


def test_draw_with_nobody_there_remembers_one_run(orders):
    draw_day(DAY, now=NOW)
    draw_day(DAY, now=NOW + timedelta(minutes=5))

    assert DrawRun.objects.count() == 1
    assert Callback.objects.filter(state=CallbackState.WAITING).count() == 10


def test_draw_without_managers_on_the_next_day_moves_theirs_to_the_day_after(callers, orders):
    Absence.objects.create(person=callers[3], first_on=date(2026, 5, 12), last_on=date(2026, 5, 12))

    draw_day(DAY, now=NOW)

    moved = Callback.objects.get(group=Group.MANAGER)
    assert moved.calling_on == date(2026, 5, 13)
    assert moved.due_at == moved.order.last_due_at
    assert moved.postponed_reason == PostponedReason.NO_MANAGER


def test_draw_of_history_gives_the_orders_deadlines(callers):
    order = OrderFactory(day=date(2016, 3, 1), received_at=NOW, with_deadlines=False)

    draw_day(date(2016, 3, 1), now=NOW)

    order.refresh_from_db()
    assert days.local_day(order.due_at) == date(2026, 5, 12)
    assert order.callback.due_at == order.due_at


def test_replay_finds_a_changed_register(callers, orders):
    draw_day(DAY, now=NOW)
    callback = Callback.objects.filter(drawn_group=Group.DISPATCHER).first()
    other = next(caller for caller in callers[:3] if caller != callback.drawn_caller)
    Callback.objects.filter(pk=callback.pk).update(drawn_caller=other)

    assert replay_day(DAY).differing == (callback.order.number,)


def test_replay_finds_a_changed_seed(callers, orders):
    run = draw_day(DAY, now=NOW).run
    DaySeed.objects.filter(pk=run.seed_id).update(sha256="f" * 64)

    assert len(replay_day(DAY).differing) == 10


def test_replay_of_an_unreadable_run_differs_in_every_order(callers, orders):
    run = draw_day(DAY, now=NOW).run
    DrawRun.objects.filter(pk=run.pk).update(input={"orders": 3})

    assert len(replay_day(DAY).differing) == 10

    DrawRun.objects.filter(pk=run.pk).update(output=[])

    assert len(replay_day(DAY).differing) == 10


def test_replay_finds_a_changed_line_of_the_input_and_a_changed_order(callers, orders):
    run = draw_day(DAY, now=NOW).run
    line = next(line for line in run.input["orders"] if line[0] == orders[3].number)
    line[2] = TechnicianFactory().employee_no
    run.save()
    WorkOrder.objects.filter(pk=orders[5].pk).update(crew=TechnicianFactory().crew)

    assert {orders[3].number, orders[5].number} <= set(replay_day(DAY).differing)


def test_replay_knows_who_was_renamed_since(callers, orders):
    draw_day(DAY, now=NOW)
    dispatcher, technician = callers[0], orders[0].technician
    dispatcher.username, technician.employee_no, technician.crew.name = "renamed", "W9999", "新名"
    for renamed in (dispatcher, technician, technician.crew):
        renamed.save()

    assert replay_day(DAY).equal


def test_days_to_draw_are_over_and_looked_back_to(callers):
    OrderFactory(day=date(2026, 5, 11))
    OrderFactory(day=date(2026, 5, 12))
    OrderFactory(day=date(2026, 3, 11))
    OrderFactory(day=date(2026, 3, 10))

    assert days_to_draw(now=NOW) == [date(2026, 3, 11), date(2026, 5, 11)]


def test_barred_are_technician_leads_reporter_and_author():
    order = OrderFactory(day=DAY, reporter_name="王强", reporter_phone="138 0000 0001")
    technician = make_person("t", "technician", "dispatcher")
    order.technician.user = technician
    order.technician.save()
    make_lead(order.crew, make_person("f", "foreman", "dispatcher"))
    former = make_lead(order.crew, make_person("past", "dispatcher"), kind="deputy")
    former.to_on = date(2026, 5, 1)
    former.save()
    make_person("namesake", "dispatcher", name="王强")
    make_person("phone", "manager", phone="+86 138-0000-0001")
    author = make_person("author", "manager")
    make_self_evaluation(order, by=author)
    make_person("free", "dispatcher")

    assert barred_callers([order], today=date(2026, 5, 12)) == {
        order.pk: frozenset({"t", "f", "namesake", "phone", "author"})
    }


@pytest.mark.parametrize("reporter", ["王强", "王　强", " 王 强", "ＷＡＮＧ"])
def test_reporter_of_any_spelling_does_not_call_the_own_order(reporter):
    order = OrderFactory(day=DAY, reporter_name=reporter)
    own = make_person("own", "dispatcher", name="王 强" if "王" in reporter else "wang")
    make_callback(order, own)

    assert barred_callers([order], today=date(2026, 5, 12)) == {order.pk: frozenset({"own"})}


@pytest.mark.parametrize("reporter", ["王强", "王　强", " 王 强", "Wang Qiang"])
def test_database_knows_the_spellings_of_a_reporter(reporter):
    order = OrderFactory(day=DAY, reporter_name=reporter)
    own = make_person("own", "dispatcher", name="王 强" if "王" in reporter else "WANG qiang")
    other = make_person("other", "dispatcher", name="王小强")
    callback = make_callback(order, other)

    assert list(Callback.objects.filter(concerning(own))) == [callback]
    assert not Callback.objects.filter(concerning(other)).exists()


def test_draw_takes_the_same_number_of_queries_for_1_and_30_orders(callers, django_assert_max_num_queries):
    OrderFactory.create_batch(30, day=DAY)

    with django_assert_max_num_queries(44):
        draw_day(DAY, now=NOW)

    assert WorkOrder.objects.filter(callback__isnull=False).count() == 30


def test_run_names_what_it_did_not_draw(callers, orders):
    taken_out, listed = orders[:2]
    TakenOut.objects.create(order=taken_out, reason="演练", by=callers[-1], at=NOW)
    WorkOrder.objects.filter(pk=listed.pk).update(reporter_phone_key="13811112222")
    DoNotCall.objects.create(
        phone="13811112222",
        phone_key="13811112222",
        reason="投诉处理中",
        until_on=DAY + timedelta(60),
        by=callers[-1],
        at=NOW,
    )

    run = draw_day(DAY, now=NOW).run

    assert run.input["excluded"] == {"do_not_call": [listed.number], "taken_out": [taken_out.number]}
    assert "13811112222" not in str(run.input)
    assert replay_day(DAY).equal


def test_run_stored_before_exclusions_were_named_replays_equal(callers, orders):
    run = draw_day(DAY, now=NOW).run
    del run.input["excluded"]
    run.save(update_fields=["input"])

    assert replay_day(DAY).equal
