"""Home page data for crew leads: cards to rate, and days with results to acknowledge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evaluations.deadlines import looks_back_to
from evaluations.feedback.results import days_to_acknowledge
from evaluations.feedback.views_results import days_awaiting
from evaluations.self_evaluation.cards import cards_to_rate
from evaluations.self_evaluation.queries import (
    late_first,
    orders_to_rate,
    orders_to_rate_in_place,
    rating_counts,
)
from evaluations.visibility import viewer_of
from satisfaction.accounts.models import User

MAX_CARDS = 5


def crew_home(person: User, *, now: datetime) -> dict[str, Any]:
    """Returns the context of `evaluations/self_evaluation/_home.html`: cards, counts, days to acknowledge.

    A fixed number of queries; the page loads css/self_evaluation.css and js/self_evaluation/main.js.
    """
    orders = late_first(orders_to_rate(person.pk, now=now), now=now)
    return {
        "cards": cards_to_rate(orders[:MAX_CARDS], last=None, now=now),
        "counts": rating_counts(orders, now=now),
        "awaiting": days_awaiting(viewer_of(person, now=now), now),
    }


def count_to_rate(person: User, *, now: datetime) -> int:
    """Returns the number of orders to rate: the person's own as a lead, else those left to managers."""
    is_lead = person.has_role("foreman", "deputy")
    orders = (orders_to_rate if is_lead else orders_to_rate_in_place)(person.pk, now=now)
    return rating_counts(orders, now=now)["to_rate"]


def count_to_acknowledge(person: User, *, now: datetime) -> int:
    """Returns the number of days with results that the led crews have not acknowledged."""
    led = viewer_of(person, now=now).led_crews
    return len(days_to_acknowledge(led, since=looks_back_to(now), now=now)) if led else 0
