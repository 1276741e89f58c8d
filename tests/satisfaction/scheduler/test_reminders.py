"""Who is reminded of what; no reminder reveals what domain §4 hides from its reader."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.deadlines import set_deadlines
from evaluations.enums import Rating
from evaluations.models import DaySeed, EvaluationPolicy, Objection
from improvement.models import AnalysisMeeting, ImprovementProject, ProjectStep
from satisfaction.accounts.models import Absence, User
from satisfaction.calendars import days
from satisfaction.jobs.models import Heartbeat
from satisfaction.notices.kinds import KINDS
from satisfaction.notices.models import Notice
from satisfaction.scheduler.catch_up import catch_up
from satisfaction.scheduler.reminders import REMINDER_KINDS, find_due_reminders
from tests.factories import (
    CrewFactory,
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_lead,
    make_person,
    make_self_evaluation,
)
from workorders.enums import LeadKind

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 11)  # closed; due on the 12th, at the latest on the 13th
TODAY = "2026-05-13"


def at(day: int, hour: int = 9, month: int = 5) -> datetime:
    return days.moment_at(date(2026, month, day), time(hour, 0))


NOW = at(13)


def reminded(now: datetime = NOW) -> list[tuple]:
    """Sorted (user name, kind, parameters)."""
    names = dict(User.objects.values_list("pk", "username"))
    asked = find_due_reminders(now)
    assert asked.failures == ()
    return sorted((names[one.person], one.kind, one.params) for one in asked.due)


@pytest.fixture
def crew():
    return CrewFactory(name="一班")


@pytest.fixture
def foreman(crew):
    person = make_person("foreman", "foreman")
    make_lead(crew, person)
    return person


@pytest.fixture
def deputy(crew):
    person = make_person("deputy", "deputy")
    make_lead(crew, person, LeadKind.DEPUTY)
    return person


@pytest.fixture
def dispatcher():
    return make_person("dispatcher", "dispatcher")


def order_of(crew, day=DAY, **fields):
    return OrderFactory(technician=TechnicianFactory(crew=crew), day=day, **fields)


def published(crew, caller, rating=Rating.SATISFIED, *, rated_by=None, **fields):
    """An order whose result the crew may see."""
    order = order_of(crew, **fields)
    make_callback(order, caller, rating=rating, published_at=at(12, 17))
    make_self_evaluation(order, by=rated_by or caller, rated_at=at(12, 16))
    return order


def test_every_kind_that_is_asked_about_has_its_sentence():
    assert KINDS.keys() >= REMINDER_KINDS


def test_foreman_is_told_what_is_overdue_and_what_waits(crew, foreman, deputy):
    order_of(crew, day=date(2026, 5, 10))
    order_of(crew, day=DAY)
    order_of(crew, day=date(2026, 5, 12))

    assert reminded() == [
        ("foreman", "self_evaluations_overdue", {"n": 2, "day": "2026-05-10"}),
        ("foreman", "self_evaluations_waiting", {"n": 1}),
    ]


def test_deputy_is_told_while_the_foreman_is_away(crew, foreman, deputy):
    order_of(crew)
    Absence.objects.create(person=foreman, first_on=date(2026, 5, 13), last_on=date(2026, 5, 13))

    assert reminded() == [("deputy", "self_evaluations_overdue", {"n": 1, "day": "2026-05-11"})]


def test_deputy_is_told_of_what_the_foreman_repaired(crew, foreman, deputy):
    OrderFactory(technician=TechnicianFactory(crew=crew, user=foreman), day=DAY)

    assert reminded() == [("deputy", "self_evaluations_overdue", {"n": 1, "day": "2026-05-11"})]


def test_results_wait_for_the_foreman_only_when_the_crew_may_see_them(crew, foreman, dispatcher):
    unrated = order_of(crew)  # published, not rated by the crew, D+2 not over: still hidden
    make_callback(unrated, dispatcher, rating=Rating.DISSATISFIED, published_at=at(12, 17))

    before = reminded(at(13, 17))
    after = reminded(at(13, 18))

    assert [kind for _, kind, _ in before] == ["self_evaluations_overdue"]
    assert ("foreman", "results_waiting", {"n": 1, "day": "2026-05-11"}) in after
    assert "revisits_waiting" in [kind for _, kind, _ in after]


def test_revisit_waits_and_becomes_overdue(crew, foreman, dispatcher):
    published(crew, dispatcher, Rating.DISSATISFIED, rated_by=foreman)

    waiting, late = reminded(), reminded(at(9, month=6))

    assert ("foreman", "revisits_waiting", {"n": 1, "day": "2026-06-08"}) in waiting
    assert ("foreman", "revisits_overdue", {"n": 1}) in late


def test_revisit_of_a_crew_without_lead_waits_for_the_managers(crew, dispatcher):
    make_person("manager", "manager")
    make_person("head", "head")
    published(crew, dispatcher, Rating.DISSATISFIED, rated_by=None)

    found = {(name, kind) for name, kind, _ in reminded() if kind.startswith("revisits")}

    assert found == {("manager", "revisits_waiting"), ("head", "revisits_waiting")}


def test_steps_past_their_day_go_to_who_does_reports_and_answers(crew, foreman, dispatcher):
    manager, owner = make_person("manager", "manager"), make_person("owner", "manager")
    project = ImprovementProject.objects.create(
        problem="响应慢",
        state="in_progress",
        decided_on=DAY,
        responsible=owner,
        created_by=owner,
        created_at=at(1),
    )
    step = {"project": project, "what": "培训", "due_on": date(2026, 5, 12)}
    ProjectStep.objects.create(**step, who=manager, crew=crew)
    ProjectStep.objects.create(**{**step, "due_on": date(2026, 5, 13)}, who=manager)

    assert reminded() == [(name, "steps_overdue", {"n": 1}) for name in ("foreman", "manager", "owner")]


def test_callers_are_told_of_their_own_lists(crew, dispatcher):
    other = make_person("other", "manager")
    make_callback(order_of(crew), dispatcher)
    make_callback(order_of(crew, day=date(2026, 5, 12)), dispatcher)
    make_callback(order_of(crew), other)
    make_callback(order_of(crew), dispatcher, has_wrong_number=True)

    assert reminded() == [
        ("dispatcher", "callbacks_overdue", {"n": 1}),
        ("dispatcher", "callbacks_waiting", {"n": 1}),
        ("other", "callbacks_overdue", {"n": 1}),
    ]


def test_who_is_away_is_not_reminded(crew, dispatcher):
    make_callback(order_of(crew), dispatcher)
    Absence.objects.create(person=dispatcher, first_on=date(2026, 5, 13), last_on=date(2026, 5, 13))

    assert reminded() == []


def test_unpublished_results_go_to_lead_and_heads(crew, dispatcher):
    make_person("lead", "lead")
    make_person("head", "head")
    make_callback(order_of(crew), dispatcher, rating=Rating.DISSATISFIED)
    make_callback(order_of(crew, day=date(2026, 5, 12)), dispatcher, rating=Rating.SATISFIED)  # not yet late

    assert reminded() == [
        ("head", "unpublished_overdue", {"n": 1}),
        ("lead", "unpublished_overdue", {"n": 1}),
    ]


def test_unpublished_results_of_ones_own_crew_stay_secret(crew, dispatcher):
    lead = make_person("lead", "lead", "foreman")
    worker = make_person("worker", "head", "technician")
    make_lead(crew, lead)
    TechnicianFactory(crew=crew, user=worker)
    make_callback(order_of(crew), dispatcher, rating=Rating.DISSATISFIED)

    assert [who for who, kind, _ in reminded() if kind == "unpublished_overdue"] == []


def test_objections_go_to_heads_who_did_not_rate(crew, foreman, dispatcher):
    make_person("free", "head")
    caller = make_person("caller", "head")
    make_person("manager", "manager")
    order = published(crew, caller, rated_by=foreman)
    Objection.objects.create(order=order, by=foreman, reason="不是我们修的", at=at(12, 18))

    assert [row for row in reminded() if row[1] == "objections_waiting"] == [
        ("free", "objections_waiting", {"n": 1})
    ]


def test_objections_go_to_another_manager_when_every_head_is_concerned(crew, foreman):
    caller = make_person("caller", "head")
    make_person("manager", "manager")
    order = published(crew, caller, rated_by=foreman)
    Objection.objects.create(order=order, by=foreman, reason="不是我们修的", at=at(12, 18))

    assert [row for row in reminded() if row[1] == "objections_waiting"] == [
        ("manager", "objections_waiting", {"n": 1})
    ]


def test_heads_are_sent_the_hashes_of_seeds_made_that_day(crew, dispatcher):
    make_person("head", "head")

    catch_up(now=at(13))

    (notice,) = Notice.objects.filter(kind="seeds_made")
    seeds = DaySeed.objects.order_by("day")
    assert (notice.person.username, notice.period) == ("head", "2026-05-13")
    assert notice.params == {"hashes": [[seed.day.isoformat(), seed.sha256] for seed in seeds]}
    assert len(seeds) == 7 and seeds[0].sha256 in notice.text


def test_meeting_not_held_is_told_once_a_month(crew):
    head = make_person("head", "head")
    AnalysisMeeting.objects.create(month=date(2026, 5, 1), planned_at=at(8), planned_by=head)

    catch_up(now=at(13))
    catch_up(now=at(14))

    assert [(n.kind, n.period, n.ended_at) for n in Notice.objects.exclude(kind="seeds_made")] == [
        ("meeting_overdue", "2026-05", None)
    ]


def test_month_that_is_held_up_names_why(crew, foreman, dispatcher):
    make_person("head", "head")
    order = published(crew, dispatcher, rated_by=foreman)
    Objection.objects.create(order=order, by=foreman, reason="不是我们修的", at=at(12, 18))

    told = [row for row in reminded(at(6, month=6)) if row[1] == "month_held_up"]

    params = {"month": "2026-05", "running": 0, "objectionable": 0, "undecided": 1}
    assert told == [("head", "month_held_up", params)]
    assert KINDS["month_held_up"].format_text(params) == "2026-05到了结算时间却不能结算:1 项申诉没有裁定。"


def test_admins_are_told_of_crews_without_lead_and_of_failed_nights(crew):
    make_person("boss", "admin")
    Heartbeat.objects.create(name="catch_up", at=at(13, 8), detail={"done": 3, "failed": ["draws"]})

    assert reminded() == [
        ("boss", "crews_without_lead", {"n": 1, "names": ["一班"]}),
        ("boss", "night_failed", {"steps": ["draws"]}),
    ]


def test_notices_end_when_their_reason_does(crew, foreman, dispatcher):
    order = order_of(crew)
    catch_up(now=NOW)
    make_self_evaluation(order, by=foreman)

    catch_up(now=NOW + timedelta(minutes=5))

    overdue = Notice.objects.get(kind="self_evaluations_overdue")
    assert (overdue.period, overdue.ended_at) == (TODAY, NOW + timedelta(minutes=5))


def test_nothing_begins_at_night_or_on_a_day_off(crew, foreman):
    order = order_of(crew)
    catch_up(now=at(13, 7))
    at_night = Notice.objects.count()
    EvaluationPolicy.objects.update(calendar="working_days")
    set_deadlines([order])
    catch_up(now=at(16))  # a Saturday
    on_saturday = Notice.objects.count()
    catch_up(now=at(18))

    assert (at_night, on_saturday) == (0, 0)
    assert [notice.period for notice in Notice.objects.all()] == ["2026-05-18"]


def test_question_that_fails_keeps_no_other_from_being_answered(crew, foreman):
    order_of(crew)
    Heartbeat.objects.create(name="catch_up", at=at(13, 8), detail={"failed": 5})  # not a list

    asked = find_due_reminders(NOW)

    assert [one.kind for one in asked.due] == ["self_evaluations_overdue"]
    assert [type(error) for error in asked.failures] == [TypeError]
    assert REMINDER_KINDS - asked.kinds == {"night_failed"}


def add_crew(name: str) -> None:
    """A crew with everything the reminders query."""
    crew, head = CrewFactory(), make_person(f"head-{name}", "head")
    foreman, caller = make_person(f"foreman-{name}", "foreman"), make_person(f"caller-{name}", "dispatcher")
    make_person(f"lead-{name}", "lead")
    make_lead(crew, foreman)
    order_of(crew)
    published(crew, caller, Rating.DISSATISFIED, rated_by=foreman)
    make_callback(order_of(crew), caller)
    make_callback(order_of(crew), caller, rating=Rating.SATISFIED)
    objected = published(crew, caller, rated_by=foreman)
    Objection.objects.create(order=objected, by=foreman, reason="不是我们修的", at=at(12, 18))
    project = ImprovementProject.objects.create(
        problem="慢", state="in_progress", decided_on=DAY, responsible=head, created_by=head, created_at=at(1)
    )
    ProjectStep.objects.create(project=project, what="培训", due_on=DAY, who=head, crew=crew)


def queries_of_asking() -> int:
    with CaptureQueriesContext(connection) as context:
        assert find_due_reminders(NOW).failures == ()
    return len(context)


def test_number_of_queries_is_the_same_for_one_crew_and_for_many():
    add_crew("a")
    one = queries_of_asking()
    for n in range(5):
        add_crew(str(n))

    assert queries_of_asking() == one
