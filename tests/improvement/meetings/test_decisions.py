from itertools import product

import pytest

from improvement.enums import Decision, ItemKind, MeetingState, ProjectSource, ProjectState
from improvement.meetings.actions import close_meeting
from improvement.meetings.agenda import live_agenda
from improvement.meetings.decisions import decide_item
from improvement.meetings.minutes import decisions_in_words
from improvement.meetings.queries import annotated_meetings, decision_counts
from improvement.meetings.rules import ALLOWED_DECISIONS
from improvement.models import AgendaItem, ImprovementProject
from improvement.projects.transitions import cancel_project, start_project
from improvement.revisits.actions import return_with_question
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.versioned import StaleVersion
from tests.worlds.meetings import (
    DECIDED_ON,
    LATER,
    NEXT_AT,
    NOW,
    ROLES,
    item_in,
)

pytestmark = pytest.mark.django_db


def extra(room, decision):
    return {"project": room.project_in(ProjectState.DECIDED)} if decision == Decision.ADDED else {}


@pytest.mark.parametrize(("kind", "decision"), list(product(ItemKind, Decision)))
def test_each_kind_of_item_has_its_decisions(room, kind, decision):
    item = item_in(room, kind)

    if decision in ALLOWED_DECISIONS[kind]:
        assert room.decide(item, decision, **extra(room, decision)).decision == decision
    else:
        with pytest.raises(Refused, match="不能作这样的决定"):
            room.decide(item, decision, **extra(room, decision))


@pytest.mark.parametrize(
    ("kind", "decision"), [(kind, decision) for kind in ItemKind for decision in ALLOWED_DECISIONS[kind]]
)
def test_decision_twice_is_one(room, kind, decision):
    item = item_in(room, kind)
    given = extra(room, decision)
    room.decide(item, decision, **given)
    projects = ImprovementProject.objects.count()

    again = room.decide(item, decision, by=room.manager, now=LATER, **given)

    assert (again.decision, again.decided_by, again.decided_at, again.version) == (
        decision,
        room.head,
        NOW,
        2,
    )
    assert ImprovementProject.objects.count() == projects


@pytest.mark.parametrize("name", [name for name in ROLES if name not in ("manager", "head")])
def test_deciding_is_for_managers(room, name):
    item = item_in(room, ItemKind.REVISIT)

    with pytest.raises(NotAllowed):
        room.decide(item, Decision.NO_ACTION, by=getattr(room, name))


@pytest.mark.parametrize("kind", ItemKind)
def test_closed_decisions_do_not_change(room, kind):
    item = item_in(room, kind, MeetingState.CLOSED)
    decision = ALLOWED_DECISIONS[kind][0]

    with pytest.raises(Refused, match="会议已结束"):
        room.decide(item, decision)


@pytest.mark.parametrize(
    "decision", [Decision.NO_ACTION, Decision.DEFERRED, Decision.DISMISSED, Decision.NOT_EFFECTIVE]
)
def test_exceptions_need_a_reason(room, decision):
    kind = next(kind for kind in ItemKind if decision in ALLOWED_DECISIONS[kind])
    item = item_in(room, kind)

    with pytest.raises(Refused, match="请写明理由"):
        room.decide(item, decision, reason="  ")


def test_second_tab_is_told(room):
    item = item_in(room, ItemKind.REVISIT)
    room.decide(item, Decision.NO_ACTION)

    with pytest.raises(StaleVersion):
        resolution = room.resolution(Decision.DEFERRED)
        decide_item(item, by=room.manager, resolution=resolution, version=item.version, now=NOW)

    assert AgendaItem.objects.get(pk=item.pk).decision == Decision.NO_ACTION


def test_new_project_is_decided_at_once_with_what_the_revisit_says(room):
    item = room.decide(item_in(room, ItemKind.REVISIT), Decision.NEW_PROJECT)

    project = item.project
    assert (
        project.state,
        project.problem,
        project.source,
        project.source_text,
        project.initial_measure,
        project.decided_measure,
        project.responsible,
        list(project.crews.all()),
        [kind.code for kind in project.problem_types.all()],
    ) == (
        ProjectState.DECIDED,
        "响应慢",
        ProjectSource.REVISITS,
        item.revisit.order.number,
        "当日联系报修人",
        "设专人值守",
        room.manager,
        [room.crew],
        [1],
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"measure": " "}, "会议讨论确定的整改措施"),
        ({"problem": ""}, "改善问题描述"),
        ({"responsible": None}, "请选择负责人"),
    ],
)
def test_new_project_needs_words_and_somebody(room, given, sentence):
    item = item_in(room, ItemKind.REVISIT)

    with pytest.raises(Refused, match=sentence):
        room.decide(item, Decision.NEW_PROJECT, **given)

    assert not ImprovementProject.objects.exists()


