"""The crew's results as a page shows them: both ratings of an order, as far as this viewer may see (domain §4, §7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from evaluations.enums import CallbackState, Source
from evaluations.models import Acknowledgement, Callback, Objection, SelfEvaluation
from evaluations.visibility import Viewer, VisibleOrder
from workorders.models import Crew, WorkOrder


@dataclass(frozen=True)
class ResultRow:
    """One order; `own` and `reported` are None where there is nothing, or nothing for this viewer."""

    order: WorkOrder
    own: SelfEvaluation | None
    reported: Callback | None
    objection: Objection | None
    is_own_hidden: bool
    may_object: bool = False

    @property
    def points(self) -> int | None:
        """The sum, when both are there."""
        if self.own is None or self.reported is None or self.reported.points is None:
            return None
        return self.own.points + self.reported.points


@dataclass
class CrewDay:
    """A crew's day; `awaits` when somebody of the crew has still to acknowledge it."""

    crew: Crew
    day: date
    rows: list[ResultRow] = field(default_factory=list)
    awaits: bool = False
    may_acknowledge: bool = False
    acknowledged: Acknowledgement | None = None

    @property
    def results(self) -> int:
        return sum(row.reported is not None for row in self.rows)

    @property
    def unrated(self) -> int:
        return sum(row.own is None and not row.is_own_hidden for row in self.rows)


def make_result_row(
    order: VisibleOrder, viewer: Viewer, objectable: frozenset[int] = frozenset()
) -> ResultRow:
    """What the visibility says is shown; a result counts from its publication on, for everybody."""
    own = getattr(order, "self_evaluation", None) if order.shows_self else None
    callback = getattr(order, "callback", None) if order.shows_callback else None
    reported = callback if callback and callback.published_at else None
    objection = getattr(order, "objection", None) if reported else None
    may_object = (
        order.pk in objectable
        and objection is None
        and reported is not None
        and (reported.state, reported.source) == (CallbackState.RATED, Source.APP)
    )
    return ResultRow(order, own, reported, objection, not order.shows_self, may_object)


def group_by_crew_day(
    orders: Iterable[VisibleOrder], viewer: Viewer, objectable: frozenset[int] = frozenset()
) -> list[CrewDay]:
    """`orders` stand by day and crew already."""
    groups = []
    for (day, crew), of_group in groupby(orders, key=lambda order: (order.closed_on, order.crew)):
        rows = [make_result_row(order, viewer, objectable) for order in of_group]
        groups.append(CrewDay(crew, day, rows))
    return groups
