"""Values migrated into existing rows: days from their history, and current names on closed minutes."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps

from improvement.enums import Decision, ProjectState
from improvement.meetings.actions import close_meeting
from improvement.models import AgendaItem, AnalysisMeeting, ImprovementProject, ProjectStep
from improvement.projects.steps import report_step
from improvement.projects.transitions import start_project
from tests.worlds.meetings import NOW, item_of

pytestmark = pytest.mark.django_db
migration = import_module("improvement.migrations.0008_days_and_names_of_today")
WRONG = date(2000, 1, 1)


@pytest.fixture
def project(room):
    room.revisit()
    project = room.decide(item_of(room.opened()), Decision.NEW_PROJECT).project
    room.step(project, due_on=NOW.date())
    return start_project(project, by=room.manager, now=NOW)


def test_decision_is_of_the_day_in_the_history(room, project):
    bare = room.project_in(ProjectState.DECIDED)  # its history contains no decision
    room.proposed()
    ImprovementProject.objects.exclude(state=ProjectState.PROPOSED).update(decided_on=WRONG)

    migration.write_decided_on(apps, None)

    found = dict(ImprovementProject.objects.values_list("pk", "decided_on"))
    assert (found[project.pk], found[bare.pk]) == (NOW.date(), bare.created_at.date())
    assert ImprovementProject.objects.get(state=ProjectState.PROPOSED).decided_on is None


def test_report_is_of_the_day_since_which_the_step_is_done(room, project):
    step = project.steps.get()
    done = {"progress": "完成", "done_on": NOW.date()}
    report_step(step, by=room.foreman, now=NOW, **done)
    report_step(step, by=room.foreman, progress="还差", now=NOW + timedelta(days=1))
    report_step(step, by=room.foreman, now=NOW + timedelta(days=2), **done)
    report_step(step, by=room.manager, progress="完成了", done_on=NOW.date(), now=NOW + timedelta(days=3))
    ProjectStep.objects.update(reported_on=WRONG)

    migration.write_reported_on(apps, None)

    assert ProjectStep.objects.get().reported_on == NOW.date() + timedelta(days=2)


def test_closed_minutes_get_the_names_of_today(room, project):
    meeting = AnalysisMeeting.objects.get()
    meeting.attendees.set([room.foreman])
    close_meeting(meeting, by=room.head, now=NOW)
    kept = [AnalysisMeeting.objects.get().names, AgendaItem.objects.get().told]
    AnalysisMeeting.objects.update(names={})
    AgendaItem.objects.update(told={})

    migration.write_names(apps, None)

    assert [AnalysisMeeting.objects.get().names, AgendaItem.objects.get().told] == kept


def test_words_kept_at_closing_stay(room, project):
    close_meeting(AnalysisMeeting.objects.get(), by=room.head, now=NOW)
    AgendaItem.objects.update(told={"measure": "当时的措施", "crews": ["当时的工班"]})

    migration.write_names(apps, None)

    told = AgendaItem.objects.get().told
    assert (told["measure"], told["crews"], told["decided_by"]) == ("当时的措施", ["当时的工班"], "head")
