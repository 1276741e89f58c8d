"""The evaluation's part of an import: frozen fields, ratings, deadlines (domain §3, §11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from django.utils import translation
from django.utils.translation import gettext as _

from evaluations.deadlines import DeadlineMaker, looks_back_to
from evaluations.enums import Source
from evaluations.models import Callback, EvaluationPolicy, SelfEvaluation, Settlement
from evaluations.visibility import EVERYTHING, viewer_of, with_visibility
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from workorders.enums import OutOfScope
from workorders.intake.order_rows import ImportRejection, RowPlace
from workorders.intake.order_state import FROZEN, OrderState
from workorders.intake.plan import PlannedRow, RowAction, contradiction
from workorders.intake.store import DueTimes
from workorders.models import WorkOrder

from .callers import CallerLookup
from .cells import EndedCall, EvaluationCells, Ratings, check_total, read_ratings
from .stored_cells import CellValues, stored_cells
from .wording import read_comment

BATCH_SIZE = 500
SELF_FIELDS = frozenset({"self_points", "self_comment"})
EvaluationsByPlace = Mapping[RowPlace, EvaluationCells]
"""The evaluation cells of a file, by the place of their row; rows without any are omitted."""


class DatedOrder(Protocol):
    """The values that decide the deadlines of an order."""

    @property
    def closed_on(self) -> date | None: ...
    @property
    def entered_at(self) -> datetime | None: ...
    @property
    def out_of_scope(self) -> OutOfScope | None: ...


@dataclass(frozen=True)
class EvaluationFacts:
    """Facts of existing orders for a review, by order id.

    `settled`: settled months. `evaluated`: ids of orders drawn or rated. `cells`: the cells an export would
    write, one mapping per language. `visible`: (self-evaluation, callback), whether the importing person
    may see each.
    """

    settled: frozenset[date]
    evaluated: frozenset[int]
    cells: Sequence[Mapping[int, CellValues]]
    visible: Mapping[int, tuple[bool, bool]]

    def is_settled(self, closed_on: date | None) -> bool:
        return closed_on is not None and days.first_of_month(closed_on) in self.settled

    def frozen(self, orders: Iterable[WorkOrder]) -> dict[str, frozenset[str]]:
        """Returns order number → fields that imports can no longer change."""
        found: dict[str, frozenset[str]] = {}
        for order in orders:
            if self.is_settled(order.closed_on):
                found[order.number] = FROZEN | {"original"}
            elif order.pk in self.evaluated:
                found[order.number] = FROZEN
        return found


@dataclass(frozen=True)
class AcceptedEvaluation:
    """The ratings of one row; `self_rating` and `call_rating` follow from the points by the month's policy."""

    number: str
    ratings: Ratings
    self_rating: str
    call_rating: str
    caller: User | None


def gather_evaluations(
    orders: Collection[WorkOrder], rated: Collection[str] = (), *, by: User | None, now: datetime
) -> EvaluationFacts:
    """Returns the facts of existing orders; `rated`: order numbers of the rows with evaluation cells."""
    evaluated = _evaluated([order.pk for order in orders])
    compared = [order.pk for order in orders if order.number in rated and order.pk in evaluated]
    return EvaluationFacts(
        settled=frozenset(Settlement.objects.in_force().values_list("month", flat=True)),
        evaluated=frozenset(evaluated),
        cells=_stored_cells(compared),
        visible=_visible(compared, by=by, now=now),
    )


