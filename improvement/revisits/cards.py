"""A revisit on a page: what the person may do, and whether the phone number is shown in full (domain §12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from improvement.enums import RevisitStanding, RevisitState
from improvement.models import Revisit, RevisitQuestion
from satisfaction.accounts.models import User
from workorders.models import WorkOrder
from workorders.phones import masked

from .due import DueRevisit, orders_to_visit
from .rules import DueDate
from .visitors import is_in_open_meeting, visit_verdict
from .wording import why_due

FORM_STATES = (RevisitStanding.DUE, RevisitStanding.OVERDUE, RevisitStanding.DRAFT, RevisitStanding.RETURNED)


@dataclass(frozen=True)
class RevisitCard:
    """One revisit for one person. `may_write`: the person visits the reporter and no meeting has decided yet."""

    row: DueRevisit
    may_write: bool
    shows_phone: bool
    phone: str
    why_due: str

    @property
    def order(self) -> WorkOrder:
        return self.row.order

    @property
    def revisit(self) -> Revisit | None:
        return self.row.revisit

    @property
    def due(self) -> DueDate | None:
        return self.row.due

    @property
    def standing(self) -> RevisitStanding:
        return self.row.standing

    @property
    def is_dropped(self) -> bool:
        return self.row.is_dropped

    @property
    def is_to_make(self) -> bool:
        return self.standing in FORM_STATES and not self.is_dropped

    @property
    def came_late(self) -> bool:
        """Whether the form was submitted after it was due."""
        return self.row.is_late and self.revisit is not None and self.revisit.submitted_at is not None

    @property
    def is_visit_early(self) -> bool:
        """Whether the visit is dated before the call: a form older than this rule (domain §9.4)."""
        visited_at = self.revisit.visited_at if self.revisit else None
        called_at = self.order.callback.ended_at
        return bool(visited_at and called_at and visited_at < called_at.replace(second=0, microsecond=0))

    @property
    def open_question(self) -> RevisitQuestion | None:
        asked = self.revisit.questions.all() if self.revisit else []
        return next((one for one in asked if one.answered_at is None), None)


def make_card(row: DueRevisit, person: User, *, now: datetime) -> RevisitCard:
    """Returns one card; the verdict on the visitor decides `may_write`."""
    is_visitor = visit_verdict(row.order, person, now=now).may
    return _card(row, is_visitor)


def make_cards(rows: Iterable[DueRevisit], person: User, *, now: datetime) -> list[RevisitCard]:
    """Returns cards in three queries. `may_write` only for revisits the person has to make today."""
    rows = list(rows)
    orders = [row.order.pk for row in rows]
    mine = set(orders_to_visit(person, now=now).filter(pk__in=orders).values_list("pk", flat=True))
    return [_card(row, row.order.pk in mine) for row in rows]


def _card(row: DueRevisit, is_visitor: bool) -> RevisitCard:
    may_write = is_visitor and row.standing != RevisitStanding.DECIDED
    shows_phone = may_write and row.standing in FORM_STATES and not row.is_dropped
    phone = row.order.reporter_phone
    return RevisitCard(
        row,
        may_write=may_write,
        shows_phone=shows_phone,
        phone=phone if shows_phone else masked(phone),
        why_due=why_due(row.due) if row.due else "",
    )


def lock_reason(revisit: Revisit) -> str:
    """Returns why a submitted form cannot be changed now; empty when it can."""
    if revisit.state == RevisitState.SUBMITTED and is_in_open_meeting(revisit):
        return _("故障分析会正在讨论,暂不能修改。")
    return ""
