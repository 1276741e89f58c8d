"""Questions about callbacks, in the words of the domain."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncMonth
from django.db.models.lookups import Exact
from django.utils import timezone

from workorders.models import CrewLead, WorkOrder
from workorders.phones import phone_keys, phones, with_phone
from workorders.spelling import same_word, same_word_of

from ..enums import ENDED_BY_CALL, OPEN, CallbackState, Source

if TYPE_CHECKING:
    from satisfaction.accounts.models import User

    from ..models import Callback  # noqa: F401


def concerning(person: User) -> Q:
    """Callbacks of orders that have to do with the person, like `domain.draw.gather.barred_callers` (§5.6)."""
    led = CrewLead.objects.filter(
        Q(to_on__isnull=True) | Q(to_on__gte=OuterRef("order__closed_on")),
        person=person,
        crew=OuterRef("order__crew"),
    )
    found = Q(order__technician__user=person) | Q(order__self_evaluation__rated_by=person) | Q(Exists(led))
    if name := same_word(person.name):
        found |= Q(Exact(same_word_of("order__reporter_name"), name))
    if phones(person.phone):
        found |= with_phone(phone_keys(person.phone), "order__")
    return found


class CallbackQuerySet(models.QuerySet["Callback"]):
    def drawn(self) -> CallbackQuerySet:
        """Counted by the draw: not imported, not set aside (§5, §11)."""
        return self.filter(source=Source.APP).exclude(state=CallbackState.SET_ASIDE)

    def open(self) -> CallbackQuerySet:
        return self.filter(state__in=OPEN)

    def ended(self) -> CallbackQuerySet:
        """Ended by a call, with or without a rating (or as a wrong number)."""
        return self.filter(state__in=ENDED_BY_CALL)

    def rated(self) -> CallbackQuerySet:
        return self.filter(state=CallbackState.RATED)

    def unpublished(self) -> CallbackQuerySet:
        return self.ended().filter(published_at__isnull=True)

    def of_day(self, day: date) -> CallbackQuerySet:
        """Of orders closed on the day."""
        return self.filter(order__closed_on=day)

    def overdue(self, now: datetime) -> CallbackQuerySet:
        return self.open().filter(due_at__lt=now)

    def of_unsettled_months(self) -> CallbackQuerySet:
        from ..models import Settlement

        settled = Settlement.objects.in_force().filter(month=OuterRef("closing_month"))
        return self.annotate(closing_month=TruncMonth("order__closed_on")).filter(~Exists(settled))

    def in_queue_of(self, caller: User) -> CallbackQuerySet:
        """Drawn for the caller and to be phoned: a wrong number leaves the queue until it is corrected (§6)."""
        return self.to_call_by(caller).of_unsettled_months().select_related("order")

    def to_call_by(self, caller: User) -> CallbackQuerySet:
        """The same without a look at the orders; settling has withdrawn what was open of its month."""
        return self.filter(caller=caller, state=CallbackState.ASSIGNED, has_wrong_number=False)

    def callable_at(self, now: datetime) -> CallbackQuerySet:
        """Neither promised for later nor waiting to be tried again."""
        return self.filter(Q(call_again_at__isnull=True) | Q(call_again_at__lte=now))

    def offered_to(self, caller: User, *, now: datetime) -> CallbackQuerySet:
        """Promised by somebody else of the group, due, and for anybody of it who is not barred (§5.6, §6)."""
        promised = self.filter(
            group=caller.caller_group,
            is_anybodys=True,
            state=CallbackState.ASSIGNED,
            has_wrong_number=False,
            call_again_at__lte=now,
        )
        others = promised.exclude(caller=caller).exclude(concerning(caller))
        return others.of_unsettled_months().select_related("order__crew", "caller", "held_by")

    def awaiting_number(self) -> CallbackQuerySet:
        """Open with a wrong number: dispatch looks for the right one until D+2."""
        return self.open().filter(has_wrong_number=True)

    def visible_to(self, person: User, *, now: datetime | None = None) -> CallbackQuerySet:
        """Without what leading or working in the crew keeps from the person (§4); the own calls are known anyway."""
        from .visibility import known_orders

        known = known_orders(person, now=now or timezone.now()).filter(pk=OuterRef("order"))
        return self.filter(Exists(known) | Q(caller=person))

    def with_attempt_count(self) -> CallbackQuerySet:
        """Adds `attempt_count`."""
        return self.annotate(attempt_count=Count("attempts"))

    def with_repeats(self) -> CallbackQuerySet:
        """Adds `repeats`: how often the fault of the order came back."""
        again = WorkOrder.objects.filter(repeat_of=OuterRef("order")).order_by().values("repeat_of")
        found = again.annotate(n=Count("pk")).values("n")
        return self.annotate(repeats=Coalesce(Subquery(found), 0))

    def with_attempts(self) -> CallbackQuerySet:
        return self.prefetch_related("attempts__by")
