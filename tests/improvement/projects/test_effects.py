from datetime import timedelta

import pytest

from evaluations.enums import ObjectionState, Rating
from evaluations.models import EvaluationPolicy, Objection, ProblemType, TakenOut
from improvement.enums import Decision, ItemKind, ProjectState
from improvement.meetings.actions import close_meeting
from improvement.meetings.timeline import meeting_timeline
from improvement.models import ImprovementProject
from improvement.projects.effect_queries import dissatisfied_orders
from improvement.projects.effects import current_effect, effect_sentence, effect_windows
from improvement.projects.rules_effect import Effect, RatingTally, make_windows
from tests.factories import OrderFactory, make_callback, make_self_evaluation
from tests.worlds.meetings import BEFORE, DAY, LATER, NEXT_AT, NOW, item_of

pytestmark = pytest.mark.django_db


def project(room, *codes, crews=None):
    """A project in progress, its measure in force from DAY on."""
    found = room.proposed(
        problem_types=frozenset(ProblemType.objects.filter(code__in=codes).values_list("pk", flat=True)),
        crews=frozenset({room.crew.pk} if crews is None else crews),
        effective_on=DAY,
    )
    ImprovementProject.objects.filter(pk=found.pk).update(state=ProjectState.IN_PROGRESS, decided_on=DAY)
    found.refresh_from_db()
    return found


def order(room, day, rating, *codes, worker=None):
    found = OrderFactory(technician=worker or room.worker, day=DAY + timedelta(days=day))
    make_self_evaluation(found, by=room.foreman)
    room.rated(found, rating, types=codes)
    return found


def tallies(found, now=LATER):
    effect = current_effect(found, now=now)
    return effect.before, effect.after


def test_counts_are_of_equal_time_before_and_after(room):
    for day in (-31, -30, -1, 0, 29, 30):
        order(room, day, Rating.DISSATISFIED, 1)
    for day in (-5, 5, 6):
        order(room, day, Rating.SATISFIED)

    assert tallies(project(room, 1)) == (RatingTally(3, 2), RatingTally(4, 2))


def test_counts_are_of_the_problem_types_concerned(room):
    order(room, -1, Rating.DISSATISFIED, 1, 2)
    order(room, -1, Rating.DISSATISFIED, 2)
    order(room, -1, Rating.DISSATISFIED)

    assert tallies(project(room, 1)) == (RatingTally(3, 1, untyped=1), RatingTally(0, 0))
    assert tallies(project(room)) == (RatingTally(3, 3), RatingTally(0, 0))


def test_counts_are_of_the_crews_concerned(room):
    order(room, -1, Rating.DISSATISFIED, 1)
    order(room, -1, Rating.DISSATISFIED, 1, worker=room.other_worker)

    assert tallies(project(room, 1))[0] == RatingTally(1, 1)
    assert tallies(project(room, 1, crews=()))[0] == RatingTally(2, 2)


def test_counts_leave_out_what_the_scores_leave_out(room):
    taken, objected, hidden, unrated = (order(room, 1, Rating.DISSATISFIED, 1) for _ in range(4))
    TakenOut.objects.create(order=taken, reason="误报", by=room.head, at=NOW)
    Objection.objects.create(
        order=objected,
        state=ObjectionState.UPHELD,
        reason="误评",
        by=room.foreman,
        at=NOW,
        decision="属实",
        decided_by=room.head,
        decided_at=NOW,
    )
    hidden.callback.published_at = None
    hidden.callback.save()
    make_callback(OrderFactory(technician=room.worker, day=DAY), room.dispatcher)

    assert tallies(project(room, 1))[1] == RatingTally(1, 1)
    assert unrated.callback.published_at


def test_counts_wait_until_the_crew_may_know(room):
    found = OrderFactory(technician=room.worker, day=DAY)
    room.rated(found, Rating.DISSATISFIED, types=(1,))
    just_before = found.last_due_at - timedelta(minutes=1)

    assert [tallies(project(room, 1), now)[1] for now in (just_before, found.last_due_at)] == [
        RatingTally(0, 0),
        RatingTally(1, 1),
    ]


def test_orders_behind_the_counts_are_listed(room):
    late, early = order(room, 2, Rating.DISSATISFIED, 1), order(room, -2, Rating.DISSATISFIED, 1)
    order(room, 2, Rating.DISSATISFIED, 2)
    span = effect_windows(project(room, 1), now=LATER)

    types = list(ProblemType.objects.filter(code=1).values_list("pk", flat=True))

    assert list(dissatisfied_orders([room.crew.pk], types, span, now=LATER)) == [late, early]


