"""Everything due but not done (contract: catch_up; domain §2, §8)."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from evaluations.enums import CallbackState, Rating
from evaluations.models import Callback, DailyScore, DaySeed, DrawRun, Settlement
from satisfaction.accounts.models import Absence, User
from satisfaction.calendars import days
from satisfaction.jobs.models import Heartbeat
from satisfaction.notices.models import Digest
from satisfaction.scheduler.catch_up import catch_up
from tests.factories import (
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_person,
    make_self_evaluation,
)
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 11)


def at(day: int, hour: int, month: int = 5) -> datetime:
    return days.moment_at(date(2026, month, day), days.time(hour, 0))


def told(result) -> list[tuple[str, str]]:
    return [(done.what, done.period) for done in result.done]


@pytest.fixture
def people():
    return make_person("d0", "dispatcher"), make_person("m0", "manager")


@pytest.fixture
def orders():
    return OrderFactory.create_batch(10, technician=TechnicianFactory(), day=DAY, with_deadlines=False)


def test_catch_up_makes_seeds_deadlines_draws_and_daily_rows(people, orders):
    result = catch_up(now=at(12, 9))

    seeds = [("seed", f"2026-05-{day}") for day in range(13, 20)]
    assert told(result) == [
        *seeds,
        ("deadlines", "2026-05-11"),
        ("draw", "2026-05-11"),
        ("scores", "2026-05-11"),
        ("reminders", "2026-05-12"),
    ]
    assert result.failed == ()
    assert Callback.objects.filter(state=CallbackState.ASSIGNED).count() == 10
    assert not WorkOrder.objects.filter(due_at=None).exists()


def test_catch_up_twice_finds_nothing_to_do(people, orders):
    catch_up(now=at(12, 9))

    assert told(catch_up(now=at(12, 9))) == []


def test_catch_up_mails_who_has_something_to_do_once_a_day(people, orders):
    User.objects.filter(username="d0").update(email="d0@example.org")

    first, second = catch_up(now=at(12, 9)), catch_up(now=at(12, 10))
    next_day = catch_up(now=at(13, 9))

    assert ("digests", "2026-05-12") in told(first)
    assert told(second) == []
    assert ("digests", "2026-05-13") in told(next_day)
    assert [(row.person.username, f"{row.day}", row.state) for row in Digest.objects.order_by("day")] == [
        ("d0", "2026-05-12", "skipped"),
        ("d0", "2026-05-13", "pending"),
    ]


def test_catch_up_after_a_week_draws_every_day_oldest_first(people):
    for day in (date(2026, 5, 9), date(2026, 5, 4), date(2026, 5, 6)):
        OrderFactory.create_batch(3, day=day)

    result = catch_up(now=at(12, 9))

    assert [period for what, period in told(result) if what == "draw"] == [
        "2026-05-04",
        "2026-05-06",
        "2026-05-09",
    ]


def test_catch_up_publishes_what_is_rated_at_the_last_deadline(people):
    order = OrderFactory(day=DAY)
    make_callback(order, people[0], rating=Rating.SATISFIED)

    before = catch_up(now=at(13, 17))
    after = catch_up(now=at(13, 18))

    assert ("publish", "2026-05-11") not in told(before)
    assert ("publish", "2026-05-11") in told(after)
    callback = Callback.objects.get(order=order)
    assert (callback.published_at, callback.published_by) == (at(13, 18), None)


def test_catch_up_settles_the_month_at_close_of_business_of_the_fifth_service_day(people):
    order = OrderFactory(day=DAY)
    make_callback(order, people[0], rating=Rating.SATISFIED, published_at=at(12, 17))
    make_self_evaluation(order, by=make_person("f", "foreman"))

    before = catch_up(now=at(5, 17, month=6))
    after = catch_up(now=at(5, 18, month=6))

    assert ("settle", "2026-05") not in told(before)
    assert ("settle", "2026-05") in told(after)
    assert Settlement.objects.get().settled_by is None
    assert told(catch_up(now=at(5, 19, month=6))) == []


def test_catch_up_leaves_history_alone(people):
    OrderFactory(day=date(2016, 3, 1), received_at=at(12, 8), with_deadlines=False)

    result = catch_up(now=at(12, 9))

    assert {what for what, _ in told(result)} == {"seed"}
    assert DrawRun.objects.count() == DailyScore.objects.count() == 0


def test_catch_up_leaves_a_sign_of_life(people):
    catch_up(now=at(12, 9))

    assert Heartbeat.objects.get(name="catch_up").at == at(12, 9)


def test_a_step_that_fails_keeps_no_other_from_its_work(people, orders):
    DaySeed.objects.create(day=DAY, seed="no hex", sha256="x" * 64, made_at=at(10, 9), is_in_time=True)
    rated = OrderFactory(day=date(2026, 5, 10))
    make_callback(rated, people[0], rating=Rating.SATISFIED)

    result = catch_up(now=at(13, 18))

    assert [step for step, _ in result.failed] == ["draws"]
    assert ("publish", "2026-05-10") in told(result)


def test_a_day_that_fails_is_named_with_its_error(people, orders):
    DaySeed.objects.create(day=DAY, seed="no hex", sha256="x" * 64, made_at=at(10, 9), is_in_time=True)

    [(_step, why)] = catch_up(now=at(12, 9)).failed

    assert why.startswith("2026-05-11 ValueError: ")


def test_one_call_after_an_outage_fills_who_waited_and_the_next_finds_nothing(people, orders):
    Absence.objects.create(person=people[0], first_on=date(2026, 5, 12), last_on=date(2026, 5, 14))

    result = catch_up(now=at(15, 9))

    assert [one for one in told(result) if one[0] != "seed"][:3] == [
        ("deadlines", "2026-05-11"),
        ("draw", "2026-05-11"),
        ("postpone", "2026-05-11"),
    ]
    assert set(Callback.objects.values_list("state", "calling_on", "due_at", "drawn_calling_on")) == {
        (CallbackState.ASSIGNED, date(2026, 5, 12), at(12, 18), date(2026, 5, 12)),
        (CallbackState.ASSIGNED, date(2026, 5, 15), at(13, 18), date(2026, 5, 15)),
    }
    assert DrawRun.objects.count() == 2
    assert told(catch_up(now=at(15, 9))) == []


def test_what_is_postponed_for_want_of_a_caller_gets_one_of_the_next_day_in_the_same_call(people, orders):
    Absence.objects.create(person=people[0], first_on=date(2026, 5, 12), last_on=date(2026, 5, 12))
    catch_up(now=at(12, 9))

    result = catch_up(now=at(12, 18))

    assert told(result)[:2] == [("postpone", "2026-05-11"), ("draw", "2026-05-11")]
    assert Callback.objects.filter(state=CallbackState.ASSIGNED, calling_on=date(2026, 5, 13)).count() == 9
    assert told(catch_up(now=at(12, 18))) == []


def test_an_order_whose_completion_was_never_timed_counts_from_when_it_came_in(people, orders):
    WorkOrder.objects.filter(pk=orders[0].pk).update(entered_at=None)

    result = catch_up(now=at(12, 9))

    assert result.failed == ()
    assert Callback.objects.filter(state=CallbackState.ASSIGNED).count() == 10


def test_command_prints_one_document(capsys, people):
    call_command("catch_up", "--json")

    document = json.loads(capsys.readouterr().out)
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert {"what": "seed", "period": tomorrow.isoformat()} in document["done"]


@pytest.mark.parametrize(
    "now", ["rubbish", "2999-01-01 00:00", "2026-05-12", "1999-12-31 08:00", "0001-01-01 00:00"]
)
def test_command_refuses_a_time_unreadable_to_come_or_before_the_first_policy(db, now):
    with pytest.raises(CommandError) as refused:
        call_command("catch_up", "--now", now)

    assert refused.value.returncode == 2
