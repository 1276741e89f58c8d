"""Calls of past days, written in bulk: the same rows as from the callers' screens."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random

from evaluations.callbacks.answers import WRITTEN, Answers
from evaluations.enums import CallbackState, Outcome, PostponedReason, Rating
from evaluations.models import Callback, CallbackAttempt, CallScript, EvaluationPolicy, ProblemType
from satisfaction.accounts.models import User
from satisfaction.calendars import days

from .dates import DemoDates
from .opinions import OpinionGenerator

PLAN_WEIGHTS: dict[str, float] = {
    "at_once": 0.795,
    "later_that_day": 0.09,
    "busy_first": 0.03,
    "as_promised": 0.025,
    "next_day": 0.02,
    "in_vain": 0.025,
    "refused": 0.01,
    "wrong_number": 0.005,
}
RELUCTANT, OFTEN_REFUSED = "dispatcher3", 0.06
"""One caller has more refusals than the others; the page of patterns marks it."""
POSTPONED_EVERY = 9
"""One of this many calls of yesterday was postponed to today, its D+2."""
PUBLISHING = time(17, 35)
NOT_REACHED = "报修人当日未能接通,改约次日"


@dataclass(frozen=True)
class PlannedAttempt:
    """One attempt: start, duration, outcome, promised time."""

    at: datetime
    outcome: Outcome
    seconds: int = 25
    promise: datetime | None = None


@dataclass
class CallHistory:
    """Callbacks of past calling days with attempts and publishing; `store` writes them."""

    dates: DemoDates
    random: Random
    opinions: OpinionGenerator
    lead: User
    policy: EvaluationPolicy
    callbacks: list[Callback] = field(default_factory=list)
    attempts: list[CallbackAttempt] = field(default_factory=list)
    types: dict[int, frozenset[int]] = field(default_factory=dict)
    script: CallScript | None = field(default_factory=CallScript.objects.first)

    def day(self, callbacks: list[Callback]) -> None:
        """Plays all assigned callbacks of one closing day; each caller begins in the morning."""
        clocks: dict[tuple[int | None, date | None], datetime] = {}
        for n, callback in enumerate(callbacks):
            assert callback.calling_on
            key = (callback.caller_id, callback.calling_on)
            begins = days.moment_at(callback.calling_on, time(8, 50))
            clocks[key] = clocks.get(key, begins) + timedelta(seconds=self.random.randrange(150, 600))
            is_left = callback.calling_on == self.dates.yesterday and n % POSTPONED_EVERY == 0
            self.play(callback, clocks[key], "next_day" if is_left else self.plan(callback))

    def plan(self, callback: Callback) -> str:
        assert callback.caller
        plans = PLAN_WEIGHTS | ({"refused": OFTEN_REFUSED} if callback.caller.username == RELUCTANT else {})
        return self.random.choices(list(plans), list(plans.values()))[0]

    def play(self, callback: Callback, begins: datetime, plan: str) -> None:
        """Plays one callback up to the beginning of today."""
        tries = self.tries(plan, begins)
        for one in tries:
            if days.local_day(one.at) >= self.dates.today:
                break
            self.postpone_before(callback, one.at)
            self.attempt(callback, one)
        else:
            self.ended(callback, plan, tries[-1])
        self.publish(callback)
        self.callbacks.append(callback)

    def tries(self, plan: str, at: datetime) -> list[PlannedAttempt]:
        day, talk = days.local_day(at), self.random.randrange(60, 210)
        nobody, noon, afternoon = (
            Outcome.NO_ANSWER,
            timedelta(hours=2, minutes=5),
            days.moment_at(day, time(14, 40)),
        )
        if plan == "later_that_day":
            return [PlannedAttempt(at, nobody), PlannedAttempt(at + noon, Outcome.REACHED, talk)]
        if plan == "busy_first":
            return [
                PlannedAttempt(at, Outcome.BUSY, 12),
                PlannedAttempt(at + timedelta(minutes=19), Outcome.REACHED, talk),
            ]
        if plan == "as_promised":
            promise = days.moment_at(day, time(15, 30))
            return [
                PlannedAttempt(at, Outcome.CALL_LATER, 30, promise),
                PlannedAttempt(promise, Outcome.REACHED, talk),
            ]
        if plan == "next_day":
            tomorrow = days.moment_at(day + timedelta(days=1), time(10, 20))
            return [
                PlannedAttempt(at, nobody),
                PlannedAttempt(afternoon, nobody),
                PlannedAttempt(tomorrow, Outcome.REACHED, talk),
            ]
        if plan == "in_vain":
            return [
                PlannedAttempt(at, nobody),
                PlannedAttempt(at + noon, nobody),
                PlannedAttempt(days.moment_at(day, time(15, 50)), nobody),
            ]
        if plan == "refused":
            return [PlannedAttempt(at, Outcome.REFUSED, 20)]
        if plan == "wrong_number":
            return [PlannedAttempt(at, Outcome.WRONG_NUMBER, 15)]
        return [PlannedAttempt(at, Outcome.REACHED, talk)]

    def attempt(self, callback: Callback, one: PlannedAttempt) -> None:
        """Adds an attempt and sets when to call again."""
        assert callback.caller_id
        ended_at = one.at + timedelta(seconds=one.seconds)
        self.attempts.append(
            CallbackAttempt(
                callback=callback,
                by_id=callback.caller_id,
                started_at=one.at,
                ended_at=ended_at,
                outcome=one.outcome,
                call_again_at=one.promise,
                phone=callback.order.reporter_phone,
            )
        )
        callback.has_wrong_number = one.outcome == Outcome.WRONG_NUMBER
        callback.is_promised = one.promise is not None
        wait = self.policy.retry_no_answer_minutes if one.outcome == Outcome.NO_ANSWER else None
        callback.call_again_at = one.promise or (ended_at + timedelta(minutes=wait) if wait else None)

    def ended(self, callback: Callback, plan: str, last: PlannedAttempt) -> None:
        """Ends the callback if that was before today; a wrong number ends at D+2 by the system."""
        over = callback.order.last_due_at
        assert over
        if plan == "wrong_number":
            if over <= days.start_of_day(self.dates.today):
                self.postpone_before(callback, over)
                self.end(callback, CallbackState.UNREACHABLE, over, by=None)
            return
        at = last.at + timedelta(seconds=last.seconds)
        if last.outcome == Outcome.REACHED:
            self.end(callback, CallbackState.RATED, at, by=callback.caller)
            self.answer(callback, self.opinions.of_reporter(callback.order))
        else:
            state = CallbackState.REFUSED if last.outcome == Outcome.REFUSED else CallbackState.UNREACHABLE
            self.end(callback, state, at, by=callback.caller)

    def end(self, callback: Callback, state: CallbackState, at: datetime, *, by: User | None) -> None:
        callback.state, callback.ended_at, callback.ended_by, callback.script = state, at, by, self.script
        callback.call_again_at, callback.is_promised = None, False

    def answer(self, callback: Callback, answers: Answers) -> None:
        for name, value in vars(replace(answers, problem_types=frozenset())).items():
            if name in WRITTEN:
                setattr(callback, name, value)
        callback.points = self.policy.points[Rating(answers.rating)]
        self.types[callback.pk] = answers.problem_types

    def postpone_before(self, callback: Callback, moment: datetime) -> None:
        """Postpones the callback to D+2 if it was open when its calling day was published."""
        assert callback.calling_on
        published = days.moment_at(callback.calling_on, PUBLISHING)
        if callback.postponed_at or moment < published:
            return
        last = callback.order.last_due_at
        assert last
        callback.postponed_at, callback.postponed_by = published, self.lead
        callback.postponed_reason, callback.postponed_text = PostponedReason.PUBLISHING, NOT_REACHED
        callback.due_at, callback.calling_on = last, days.local_day(last)

    def publish(self, callback: Callback) -> None:
        """Publishes an ended callback at the next publishing or at D+2; postpones an open one."""
        if callback.ended_at is None:
            self.postpone_before(callback, days.start_of_day(self.dates.today))
            return
        last = callback.order.last_due_at
        assert last
        at = days.moment_at(days.local_day(callback.ended_at), PUBLISHING)
        callback.published_at, callback.published_by = at, self.lead
        if callback.ended_at >= at:
            callback.published_at, callback.published_by = max(last, callback.ended_at), None

    def store(self) -> None:
        """Writes callbacks by an upsert, then attempts and problem types."""
        fields = [f.name for f in Callback._meta.concrete_fields if not f.primary_key]
        Callback.objects.bulk_create(
            self.callbacks, update_conflicts=True, unique_fields=["id"], update_fields=fields, batch_size=500
        )
        CallbackAttempt.objects.bulk_create(self.attempts, batch_size=1000)
        through = Callback.problem_types.through
        through.objects.bulk_create(
            through(callback_id=callback, problemtype_id=problem)
            for callback, problems in self.types.items()
            for problem in sorted(problems)
        )
        assert ProblemType.objects.filter(callbacks__isnull=False).exists()
