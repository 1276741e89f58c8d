"""Cards of the foreman's page: the order, the points of its month, and its state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from evaluations.enums import Factor, Rating
from evaluations.models import EvaluationPolicy, SelfEvaluation
from workorders.models import WorkOrder

from .forms import SelfEvaluationForm

RATING_LOOKS = {Rating.SATISFIED: "good", Rating.BASICALLY_SATISFIED: "fair", Rating.DISSATISFIED: "poor"}
FACTOR_LOOKS = {Factor.GOOD: "good", Factor.FAIR: "fair", Factor.POOR: "poor"}


@dataclass(frozen=True)
class RatingChoice:
    """One of the three ratings, with its points by the policy of the order's month."""

    rating: str
    label: str
    points: int
    look: str


@dataclass
class SelfEvaluationCard:
    """An order to rate (`form`) or a rated order (`evaluation`). `sentence`: the error, if any."""

    order: WorkOrder
    choices: Sequence[RatingChoice]
    form: SelfEvaluationForm | None = None
    evaluation: SelfEvaluation | None = None
    sentence: str = ""
    begins_day: bool = False
    is_correction: bool = False
    may_undo: bool = False
    shows_rating: bool = False

    @property
    def factor_choices(self) -> list[tuple[str, str, str]]:
        return [(factor.value, str(factor.label), FACTOR_LOOKS[factor]) for factor in Factor]

    @property
    def duration(self) -> timedelta | None:
        """Time from report to repair."""
        end = self.order.finished_at or self.order.closed_at
        return end - self.order.reported_at if end and self.order.reported_at else None


class RatingChoiceMaker:
    """Rating choices of any month; reads the policies once."""

    def __init__(self) -> None:
        self.policies = list(EvaluationPolicy.objects.order_by("-begins_on"))

    def __call__(self, closed_on: date | None) -> list[RatingChoice]:
        policy = next(p for p in self.policies if closed_on is None or p.begins_on <= closed_on)
        return [RatingChoice(r.value, str(r.label), policy.points[r], RATING_LOOKS[r]) for r in Rating]


def cards_to_rate(
    orders: Iterable[WorkOrder], *, last: WorkOrder | None, now: datetime
) -> list[SelfEvaluationCard]:
    """Returns a card per order; marks the first card of each day. `last`: the order above the first card."""
    choices, cards = RatingChoiceMaker(), []
    above = _list_section(last, now) if last else None
    for order in orders:
        here = _list_section(order, now)
        card = SelfEvaluationCard(
            order, choices(order.closed_on), form=SelfEvaluationForm(), begins_day=here != above
        )
        cards.append(card)
        above = here
    return cards


def _list_section(order: WorkOrder, now: datetime) -> tuple[bool, date | None]:
    return order.due_at is not None and order.due_at < now, order.closed_on