class EvaluationReview:
    """Reviews the planned rows of one step: maps points to ratings and computes deadlines."""

    def __init__(
        self, facts: EvaluationFacts, evaluations: EvaluationsByPlace, *, callers: CallerLookup, now: datetime
    ) -> None:
        self.facts, self.evaluations, self.callers, self.now = facts, evaluations, callers, now
        self.deadlines = DeadlineMaker()
        self.accepted: list[AcceptedEvaluation] = []

    def review(self, planned: PlannedRow) -> PlannedRow:
        """Returns the planned row, or the row rejected because of its evaluation cells."""
        cells = self.evaluations.get(planned.row.place)
        try:
            if planned.first and cells != self.evaluations.get(planned.first.place):
                raise contradiction(planned.first)
            if cells and planned.after and planned.action != RowAction.WAIT:
                return replace(planned, brings_more=self._accept(cells, planned.after))
        except ImportRejection as rejection:
            return planned.rejected(rejection)
        return planned

    def due_times(self, order: DatedOrder) -> DueTimes:
        """Returns the deadlines of an order; (None, None) unless the order has deadlines (domain §8).

        It has them if it is in scope, closed within the look-back period and in an unsettled month.
        """
        if order.out_of_scope or not order.closed_on or not order.entered_at:
            return None, None
        if self.facts.is_settled(order.closed_on) or order.closed_on < looks_back_to(self.now):
            return None, None
        due = self.deadlines(order.closed_on, order.entered_at)
        return due.due_at, due.last_due_at

    def _accept(self, cells: EvaluationCells, order: OrderState) -> bool:
        """Accepts the cells; returns whether they contain an evaluation that is not stored yet.

        Raises ImportRejection: the cells are invalid, or differ from the stored evaluation.
        """
        ratings = read_ratings(cells)
        if order.id in self.facts.evaluated:
            self._compare(cells, order.id)
            check_total(cells, ratings)
            return False
        accepted = self._new_evaluation(cells, ratings, order)
        self.accepted.append(accepted)
        if accepted.caller:
            self.callers.keep(accepted.caller)
        return True

    def _compare(self, cells: EvaluationCells, order: int) -> None:
        """Raises ImportRejection: a filled cell differs from the stored evaluation. Blank cells are ignored.

        A cell of a rating hidden from the importing person is always rejected, so that the result does not
        reveal whether a guess is right (domain §4).
        """
        shows_self, shows_callback = self.facts.visible[order]
        for field in cells.values:
            if field != "total" and not (shows_self if field in SELF_FIELDS else shows_callback):
                raise ImportRejection(field, _("工单已抽取或已评价;这一项您现在还不能看,既不核对也不改动"))
        for field, value in cells.values.items():
            stored = [by_order[order].get(field, "") for by_order in self.facts.cells]
            if field != "total" and value not in stored and not _same_comment(field, value, stored):
                old = stored[0] if stored[0] not in ("", None) else _("空")
                raise ImportRejection(
                    field,
                    _("工单已抽取或已评价,不能由“%(old)s”改为“%(new)s”") % {"old": old, "new": value},
                )

    def _new_evaluation(
        self, cells: EvaluationCells, ratings: Ratings, order: OrderState
    ) -> AcceptedEvaluation:
        first = next(iter(cells.values))
        why = order.out_of_scope
        if why:
            raise ImportRejection(first, _("不在评价范围的工单(%(why)s)不能有评价") % {"why": why.label})
        if self.facts.is_settled(order.closed_on):
            raise ImportRejection(first, _("所属月份已结算,不能再有评价"))
        assert order.closed_on
        crew, call = ratings.crew, ratings.call
        self_rating = self._rating(crew.points, order.closed_on, field="self_points") if crew else ""
        call_rating = ""
        if call and call.points is not None:
            call_rating = self._rating(call.points, order.closed_on, field=f"{call.group}_points")
        check_total(cells, ratings)
        return AcceptedEvaluation(order.number, ratings, self_rating, call_rating, self._caller(call))

    def _rating(self, points: int, day: date, *, field: str) -> str:
        """Returns the rating with these points in the policy of the day's month.

        Raises ImportRejection: no policy for the month, or no rating with these points.
        """
        try:
            worth = self.deadlines.policy(day).points
        except EvaluationPolicy.DoesNotExist:
            raise ImportRejection(field, _("该月没有评价方案")) from None
        for rating, value in worth.items():
            if value == points:
                return rating
        allowed = _("、").join(str(value) for value in worth.values())
        raise ImportRejection(field, _("测评分值只能是 %(allowed)s") % {"allowed": allowed})

    def _caller(self, call: EndedCall | None) -> User | None:
        if not call or not call.caller:
            return None
        return self.callers.caller(call.caller, call.group, field=f"{call.group}_caller")