def test_responsible_is_somebody_who_may(room):
    with pytest.raises(Refused, match="负责人须是"):
        room.decide(item_in(room, ItemKind.REVISIT), Decision.NEW_PROJECT, responsible=room.technician)


def test_new_project_is_reworded_while_the_meeting_types(room):
    item = room.decide(item_in(room, ItemKind.REVISIT), Decision.NEW_PROJECT)

    again = room.decide(item, Decision.NEW_PROJECT, measure="两人值守", responsible=room.foreman)

    assert again.project == item.project
    assert (again.project.decided_measure, again.project.responsible) == ("两人值守", room.foreman)


def test_new_project_in_progress_is_not_reworded(room):
    item = room.decide(item_in(room, ItemKind.REVISIT), Decision.NEW_PROJECT)
    room.step(item.project)
    start_project(item.project, by=room.manager, now=NOW)

    with pytest.raises(Refused, match="已在推进"):
        room.decide(item, Decision.NEW_PROJECT, measure="两人值守")


def test_other_decision_waits_until_the_new_project_is_cancelled(room):
    item = room.decide(item_in(room, ItemKind.REVISIT), Decision.NEW_PROJECT)
    with pytest.raises(Refused, match="取消那个项目"):
        room.decide(item, Decision.NO_ACTION)

    cancel_project(item.project, by=room.head, reason="记错了", now=NOW)
    again = room.decide(item, Decision.NO_ACTION)

    assert (again.decision, again.project) == (Decision.NO_ACTION, None)


def test_added_revisit_widens_the_project(room):
    project = room.proposed(crews=frozenset({room.other_crew.pk}), problem_types=frozenset())

    item = room.decide(item_in(room, ItemKind.REVISIT), Decision.ADDED, project=project, measure="两人值守")

    project.refresh_from_db()
    assert (
        item.project,
        set(project.crews.all()),
        project.problem_types.count(),
        project.decided_measure,
    ) == (
        project,
        {room.crew, room.other_crew},
        0,
        "两人值守",
    )


@pytest.mark.parametrize("state", [ProjectState.EVALUATED, ProjectState.CONFIRMED, ProjectState.CANCELLED])
def test_nothing_is_added_to_a_project_that_is_over(room, state):
    project = room.project_in(state)

    with pytest.raises(Refused, match="不能再并入"):
        room.decide(item_in(room, ItemKind.REVISIT), Decision.ADDED, project=project)


def test_added_to_nothing_is_refused(room):
    with pytest.raises(Refused, match="请选择要并入"):
        room.decide(item_in(room, ItemKind.REVISIT), Decision.ADDED)


def test_replaced_decision_forgets_the_project(room):
    item = item_in(room, ItemKind.REVISIT)
    room.decide(item, Decision.ADDED, project=room.project_in(ProjectState.DECIDED))

    again = room.decide(item, Decision.DEFERRED)

    assert (again.decision, again.project, again.reason) == (Decision.DEFERRED, None, "理由充分")


@pytest.mark.parametrize("decision", [Decision.NEW_PROJECT, Decision.NO_ACTION])
def test_revisit_that_went_back_is_not_decided(room, decision):
    item = item_in(room, ItemKind.REVISIT)
    return_with_question(item.revisit, by=room.head, question="何时到场?", now=NOW, meeting=item.meeting)

    with pytest.raises(Refused, match="已退回工长"):
        room.decide(item, decision)


def test_exceptions_are_counted(room):
    item = room.decide(item_in(room, ItemKind.REVISIT), Decision.NO_ACTION)

    counts = decision_counts(item.meeting.items.all())
    assert annotated_meetings().get().no_action_count == counts[Decision.NO_ACTION] == 1
    assert decisions_in_words(counts | {"": 2}) == "不立项(例外) 1 · 未决定 2"


@pytest.mark.parametrize("state", ProjectState)
def test_confirming_needs_an_evaluated_effect(room, state):
    item = item_in(room, ItemKind.EFFECT)
    ImprovementProject.objects.filter(pk=item.project_id).update(state=state, **whole(room, state))

    if state == ProjectState.EVALUATED:
        done = room.decide(item, Decision.CONFIRMED)
        assert (done.project.state, done.project.confirmed_by, done.project.confirmed_at) == (
            ProjectState.CONFIRMED,
            room.head,
            NOW,
        )
    else:
        with pytest.raises(Refused, match="不能变为"):
            room.decide(item, Decision.CONFIRMED)


