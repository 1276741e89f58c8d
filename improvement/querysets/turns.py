"""When the numbers of a KPI turn by themselves, because a deadline has passed (§2, §9, §10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Subquery

from evaluations.models import EvaluationPolicy
from satisfaction.calendars import days

from ..models import AnalysisMeeting


def last_turn(now: datetime) -> datetime:
    """The latest moment up to `now` at which a deadline may have passed; one query.

    Deadlines are closes of business, meetings (until then revisits are handed in) and the ends of days. A full hour
    counts too: the close of business of a policy that was replaced may stand on an order.
    """
    met = AnalysisMeeting.objects.filter(planned_at__lte=now).order_by("-planned_at").values("planned_at")[:1]
    policies = EvaluationPolicy.objects.order_by().annotate(met=Subquery(met))
    today = days.local_day(now)
    turns = {now.replace(minute=0, second=0, microsecond=0)}
    for close, met_at in policies.values_list("close_of_business", "met").distinct():
        turns |= {
            days.at(today, close),
            days.at(today - timedelta(days=1), close),
            met_at or days.begins(today),
        }
    return max(turn for turn in turns if turn <= now)
