"""Months are found among millions of orders by the day of closing; their ratings only through the orders."""

from __future__ import annotations

import re
from datetime import date

from workorders.models import WorkOrder

JOIN = re.compile(r'(JOIN "(\w+)" ON \("workorders_workorder"\."id" = "\2"\."order_id")\)')


def bounded(sql: str, first: date, last: date) -> str:
    """A statement on orders closed from `first` to `last`, which tells its joins between which ids these lie.

    Changes no result. Without it the database reads every callback and self-evaluation there is to find those of
    a month; with it, as orders come in day by day, hardly more than these. (The ORM can put no condition on the
    join of a relation and keep its name.)
    """
    least, most = WorkOrder.objects.ids_closed_between(first, last)
    return JOIN.sub(rf'\1 AND "\2"."order_id" BETWEEN {least:d} AND {most:d})', sql)
