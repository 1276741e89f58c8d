"""The demonstration centre (contract: demo): believable, complete, repeatable for a day, and kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Max, Q
from django.test import Client
from django.urls import reverse

from evaluations.callbacks.queue import queue_of
from evaluations.draw.replay import replay_day
from evaluations.enums import ENDED_BY_CALL, CallbackState, ObjectionState, Outcome, Rating
from evaluations.feedback.results import days_to_acknowledge
from evaluations.models import (
    Award,
    Callback,
    CallbackAttempt,
    EvaluationPolicy,
    Objection,
    RatingCorrection,
    SelfEvaluation,
    TakenOut,
)
from evaluations.patterns.queries import PatternScope
from evaluations.patterns.report import pattern_tables
from evaluations.scores.ranking import rank_month
from evaluations.self_evaluation.queries import orders_to_rate
from evaluations.visibility import viewer_of
from evaluations.workbook.pending_changes import changes_for
from improvement.enums import RevisitState
from improvement.models import AnalysisMeeting, ImprovementProject, Revisit
from satisfaction.accounts.models import User
from satisfaction.changes.models import Change
from satisfaction.core.errors import Refused
from satisfaction.core.roles import Role
from satisfaction.demo.build import load_demonstration
from satisfaction.demo.dates import DemoDates
from satisfaction.demo.people import PASSWORD
from satisfaction.demo.storage import clear_demonstration
from satisfaction.jobs.models import Heartbeat
from satisfaction.scheduler.catch_up import catch_up
from tests.crawling import WALKS_ALL
from tests.factories import CrewFactory, OrderFactory, make_person, make_self_evaluation
from tests.worlds.pages import said_in_chinese, walked, written
from workorders.enums import ChangeSource
from workorders.models import Crew, Technician, WorkOrder

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Early on the first day with the last month settled: the shortest demonstration, with today hardly begun.
NOW = datetime(2026, 11, 6, 7, 15, tzinfo=SHANGHAI)
TODAY, YESTERDAY = date(2026, 11, 6), date(2026, 11, 5)
SETTLED, PROVISIONAL = date(2026, 10, 1), date(2026, 11, 1)


@pytest.fixture(scope="module")
def _loaded(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Loads the demonstration once for all read-only tests; rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_demonstration(now=NOW)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def centre(_loaded: None) -> Iterator[None]:
    """The demonstration; a test's changes are rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("today", "settled"),
    [
        (date(2026, 11, 6), date(2026, 10, 1)),
        (date(2026, 11, 30), date(2026, 10, 1)),
        (date(2026, 11, 5), date(2026, 9, 1)),
        (date(2026, 11, 1), date(2026, 9, 1)),
        (date(2027, 1, 3), date(2026, 11, 1)),
    ],
)
def test_settled_month_is_the_last_one_past_its_settle_day(today: date, settled: date) -> None:
    assert DemoDates(today, datetime.combine(today, time(12), SHANGHAI)).settled == settled


def test_centre_has_the_promised_people(centre: None) -> None:
    found = {role: User.objects.with_role(role).count() for role in Role}

    assert (Crew.objects.count(), Technician.objects.count()) == (6, 30)
    assert found == {
        Role.LEAD: 1,
        Role.DISPATCHER: 4,
        Role.HEAD: 1,
        Role.MANAGER: 3,
        Role.FOREMAN: 6,
        Role.DEPUTY: 6,
        Role.ADMIN: 1,
        Role.TECHNICIAN: 6,
    }


def test_one_month_is_settled_with_its_awards_and_one_provisional(centre: None) -> None:
    settled, provisional = rank_month(SETTLED), rank_month(PROVISIONAL)

    assert (settled["state"], provisional["state"]) == ("settled", "provisional")
    assert len(settled["technicians"]) == 30
    assert len(settled["crews"]) == len(provisional["crews"]) == 6
    assert Award.objects.count() >= 1


def test_days_run_from_the_settled_month_to_yesterday(centre: None) -> None:
    closed = set(WorkOrder.objects.values_list("closed_on", flat=True))

    assert closed == {SETTLED + timedelta(days=n) for n in range((TODAY - SETTLED).days)}


def test_every_caller_has_calls_waiting_today(centre: None) -> None:
    callers = User.objects.callers().exclude(absences__first_on__lte=TODAY, absences__last_on__gte=TODAY)

    waiting = {person.username: len(queue_of(person, now=NOW)) for person in callers}

    assert sorted(waiting) == [
        "dispatcher1",
        "dispatcher2",
        "dispatcher3",
        "head",
        "lead",
        "manager1",
        "manager2",
    ]
    assert min(waiting.values()) >= 1
    assert min(n for name, n in waiting.items() if name.startswith("dispatcher")) >= 4


