"""The call screen: the orders of the call, earlier attempts, and the times to promise (domain §6.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from evaluations.correction_wording import changes_of_number, in_one_line
from evaluations.guards import policy_of
from evaluations.models import Callback, CallbackAttempt, EvaluationPolicy, ProblemType
from evaluations.models.callbacks import CallbackWithRepeats
from satisfaction.accounts.models import User
from satisfaction.audit.models import AuditEvent
from satisfaction.calendars import days
from workorders.models import WorkOrder
from workorders.phones import Phone, phones

from .attempts import latest_promise
from .call_sheet import Sheet, sheet_of
from .forms import AT, LATER, AnswersForm, CallForm, further_form
from .guards import IN_VAIN, hours_of
from .postpone import is_postponed
from .queries import (
    HeadLine,
    attempts_at,
    further_orders,
    head_line,
    known_of_reporter,
    number_changes,
    siblings_of,
)
from .rules import later_times, may_end_unreachable

EARLIER = timedelta(days=3)
LATEST = 60
FURTHER = 3


@dataclass(frozen=True)
class LaterKey:
    value: str
    label: str
    key: str
    at: datetime | None
    postpones: bool = False


def later_keys(callback: Callback, now: datetime, policy: EvaluationPolicy) -> list[LaterKey]:
    """Returns the times that can still be promised, and the free choice of a time; each keeps its own key."""
    latest, due = latest_promise(callback, now), callback.due_at
    offered = {when.value: at for when, at in later_times(now, hours_of(policy)).items()}
    keys = [
        LaterKey(value, str(label), str(n), offered.get(value))
        for n, (value, label) in enumerate(LATER, start=1)
        if value == AT or value in offered
    ]
    return [
        replace(key, postpones=bool(key.at and due and now < due < key.at))
        for key in keys
        if key.at is None or latest is None or key.at <= latest
    ]


class NumberChange(NamedTuple):
    """One change of the reporter's number: author, masked old and new number, and the reason."""

    at: datetime
    who: str
    words: str
    is_crews: bool


def number_change(event: AuditEvent) -> NumberChange:
    words = " · ".join(filter(None, [in_one_line(changes_of_number(event.details)), event.reason]))
    return NumberChange(event.at, str(event.by), words, is_crews=bool(event.details.get("by_crew")))


@dataclass(frozen=True)
class Part:
    """One order of the call: its card and its question sheet. The first part is the opened order."""

    callback: Callback
    form: AnswersForm
    sheet: Sheet
    number_changes: list[NumberChange]

    @property
    def order(self) -> WorkOrder:
        return self.callback.order

    @property
    def events(self) -> list[dict[str, object]]:
        """Report, first contact, repair and closing, for the timeline."""
        order = self.order
        contact = None
        if order.first_contact_at and order.reported_at:
            contact = order.first_contact_at - order.reported_at
        return [
            {"at": order.reported_at, "label": _("报修")},
            {"at": order.first_contact_at, "label": _("首次联系"), "note": span_of(contact)},
            {"at": order.finished_at, "label": _("修复")},
            {"at": order.closed_at, "label": _("关闭")},
        ]


@dataclass(frozen=True)
class CallPage:
    """The call screen's data. The number of queries does not grow with queue or orders."""

    callback: Callback
    form: AnswersForm
    policy: EvaluationPolicy
    head: HeadLine
    parts: list[Part]
    later: list[LaterKey]
    siblings: list[Callback]
    further: list[WorkOrder]
    attempts: list[CallbackAttempt]
    others_today: list[CallbackAttempt]
    is_mine: bool
    may_give_up: bool
    may_postpone: bool
    repeats: int
    sentence: str = ""
    asks: str = ""
    draft_at: datetime | None = None

    @property
    def order(self) -> WorkOrder:
        return self.callback.order

    @property
    def numbers(self) -> tuple[Phone, ...]:
        """The reporter's numbers: the first is dialled, the others are alternatives."""
        return phones(self.order.reporter_phone)

    @property
    def others(self) -> list[Callback]:
        """The reporter's other callbacks of the group that are not yet part of this call."""
        known = {part.callback.pk for part in self.parts}
        return [row for row in self.siblings if row.pk not in known]


