"""The reporter's answers as the caller entered them (domain §6.3)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from evaluations.enums import Manner, Rating, Repaired, Response, Uncivil
from evaluations.guards import policy_of
from evaluations.models import Callback, ProblemType
from satisfaction.core.errors import Refused
from workorders.models import WorkOrder

from .rules import Contradiction, contradictions


@dataclass(frozen=True)
class Answers:
    """Questions default to *not asked*. `problem_types`: ids; `other_problem`: the text for type “other”."""

    rating: str = ""
    response: str = Response.NOT_ASKED
    manner: str = Manner.NOT_ASKED
    uncivil: str = Uncivil.NOT_ASKED
    repaired: str = Repaired.NOT_ASKED
    words: str = ""
    gave_no_reason: bool = False
    problem_types: frozenset[int] = field(default_factory=frozenset)
    other_problem: str = ""


class Contradictory(Refused):
    """Answers contradict each other or the records; they are accepted once confirmed (domain §6)."""

    def __init__(
        self,
        found: tuple[Contradiction, ...],
        order: WorkOrder,
        *further: tuple[tuple[Contradiction, ...], WorkOrder],
    ) -> None:
        self.found = tuple(dict.fromkeys([*found, *(one for several, _order in further for one in several)]))
        asked = [question(one, order) for one in found]
        for several, other in further:
            asked += [f"{other.number}: {question(one, other)}" for one in several]
        super().__init__(" ".join(asked))


def question(contradiction: Contradiction, order: WorkOrder) -> str:
    if contradiction is Contradiction.NOT_REPAIRED_BUT_SATISFIED:
        return _("结果是“没有修复”,总体却是“满意”,确定吗?")
    minutes = int((first_contact(order) or timedelta()).total_seconds() // 60)
    return _("回答“按时联系”,记录却是报修后 %(minutes)d 分钟才联系,确定吗?") % {"minutes": minutes}


def first_contact(order: WorkOrder) -> timedelta | None:
    """Returns the recorded time from the report to the first contact."""
    if order.reported_at is None or order.first_contact_at is None:
        return None
    return order.first_contact_at - order.reported_at


@dataclass(frozen=True)
class CheckedAnswers:
    """Validated answers, their points, and their contradictions with each other or with the records."""

    answers: Answers
    points: int | None
    contradictions: tuple[Contradiction, ...]


def check_answers(
    answers: Answers, order: WorkOrder, *, kept: frozenset[int] = frozenset()
) -> CheckedAnswers:
    """Returns validated answers with a rating for the order. Raises Refused: see `cleaned`."""
    return _checked(cleaned(answers, kept=kept), order)


def unrated(answers: Answers, order: WorkOrder) -> CheckedAnswers:
    """Returns the answers to store when the reporter gave no rating."""
    nothing = replace(answers, rating="", problem_types=frozenset(), gave_no_reason=False, other_problem="")
    return _checked(nothing, order)


def _checked(answers: Answers, order: WorkOrder) -> CheckedAnswers:
    policy = policy_of(order)
    found = contradictions(
        rating=answers.rating,
        response=answers.response,
        repaired=answers.repaired,
        first_contact=first_contact(order),
        response_minutes=policy.response_minutes,
    )
    return CheckedAnswers(answers, policy.points[answers.rating] if answers.rating else None, found)


def cleaned(answers: Answers, *, kept: frozenset[int] = frozenset()) -> Answers:
    """Returns the answers normalised for storage with a rating.

    Problem types apply to *dissatisfied* only; `kept` holds ids of retired types that a correction may keep.
    Raises Refused: no rating, or an incomplete or invalid *dissatisfied* answer.
    """
    if answers.rating not in Rating.values:
        raise Refused(_("请先选择报修人的总体评价:满意、基本满意或不满意。"))
    words, other = answers.words.strip(), answers.other_problem.strip()
    if answers.rating != Rating.DISSATISFIED:
        return replace(
            answers, words=words, gave_no_reason=False, problem_types=frozenset(), other_problem=""
        )
    _check_dissatisfied(answers, words, other, kept)
    no_reason = answers.gave_no_reason and not words
    needs_text = ProblemType.objects.filter(pk__in=answers.problem_types, needs_text=True).exists()
    return replace(answers, words=words, gave_no_reason=no_reason, other_problem=other if needs_text else "")


def _check_dissatisfied(answers: Answers, words: str, other: str, kept: frozenset[int]) -> None:
    types = list(ProblemType.objects.filter(pk__in=answers.problem_types))
    known = {one.pk for one in types if one.is_active or one.pk in kept}
    if not answers.problem_types:
        raise Refused(_("不满意:请至少选一类不满意问题。"))
    if known != answers.problem_types:
        raise Refused(_("所选的不满意问题类型已停用,请刷新页面后重选。"))
    if any(one.needs_text for one in types) and not other:
        raise Refused(_("选了“其它”类问题,请写明是什么问题。"))
    if not words and not answers.gave_no_reason:
        raise Refused(_("不满意:请记下报修人的原话,或勾选“未说明原因”。"))


def answers_of(callback: Callback) -> Answers:
    return Answers(
        rating=callback.rating,
        response=callback.response,
        manner=callback.manner,
        uncivil=callback.uncivil,
        repaired=callback.repaired,
        words=callback.words,
        gave_no_reason=callback.gave_no_reason,
        problem_types=frozenset(callback.problem_types.values_list("pk", flat=True)),
        other_problem=callback.other_problem,
    )


ANSWER_FIELDS = ("response", "manner", "uncivil", "repaired", "rating", "points", "words", "gave_no_reason")
WRITTEN = (*ANSWER_FIELDS, "other_problem", "is_contradictory")


def write_answers(callback: Callback, checked: CheckedAnswers) -> None:
    """Sets the answers on the locked callback; the calling function saves the fields in `WRITTEN`."""
    for name, value in asdict(checked.answers).items():
        if name != "problem_types":
            setattr(callback, name, value)
    callback.points = checked.points
    callback.is_contradictory = bool(checked.contradictions)
    callback.problem_types.set(checked.answers.problem_types)


def recorded_values(callback: Callback) -> dict[str, Any]:
    """Returns the whole result for the record of a correction; problem types by their code."""
    values: dict[str, Any] = {name: getattr(callback, name) for name in ("state", *WRITTEN)}
    values["problem_types"] = sorted(callback.problem_types.values_list("code", flat=True))
    return values