def test_crews_have_orders_to_rate_and_results_to_acknowledge(centre: None) -> None:
    leads = User.objects.filter(Q(username__startswith="foreman") | Q(username__startswith="deputy"))
    to_be_rated = {person.username for person in leads if orders_to_rate(person.pk, now=NOW).exists()}
    crews = list(Crew.objects.order_by("pk").values_list("pk", flat=True))

    unseen = days_to_acknowledge(crews, since=TODAY - timedelta(days=5), now=NOW)

    # The foreman of the third crew is absent, the fifth crew has finished its work.
    assert to_be_rated >= {"foreman1", "foreman2", "deputy3", "foreman4", "foreman6"}
    assert {row.crew for row in unseen if row.day == YESTERDAY - timedelta(days=1)} >= {
        crews[n] for n in (1, 2, 3, 5)
    }


def test_patterns_show_refusals_of_one_caller_and_split_orders_of_one_crew(centre: None) -> None:
    head = User.objects.get(username="head")
    found = pattern_tables(PatternScope(SETTLED, viewer_of(head, now=NOW), NOW))
    far = {
        (str(row.who), measure.key)
        for table in found
        for row in table.rows
        for measure, share in row.shares
        if share.is_far and share.rate > share.group_rate
    }

    assert far >= {("调度三", "refused"), ("工班戊", "near_identical")}


def test_changes_wait_for_the_lead_and_for_dispatch(centre: None) -> None:
    lead, dispatcher = (User.objects.get(username=name) for name in ("lead", "dispatcher1"))

    assert {change.source for change in changes_for(lead)} == {ChangeSource.IMPORT, ChangeSource.COMPLETION}
    assert {change.source for change in changes_for(dispatcher)} == {ChangeSource.COMPLETION}


def test_lead_head_and_dispatch_have_work(centre: None) -> None:
    ended = Callback.objects.filter(state__in=ENDED_BY_CALL, published_at__isnull=True)

    assert ended.exists()
    assert Callback.objects.filter(state=CallbackState.ASSIGNED, postponed_at__isnull=False).exists()
    assert Objection.objects.filter(state=ObjectionState.UNDECIDED).exists()
    assert WorkOrder.objects.incomplete().filter(closed_on__gte=TODAY - timedelta(days=4)).exists()


def test_every_kind_of_case_occurs(centre: None) -> None:
    assert set(CallbackAttempt.objects.values_list("outcome", flat=True)) == set(Outcome.values)
    assert set(Callback.objects.values_list("state", flat=True)) == set(CallbackState.values) - {
        CallbackState.WAITING
    }
    assert set(Callback.objects.exclude(rating="").values_list("rating", flat=True)) == set(Rating.values)
    assert {ObjectionState.UPHELD, ObjectionState.REJECTED} <= set(
        Objection.objects.values_list("state", flat=True)
    )
    for cases in (
        WorkOrder.objects.filter(repeat_of__isnull=False),
        WorkOrder.objects.filter(duplicate_of__isnull=False),
        WorkOrder.objects.filter(kind="request"),
        WorkOrder.objects.filter(channel="other"),
        SelfEvaluation.objects.filter(is_late=True),
        SelfEvaluation.objects.filter(rating=Rating.DISSATISFIED),
        SelfEvaluation.objects.filter(rated_by__username="deputy6"),
        Callback.objects.filter(rating=Rating.DISSATISFIED).exclude(words=""),
        Callback.objects.filter(run__n__gt=1),
        RatingCorrection.objects.filter(callback__isnull=False),
        RatingCorrection.objects.filter(self_evaluation__isnull=False),
        TakenOut.objects.all(),
        Revisit.objects.filter(state=RevisitState.SUBMITTED),
        Revisit.objects.filter(state=RevisitState.RETURNED),
        Revisit.objects.filter(state=RevisitState.DRAFT),
        AnalysisMeeting.objects.filter(planned_at__gt=NOW),
        ImprovementProject.objects.all(),
    ):
        assert cases.exists(), cases.query


def test_nothing_has_happened_in_the_future(centre: None) -> None:
    latest = {
        "called": CallbackAttempt.objects.aggregate(at=Max("ended_at"))["at"],
        "ended": Callback.objects.aggregate(at=Max("ended_at"))["at"],
        "published": Callback.objects.aggregate(at=Max("published_at"))["at"],
        "rated": SelfEvaluation.objects.aggregate(at=Max("rated_at"))["at"],
        "came in": WorkOrder.objects.aggregate(at=Max("received_at"))["at"],
    }

    assert {what: at for what, at in latest.items() if at > NOW} == {}


def test_todays_deadlines_are_still_ahead(centre: None) -> None:
    waiting = Callback.objects.filter(state=CallbackState.ASSIGNED)
    end_of_business = datetime(2026, 11, 6, 23, 59, tzinfo=SHANGHAI)

    assert set(waiting.values_list("due_at", flat=True)) == {end_of_business}


def test_catching_up_finds_nothing_but_the_seeds_of_coming_days(centre: None) -> None:
    caught = catch_up(now=NOW)

    # Reminders of people's open tasks are not unfinished work.
    assert {done.what for done in caught.done} - {"reminders"} == {"seed"}
    assert caught.failed == ()


def test_draws_replay(centre: None) -> None:
    replays = [replay_day(day) for day in (SETTLED, date(2026, 10, 20), YESTERDAY)]

    assert [(replay.equal, replay.orders > 20) for replay in replays] == [(True, True)] * 3


