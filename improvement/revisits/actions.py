"""Save and submit the revisit form, and return it with a question (domain §9.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.enums import Rating
from evaluations.models import Callback, ProblemType
from improvement.enums import MeetingState, RevisitState
from improvement.models import AnalysisMeeting, Revisit, RevisitQuestion
from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.formats import format_iso_minute
from satisfaction.core.locks import after_lock
from satisfaction.core.roles import Role
from satisfaction.core.versioned import StaleVersion, save_change
from workorders.models import WorkOrder

from .queries import orders_needing_revisit
from .visitors import is_examined, is_in_open_meeting, require_visitor

TEXT_FIELDS = ("words", "other_problem", "findings", "measure", "second_rating")
VISIT_FIELDS = ("visited_at", "visited_by", "is_in_place")
SAVED_FIELDS = (*TEXT_FIELDS, *VISIT_FIELDS, "state", "submitted_at", "submitted_by")
SAVED_ELSEWHERE = gettext_lazy(
    "这张回访表已由%(who)s于%(at)s在别处保存,您这次的内容还没有保存。请对照下面两份内容,改好后再保存。"
)


@dataclass(frozen=True)
class RevisitAnswers:
    """Content of the form. `problem_types`: ids. `second_rating`: the reporter's rating at the visit."""

    visited_at: datetime | None = None
    words: str = ""
    problem_types: frozenset[int] = field(default_factory=frozenset)
    other_problem: str = ""
    findings: str = ""
    measure: str = ""
    second_rating: str = ""


def save_revisit_draft(
    order: WorkOrder, *, by: User, answer: RevisitAnswers, version: int, now: datetime
) -> Revisit:
    """Creates or updates the form; a returned form stays returned until the question is answered.

    `version`: version of the form on the page; 0 without a stored form. Repeating the content returns the form.

    Raises Refused when no revisit is needed, or the form is submitted or decided; StaleVersion when it was saved
    meanwhile; NotAllowed unless `by` visits the reporter.
    """
    with transaction.atomic():
        order, revisit = _lock(order)
        now = after_lock(now)
        verdict = require_visitor(order, by, now=now)
        if revisit is not None and revisit.version != version:
            return _require_unchanged(revisit, answer, is_handed_in=False)
        if revisit is None:
            _guard_needed(order, now=now)
        else:
            _guard_open(revisit)
            if revisit.state == RevisitState.SUBMITTED:
                raise Refused(_("这张回访表已经提交;要修改请改好后再次提交。"))
        is_final = revisit is not None and revisit.state == RevisitState.RETURNED
        _check(order, answer, now=now, is_final=is_final)
        return _store(order, revisit, answer, by=by, now=now, is_in_place=verdict.is_in_place)


def submit_revisit(
    order: WorkOrder, *, by: User, answer: RevisitAnswers, version: int, now: datetime, reply: str = ""
) -> Revisit:
    """Submits the form, or corrects a submitted form before a meeting. `reply` answers the open question.

    The time of the first submission stays. Raises as `save_revisit_draft`, and Refused while a field is missing.
    """
    with transaction.atomic():
        order, revisit = _lock(order)
        now = after_lock(now)
        verdict = require_visitor(order, by, now=now)
        if revisit is not None and revisit.version != version:
            return _require_unchanged(revisit, answer, is_handed_in=True)
        if revisit is None:
            _guard_needed(order, now=now)
        else:
            _guard_open(revisit)
        _check(order, answer, now=now, is_final=True)
        question = _open_question(revisit)
        if question is not None:
            _answer(question, reply, by=by, now=now)
        return _store(
            order, revisit, answer, by=by, now=now, is_in_place=verdict.is_in_place, is_handed_in=True
        )


