"""Orders that need a revisit, and the progress of each revisit (domain §9.1, §9.4).

Due revisits derive from the dissatisfied callbacks that the crew may see; none are created by hand.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias, TypedDict, TypeVar

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.expressions import NegatedExpression
from django.db.models.functions import Coalesce, Greatest, Least

from evaluations.enums import CallbackState, ObjectionState, Rating, Source
from evaluations.models import Callback, RatingCorrection
from evaluations.visibility import (
    VisibleOrder,
    crew_sees_result,
    orders_visible_to,
    viewer_of,
    with_visibility,
)
from improvement.enums import EXAMINED, RevisitState
from improvement.models import AgendaItem, Revisit
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from workorders.models import WorkOrder
from workorders.models.orders import WorkOrderQuerySet

from .rules import MonthDeadline

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class SeenAtAnnotation(TypedDict):
    """`seen_at`: the time from which the crew can see that the reporter was dissatisfied."""

    seen_at: datetime


class StandingAnnotations(SeenAtAnnotation):
    """Whether the order needs a revisit, and whether a meeting has decided on it."""

    is_needed: bool
    is_examined: bool


OrderWithSeenAt: TypeAlias = "WithAnnotations[WorkOrder, SeenAtAnnotation]"
OrderWithStanding: TypeAlias = "WithAnnotations[WorkOrder, StandingAnnotations]"
Orders = TypeVar("Orders", bound=QuerySet[WorkOrder])

READERS = (Role.LEAD, Role.MANAGER, Role.HEAD)
"""Roles that read the revisits of every crew; others read those of the crews they lead (domain §12)."""
UNFINISHED = (RevisitState.DRAFT, RevisitState.RETURNED)


def needs_revisit(now: datetime) -> Q:
    """Returns the condition for orders whose reporter was dissatisfied on the phone and whose crew may know it.

    Without imported orders, orders left out after an objection, and ratings corrected upward (domain §6.10, §7.3).
    """
    dissatisfied = Q(
        callback__state=CallbackState.RATED,
        callback__rating=Rating.DISSATISFIED,
        callback__source=Source.APP,
        crew__isnull=False,
        closed_on__isnull=False,
        taken_out__isnull=True,
    )
    return dissatisfied & crew_sees_result(now) & ~Q(objection__state=ObjectionState.UPHELD)


def orders_needing_revisit(now: datetime) -> QuerySet[WorkOrder]:
    return WorkOrder.objects.filter(needs_revisit(now))


def unfinished(now: datetime) -> Q:
    """Returns the condition for needed revisits whose form is not begun, not submitted, or returned."""
    return needs_revisit(now) & (Q(revisit__isnull=True) | Q(revisit__state__in=UNFINISHED))


def submitted() -> Q:
    """Returns the condition for submitted forms that no meeting has decided."""
    return Q(revisit__state=RevisitState.SUBMITTED) & ~Q(Exists(_examined("order")))


def decided() -> Q:
    return Q(revisit__isnull=False) & Q(Exists(_examined("order")))


def dropped(now: datetime) -> Q:
    """Returns the condition for begun or returned forms no longer needed, after a correction or an objection."""
    begun = Q(revisit__state__in=UNFINISHED) & ~Q(Exists(_examined("order")))
    return begun & Q(no_longer_needed("pk", now=now))


def revisits_visible_to(user: User, *, now: datetime) -> WorkOrderQuerySet[VisibleOrder]:
    """Returns the orders whose revisit the user may see (domain §12). Two queries."""
    viewer = viewer_of(user, now=now)
    orders = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now).filter(shows_callback=True)
    known = orders.filter(Q(revisit__isnull=False) | needs_revisit(now))
    return known if user.has_role(*READERS) else known.filter(crew__in=viewer.led_crews)


def with_standing(orders: QuerySet[WorkOrder], *, now: datetime) -> QuerySet[OrderWithStanding]:
    """Adds `seen_at`, `is_needed`, `is_examined` and the related rows of a list."""
    needed = orders_needing_revisit(now).filter(pk=OuterRef("pk"))
    return (
        with_seen_at(orders)
        .annotate(is_needed=Exists(needed), is_examined=Exists(_examined("order")))
        .select_related(
            "crew", "technician", "callback", "objection", "revisit__visited_by", "revisit__begun_by"
        )
    )


def with_seen_at(orders: QuerySet[WorkOrder]) -> QuerySet[OrderWithSeenAt]:
    """Adds `seen_at`: the time from which the crew can see that the reporter was dissatisfied."""
    published = F("callback__published_at")
    rated_at = Case(
        When(self_evaluation__rated_at__isnull=False, then=F("self_evaluation__rated_at")),
        When(self_evaluation__isnull=False, then=published),
        default=F("last_due_at"),
        output_field=DateTimeField(),
    )
    may_see = Least(Coalesce(rated_at, published), Coalesce(F("last_due_at"), published))
    turned_at = (
        RatingCorrection.objects.filter(callback__order=OuterRef("pk"), after__rating=Rating.DISSATISFIED)
        .exclude(before__rating=Rating.DISSATISFIED)
        .order_by("-at")
        .values("at")[:1]
    )
    return orders.annotate(seen_at=Greatest(published, may_see, Coalesce(Subquery(turned_at), published)))


def overdue(orders: Orders, last_deadline: MonthDeadline) -> Orders:
    """Returns the orders (with `seen_at`) never submitted and due at or before `last_deadline`, which is over."""
    not_in = restrict_to_dissatisfied(orders).filter(revisit__submitted_at__isnull=True)
    return not_in.filter(_seen_for(last_deadline), closed_on__lt=last_deadline.month)


def restrict_to_dissatisfied(orders: Orders) -> Orders:
    """Lets the database start from the few dissatisfied callbacks, not from a year of closing days.

    Measured on 200,000 orders in SQLite: 0.15 s instead of 2 s.
    """
    return orders.filter(pk__in=Callback.objects.filter(rating=Rating.DISSATISFIED).values("order"))


def submitted_undecided() -> QuerySet[Revisit]:
    """Returns the submitted revisits without a decision, oldest first: the next meeting's agenda."""
    waiting = Revisit.objects.filter(~Exists(_examined("revisit")), state=RevisitState.SUBMITTED)
    return waiting.select_related("order__crew", "order__technician", "submitted_by").order_by(
        "submitted_at", "pk"
    )


def no_longer_needed(order: str, *, now: datetime) -> NegatedExpression:
    """Returns the condition for revisits no longer needed. `order`: path to the order in the outer query."""
    return ~Exists(orders_needing_revisit(now).filter(pk=OuterRef(order)))


def submitted_of_month(month: date) -> QuerySet[WorkOrder]:
    """Returns the orders closed in the month whose form was submitted, including returned forms."""
    return WorkOrder.objects.filter(
        closed_on__range=(month, days.last_of_month(month)), revisit__submitted_at__isnull=False
    )


def _examined(of: str) -> QuerySet[AgendaItem]:
    """Returns final decisions on the order or revisit of the outer query."""
    path = {"order": "revisit__order", "revisit": "revisit"}[of]
    return AgendaItem.objects.filter(decision__in=EXAMINED, **{path: OuterRef("pk")})


def _seen_for(deadline: MonthDeadline) -> Q:
    return Q(seen_at__lt=days.start_of_day(deadline.seen_until + timedelta(days=1)))
