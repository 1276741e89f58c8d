"""Every pair of concurrent actions on one order: no error, and a permitted result (domain §3 to domain §8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import combinations_with_replacement
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Q
from django.utils import timezone

from evaluations.callbacks.answers import Answers
from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.correct import correct_callback
from evaluations.callbacks.phone_numbers import correct_number
from evaluations.callbacks.postpone import postpone
from evaluations.callbacks.reassign import reassign
from evaluations.callbacks.save import end_unreachable, save_call
from evaluations.callbacks.withdraw import put_on_do_not_call, take_out
from evaluations.draw.run import draw_day
from evaluations.enums import ENDED_BY_CALL, OPEN, CallbackState, Outcome, Rating
from evaluations.feedback.acknowledge import acknowledge
from evaluations.feedback.objections import raise_objection
from evaluations.feedback.publish import publish_day
from evaluations.frozen import is_frozen
from evaluations.models import (
    Acknowledgement,
    Callback,
    CallSave,
    DoNotCall,
    Objection,
    RatingCorrection,
    SelfEvaluation,
    Settlement,
    TakenOut,
)
from evaluations.scores.settle import settle
from evaluations.self_evaluation.actions import (
    SelfEvaluationAnswers,
    correct_self_evaluation,
    save_self_evaluation,
)
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from satisfaction.core.roles import Role
from tests.factories import OrderFactory, make_callback, make_person, make_self_evaluation
from tests.worlds.crew import Stage
from tests.worlds.threads import at_once
from workorders.intake.complete import Completion, complete_orders
from workorders.intake.repeats import mark_duplicate
from workorders.models import WorkOrder

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SATISFIED = Answers(rating=Rating.SATISFIED)


@dataclass
class Scene:
    """One order, alone in its month, and its actors; times are read when an action begins."""

    stage: Stage
    people: dict[str, Any]
    order: WorkOrder

    @property
    def day(self) -> date:
        assert self.order.closed_on
        return self.order.closed_on

    @property
    def callback(self) -> Callback:
        """The state as shown by a page that was loaded before."""
        return Callback.objects.select_related("order").get(order=self.order)


Act = Callable[[Scene], Any]


def self_evaluate(scene: Scene) -> Any:
    return save_self_evaluation(
        scene.order,
        by=scene.stage.foreman,
        answer=SelfEvaluationAnswers(Rating.SATISFIED),
        now=timezone.now(),
    )


def correct_self(scene: Scene) -> Any:
    answer = SelfEvaluationAnswers(Rating.BASICALLY_SATISFIED)
    own = SelfEvaluation.objects.get(order=scene.order)
    return correct_self_evaluation(own, by=scene.stage.head, answer=answer, reason="核对", now=timezone.now())


def duplicate(scene: Scene) -> Any:
    by = scene.people["lead"]
    return mark_duplicate(scene.order, number="EARLIER", reason="同一次", by=by, is_frozen=is_frozen)


def leave_out(scene: Scene) -> Any:
    return take_out(scene.order, by=scene.stage.head, reason="演练", now=timezone.now())


def list_number(scene: Scene) -> Any:
    return put_on_do_not_call(
        phone=scene.order.reporter_phone,
        reason="要求",
        until_on=timezone.localdate(),
        by=scene.stage.head,
        now=timezone.now(),
    )


def draw(scene: Scene) -> Any:
    return draw_day(scene.day, now=timezone.now())


def save(scene: Scene) -> Any:
    attempt = Attempt(Outcome.REACHED, SATISFIED, token=uuid4())
    return save_call(scene.callback, attempt, by=scene.stage.dispatcher, now=timezone.now())


def give_up(scene: Scene) -> Any:
    return end_unreachable(scene.callback, by=scene.stage.dispatcher, now=timezone.now())


def wait_a_day(scene: Scene) -> Any:
    return postpone(scene.callback, by=scene.people["lead"], reason="在开会", now=timezone.now())


def give_away(scene: Scene) -> Any:
    to, by = scene.people["colleague"], scene.people["lead"]
    return reassign(scene.callback, to=to, by=by, reason="病假", now=timezone.now())


def change_number(scene: Scene) -> Any:
    by = scene.people["lead"]
    return correct_number(scene.callback, "13911112222", by=by, reason="换号", now=timezone.now())


def publish(scene: Scene) -> Any:
    return publish_day(scene.day, by=scene.people["lead"], reason="演练", now=timezone.now())


def correct_call(scene: Scene) -> Any:
    callback = scene.callback
    by = scene.stage.head if callback.published_at else scene.stage.dispatcher
    worse = Answers(rating=Rating.BASICALLY_SATISFIED, words=uuid4().hex)
    return correct_callback(
        callback, state=CallbackState.RATED, answers=worse, by=by, reason="听错", now=timezone.now()
    )


def complete(scene: Scene) -> Any:
    completion = Completion(scene.order.pk, kind="fault")
    return complete_orders([completion], by=scene.people["lead"], now=timezone.now())


def object_to_it(scene: Scene) -> Any:
    return raise_objection(scene.order, by=scene.stage.foreman, reason="不符", now=timezone.now())


def acknowledge_it(scene: Scene) -> Any:
    return acknowledge(scene.stage.crew, scene.day, by=scene.stage.foreman, now=timezone.now())


def settle_it(scene: Scene) -> Any:
    return settle(scene.day.replace(day=1), by=scene.stage.head, now=timezone.now())


# --- The order's states before two concurrent actions ---------------------------------------------------


def incomplete(scene: Scene) -> None:
    WorkOrder.objects.filter(pk=scene.order.pk).update(kind="", entered_at=None)


def undrawn(scene: Scene) -> None:
    """The order just after the import."""


def assigned(scene: Scene) -> None:
    make_callback(scene.order, scene.stage.dispatcher)


def ended(scene: Scene, **fields: Any) -> None:
    make_self_evaluation(scene.order, by=scene.stage.foreman, rated_at=scene.order.due_at)
    fields.setdefault("ended_at", timezone.now() - timedelta(hours=2))
    make_callback(scene.order, scene.stage.dispatcher, rating=Rating.SATISFIED, **fields)


def published(scene: Scene) -> None:
    ended(scene, published_at=timezone.now() - timedelta(hours=1))


def published_long_ago(scene: Scene) -> None:
    ended(scene, ended_at=scene.order.due_at, published_at=scene.order.last_due_at)


PAIRS: list[tuple[Callable[[Scene], None], list[Act]]] = [
    (incomplete, [complete, leave_out, draw, settle_it, duplicate]),
    (undrawn, [self_evaluate, duplicate, leave_out, list_number, draw, settle_it]),
    (
        assigned,
        [
            self_evaluate,
            duplicate,
            leave_out,
            list_number,
            save,
            give_up,
            wait_a_day,
            give_away,
            change_number,
            publish,
            settle_it,
        ],
    ),
    (ended, [publish, correct_call, leave_out, list_number, save, acknowledge_it, settle_it]),
    (published, [correct_call, correct_self, object_to_it, acknowledge_it, settle_it]),
    (published_long_ago, [correct_call, correct_self, object_to_it, acknowledge_it, settle_it]),
]


# --- Invariants afterwards ------------------------------------------------------------------------------


def broken(scene: Scene) -> Iterator[str]:
    """Every rule that the order violates now."""
    order = WorkOrder.objects.get(pk=scene.order.pk)
    callback = Callback.objects.filter(order=order).first()
    own = SelfEvaluation.objects.filter(order=order).first()
    taken_out = TakenOut.objects.filter(order=order).first()
    if order.duplicate_of_id and (callback or own):
        yield "a duplicate is rated or drawn"
    if taken_out and callback and callback.state != CallbackState.WITHDRAWN:
        yield f"taken out, and its callback is {callback.state}"
    if callback:
        yield from broken_callback(scene, callback)
    if order.closed_on and (
        month := Settlement.objects.in_force().filter(month=scene.day.replace(day=1)).first()
    ):
        yield from broken_month(scene, callback, month)


def broken_callback(scene: Scene, callback: Callback) -> Iterator[str]:
    listed = DoNotCall.objects.filter(phone_key__in=callback.order.phone_keys, ended_at__isnull=True)
    if callback.state in OPEN and listed.exists():
        yield "open, and its number must not be phoned"
    if callback.state in ENDED_BY_CALL and callback.attempts.count() != callback.saves.count():
        yield "attempts and saves differ"
    if callback.saves.count() > 1:
        yield "saved twice"
    by_caller = RatingCorrection.objects.filter(callback=callback, by=callback.caller_id)
    if callback.published_at and by_caller.filter(at__gt=callback.published_at).exists():
        yield "its caller corrected it after publishing"
    if Objection.objects.filter(order=callback.order).exists() and not callback.published_at:
        yield "objected to before publishing"
    said = Acknowledgement.objects.filter(crew=callback.order.crew, day=scene.day).order_by("-at").first()
    times = [callback.published_at, callback.corrected_at]
    if said and not said.results and any(at and at < said.at for at in times):
        yield "acknowledged without what was news"


def broken_month(scene: Scene, callback: Callback | None, month: Settlement) -> Iterator[str]:
    late = Q(at__gt=month.settled_at)
    if callback and callback.state in OPEN:
        yield "open in a settled month"
    if callback and callback.state in ENDED_BY_CALL and not callback.published_at:
        yield "unpublished in a settled month"
    of_order = Q(callback__order=scene.order) | Q(self_evaluation__order=scene.order)
    if RatingCorrection.objects.filter(late & of_order).exists():
        yield "corrected in a settled month"
    for model in (TakenOut, Objection):
        if model.objects.filter(late, order=scene.order).exists():
            yield f"{model.__name__} in a settled month"
    if CallSave.objects.filter(late, callback__order=scene.order).exists():
        yield "saved in a settled month"
    if SelfEvaluation.objects.filter(order=scene.order, rated_at__gt=month.settled_at).exists():
        yield "rated in a settled month"


@pytest.fixture
def people(stage: Stage) -> dict[str, Any]:
    return {
        "lead": make_person("lead", Role.LEAD),
        "colleague": make_person("colleague", Role.DISPATCHER),
        "second head": make_person("head 2", Role.HEAD),
    }


def make_scene(stage: Stage, people: dict[str, Any], n: int) -> Scene:
    """Each order has its own month: settling one does not touch another."""
    this_month = timezone.localdate().replace(day=1)
    month = this_month
    for _ in range(n):
        month = days.first_of_month(month - timedelta(days=1))
    order = stage.order(day=month.replace(day=10), reporter_phone=f"1380000{n:04}")
    return Scene(stage, people, order)


@pytest.mark.parametrize(("standing", "acts"), PAIRS, ids=[standing.__name__ for standing, _acts in PAIRS])
def test_two_actions_on_one_order_at_once_end_in_an_order(stage, people, standing, acts):
    now: datetime = timezone.now()
    OrderFactory(number="EARLIER", day=days.local_day(now), finished_at=now, with_deadlines=False)
    wrong = []
    for n, (one, other) in enumerate(combinations_with_replacement(acts, 2), start=2):
        scene = make_scene(stage, people, n)
        standing(scene)
        at_once(partial(one, scene), partial(other, scene))
        wrong += [f"{one.__name__} / {other.__name__}: {rule}" for rule in broken(scene)]

    assert wrong == []


def test_two_heads_who_list_one_number_at_once_end_in_one_entry(stage, people):
    until = timezone.localdate() + timedelta(days=30)
    list_it = partial(put_on_do_not_call, phone="13700005000", until_on=until)
    results = at_once(
        *(
            partial(list_it, by=by, reason=reason, now=timezone.now())
            for by, reason in ((stage.head, "甲"), (people["second head"], "乙")) * 2
        )
    )

    assert DoNotCall.objects.count() == 1
    assert sum(isinstance(result, Refused) for result in results) == 2


def test_number_corrected_while_it_is_listed_is_never_phoned(stage, people):
    callback = make_callback(stage.order(day=timezone.localdate() - timedelta(days=3)), stage.dispatcher)
    new = "13911112222"
    at_once(
        partial(correct_number, callback, new, by=people["lead"], reason="换号", now=timezone.now()),
        partial(
            put_on_do_not_call,
            phone=new,
            reason="要求",
            until_on=timezone.localdate(),
            by=stage.head,
            now=timezone.now(),
        ),
    )

    callback.refresh_from_db()
    assert callback.state == CallbackState.WITHDRAWN


@pytest.mark.parametrize("attempt", range(3))
def test_times_stand_in_the_order_in_which_things_happened(stage, people, attempt):
    """The action that waited for the lock writes a later time than the one that held it."""
    order = stage.order(day=timezone.localdate() - timedelta(days=3))
    callback = make_callback(
        order, stage.dispatcher, rating=Rating.SATISFIED, ended_at=timezone.now() - timedelta(hours=1)
    )
    answers = Answers(rating=Rating.BASICALLY_SATISFIED)
    fix = partial(correct_callback, callback, state=CallbackState.RATED, answers=answers, reason="听错")

    corrected, _ = at_once(
        lambda: fix(by=stage.dispatcher, now=timezone.now()),
        lambda: publish_day(order.closed_on, by=people["lead"], reason="演练", now=timezone.now()),
    )

    callback.refresh_from_db()
    if not isinstance(corrected, Refused):
        assert callback.corrected_at <= callback.published_at
