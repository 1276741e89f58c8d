"""Save self-evaluations, one per order, and correct them with both values stored (domain §4.1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from evaluations.deadlines import DeadlineMaker
from evaluations.deciders import require_decider
from evaluations.enums import ENDED_BY_CALL, Rating
from evaluations.guards import refuse_settled_month
from evaluations.locks import hold_feedback, lock_callbacks
from evaluations.models import (
    Callback,
    EvaluationPolicy,
    RatingCorrection,
    SelfEvaluation,
    TakenOut,
)
from evaluations.visibility import (
    Viewer,
    crew_sees_result,
    orders_visible_to,
    viewer_of,
    with_visibility,
)
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock
from satisfaction.core.roles import Role
from workorders.models import WorkOrder

from .queries import leads_by_crew
from .rules import RatingFacts, RatingRefusal, RatingVerdict, who_rates


@dataclass(frozen=True)
class SelfEvaluationAnswers:
    """The foreman's answers. `rating` decides; factors and comment are an aid."""

    rating: str
    record_factor: str = ""
    handling_factor: str = ""
    efficiency_factor: str = ""
    comment: str = ""
    opinion: str = ""

    def __post_init__(self) -> None:
        if self.rating not in Rating.values:
            raise Refused(_("请选择满意、基本满意或不满意。"))
        if self.rating == Rating.DISSATISFIED and not self.opinion.strip():
            raise Refused(_("评为不满意时请填写整改意见。"))


ANSWER_FIELDS = list(SelfEvaluationAnswers.__dataclass_fields__)


def current_answers(evaluation: SelfEvaluation) -> dict[str, str]:
    """Returns the stored answers by field."""
    return {name: getattr(evaluation, name) for name in ANSWER_FIELDS}


def rating_facts(order: WorkOrder, *, now: datetime) -> RatingFacts:
    """Returns the leads of the order's crew today and the people concerned with the order."""
    crew = order.crew_id
    return RatingFacts(
        leads=leads_by_crew(days.local_day(now), [crew])[crew] if crew else (),
        technician=order.technician.user_id if order.technician else None,
        caller=Callback.objects.filter(order=order).values_list("caller_id", flat=True).first(),
        last_due_on=_last_due_on(order),
    )


def rating_verdict(order: WorkOrder, person: User, *, now: datetime) -> RatingVerdict:
    """Returns whether `person` may rate the order today, and in which capacity; ignores the order's state."""
    is_manager = person.has_role(Role.MANAGER, Role.HEAD)
    facts = rating_facts(order, now=now)
    return who_rates(facts, person.pk, today=days.local_day(now), is_manager=is_manager)


def save_self_evaluation(
    order: WorkOrder, *, by: User, answer: SelfEvaluationAnswers, now: datetime
) -> SelfEvaluation:
    """Saves the order's self-evaluation, with the points of its month's policy.

    Repeating the same answers returns it. Raises Refused when the order is rated differently, out of scope, or in a
    settled month; NotAllowed unless `by` may rate it.
    """
    try:
        with transaction.atomic():
            return _save(order, by=by, answer=answer, now=now)
    except IntegrityError:  # saved concurrently, perhaps by the same request sent twice
        return _repeated(SelfEvaluation.objects.get(order=order), by=by, answer=answer)


def _save(order: WorkOrder, *, by: User, answer: SelfEvaluationAnswers, now: datetime) -> SelfEvaluation:
    order = _locked(order)
    now = after_lock(now)
    existing = SelfEvaluation.objects.filter(order=order).first()
    if existing:
        return _repeated(existing, by=by, answer=answer)
    _guard_order(order)
    allowed = require_rater(order, by, now=now)
    return SelfEvaluation.objects.create(
        order=order,
        **asdict(answer),
        points=_points(order, answer),
        rated_by=by,
        rated_at=now,
        is_late=order.due_at is not None and now > order.due_at,
        is_not_blind=could_see_callback(order, by, now=now),
        is_in_place=allowed.is_in_place,
    )


def correct_self_evaluation(
    evaluation: SelfEvaluation, *, by: User, answer: SelfEvaluationAnswers, now: datetime, reason: str = ""
) -> SelfEvaluation:
    """Corrects a self-evaluation and stores both values (domain §4): its author until the crew sees the result,
    then a head who is not concerned.

    Repeating it changes nothing. Raises Refused without a reason and in a settled month. Permission is checked before
    the comparison; otherwise the response would reveal whether a guess is right.
    """
    with transaction.atomic():
        hold_feedback()
        order = _locked(evaluation.order)
        now = after_lock(now)
        evaluation = SelfEvaluation.objects.select_for_update().get(pk=evaluation.pk)
        is_by_stand_in = require_corrector(evaluation, by=by, now=now)
        before = {**current_answers(evaluation), "points": evaluation.points}
        if current_answers(evaluation) == asdict(answer):
            return evaluation
        _guard_order(order)
        if not reason.strip():
            raise Refused(_("更正自评请写明原因。"))
        _write(evaluation, answer, points=_points(order, answer))
        evaluation.is_not_blind |= could_see_callback(order, by, now=now)
        evaluation.save(update_fields=[*ANSWER_FIELDS, "points", "is_not_blind"])
        RatingCorrection.objects.create(
            self_evaluation=evaluation,
            before=before,
            after={**asdict(answer), "points": evaluation.points},
            reason=reason.strip(),
            by=by,
            at=now,
            is_by_stand_in=is_by_stand_in,
        )
        return evaluation


