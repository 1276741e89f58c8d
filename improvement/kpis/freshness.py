"""When the numbers of a KPI turn by themselves, because a deadline has passed (domain §2, §9, §10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Subquery

from evaluations.models import EvaluationPolicy
from improvement.models import AnalysisMeeting
from satisfaction.calendars import days


def last_turn(now: datetime) -> datetime:
    """The latest moment up to `now` at which a deadline may have passed; one query.

    Deadlines are closes of business (those of a policy as it stood before may still stand on orders), meetings (until
    then revisits are handed in) and the ends of days.
    """
    met = AnalysisMeeting.objects.filter(planned_at__lte=now).order_by("-planned_at").values("planned_at")[:1]
    current, replaced = (
        policies.order_by().annotate(met=Subquery(met)).values_list("close_of_business", "met")
        for policies in (EvaluationPolicy.objects.all(), EvaluationPolicy.history.all())
    )
    today = days.local_day(now)
    turns = {days.start_of_day(today)}
    for close, met_at in current.union(replaced):
        turns |= {days.moment_at(today, close), days.moment_at(today - timedelta(days=1), close)}
        turns |= {met_at} if met_at else set()
    return max(turn for turn in turns if turn <= now)
