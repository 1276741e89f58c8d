"""Callbacks, attempts and self-evaluations of one drawn day as table rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from evaluations.draw.rules import Assignment
from evaluations.enums import (
    CallbackState,
    Factor,
    Manner,
    Outcome,
    Rating,
    Repaired,
    Response,
    Source,
    Uncivil,
)
from evaluations.models import (
    Callback,
    CallbackAttempt,
    CallScript,
    EvaluationPolicy,
    ProblemType,
    SelfEvaluation,
)
from satisfaction.calendars import days
from satisfaction.demo.texts import COMMENTS, DISSATISFIED_WORDS, OPINIONS, SUGGESTIONS

from .orders import RowValues
from .staff import GeneratedStaff
from .table import BulkTable

NO_ANSWER_FIRST, UNREACHABLE, REFUSED, NEVER_RATED, LATE = 0.08, 0.028, 0.01, 0.01, 0.02
SATISFIED, BASICALLY = 0.86, 0.105
SELF_SATISFIED, SELF_BASICALLY = 0.92, 0.07
CALLING, PUBLISHING = time(9), time(17, 30)
HOUR = timedelta(hours=1)
SLOW = timedelta(minutes=60)
EQUIPMENT_STATE, RESPONSE_SPEED = 3, 1


@dataclass
class GeneratedEvaluations:
    """Collects rows until `store` writes them; `points` are loaded once for each month."""

    staff: GeneratedStaff
    random: Random
    now: datetime
    callbacks: BulkTable = field(default_factory=lambda: BulkTable(Callback))
    attempts: BulkTable = field(default_factory=lambda: BulkTable(CallbackAttempt))
    self_evaluations: BulkTable = field(default_factory=lambda: BulkTable(SelfEvaluation))
    problems: BulkTable = field(default_factory=lambda: BulkTable(Callback.problem_types.through))

    def __post_init__(self) -> None:
        self.rows: dict[BulkTable, list[RowValues]] = {table: [] for table in self.tables}
        self.types = dict(ProblemType.objects.values_list("code", "pk"))
        script = CallScript.objects.first()
        self.script = script.pk if script else None
        self.policies: dict[date, EvaluationPolicy] = {}

    @property
    def tables(self) -> tuple[BulkTable, ...]:
        return self.callbacks, self.attempts, self.self_evaluations, self.problems

    def points(self, day: date) -> Mapping[str, int]:
        month = days.first_of_month(day)
        if month not in self.policies:
            self.policies[month] = EvaluationPolicy.objects.for_month(month)
        return self.policies[month].points

    def of_day(
        self, rows: list[RowValues], run: int, drawn: dict[str, Assignment], *, is_open: set[str]
    ) -> None:
        """Creates a callback for each drawn order; calls, publishes and self-evaluates those not open."""
        points = self.points(rows[0]["closed_on"])
        calling = days.local_day(rows[0]["due_at"])
        begins = days.moment_at(calling, CALLING).astimezone(UTC)
        published = min(days.moment_at(calling, PUBLISHING).astimezone(UTC), self.now)
        span = max((published - begins) * 0.6, timedelta(minutes=1))
        for row in rows:
            callback = self.callback(row, run, drawn[row["number"]])
            if row["number"] not in is_open:
                at = min(begins, published - timedelta(hours=8)) if published < begins else begins
                self.call(callback, row, at + span * self.random.random(), points)
                callback |= {
                    "published_at": max(published, callback["ended_at"]),
                    "published_by_id": self.staff.users["lead"],
                }
                self.rate(row, published, points)
            self.rows[self.callbacks].append(callback)

    def callback(self, row: RowValues, run: int, drawn: Assignment) -> RowValues:
        assert drawn.caller
        caller = self.staff.users[drawn.caller]
        return {
            "id": self.callbacks.take_id(),
            "order_id": row["id"],
            "state": CallbackState.ASSIGNED.value,
            "source": Source.APP.value,
            "group": drawn.group,
            "caller_id": caller,
            "calling_on": drawn.calling_on,
            "due_at": row["due_at"],
            "run_id": run,
            "drawn_group": drawn.group,
            "drawn_caller_id": caller,
            "drawn_calling_on": drawn.calling_on,
        }

    def call(self, callback: RowValues, row: RowValues, at: datetime, points: Mapping[str, int]) -> None:
        chance = self.random.random()
        callback |= {"script_id": self.script, "ended_by_id": callback["caller_id"]}
        if chance < UNREACHABLE:
            for n in range(3):
                ended = self.attempt(callback, row, at + n * 2 * HOUR, Outcome.NO_ANSWER)
            callback |= {"state": CallbackState.UNREACHABLE.value, "ended_at": ended}
            return
        if chance < UNREACHABLE + REFUSED:
            ended = self.attempt(callback, row, at, Outcome.REFUSED)
            callback |= {"state": CallbackState.REFUSED.value, "ended_at": ended}
            return
        if chance < UNREACHABLE + REFUSED + NO_ANSWER_FIRST:
            self.attempt(callback, row, at, Outcome.NO_ANSWER)
            at += 2 * HOUR
        callback["ended_at"] = self.attempt(callback, row, at, Outcome.REACHED)
        self.answer(callback, row, points)

    def attempt(self, callback: RowValues, row: RowValues, at: datetime, outcome: Outcome) -> datetime:
        ended_at = at + timedelta(seconds=90 if outcome == Outcome.REACHED else 25)
        self.rows[self.attempts].append(
            {
                "id": self.attempts.take_id(),
                "callback_id": callback["id"],
                "by_id": callback["caller_id"],
                "started_at": at,
                "ended_at": ended_at,
                "outcome": outcome.value,
                "phone": row["reporter_phone"],
            }
        )
        return ended_at

    def answer(self, callback: RowValues, row: RowValues, points: Mapping[str, int]) -> None:
        chance, is_slow = self.random.random(), row["first_contact_at"] - row["reported_at"] > SLOW
        rating = (
            Rating.SATISFIED
            if chance < SATISFIED
            else Rating.BASICALLY_SATISFIED
            if chance < SATISFIED + BASICALLY
            else Rating.DISSATISFIED
        )
        callback |= {
            "state": CallbackState.RATED.value,
            "rating": rating.value,
            "points": points[rating],
            "response": (Response.NO if is_slow else Response.YES).value,
            "manner": Manner.YES.value,
            "uncivil": Uncivil.NO.value,
            "repaired": Repaired.YES.value,
        }
        if rating == Rating.DISSATISFIED:
            code = RESPONSE_SPEED if is_slow else EQUIPMENT_STATE
            callback |= {
                "repaired": Repaired.PARTLY.value,
                "words": self.random.choice(DISSATISFIED_WORDS[code]),
            }
            self.rows[self.problems].append(
                {
                    "id": self.problems.take_id(),
                    "callback_id": callback["id"],
                    "problemtype_id": self.types[code],
                }
            )
        elif self.random.random() < 0.1:
            callback["words"] = self.random.choice(SUGGESTIONS)

    def rate(self, row: RowValues, published: datetime, points: Mapping[str, int]) -> None:
        chance = self.random.random()
        if chance < NEVER_RATED:
            return
        late = row["due_at"] + 16 * HOUR
        is_late = chance < NEVER_RATED + LATE and late < self.now
        chance = self.random.random()
        rating = (
            Rating.SATISFIED
            if chance < SELF_SATISFIED
            else Rating.BASICALLY_SATISFIED
            if chance < SELF_SATISFIED + SELF_BASICALLY
            else Rating.DISSATISFIED
        )
        self.rows[self.self_evaluations].append(
            {
                "id": self.self_evaluations.take_id(),
                "order_id": row["id"],
                "rating": rating.value,
                "points": points[rating],
                "record_factor": Factor.GOOD.value,
                "comment": self.random.choice(COMMENTS) if self.random.random() < 0.1 else "",
                "opinion": self.random.choice(OPINIONS) if rating == Rating.DISSATISFIED else "",
                "rated_by_id": self.staff.foremen[row["crew_id"]],
                "rated_at": late if is_late else published - 3 * HOUR * self.random.random(),
                "is_late": is_late,
            }
        )

    def store(self) -> None:
        """Writes the tables in the order of their foreign keys."""
        for table, rows in self.rows.items():
            table.insert(rows)
            rows.clear()