def require_rater(order: WorkOrder, by: User, *, now: datetime) -> RatingVerdict:
    """Returns the verdict. Raises NotAllowed with a sentence that says who may rate instead."""
    found = rating_verdict(order, by, now=now)
    if found.why_not is not None:
        raise NotAllowed(_why_not(found.why_not))
    return found


def is_seen_by_crew(order: WorkOrder, *, now: datetime) -> bool:
    """Whether the crew may see the callback's result; from then on only a head corrects."""
    return WorkOrder.objects.filter(crew_sees_result(now), pk=order.pk).exists()


def could_see_callback(order: WorkOrder, person: User, *, now: datetime) -> bool:
    """Whether `person` could see how the call ended, now or when it ended, and so is not blind (domain §4)."""
    callback = Callback.objects.filter(order=order, state__in=ENDED_BY_CALL).first()
    moments = [now, callback.ended_at or now] if callback else []
    return any(_sees_callback(order, viewer_of(person, now=moment), now=now) for moment in moments)


def _sees_callback(order: WorkOrder, viewer: Viewer, *, now: datetime) -> bool:
    visible = orders_visible_to(viewer, now=now).filter(pk=order.pk)
    return with_visibility(visible, viewer, now=now).filter(shows_callback=True).exists()


def already_rated() -> str:
    return _("这张工单已有自评,本次没有保存;要修改请用“撤销”更正。")


def _repeated(existing: SelfEvaluation, *, by: User, answer: SelfEvaluationAnswers) -> SelfEvaluation:
    if existing.rated_by_id == by.pk and current_answers(existing) == asdict(answer):
        return existing
    raise Refused(already_rated())


def _locked(order: WorkOrder) -> WorkOrder:
    """Locks the order, then its callback: the visibility of the result must not change meanwhile."""
    locked = WorkOrder.objects.select_for_update(of=("self",)).select_related("technician").get(pk=order.pk)
    lock_callbacks(Q(order=locked))
    return locked


def _guard_order(order: WorkOrder) -> None:
    scope = order.out_of_scope
    if scope or order.closed_on is None:
        raise Refused(_("这张工单不参与评价(%(reason)s)。") % {"reason": scope.label if scope else ""})
    if TakenOut.objects.filter(order=order).exists():
        raise Refused(_("这张工单已剔除,不再评价。"))
    refuse_settled_month(order.closed_on, _("%(month)s已结算,评价不能再改;需要时请科室负责人先重开该月。"))


def require_corrector(evaluation: SelfEvaluation, *, by: User, now: datetime) -> bool:
    """Returns whether `by` corrects as a stand-in for the heads. Raises NotAllowed unless `by` may correct."""
    if is_seen_by_crew(evaluation.order, now=now):
        return require_decider(evaluation.order, by)
    if evaluation.rated_by_id != by.pk:
        raise NotAllowed(_("回访结果公布给工班之前,自评只由评价人本人更正。"))
    return False


def _write(evaluation: SelfEvaluation, answer: SelfEvaluationAnswers, *, points: int) -> None:
    for name, value in asdict(answer).items():
        setattr(evaluation, name, value)
    evaluation.points = points


def _points(order: WorkOrder, answer: SelfEvaluationAnswers) -> int:
    assert order.closed_on is not None
    return EvaluationPolicy.objects.for_month(order.closed_on).points[Rating(answer.rating)]


def _last_due_on(order: WorkOrder) -> date | None:
    """Returns the day of D+2; computed for orders without stored deadlines (domain §8.17)."""
    if order.last_due_at is not None:
        return days.local_day(order.last_due_at)
    if order.closed_on is None or order.entered_at is None:
        return None
    return days.local_day(DeadlineMaker()(order.closed_on, order.entered_at).last_due_at)


def _why_not(why: RatingRefusal) -> str:
    return {
        RatingRefusal.OWN_REPAIR: _("这张工单由您本人维修,不能自评;请由副工长或管理人员评价。"),
        RatingRefusal.FOREMAN_RATES: _("工长在岗,这张工单由工长自评。"),
        RatingRefusal.CALLER: _("这张工单由您回访,不能再由您代评。"),
        RatingRefusal.NOT_YET: _("顺延日(D+2)起管理人员才可代工班评价;在此之前请工长或副工长自评。"),
        RatingRefusal.NOT_OF_THE_CREW: _("自评由该工班的工长或副工长进行。"),
    }[why]