def span_of(length: timedelta | None) -> str:
    if not length:
        return ""
    return _("%(n)d 分") % {"n": int(length.total_seconds() // 60)}


def call_page(
    callback: CallbackWithRepeats,
    form: CallForm,
    caller: User,
    *,
    now: datetime,
    sentence: str = "",
    asks: str = "",
    draft_at: datetime | None = None,
) -> CallPage:
    """`sentence` is the error message; `asks` is the question to confirm before the answers are accepted."""
    known = known_of_reporter(callback, caller)
    siblings = list(siblings_of(callback).filter(pk__in=known))
    policy = policy_of(callback.order)
    made = list(attempts_at(callback.order).filter(callback__in=known)[:LATEST])
    attempts = [one for one in made if now - one.started_at < EARLIER]
    own = [one for one in made if one.callback_id == callback.pk]
    return CallPage(
        callback=callback,
        form=form,
        policy=policy,
        head=head_line(caller, now=now),
        parts=parts_of(callback, siblings, form, caller, policy, now=now),
        later=later_keys(callback, now, policy),
        siblings=siblings,
        further=list(further_orders(callback.order, called=[row.order_id for row in siblings])[:FURTHER]),
        attempts=own,
        others_today=other_calls_today(attempts, own, now),
        is_mine=is_on_screen(callback, caller, now),
        may_give_up=may_give_up_now(own, policy, now),
        may_postpone=not is_postponed(callback) and may_still_postpone(callback, now),
        repeats=callback.repeats,
        sentence=sentence,
        asks=asks,
        draft_at=draft_at,
    )


def parts_of(
    callback: Callback,
    siblings: list[Callback],
    form: CallForm,
    caller: User,
    policy: EvaluationPolicy,
    *,
    now: datetime,
) -> list[Part]:
    """Returns the opened order, then the reporter's other orders that the caller owns and holds."""
    types = list(ProblemType.objects.filter(is_active=True))
    own = [row for row in siblings if row.caller_id == caller.pk and is_on_screen(row, caller, now)]
    data = form.data if form.is_bound else None
    rows = [(callback, form), *((row, further_form(data, row.pk)) for row in own)]
    changes = number_changes([row for row, _one in rows])
    return [
        Part(
            row,
            one,
            sheet_of(row, one, policy, now=now, script=callback.script, types=types),
            [number_change(event) for event in changes[row.pk]],
        )
        for row, one in rows
    ]


def other_calls_today(
    attempts: list[CallbackAttempt], own: list[CallbackAttempt], now: datetime
) -> list[CallbackAttempt]:
    """Returns today's calls to the reporter for other orders; a call logged on several orders counts once."""
    today, known = days.local_day(now), {one.started_at for one in own}
    others = [one for one in attempts if one not in own and one.started_at not in known]
    return [one for one in others if days.local_day(one.started_at) == today]


def may_give_up_now(own: list[CallbackAttempt], policy: EvaluationPolicy, now: datetime) -> bool:
    """Whether one more unsuccessful attempt is enough to end the callback as unreachable."""
    made = [one.started_at for one in own if one.outcome in IN_VAIN]
    return may_end_unreachable(
        [*made, now],
        max_attempts=policy.max_attempts,
        min_half_days=policy.min_half_days,
        hours=hours_of(policy),
    )


def may_still_postpone(callback: Callback, now: datetime) -> bool:
    last = callback.order.last_due_at
    return last is not None and last > now


def is_on_screen(callback: Callback, caller: User, now: datetime) -> bool:
    """Whether the caller currently holds this callback."""
    return callback.held_by_id == caller.pk and callback.held_until is not None and callback.held_until > now