def test_length_is_the_policys(room):
    EvaluationPolicy.objects.update(effect_days=10)

    span = effect_windows(project(room), now=LATER)

    assert (span.before_first, span.after_last) == (DAY - timedelta(days=10), DAY + timedelta(days=9))


def test_nothing_in_force_has_no_effect(room):
    found = room.project_in(ProjectState.IN_PROGRESS)

    assert (current_effect(found, now=NOW), effect_sentence(None)) == (
        None,
        "措施还没有生效:填写生效日,或等全部步骤完成。",
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            RatingTally(4, 1),
            RatingTally(3, 0),
            "工单太少,看不出效果:生效前 4 张、生效后 3 张有评价,每段至少要 20 张。",
        ),
        (
            RatingTally(100, 10),
            RatingTally(100, 9),
            "不满意率由 10.0 % 变为 9.0 %,差别没有超出偶然波动(95%),工单数还不足以说明有没有效果。",
        ),
        (
            RatingTally(100, 30),
            RatingTally(100, 5),
            "不满意率由 30.0 % 降到 5.0 %,下降 14.8 至 35.0 个百分点(95%),不是偶然波动。",
        ),
        (
            RatingTally(100, 5),
            RatingTally(100, 30),
            "不满意率由 5.0 % 升到 30.0 %,上升 14.8 至 35.0 个百分点(95%),不是偶然波动。",
        ),
    ],
)
def test_sentence_is_plain(before, after, words):
    assert effect_sentence(Effect(make_windows(DAY, 30, today=LATER.date()), before, after)) == words


def test_sentence_says_that_the_time_is_not_over():
    running = Effect(make_windows(DAY, 30, today=DAY), RatingTally(100, 30), RatingTally(5, 0))

    assert effect_sentence(running) == "生效后的 30 天到2026年6月9日为止,还没有过完,现在的数字只供参考。"


def followed(room):
    """An order whose revisit was deferred once, led to a project and ended with a confirmed effect."""
    revisit = room.revisit()
    item = room.decide(item_of(room.opened()), Decision.NEW_PROJECT)
    ImprovementProject.objects.filter(pk=item.project_id).update(
        state=ProjectState.CONFIRMED,
        effect="响应变快",
        evaluated_by=room.manager,
        evaluated_at=NOW,
        confirmed_by=room.head,
        confirmed_at=LATER,
    )
    return revisit.order


@pytest.mark.parametrize("name", ["foreman", "deputy", "lead", "manager", "head", "admin"])
def test_timeline_goes_from_the_meeting_to_the_confirmed_effect(room, name):
    found = followed(room)
    page = f"/improvement/projects/{ImprovementProject.objects.get().pk}/"

    events = meeting_timeline(found, person=getattr(room, name), now=NOW)

    assert [(event.at, event.label, event.who, event.url) for event in events] == [
        (NOW, "故障分析会:新建改善项目", "head", "/improvement/meetings/2026-06/"),
        (NOW, "改善项目:响应慢", "head", page),
        (NOW, "整改效果评定", "manager", page),
        (LATER, "整改效果确认", "head", page),
    ]


@pytest.mark.parametrize("name", ["technician", "dispatcher", "outsider"])
def test_timeline_tells_nothing_to_who_may_not_read_it(room, name):
    assert meeting_timeline(followed(room), person=getattr(room, name), now=NOW) == []


def test_timeline_asks_a_fixed_number_of_questions(room, django_assert_num_queries):
    found, foreman = followed(room), room.fresh("foreman")
    assert foreman.roles

    with django_assert_num_queries(3):
        meeting_timeline(found, person=foreman, now=BEFORE)


def test_timeline_keeps_that_a_meeting_found_the_effect_wanting(room):
    revisit = room.revisit()
    project = room.project_in(ProjectState.EVALUATED)
    ImprovementProject.objects.filter(pk=project.pk).update(state=ProjectState.IN_PROGRESS)
    june = room.opened()
    room.decide(item_of(june), Decision.ADDED, project=project)
    close_meeting(june, by=room.head, now=NOW)
    ImprovementProject.objects.filter(pk=project.pk).update(state=ProjectState.EVALUATED)
    july = room.opened(NEXT_AT, LATER)
    room.decide(item_of(july, ItemKind.EFFECT), Decision.NOT_EFFECTIVE, now=LATER)

    events = meeting_timeline(revisit.order, person=room.foreman, now=LATER)

    assert [(event.at, event.label, event.who, event.note, event.url) for event in events][-1:] == [
        (LATER, "故障分析会:效果不足,继续整改", "head", "理由充分", "/improvement/meetings/2026-07/")
    ]