def test_demonstration_loaded_again_stays_as_it_is(centre: None) -> None:
    WorkOrder.objects.filter(number__endswith="0001").update(fault="演示中改动")

    again = load_demonstration(now=NOW + timedelta(days=1))

    assert (again.day, again.is_new) == (TODAY, False)
    assert WorkOrder.objects.filter(fault="演示中改动").count() == (TODAY - SETTLED).days


def digest() -> dict[str, list[tuple[object, ...]]]:
    """Everything that must be the same at whatever time of its day the demonstration is loaded."""
    return {
        "orders": list(
            WorkOrder.objects.order_by("number").values_list(
                "number", "technician__employee_no", "crew__name", "closed_at", "fault", "kind"
            )
        ),
        "callbacks": list(
            Callback.objects.order_by("order__number").values_list(
                "order__number", "state", "caller__username", "group", "rating", "words"
            )
        ),
        "self-evaluations": list(
            SelfEvaluation.objects.order_by("order__number").values_list(
                "order__number", "rating", "rated_by__username"
            )
        ),
        "attempts": list(
            CallbackAttempt.objects.order_by("pk").values_list("callback__order__number", "outcome")
        ),
        "rankings": [rank_month(SETTLED), rank_month(PROVISIONAL)],
    }


def test_reset_gives_the_same_centre_for_the_same_day(centre: None) -> None:
    before = digest()
    WorkOrder.objects.filter(number__endswith="0001").update(fault="演示中改动")

    load_demonstration(now=NOW.replace(hour=16), is_reset=True)

    assert digest() == before


def rows_by_table() -> dict[str, int]:
    models = [model for model in apps.get_models(include_auto_created=True) if model is not Change]
    return {model._meta.label: model._default_manager.count() for model in models}


def test_clearing_leaves_exactly_what_the_migrations_brought(db: None) -> None:
    before = rows_by_table()
    order = OrderFactory()
    make_self_evaluation(order, by=make_person("somebody", Role.FOREMAN))
    EvaluationPolicy.objects.create(begins_on=SETTLED)

    clear_demonstration()

    assert rows_by_table() == before


def test_demo_is_refused_where_other_data_is(db: None) -> None:
    crew = CrewFactory()

    for arguments in ([], ["--reset"]):
        with pytest.raises(CommandError, match="已有数据") as refused:
            call_command("demo", *arguments)
        assert refused.value.returncode == 2
    assert (list(Crew.objects.all()), Heartbeat.objects.filter(name="demo").exists()) == ([crew], False)


def test_load_refuses_a_database_with_people(db: None) -> None:
    make_person("somebody", Role.ADMIN)

    with pytest.raises(Refused):
        load_demonstration(now=NOW)


@pytest.mark.parametrize("username", ["lead", "dispatcher1", "foreman3", "w001", "admin"])
def test_demonstration_account_signs_in_with_demo_on(centre: None, settings: object, username: str) -> None:
    settings.DEMO = True
    client = Client()

    answer = client.post(reverse("accounts:login"), {"username": username, "password": PASSWORD})

    assert (answer.status_code, client.session["_auth_user_id"]) == (
        302,
        str(User.objects.get(username=username).pk),
    )


def test_demonstration_account_does_not_sign_in_with_demo_off(centre: None, settings: object) -> None:
    settings.DEMO = False
    client = Client()

    answer = client.post(reverse("accounts:login"), {"username": "lead", "password": PASSWORD})

    assert (answer.status_code, "_auth_user_id" in client.session) == (200, False)


def test_session_of_a_demonstration_account_ends_with_the_demonstration(
    centre: None, settings: object
) -> None:
    settings.DEMO = True
    client = Client()
    client.post(reverse("accounts:login"), {"username": "lead", "password": PASSWORD})

    settings.DEMO = False
    answer = client.get(reverse("home"))

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("accounts:login"))
    assert isinstance(answer.wsgi_request.user, AnonymousUser)


@pytest.mark.parametrize("is_on", [True, False])
def test_sign_in_page_names_the_accounts_with_demo_on_only(
    centre: None, settings: object, *, is_on: bool
) -> None:
    settings.DEMO = is_on

    page = Client().get(reverse("accounts:login")).content.decode()

    assert (PASSWORD in page, "dispatcher1" in page) == (is_on, is_on)


EVERYBODY = ("lead", "foreman1", "manager1", "w001", "dispatcher1", "deputy1", "head", "admin")


@pytest.mark.any_database
def test_every_page_answers_everybody_and_an_english_one_says_nothing_in_chinese(
    centre: None, settings: object
) -> None:
    settings.DEMO = True
    wrong, seen, texts = {}, set(), written()
    for username in EVERYBODY if WALKS_ALL else EVERYBODY[:4]:
        client = Client()
        client.force_login(User.objects.get(username=username))
        client.cookies["django_language"] = "en"
        for address, answer in walked(client):
            seen.add(address)
            left = said_in_chinese(answer.text, written=texts) if answer.status_code == 200 else None
            if left or left is None:
                wrong[username, address] = left or answer.status_code

    assert wrong == {}
    assert len(seen) > 60