def return_with_question(
    revisit: Revisit, *, by: User, question: str, now: datetime, meeting: AnalysisMeeting | None = None
) -> RevisitQuestion:
    """Returns a submitted form to the crew with a head's question (domain §9.4, §12).

    Repeating the question returns the stored one. `meeting`: the asking meeting, by default the open meeting with
    the form on its agenda. Raises Refused without a question, when the form is not submitted, another question is
    open, a meeting has decided, or the asking meeting is over.
    """
    require_returner(by)
    with transaction.atomic():
        _order, locked = _lock(revisit.order)
        now = after_lock(now)
        assert locked is not None
        asked = _open_question(locked)
        if asked is not None:
            return _asked_again(asked, by=by, question=question)
        if is_examined(locked):
            raise Refused(_("会议已对这张回访表作出决定,不能再退回。"))
        if locked.state != RevisitState.SUBMITTED:
            raise Refused(_("这张回访表还没有提交,不能退回。"))
        if not question.strip():
            raise Refused(_("请写明要工长补充或说明什么。"))
        meeting = _asking_meeting(locked, meeting)
        _set_returned(locked, by=by, now=now)
        return RevisitQuestion.objects.create(
            revisit=locked, meeting=meeting, question=question.strip(), asked_by=by, asked_at=now
        )


def require_returner(by: User) -> None:
    if not by.has_role(Role.HEAD):
        raise NotAllowed(_("回访表由科室负责人退回提问。"))


def answers_from_call(order: WorkOrder) -> RevisitAnswers:
    """Returns the reporter's answers from the call, as initial content of the form."""
    callback = Callback.objects.get(order=order)
    types = frozenset(callback.problem_types.values_list("pk", flat=True))
    return RevisitAnswers(words=callback.words, problem_types=types, other_problem=callback.other_problem)


def stored_answers(revisit: Revisit) -> RevisitAnswers:
    """Returns the stored content of the form."""
    texts = {name: getattr(revisit, name) for name in TEXT_FIELDS}
    types = frozenset(revisit.problem_types.values_list("pk", flat=True))
    return RevisitAnswers(visited_at=revisit.visited_at, problem_types=types, **texts)


def call_ended_at(order: WorkOrder) -> datetime | None:
    """Returns the end of the call with the rating; None when it is unknown."""
    return Callback.objects.filter(order=order).values_list("ended_at", flat=True).first()


def _lock(order: WorkOrder) -> tuple[WorkOrder, Revisit | None]:
    locked = WorkOrder.objects.select_for_update(of=("self",)).select_related("technician").get(pk=order.pk)
    return locked, Revisit.objects.select_for_update().filter(order=locked).first()


def _require_unchanged(revisit: Revisit, answer: RevisitAnswers, *, is_handed_in: bool) -> Revisit:
    """Returns the revisit when the same form is sent twice. Raises StaleVersion for other content."""
    if stored_answers(revisit) == answer and (revisit.state == RevisitState.SUBMITTED) == is_handed_in:
        return revisit
    raise StaleVersion(revisit, SAVED_ELSEWHERE)


def _guard_needed(order: WorkOrder, *, now: datetime) -> None:
    if not orders_needing_revisit(now).filter(pk=order.pk).exists():
        raise Refused(_("这张工单不需要回访:没有公布给工班的不满意评价,或评价已更正、申诉已成立。"))


def _guard_open(revisit: Revisit) -> None:
    if is_examined(revisit):
        raise Refused(_("会议已对这张回访表作出决定,不能再改。"))
    if revisit.state == RevisitState.SUBMITTED and is_in_open_meeting(revisit):
        raise Refused(_("故障分析会正在讨论这张回访表,暂不能改;需要补充时请会议退回提问。"))


def _check(order: WorkOrder, answer: RevisitAnswers, *, now: datetime, is_final: bool) -> None:
    known = set(ProblemType.objects.filter(pk__in=answer.problem_types).values_list("pk", flat=True))
    if known != answer.problem_types:
        raise Refused(_("所选的不满意问题类型不存在,请刷新页面后重选。"))
    if answer.second_rating and answer.second_rating not in Rating.values:
        raise Refused(_("回访后评价请选满意、基本满意或不满意,或不选。"))
    if answer.visited_at is not None:
        _check_visit(order, answer.visited_at, now=now)
    if is_final:
        _check_whole(answer)