@pytest.mark.parametrize("state", sorted(set(ProjectState) - {ProjectState.EVALUATED}))
@pytest.mark.parametrize(
    ("kind", "decision"), [(ItemKind.EFFECT, Decision.NOT_EFFECTIVE), (ItemKind.PROJECT, Decision.ACCEPTED)]
)
def test_other_decisions_on_projects_need_their_state(room, kind, decision, state):
    if (kind, state) == (ItemKind.PROJECT, ProjectState.PROPOSED):
        return
    item = item_in(room, kind)
    ImprovementProject.objects.filter(pk=item.project_id).update(state=state, **whole(room, state))

    with pytest.raises(Refused, match="不能变为"):
        room.decide(item, decision)


def whole(room, state):
    """Fields that the constraints require of a project in this state."""
    if state == ProjectState.CANCELLED:
        return {"cancelled_reason": "不再需要"}
    if state == ProjectState.PROPOSED:
        return {}
    decided = {"decided_on": DECIDED_ON}
    evaluated = decided | {"effect": "响应变快", "evaluated_by": room.manager, "evaluated_at": NOW}
    if state == ProjectState.CONFIRMED:
        return evaluated | {"confirmed_by": room.head, "confirmed_at": NOW}
    return evaluated if state == ProjectState.EVALUATED else decided


def test_effect_is_not_confirmed_by_the_responsible(room):
    item = item_in(room, ItemKind.EFFECT)

    with pytest.raises(NotAllowed, match="不能由做这项工作的人确认"):
        room.decide(item, Decision.CONFIRMED, by=room.manager)


@pytest.mark.parametrize("field", ["who", "done_by"])
def test_effect_is_not_confirmed_by_who_did_a_step(room, field):
    item = item_in(room, ItemKind.EFFECT)
    item.project.steps.update(**{field: room.head})

    with pytest.raises(NotAllowed):
        room.decide(item, Decision.CONFIRMED)


def test_not_effective_goes_back_to_work_and_is_measured_anew(room):
    item = room.decide(item_in(room, ItemKind.EFFECT), Decision.NOT_EFFECTIVE)

    project = ImprovementProject.objects.get()
    assert (
        project.state,
        project.effect,
        project.effect_numbers,
        project.effective_on,
        project.evaluated_by,
    ) == (ProjectState.IN_PROGRESS, "", {}, None, None)
    assert item.proposal["effect"] == "响应变快"
    assert project.history.first().history_change_reason == "理由充分"


def test_accepted_proposal_has_the_meetings_measure(room):
    item = room.decide(item_in(room, ItemKind.PROJECT), Decision.ACCEPTED)

    assert (item.project.state, item.project.decided_measure) == (ProjectState.DECIDED, "设专人值守")


@pytest.mark.parametrize(
    ("kind", "decision", "other"),
    [
        (ItemKind.EFFECT, Decision.CONFIRMED, Decision.DEFERRED),
        (ItemKind.EFFECT, Decision.NOT_EFFECTIVE, Decision.CONFIRMED),
        (ItemKind.PROJECT, Decision.ACCEPTED, Decision.DEFERRED),
    ],
)
def test_what_moved_a_project_is_not_taken_back(room, kind, decision, other):
    item = room.decide(item_in(room, kind), decision)

    with pytest.raises(Refused, match="已经生效"):
        room.decide(item, other)


def test_proposal_taken_up_concerns_the_crews_of_its_orders(room):
    room.dissatisfied(technician=room.other_worker, reporter_location="三楼机房", types=())

    item = room.decide(item_in(room, ItemKind.PROPOSAL), Decision.NEW_PROJECT)

    assert (item.project.source, set(item.project.crews.all())) == (
        ProjectSource.MEETING,
        {room.crew, room.other_crew},
    )


@pytest.mark.parametrize(
    ("decision", "is_back"),
    [(Decision.DISMISSED, False), (Decision.NEW_PROJECT, False), (Decision.DEFERRED, True)],
)
def test_decided_proposal_does_not_come_back(room, decision, is_back):
    item = item_in(room, ItemKind.PROPOSAL)
    for proposal in item.meeting.items.filter(kind=ItemKind.PROPOSAL):
        room.decide(proposal, decision)
    close_meeting(item.meeting, by=room.head, now=NOW)

    room.planned(NEXT_AT)
    proposals = [one for one in live_agenda(NOW).items if one.kind == ItemKind.PROPOSAL]

    assert bool(proposals) is is_back
