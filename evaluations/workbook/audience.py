"""Who reads an export, and what of it is shown: own crew, masked phones, blind sides (domain §4, §12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from evaluations.visibility import (
    EVERYTHING,
    Viewer,
    VisibleOrder,
    orders_visible_to,
    viewer_of,
    with_visibility,
)
from satisfaction.accounts.models import User
from satisfaction.core.roles import Role
from workorders.models import WorkOrder
from workorders.models.orders import WorkOrderQuerySet

CREW_READERS = (Role.FOREMAN, Role.DEPUTY)
OFFICE_READERS = (Role.LEAD, Role.MANAGER, Role.HEAD, Role.ADMIN)


@dataclass(frozen=True)
class Reader:
    """`own_crews_only`: a foreman's workbook holds the own crew, whatever else the person may look at.

    `among`: of these only the ones a list was narrowed to.
    """

    viewer: Viewer
    own_crews_only: bool
    sees_phones: bool
    among: QuerySet[WorkOrder] | None = None

    @property
    def sums_rows(self) -> bool:
        """Totals are those of the rows: of a part of the orders, or because a total would tell what domain §4 hides."""
        return self.among is not None or self.viewer.has_crews_eyes

    def orders(self, *, now: datetime) -> WorkOrderQuerySet[VisibleOrder]:
        """Orders in the reader's workbook, annotated `shows_self` and `shows_callback`."""
        orders = orders_visible_to(self.viewer, now=now)
        if self.own_crews_only:
            orders = orders.filter(crew__in=self.viewer.led_crews)
        if self.among is not None:
            orders = orders.filter(pk__in=self.among.order_by().values("pk"))
        return with_visibility(orders, self.viewer, now=now)


COMMAND = Reader(EVERYTHING, own_crews_only=False, sees_phones=True)
"""Commands on the server write everything."""


def reader_of(user: User, *, now: datetime) -> Reader:
    return Reader(
        viewer_of(user, now=now),
        own_crews_only=not user.has_role(*OFFICE_READERS),
        sees_phones=user.has_role(Role.ADMIN),
    )
