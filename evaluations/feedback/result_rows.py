"""A crew's results for pages: both ratings of an order, if the viewer may see them (domain §4, §7)."""

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
    """One order. `own`, `reported`: None when there is no rating or the viewer may not see it."""

    order: WorkOrder
    own: SelfEvaluation | None
    reported: Callback | None
    objection: Objection | None
    is_own_hidden: bool
    may_object: bool = False

    @property
    def points(self) -> int | None:
        """The sum of both ratings, if the viewer sees both."""
        if self.own is None or self.reported is None or self.reported.points is None:
            return None
        return self.own.points + self.reported.points


@dataclass
class CrewDay:
    """A crew's results of a day. `awaits`: the crew has not acknowledged them yet."""

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
    """Returns the row with the ratings the viewer may see; results are shown from publication on."""
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
    """Returns the results by day and crew; `orders` are sorted so."""
    groups = []
    for (day, crew), of_group in groupby(orders, key=lambda order: (order.closed_on, order.crew)):
        rows = [make_result_row(order, viewer, objectable) for order in of_group]
        groups.append(CrewDay(crew, day, rows))
    return groups