def _check_visit(order: WorkOrder, visited_at: datetime, *, now: datetime) -> None:
    """Raises Refused unless the visit is after the call, to the minute, and not in the future (domain §9.4)."""
    if visited_at > now:
        raise Refused(_("回访时间不能晚于现在。"))
    if order.closed_at is not None and visited_at < order.closed_at:
        raise Refused(_("回访时间不能早于工单关闭时间。"))
    called_at = call_ended_at(order)
    if called_at is not None and visited_at < called_at.replace(second=0, microsecond=0):
        raise Refused(
            _("回访时间不能早于报修人表示不满意的电话(%(at)s):当面回访是对那次电话的答复。")
            % {"at": format_iso_minute(called_at)}
        )


def _check_whole(answer: RevisitAnswers) -> None:
    missing = [
        words
        for words, value in (
            (_("回访时间"), answer.visited_at),
            (_("不满意问题类型"), answer.problem_types),
            (_("工长回访情况统计"), answer.findings.strip()),
            (_("工长整改措施和建议"), answer.measure.strip()),
        )
        if not value
    ]
    if missing:
        raise Refused(_("提交前请填写:%(fields)s。") % {"fields": _("、").join(missing)})
    needs_text = ProblemType.objects.filter(pk__in=answer.problem_types, needs_text=True)
    if not answer.other_problem.strip() and needs_text.exists():
        raise Refused(_("选了“其它”类问题,请写明是什么问题。"))


def _store(
    order: WorkOrder,
    revisit: Revisit | None,
    answer: RevisitAnswers,
    *,
    by: User,
    now: datetime,
    is_in_place: bool,
    is_handed_in: bool = False,
) -> Revisit:
    """Writes the form. The person who changes the time of the visit becomes the visitor."""
    row = revisit or Revisit(order=order, begun_by=by, begun_at=now)
    if answer.visited_at != row.visited_at:
        row.visited_at, row.visited_by = answer.visited_at, by if answer.visited_at else None
    for name in TEXT_FIELDS:
        setattr(row, name, getattr(answer, name))
    row.is_in_place |= is_in_place
    if is_handed_in:
        row.state = RevisitState.SUBMITTED
        row.submitted_at, row.submitted_by = row.submitted_at or now, row.submitted_by or by
    save_change(row, by=by, now=now, fields=SAVED_FIELDS if revisit else None)
    row.problem_types.set(answer.problem_types)
    return row


def _open_question(revisit: Revisit | None) -> RevisitQuestion | None:
    if revisit is None:
        return None
    return RevisitQuestion.objects.filter(revisit=revisit, answered_at__isnull=True).first()


def _answer(question: RevisitQuestion, reply: str, *, by: User, now: datetime) -> None:
    if not reply.strip():
        raise Refused(_("请回答会议的提问,再提交。"))
    question.answer, question.answered_by, question.answered_at = reply.strip(), by, now
    question.save(update_fields=["answer", "answered_by", "answered_at"])


def _asking_meeting(revisit: Revisit, named: AnalysisMeeting | None) -> AnalysisMeeting | None:
    """Returns the open meeting with the form on its agenda. Raises Refused when the named meeting is over."""
    found = AnalysisMeeting.objects.filter(state=MeetingState.OPEN, items__revisit=revisit).first()
    if named is not None and named != found:
        raise Refused(_("会议已结束,不能再在会上提问;请在回访表的页面上退回。"))
    return found


def _asked_again(asked: RevisitQuestion, *, by: User, question: str) -> RevisitQuestion:
    if asked.asked_by_id == by.pk and asked.question == question.strip():
        return asked
    raise Refused(_("这张回访表已退回,工长尚未答复上一个问题。"))


def _set_returned(revisit: Revisit, *, by: User, now: datetime) -> None:
    revisit.state = RevisitState.RETURNED
    save_change(revisit, by=by, now=now, fields=["state"])
