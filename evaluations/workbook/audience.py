"""The reader of an export and its limits: own crews only, masked phones, hidden ratings (domain §4, §12)."""

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
    """The reader of a workbook.

    `own_crews_only`: a foreman's workbook holds only the crews led, even if the person may see other orders.
    `among`: restricts the workbook to the orders of a filtered list.
    """

    viewer: Viewer
    own_crews_only: bool
    sees_phones: bool
    among: QuerySet[WorkOrder] | None = None

    @property
    def sums_rows(self) -> bool:
        """Whether totals are summed from the rows shown.

        True for a part of the orders, and when an official total would reveal a rating that domain §4 hides.
        """
        return self.among is not None or self.viewer.has_crews_eyes

    def orders(self, *, now: datetime) -> WorkOrderQuerySet[VisibleOrder]:
        """Returns the orders of the reader's workbook, annotated with `shows_self` and `shows_callback`."""
        orders = orders_visible_to(self.viewer, now=now)
        if self.own_crews_only:
            orders = orders.filter(crew__in=self.viewer.led_crews)
        if self.among is not None:
            orders = orders.filter(pk__in=self.among.order_by().values("pk"))
        return with_visibility(orders, self.viewer, now=now)


COMMAND = Reader(EVERYTHING, own_crews_only=False, sees_phones=True)
"""Commands on the server export everything."""


def reader_of(user: User, *, now: datetime) -> Reader:
    return Reader(
        viewer_of(user, now=now),
        own_crews_only=not user.has_role(*OFFICE_READERS),
        sees_phones=user.has_role(Role.ADMIN),
    )
