"""A crew lead acknowledges the crew's results of a day; new results need it again (domain §7.2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.locks import hold_feedback
from evaluations.models import Acknowledgement
from evaluations.self_evaluation.queries import leads_by_crew
from evaluations.self_evaluation.rules import RatingFacts, acts_as_lead
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock
from workorders.models import Crew

from .results import crew_news, is_news, last_acknowledged


def acts_for(crew: int, person: User, *, now: datetime) -> bool:
    """Whether `person` acts for the crew today: the foreman, or the deputy while no foreman is present."""
    return crew in crews_acted_for(person, [crew], now=now)


def crews_acted_for(person: User, crews: Collection[int], *, now: datetime) -> set[int]:
    """Returns those of the crews for which `person` acts today. One query."""
    leads = leads_by_crew(days.local_day(now), crews)
    return {crew for crew in crews if acts_as_lead(RatingFacts(leads[crew]), person.pk)}


@transaction.atomic
def acknowledge(
    crew: Crew, day: date, *, by: User, now: datetime, seen_at: datetime | None = None
) -> Acknowledgement:
    """Acknowledges the results of orders closed on `day`. `seen_at`: the time the page was made.

    Repeating it without new results returns the last acknowledgement. Raises Refused when there are no results, or
    new ones since `seen_at`; NotAllowed unless `by` acts for the crew.
    """
    hold_feedback()
    crew = Crew.objects.select_for_update().get(pk=crew.pk)
    now = after_lock(now)
    if not acts_for(crew.pk, by, now=now):
        raise NotAllowed(_("回访结果由工长确认;工长缺勤时由副工长确认。"))
    results = crew_news([crew.pk], now=now, day=day).first()
    if results is None:
        raise Refused(_("这一天还没有公布给工班的回访结果。"))
    last = last_acknowledged([crew.pk], day=day).get((crew.pk, day))
    if last and not is_news(results["news_at"], last):
        return last
    if seen_at is not None and results["news_at"] > seen_at:
        raise Refused(_("刚有新的结果公布,请刷新页面,看过后再确认。"))
    return Acknowledgement.objects.create(crew=crew, day=day, by=by, at=now, results=results["results"])
