"""Random opinions of reporters and foremen, weighted by the quality of each technician."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from evaluations.callbacks.answers import Answers, first_contact
from evaluations.enums import Factor, Manner, Rating, Repaired, Response, Uncivil
from evaluations.models import ProblemType
from evaluations.self_evaluation.actions import SelfEvaluationAnswers
from workorders.models import WorkOrder

from .texts import COMMENTS, DISSATISFIED_WORDS, OPINIONS, OTHER_PROBLEM, SUGGESTIONS

IN_TIME = timedelta(minutes=60)
S, B, D = Rating.SATISFIED, Rating.BASICALLY_SATISFIED, Rating.DISSATISFIED
UNTRAINED_PENALTY = 0.38
OTHER_TYPE = 4
"""Code of the problem type that requires a text."""


@dataclass
class OpinionGenerator:
    """`quality`: employee number → share of satisfied reporters.

    `learning`: id of a crew with worse quality until the day on which a measure takes effect.
    """

    random: Random
    learning: tuple[int, date] | None = None
    quality: dict[str, float] = field(default_factory=dict)
    types: dict[int, int] = field(default_factory=lambda: dict(ProblemType.objects.values_list("code", "pk")))

    def of_reporter(self, order: WorkOrder) -> Answers:
        """Returns consistent answers; slow contact lowers the rating."""
        is_slow = (first_contact(order) or timedelta()) > IN_TIME
        good = self._quality(order) - (0.15 if is_slow else 0)
        bad = (1 - good) * 0.3
        rating = self.random.choices((S, B, D), (good, 1 - good - bad, bad))[0]
        return self.dissatisfied(order) if rating == D else self._content(rating, is_slow=is_slow)

    def dissatisfied(self, order: WorkOrder) -> Answers:
        is_slow = (first_contact(order) or timedelta()) > IN_TIME
        code = 1 if is_slow else self.random.choices((1, 2, 3, OTHER_TYPE), (1, 2, 6, 1))[0]
        says_nothing = self.random.random() < 0.1
        return Answers(
            rating=D,
            response=Response.NO if is_slow else Response.YES,
            manner=Manner.NO if code == 2 else Manner.YES,
            uncivil=Uncivil.NO,
            repaired=Repaired.PARTLY if code == 3 else Repaired.YES,
            words="" if says_nothing else self.random.choice(DISSATISFIED_WORDS[code]),
            gave_no_reason=says_nothing,
            problem_types=frozenset({self.types[code]}),
            other_problem=self.random.choice(OTHER_PROBLEM) if code == OTHER_TYPE else "",
        )

    def of_foreman(self, order: WorkOrder) -> SelfEvaluationAnswers:
        """Returns a self-evaluation, kinder than reporters, with an opinion if dissatisfied."""
        good = 0.4 + 0.6 * self._quality(order)
        rating = self.random.choices((S, B, D), (good, (1 - good) * 0.85, (1 - good) * 0.15))[0]
        factor = {S: Factor.GOOD, B: Factor.FAIR, D: Factor.POOR}[rating]
        return SelfEvaluationAnswers(
            rating=rating,
            record_factor=self.random.choice((Factor.GOOD, factor)),
            handling_factor=Factor.GOOD if rating == S else factor,
            efficiency_factor=self.random.choice((Factor.GOOD, factor)),
            comment=self.random.choice(COMMENTS) if self.random.random() < 0.15 else "",
            opinion=self.random.choice(OPINIONS) if rating == D else "",
        )

    def _content(self, rating: Rating, *, is_slow: bool) -> Answers:
        is_unsure = self.random.random() < 0.08
        response = Response.NO if is_slow else Response.NOT_SURE if is_unsure else Response.YES
        is_partly = rating == B and self.random.random() < 0.4
        says = self.random.random() < (0.5 if rating == B else 0.12)
        return Answers(
            rating=rating,
            response=response,
            manner=Manner.YES,
            uncivil=Uncivil.NO,
            repaired=Repaired.PARTLY if is_partly else Repaired.YES,
            words=self._suggestion(rating) if says else "",
        )

    def _suggestion(self, rating: Rating) -> str:
        return self.random.choice(SUGGESTIONS[:4] if rating == B else SUGGESTIONS)

    def _quality(self, order: WorkOrder) -> float:
        assert order.technician and order.closed_on
        quality = self.quality.setdefault(order.technician.employee_no, self.random.uniform(0.8, 0.95))
        crew, learns_on = self.learning or (None, order.closed_on)
        return quality - (UNTRAINED_PENALTY if order.crew_id == crew and order.closed_on < learns_on else 0)