def store_evaluations(review: EvaluationReview, orders: Mapping[str, WorkOrder], *, by: User | None) -> None:
    """Stores the accepted new callers, self-evaluations and callbacks; `orders`: number → stored order."""
    review.callers.save(by=by)
    accepted = [(one, orders[one.number]) for one in review.accepted]
    SelfEvaluation.objects.bulk_create(
        [made for one, order in accepted for made in _self_evaluations(one, order)], batch_size=BATCH_SIZE
    )
    Callback.objects.bulk_create(
        [made for one, order in accepted for made in _callbacks(one, order, now=review.now)],
        batch_size=BATCH_SIZE,
    )


def _self_evaluations(accepted: AcceptedEvaluation, order: WorkOrder) -> Iterator[SelfEvaluation]:
    if given := accepted.ratings.crew:
        yield SelfEvaluation(
            order=order,
            rating=accepted.self_rating,
            points=given.points,
            comment=given.comment,
            opinion=given.opinion,
            source=Source.IMPORTED,
        )


def _callbacks(accepted: AcceptedEvaluation, order: WorkOrder, *, now: datetime) -> Iterator[Callback]:
    """Yields the imported callback, published at once, without run, time and answers (domain §11)."""
    if call := accepted.ratings.call:
        yield Callback(
            order=order,
            state=call.state,
            source=Source.IMPORTED,
            group=call.group,
            caller=accepted.caller,
            rating=accepted.call_rating,
            points=call.points,
            summary=call.summary,
            words=call.words,
            published_at=now,
        )


def _evaluated(ids: list[int]) -> set[int]:
    """Returns the ids of orders that were drawn or rated."""
    found: set[int] = set()
    for start in range(0, len(ids), BATCH_SIZE):
        part = ids[start : start + BATCH_SIZE]
        found |= set(Callback.objects.filter(order__in=part).values_list("order_id", flat=True))
        found |= set(SelfEvaluation.objects.filter(order__in=part).values_list("order_id", flat=True))
    return found


def _stored_cells(ids: list[int]) -> list[dict[int, CellValues]]:
    """Returns the cells an export would write, one dict per language, the current language first."""
    found = []
    for language in dict.fromkeys((translation.get_language(), "zh-hans", "en")) if ids else ():
        with translation.override(language):
            cells: dict[int, CellValues] = {}
            for start in range(0, len(ids), BATCH_SIZE):
                cells |= stored_cells(WorkOrder.objects.filter(pk__in=ids[start : start + BATCH_SIZE]))
            found.append(cells)
    return found


def _visible(ids: list[int], *, by: User | None, now: datetime) -> dict[int, tuple[bool, bool]]:
    """Returns order id → whether the importing person may see (self-evaluation, callback) (domain §4).

    Commands (`by` is None) see both.
    """
    if not ids:
        return {}
    viewer = viewer_of(by, now=now) if by else EVERYTHING
    found: dict[int, tuple[bool, bool]] = {}
    for start in range(0, len(ids), BATCH_SIZE):
        orders = WorkOrder.objects.filter(pk__in=ids[start : start + BATCH_SIZE])
        seen = with_visibility(orders, viewer, now=now)
        rows = seen.values_list("pk", "shows_self", "shows_callback")
        found |= {pk: (own, reported) for pk, own, reported in rows}
    return found


def _same_comment(field: str, value: object, stored: Sequence[object]) -> bool:
    """Returns whether comment and opinion equal stored ones, whatever the spelling of the mark between."""
    return field == "self_comment" and any(
        read_comment(str(value)) == read_comment(str(old)) for old in stored
    )
