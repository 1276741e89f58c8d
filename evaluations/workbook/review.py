"""What evaluations say of an imported row: what is frozen, what its ratings are worth, when it is due (§3, §11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import translation
from django.utils.translation import gettext as _

from evaluations.deadlines import DeadlineMaker, looks_back_to
from evaluations.enums import Source
from evaluations.models import Callback, EvaluationPolicy, SelfEvaluation, Settlement
from evaluations.visibility import EVERYTHING, viewer_of, with_visibility
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.locks import acquire_lock
from workorders.intake.compare import FROZEN
from workorders.intake.rows import RowRejected
from workorders.intake.store import closing_days
from workorders.intake.take_in import Reviewer, Row
from workorders.models import WorkOrder

from .callers import CallerBook
from .cells import Call, EvaluationCells, Ratings, check_total, read_ratings
from .stored_cells import Cells, held_cells
from .wording import read_comment

AT_ONCE = 500
SELF_FIELDS = frozenset({"self_points", "self_comment"})


class WorkbookReviewer(Reviewer):
    """One import's view of the evaluations. Rows carry `EvaluationCells`, or None when evaluations are not taken."""

    def __init__(self, *, now: datetime, by: User | None, create_people: bool) -> None:
        self.now, self.by, self.create_people = now, by, create_people
        self.settled: set[date] = set()
        self.evaluated: set[int] = set()
        self.held: list[dict[int, Cells]] = []
        self.sides: dict[int, tuple[bool, bool]] = {}
        self.accepted: list[tuple[WorkOrder, Ratings, User | None]] = []

    def lock(self, rows: Sequence[Row]) -> None:
        """No month of these orders is drawn, settled or reopened meanwhile; locks as settling takes them."""
        closed = {days.local_day(row.cells.closed_at) for row in rows if row.cells.closed_at}
        closed |= closing_days(row.cells.number for row in rows)
        for month in sorted({days.first_of_month(day) for day in closed}):
            acquire_lock(f"draw {month:%Y-%m}")

    def begin(self, rows: Sequence[Row]) -> None:
        self.make = DeadlineMaker()
        self.settled = set(Settlement.objects.in_force().values_list("month", flat=True))
        self.callers = CallerBook(create=self.create_people)

    def look_at(self, rows: Sequence[Row], orders: dict[str, WorkOrder]) -> None:
        ids = [order.pk for order in orders.values()]
        self.evaluated = _evaluated(ids)
        rated = {row.cells.number for row in rows if row.more}
        asked = [orders[number].pk for number in rated & orders.keys()]
        compared = [pk for pk in asked if pk in self.evaluated]
        self.held, self.sides = _held(compared), self._sides(compared)
        self.accepted = []

    def _sides(self, ids: list[int]) -> dict[int, tuple[bool, bool]]:
        """Order → whether who imports may see its self-evaluation, and its callback; the command sees both (§4)."""
        viewer = viewer_of(self.by, now=self.now) if self.by else EVERYTHING
        found: dict[int, tuple[bool, bool]] = {}
        for start in range(0, len(ids), AT_ONCE):
            orders = WorkOrder.objects.filter(pk__in=ids[start : start + AT_ONCE])
            seen = with_visibility(orders, viewer, now=self.now)
            rows = seen.values_list("pk", "shows_self", "shows_callback")
            found |= {pk: (own, reported) for pk, own, reported in rows}
        return found

    def frozen_fields(self, order: WorkOrder) -> frozenset[str]:
        if self.is_settled(order):
            return FROZEN | {"original"}
        return FROZEN if order.pk in self.evaluated else frozenset()

    def is_settled(self, order: WorkOrder) -> bool:
        return order.closed_on is not None and days.first_of_month(order.closed_on) in self.settled

    def accept(self, row: Row, order: WorkOrder) -> bool:
        cells: EvaluationCells | None = row.more
        if not cells:
            return False
        ratings = read_ratings(cells)
        if order.pk in self.evaluated:
            self._compare(cells, order)
            check_total(cells, ratings)
            return False
        self._guard(cells, ratings, order)
        check_total(cells, ratings)
        caller = self._caller(ratings.call)
        self.accepted.append((order, ratings, caller))
        return True

    def _compare(self, cells: EvaluationCells, order: WorkOrder) -> None:
        """Equal evaluations are unchanged, blank cells say nothing, different ones are refused.

        What the reader may not see is refused whatever the file says: neither the refusal nor its absence tells
        whether a guess is right (§4).
        """
        shows_self, shows_callback = self.sides[order.pk]
        for field in cells.said:
            if field != "total" and not (shows_self if field in SELF_FIELDS else shows_callback):
                raise RowRejected(field, _("工单已抽取或已评价;这一项您现在还不能看,既不核对也不改动"))
        for field, value in cells.said.items():
            held = [by_order[order.pk].get(field, "") for by_order in self.held]
            if field != "total" and value not in held and not _same_comment(field, value, held):
                old = held[0] if held[0] not in ("", None) else _("空")
                raise RowRejected(
                    field,
                    _("工单已抽取或已评价,不能由“%(old)s”改为“%(new)s”") % {"old": old, "new": value},
                )

    def _guard(self, cells: EvaluationCells, ratings: Ratings, order: WorkOrder) -> None:
        first = next(iter(cells.said))
        why = order.out_of_scope
        if why:
            raise RowRejected(first, _("不在评价范围的工单(%(why)s)不能有评价") % {"why": why.label})
        if self.is_settled(order):
            raise RowRejected(first, _("所属月份已结算,不能再有评价"))
        assert order.closed_on
        if ratings.crew:
            self._rating(ratings.crew.points, order.closed_on, field="self_points")
        if ratings.call and ratings.call.points is not None:
            self._rating(ratings.call.points, order.closed_on, field=f"{ratings.call.group}_points")

    def _rating(self, points: int, day: date, *, field: str) -> str:
        """The rating that is worth so many points in the policy of the day's month."""
        try:
            worth = self.make.policy(day).points
        except EvaluationPolicy.DoesNotExist:
            raise RowRejected(field, _("该月没有评价方案")) from None
        for rating, value in worth.items():
            if value == points:
                return rating
        allowed = _("、").join(str(value) for value in worth.values())
        raise RowRejected(field, _("测评分值只能是 %(allowed)s") % {"allowed": allowed})

    def _caller(self, call: Call | None) -> User | None:
        if not call or not call.caller:
            return None
        caller = self.callers.caller(call.caller, call.group, field=f"{call.group}_caller")
        self.callers.keep(caller)
        return caller

    def set_deadlines(self, order: WorkOrder) -> None:
        """In scope, within the look-back, of no settled month: due; any other has no deadline (§8 last rule)."""
        order.due_at = order.last_due_at = None
        if order.out_of_scope or not order.closed_on or not order.entered_at or self.is_settled(order):
            return
        if order.closed_on >= looks_back_to(self.now):
            due = self.make(order.closed_on, order.entered_at)
            order.due_at, order.last_due_at = due.due_at, due.last_due_at

    def store(self) -> None:
        self.callers.save(by=self.by)
        SelfEvaluation.objects.bulk_create(
            [
                self._self_evaluation(order, ratings)
                for order, ratings, _caller in self.accepted
                if ratings.crew
            ],
            batch_size=AT_ONCE,
        )
        Callback.objects.bulk_create(
            [
                self._callback(order, ratings.call, caller)
                for order, ratings, caller in self.accepted
                if ratings.call
            ],
            batch_size=AT_ONCE,
        )

    def _self_evaluation(self, order: WorkOrder, ratings: Ratings) -> SelfEvaluation:
        given = ratings.crew
        assert given and order.closed_on
        return SelfEvaluation(
            order=order,
            rating=self._rating(given.points, order.closed_on, field="self_points"),
            points=given.points,
            comment=given.comment,
            opinion=given.opinion,
            source=Source.IMPORTED,
        )

    def _callback(self, order: WorkOrder, call: Call, caller: User | None) -> Callback:
        """Published at once; without run, time and answers (§11)."""
        assert order.closed_on
        rating = "" if call.points is None else self._rating(call.points, order.closed_on, field="")
        return Callback(
            order=order,
            state=call.state,
            source=Source.IMPORTED,
            group=call.group,
            caller=caller,
            rating=rating,
            points=call.points,
            summary=call.summary,
            words=call.words,
            published_at=self.now,
        )


def _evaluated(ids: list[int]) -> set[int]:
    """Orders that were drawn or rated."""
    found: set[int] = set()
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        found |= set(Callback.objects.filter(order__in=part).values_list("order_id", flat=True))
        found |= set(SelfEvaluation.objects.filter(order__in=part).values_list("order_id", flat=True))
    return found


def _held(ids: list[int]) -> list[dict[int, Cells]]:
    """The cells that an export would write, in the language of the page and then in the others."""
    spoken = translation.get_language()
    found = []
    for language in dict.fromkeys((spoken, "zh-hans", "en")):
        with translation.override(language):
            cells: dict[int, Cells] = {}
            for start in range(0, len(ids), AT_ONCE):
                cells |= held_cells(WorkOrder.objects.filter(pk__in=ids[start : start + AT_ONCE]))
            found.append(cells)
    return found


def _same_comment(field: str, value: object, held: Sequence[object]) -> bool:
    """Comment and opinion are the same, however the mark between them is spelt."""
    return field == "self_comment" and any(read_comment(str(value)) == read_comment(str(old)) for old in held)
