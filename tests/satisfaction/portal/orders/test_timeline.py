"""An order's timeline, from report to confirmed effect, as each viewer sees it (domain §4, §9, §12)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from evaluations.callbacks.answers import Answers
from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.correct import correct_callback
from evaluations.callbacks.open_call import open_callback
from evaluations.callbacks.save import save_call
from evaluations.callbacks.undo import undo_save
from evaluations.enums import Outcome
from evaluations.feedback.publish import publish_day
from evaluations.self_evaluation.actions import (
    SelfEvaluationAnswers,
    correct_self_evaluation,
    save_self_evaluation,
)
from improvement.enums import Decision, ProjectState
from improvement.models import ImprovementProject, RevisitQuestion
from tests.factories import make_self_evaluation
from tests.worlds.crew import DAY, EVENING, queries_of
from tests.worlds.desk import NINE, dissatisfied, rated
from tests.worlds.meetings import LATER, Room, item_of
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
REPAIR = [
    ("报修", "张工", True),
    ("首次联系", "维修人 W1", False),
    ("修复", "维修人 W1", True),
    ("关闭", "工班甲", True),
    ("收到工单", "", False),
]
RATED = [
    ("工长自评:满意", "foreman", True),
    ("报修人评价:不满意", "dispatcher", True),
    ("发布给工班", "系统", True),
]
VISIT = [("开始填写回访表", "foreman"), ("工长当面回访", "foreman"), ("提交回访表", "foreman")]
READ, TOLD = [(*one, True) for one in VISIT], [(*one, False) for one in VISIT]
IMPROVED = [
    ("故障分析会:新建改善项目", "head", True),
    ("改善项目:响应慢", "head", True),
    ("整改效果评定", "manager", True),
    ("整改效果确认", "head", True),
]
DRAWN, DRAWN_TOLD = [("抽取:调度", "dispatcher", True)], [("抽取:调度", "dispatcher", False)]


@pytest.fixture
def order(room: Room, time_machine) -> WorkOrder:
    """The full history: dissatisfied, published, revisited, discussed, improved, confirmed."""
    room.worker.employee_no, room.worker.name = "W1", "维修人"
    room.worker.save()
    order = room.dissatisfied(number="WX/7", reporter_name="张工")
    order.callback.run.at = order.received_at + timedelta(minutes=1)
    order.callback.run.save()
    room.revisit(order)
    item = room.decide(item_of(room.opened()), Decision.NEW_PROJECT)
    ImprovementProject.objects.filter(pk=item.project_id).update(
        state=ProjectState.CONFIRMED,
        effect="响应变快",
        evaluated_by=room.manager,
        evaluated_at=LATER - timedelta(days=1),
        confirmed_by=room.head,
        confirmed_at=LATER,
    )
    time_machine.move_to(LATER, tick=False)
    return order


def events_of(client, room: Room, name: str, order: WorkOrder):
    client.force_login(room.fresh(name))
    return client.get(reverse("orders:page", args=[order.number])).context["events"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("foreman", [*REPAIR, *DRAWN_TOLD, *RATED, *READ, *IMPROVED]),
        ("deputy", [*REPAIR, *DRAWN_TOLD, *RATED, *READ, *IMPROVED]),
        ("technician", [*REPAIR, *DRAWN_TOLD, *RATED, *TOLD]),
        ("dispatcher", [*REPAIR, *DRAWN, *RATED, *TOLD]),
        ("lead", [*REPAIR, *DRAWN, *RATED, *READ, *IMPROVED]),
        ("manager", [*REPAIR, *DRAWN, *RATED, *READ, *IMPROVED]),
        ("head", [*REPAIR, *DRAWN, *RATED, *READ, *IMPROVED]),
        ("admin", [*REPAIR, *DRAWN, *RATED, *TOLD, *IMPROVED]),
    ],
)
def test_every_entry_says_who_and_when_and_leads_on_as_far_as_the_viewer_may(
    client, room, order, name, expected
):
    events = events_of(client, room, name, order)

    told = [(event.label, event.who, bool(event.url)) for event in events]
    assert sorted(told) == sorted(expected)
    assert all(event.at for event in events) and events == sorted(events, key=lambda event: event.at)
    assert {client.get(url).status_code for url in {event.url for event in events} - {""}} == {200}


def test_before_the_crew_may_know_its_leads_read_of_the_repair_alone(client, room, time_machine):
    order = room.dissatisfied()
    order.callback.published_at = None
    order.callback.save()
    time_machine.move_to(LATER, tick=False)

    told = {name: len(events_of(client, room, name, order)) for name in ("foreman", "deputy", "head")}

    assert told == {
        "foreman": 6,
        "deputy": 6,
        "head": 7,
    }  # a head reads their own rating once it is published


def notes_of(client, person, order: WorkOrder, label: str) -> list[tuple[str, str]]:
    client.force_login(person)
    events = client.get(reverse("orders:page", args=[order.number])).context["events"]
    return [(event.who, event.note) for event in events if event.label == label]


def test_correction_is_shown_old_and_new_with_the_words_and_the_reason(client, desk, time_machine):
    callback = rated(desk.callback(), desk.caller, answers=dissatisfied(1, words="修了三次还是坏的"))
    make_self_evaluation(callback.order, by=desk.stage.foreman, rated_at=NINE)
    correct_callback(
        callback, state="refused", answers=Answers(), by=desk.caller, now=NINE, reason="报修人改口"
    )
    time_machine.move_to(EVENING, tick=False)
    expected = (
        "dispatcher",
        "回访结果:已评价 → 拒绝评价；总体评价:不满意 → 空；报修人的话:修了三次还是坏的 → 空；"
        "不满意问题类型:1 → 空\n报修人改口",
    )

    before = {one: notes_of(client, getattr(desk.stage, one), callback.order, "更正回访") for one in READERS}
    publish_day(DAY, by=desk.lead, now=EVENING)
    after = notes_of(client, desk.stage.foreman, callback.order, "更正回访")

    assert before == {"manager": [expected], "head": [expected], "foreman": []}
    assert after == [expected]


READERS = ("manager", "head", "foreman")


def test_undone_save_is_shown_with_what_was_saved(client, desk, time_machine):
    callback = desk.callback()
    open_callback(callback, by=desk.caller, now=NINE)
    bad = Attempt(Outcome.REACHED, dissatisfied(1, words="还是坏的"), token=uuid4())
    _callback, save = save_call(callback, bad, by=desk.caller, now=NINE)
    undo_save(save, by=desk.caller, now=NINE + timedelta(seconds=2))
    time_machine.move_to(EVENING, tick=False)

    told = {one: notes_of(client, getattr(desk.stage, one), callback.order, "撤销保存") for one in READERS}

    expected = (
        "dispatcher",
        "拨打结果:接通并评价 → 空；回访结果:已评价 → 待回访；总体评价:不满意 → 空；"
        "报修人的话:还是坏的 → 空；不满意问题类型:1 → 空",
    )
    assert told == {"manager": [expected], "head": [expected], "foreman": []}


def test_corrected_self_evaluation_is_shown_old_and_new_once_it_is_published(client, desk, time_machine):
    callback = rated(desk.callback(), desk.caller)
    given = save_self_evaluation(
        callback.order, by=desk.stage.foreman, answer=SelfEvaluationAnswers("satisfied"), now=NINE
    )
    worse = SelfEvaluationAnswers("dissatisfied", opinion="加强培训")
    correct_self_evaluation(given, by=desk.stage.foreman, answer=worse, now=NINE, reason="看错")
    time_machine.move_to(EVENING, tick=False)
    expected = [("foreman", "自评:满意 → 不满意；整改意见:空 → 加强培训\n看错")]

    before = {one: notes_of(client, getattr(desk.stage, one), callback.order, "更正自评") for one in READERS}
    publish_day(DAY, by=desk.lead, now=EVENING)
    after = {one: notes_of(client, getattr(desk.stage, one), callback.order, "更正自评") for one in READERS}

    assert before == {"manager": [], "head": [], "foreman": expected}
    assert after == dict.fromkeys(READERS, expected)


@pytest.mark.parametrize("who", ["dispatcher", "lead", "manager", "head"])
def test_saving_and_undoing_does_not_show_the_self_evaluation(client, desk, time_machine, who):
    """The caller reads it only after the rating can no longer be changed."""
    callback = desk.callback()
    make_self_evaluation(callback.order, by=desk.stage.foreman, rated_at=NINE, comment="评语在此")
    rated(callback, desk.caller)
    time_machine.move_to(EVENING, tick=False)
    client.force_login(desk.lead if who == "lead" else getattr(desk.stage, who))

    page = client.get(reverse("orders:page", args=[callback.order.number])).content.decode()

    assert ("评语在此" in page, "工长自评在回访结果发布后可见" in page) == (False, True)


def test_a_longer_story_asks_as_many_questions(client, room, order):
    """This holds for one resulting project or two, and however often the form was sent back."""
    client.force_login(room.fresh("head"))
    address = reverse("orders:page", args=[order.number])
    short = queries_of(client, address)
    for n in range(3):
        asked_at = LATER - timedelta(days=3 - n)
        RevisitQuestion.objects.create(
            revisit=order.revisit,
            question="何时装好?",
            asked_by=room.head,
            asked_at=asked_at,
            answer="本周五",
            answered_by=room.foreman,
            answered_at=asked_at,
        )

    assert queries_of(client, address) == short
