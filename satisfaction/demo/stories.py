"""Special cases, created by the actions of the product at their times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random

from django.db.models import QuerySet

from evaluations.callbacks.answers import Answers, answers_of
from evaluations.callbacks.correct import correct_callback
from evaluations.callbacks.reassign import reassign, takers
from evaluations.callbacks.withdraw import put_on_do_not_call, take_out
from evaluations.enums import CallbackState, Group, Rating
from evaluations.feedback.objections import decide_objection, raise_objection
from evaluations.models import Callback, Objection
from evaluations.self_evaluation.actions import (
    SelfEvaluationAnswers,
    correct_self_evaluation,
    current_answers,
)
from satisfaction.accounts.models import User
from satisfaction.accounts.roster import add_absence
from satisfaction.calendars import days
from workorders.models import WorkOrder

from .dates import DemoDates
from .people import DemoPeople
from .places import reporters

ABSENCES = (
    ("dispatcher3", 34, 32, "年休"),
    ("foreman2", 20, 17, "外出培训"),
    ("manager1", 12, 11, "外出开会"),
    ("dispatcher2", 6, 5, "年休"),
    ("foreman3", 1, -2, "病假"),
    ("dispatcher1", -2, -4, "年休"),
)
"""Past, present and future absences: person, first and last day as days ago, reason."""
TAKEN_OUT = ((37, "现场为第三方施工损坏,不属于维修服务范围"), (9, "演练中报修,非真实故障"))
"""Days since the order closed, and the head's reason."""


@dataclass
class SpecialCases:
    dates: DemoDates
    cast: DemoPeople
    random: Random

    # --- Before the days are drawn ---------------------------------------------------------------

    def absences(self) -> None:
        for username, first, last, reason in ABSENCES:
            person, first_on = self.cast[username], self.dates.today - timedelta(days=first)
            head = {"dispatcher": "lead", "manager": "head"}.get(person.caller_group, "admin")
            add_absence(
                person,
                first_on=first_on,
                last_on=self.dates.today - timedelta(days=last),
                reason=reason,
                by=self.cast[head],
                today=first_on,
            )

    def do_not_call(self) -> None:
        quiet = reporters()[-2]
        put_on_do_not_call(
            phone=quiet.phone,
            name=quiet.name,
            reason="24 小时值守岗位,占线影响派班,本人要求不回访",
            until_on=self.dates.today + timedelta(days=90),
            by=self.cast["head"],
            now=days.moment_at(self.dates.settled + timedelta(days=1), time(10)),
        )

    # --- The morning after a day was drawn ---------------------------------------------------------

    def morning_after(self, day: date) -> None:
        """Takes out and reassigns orders before anybody has called."""
        now = self.dates.at(day + timedelta(days=1), time(8, 42))
        for ago, reason in TAKEN_OUT:
            if (self.dates.today - day).days == ago:
                waiting = Callback.objects.filter(state=CallbackState.ASSIGNED)
                order = self.one(day, waiting.exclude(caller=self.cast["head"])).order
                take_out(order, by=self.cast["head"], reason=reason, now=now)
        if (self.dates.today - day).days in (16, 4):
            self.hand_on(day, now)

    def hand_on(self, day: date, now: datetime) -> None:
        callback = self.one(
            day, Callback.objects.filter(state=CallbackState.ASSIGNED, group=Group.DISPATCHER)
        )
        to = User.objects.filter(pk__in=takers(callback, now=now)).order_by("username").first()
        if to:
            reassign(callback, to=to, by=self.cast["lead"], reason="上午参加应急演练,改由他人回访", now=now)

    # --- Before the month is settled ---------------------------------------------------------------

    def of_settled_month(self) -> None:
        first = self.dates.settled
        self.object(
            first + timedelta(days=9), "修复后设备正常,不满意针对的是站内用电,与本次维修无关", is_upheld=True
        )
        self.object(first + timedelta(days=15), "报修时间为夜间停运后,按约定次日到场", is_upheld=False)
        self.correct_by_head(first + timedelta(days=12))

    def of_recent_days(self) -> None:
        """Creates decided and undecided objections and a correction of the last two weeks."""
        yesterday = self.dates.yesterday
        self.object(yesterday - timedelta(days=7), "报修人确认当日已恢复,误选评价", is_upheld=True)
        self.correct_by_head(yesterday - timedelta(days=5))
        self.object(
            yesterday - timedelta(days=2), "备件需厂家供货,已与报修人书面约定修复时间", is_upheld=None
        )

    def object(self, day: date, reason: str, *, is_upheld: bool | None) -> Objection | None:
        """Raises an objection on the morning after publishing, and decides it unless `is_upheld` is None."""
        orders = WorkOrder.objects.filter(
            closed_on__range=(day - timedelta(days=1), day),
            callback__published_at__lt=days.start_of_day(day + timedelta(days=2)),
            callback__rating__in=[Rating.DISSATISFIED, Rating.BASICALLY_SATISFIED],
            self_evaluation__rated_at__lt=days.start_of_day(day + timedelta(days=2)),
            objection__isnull=True,
            technician__user__isnull=True,
        ).exclude(crew=self.cast.crews[2])
        callbacks = Callback.objects.filter(order__in=orders).exclude(caller=self.cast["head"])
        callback = callbacks.order_by("rating", "pk").last()
        if callback is None:
            return None
        assert callback.order.crew_id
        now = self.dates.at(day + timedelta(days=2), time(9, 20))
        by = self.cast.foremen[callback.order.crew_id]
        objection = raise_objection(callback.order, by=by, reason=reason, now=now)
        if is_upheld is not None:
            words = "核对记录后成立,该单不计入" if is_upheld else "首次联系确已超时,评价有效"
            decided = days.moment_at(day + timedelta(days=3), time(15, 10))
            decide_objection(objection, by=self.cast["head"], is_upheld=is_upheld, words=words, now=decided)
        return objection

    def correct_by_head(self, day: date) -> None:
        """Corrects a published callback after the reporter phoned about a wrong answer."""
        callbacks = Callback.objects.filter(published_at__isnull=False, rating=Rating.BASICALLY_SATISFIED)
        callback = self.one(day, callbacks.exclude(caller=self.cast["head"]))
        answers = replace(answers_of(callback), rating=Rating.SATISFIED)
        correct_callback(
            callback,
            state=CallbackState.RATED,
            answers=answers,
            by=self.cast["head"],
            now=days.moment_at(day + timedelta(days=2), time(11, 5)),
            reason="报修人来电说明:选的是满意,回访时听错",
        )

    # --- Corrections of yesterday's work -------------------------------------------------------------

    def correct_own(self, callback: Callback, now: datetime) -> None:
        """Corrects the caller's own callback before publishing."""
        assert callback.caller
        answers: Answers = replace(answers_of(callback), words="补记:希望下次提前电话告知到场时间。")
        correct_callback(
            callback,
            state=callback.state,
            answers=answers,
            by=callback.caller,
            reason="漏记报修人的建议",
            now=now,
        )

    def correct_self_evaluation(self, order: WorkOrder, now: datetime) -> None:
        evaluation = order.self_evaluation
        assert evaluation.rated_by
        answer = SelfEvaluationAnswers(
            **current_answers(evaluation) | {"comment": "更正:备件更换记录已补齐。"}
        )
        correct_self_evaluation(
            evaluation, by=evaluation.rated_by, answer=answer, reason="备件更换记录补齐", now=now
        )

    def one(self, day: date, callbacks: QuerySet[Callback]) -> Callback:
        rows = callbacks.filter(order__closed_on=day).select_related("order", "caller")
        return self.random.choice(list(rows.order_by("pk")))
