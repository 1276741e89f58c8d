"""Past self-evaluations, written in bulk: most in time, a few late or missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from evaluations.enums import Rating
from evaluations.models import Callback, EvaluationPolicy, SelfEvaluation
from satisfaction.accounts.models import Absence, User
from satisfaction.calendars import days
from workorders.models import WorkOrder

from .dates import DemoDates
from .opinions import OpinionGenerator
from .people import DemoPeople

LATE_SHARE, UNRATED_SHARE = 0.03, 0.008


@dataclass
class SelfEvaluationHistory:
    """Collects self-evaluations day by day; `store` writes them."""

    dates: DemoDates
    random: Random
    opinions: OpinionGenerator
    cast: DemoPeople
    policy: EvaluationPolicy
    made: list[SelfEvaluation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.absences = list(Absence.objects.all())
        self.hours = {crew.pk: time(9 + place, 10) for place, crew in enumerate(self.cast.crews)}

    def day(self, callbacks: list[Callback]) -> None:
        """Rates the drawn orders of one closing day; the orders of a crew are rated one after another."""
        clocks: dict[int, datetime] = {}
        for callback in callbacks:
            order = callback.order
            assert order.due_at and order.crew_id
            day = days.local_day(order.due_at)
            if day >= self.dates.today or self.random.random() < UNRATED_SHARE:
                continue
            begins = days.moment_at(day, self.hours[order.crew_id])
            clock = clocks.get(order.crew_id, begins) + timedelta(seconds=self.random.randrange(20, 100))
            clocks[order.crew_id] = clock
            self.rate(callback, order, self.moment(clock))

    def moment(self, usual: datetime) -> datetime:
        """Returns the usual time, in a few cases two days later."""
        is_late = self.random.random() < LATE_SHARE
        return usual + timedelta(days=2) if is_late else usual

    def rate(self, callback: Callback, order: WorkOrder, at: datetime) -> None:
        assert order.due_at and order.last_due_at and order.closed_on
        if days.local_day(at) >= self.dates.today:
            return  # late, and not made yet
        answer = self.opinions.of_foreman(order)
        was_public = callback.published_at is not None and callback.published_at <= at
        self.made.append(
            SelfEvaluation(
                order=order,
                **asdict(answer),
                points=self.policy.points[Rating(answer.rating)],
                rated_by=self.rater(order, days.local_day(at)),
                rated_at=at,
                is_late=at > order.due_at,
                is_not_blind=was_public and order.last_due_at <= at,
            )
        )

    def rater(self, order: WorkOrder, day: date) -> User:
        """Returns the foreman; the deputy if the foreman is absent or did the repair."""
        assert order.crew_id and order.technician
        foreman = self.cast.foremen[order.crew_id]
        if order.technician.user_id == foreman.pk or self.is_absent(foreman, day):
            return self.cast.deputies[order.crew_id]
        return foreman

    def is_absent(self, person: User, day: date) -> bool:
        return any(a.person_id == person.pk and a.first_on <= day <= a.last_on for a in self.absences)

    def store(self) -> None:
        SelfEvaluation.objects.bulk_create(self.made, batch_size=1000)
