"""Concurrent changes of meetings and projects, with real transactions and real locks."""

from uuid import uuid4

import pytest

from improvement.enums import Decision, ItemKind, MeetingState, ProjectState, RevisitState
from improvement.meetings.actions import close_meeting, open_meeting, plan_meeting
from improvement.meetings.decisions import decide_item
from improvement.models import AgendaItem, AnalysisMeeting, ImprovementProject, ProjectStep, Revisit
from improvement.projects.actions import create_project
from improvement.projects.steps import report_step
from improvement.projects.transitions import cancel_project, start_project
from improvement.revisits.actions import return_with_question
from satisfaction.core.errors import Refused
from tests.worlds.meetings import BEFORE, NOW, PLANNED_AT, item_of
from tests.worlds.threads import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_two_who_call_the_months_meeting_call_one(room):
    results = at_once(
        *[
            lambda by=by: plan_meeting(by=by, planned_at=PLANNED_AT, now=BEFORE)
            for by in (room.head, room.manager)
        ]
    )

    assert results[0] == results[1]
    assert AnalysisMeeting.objects.count() == 1


def test_two_who_open_open_once(room):
    room.revisit()
    meeting = room.planned()

    at_once(*[lambda by=by: open_meeting(meeting, by=by, now=NOW) for by in (room.head, room.manager)])

    assert AgendaItem.objects.filter(kind=ItemKind.REVISIT).count() == 1
    assert meeting.history.filter(state=MeetingState.OPEN).count() == 1


def test_two_decisions_on_one_item_are_one_and_a_sentence(room):
    room.revisit()
    item = item_of(room.opened())

    def decide(decision, by):
        return decide_item(item, by=by, resolution=room.resolution(decision), version=item.version, now=NOW)

    results = at_once(
        lambda: decide(Decision.NO_ACTION, room.head), lambda: decide(Decision.DEFERRED, room.manager)
    )

    assert sorted(isinstance(result, Refused) for result in results) == [False, True]
    assert AgendaItem.objects.get(pk=item.pk).version == 2


def test_new_project_of_two_tabs_is_one(room):
    room.revisit()
    item = item_of(room.opened())
    resolution = room.resolution(Decision.NEW_PROJECT)

    at_once(*[lambda: decide_item(item, by=room.head, resolution=resolution, version=1, now=NOW)] * 2)

    assert ImprovementProject.objects.count() == 1


def test_decision_and_question_do_not_both_fall(room):
    revisit = room.revisit()
    item = item_of(room.opened())
    resolution = room.resolution(Decision.NO_ACTION)

    at_once(
        lambda: decide_item(item, by=room.manager, resolution=resolution, now=NOW),
        lambda: return_with_question(
            revisit, by=room.head, question="何时到场?", now=NOW, meeting=item.meeting
        ),
    )

    is_decided = AgendaItem.objects.get(pk=item.pk).decision != ""
    is_returned = Revisit.objects.get().state == RevisitState.RETURNED
    assert is_decided is not is_returned


def test_meeting_does_not_close_under_a_decision(room):
    room.revisit()
    meeting = room.opened()
    item = item_of(meeting)

    closed, decided = at_once(
        lambda: close_meeting(meeting, by=room.head, now=NOW),
        lambda: decide_item(item, by=room.manager, resolution=room.resolution(Decision.NO_ACTION), now=NOW),
    )

    assert not isinstance(decided, Refused)
    is_closed = AnalysisMeeting.objects.get().state == MeetingState.CLOSED
    assert is_closed is not isinstance(closed, Refused)


def test_same_form_at_once_is_one_project(room):
    token = uuid4()

    first, second = at_once(
        *[lambda: create_project(by=room.manager, plan=room.plan(), token=token, now=NOW)] * 2
    )

    assert first == second


def test_project_is_started_or_cancelled(room):
    project = room.project_in(ProjectState.DECIDED)
    room.step(project)
    version = ImprovementProject.objects.get().version

    results = at_once(
        lambda: start_project(project, by=room.manager, version=version, now=NOW),
        lambda: cancel_project(project, by=room.head, reason="停", version=version, now=NOW),
    )

    assert sorted(isinstance(result, Refused) for result in results) == [False, True]


def test_two_reports_on_one_step_are_one_and_a_sentence(room):
    step = room.project_in(ProjectState.IN_PROGRESS).steps.get()

    results = at_once(
        lambda: report_step(step, by=room.foreman, progress="一半", version=1, now=NOW),
        lambda: report_step(step, by=room.manager, progress="全部", version=1, now=NOW),
    )

    assert sorted(isinstance(result, Refused) for result in results) == [False, True]
    assert ProjectStep.objects.get().version == 2
