"""Which orders, and which of their two ratings, a person may see; both sides are blind (domain §4, §12).

Every page, total, export and admin view takes its orders from here. With several roles, the stricter rule
applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    Value,
    When,
)

from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from workorders.models import CrewLead, Technician, WorkOrder
from workorders.models.orders import WorkOrderQuerySet

from .enums import NEVER_CALLED
from .models import Callback, SelfEvaluation
from .models.callbacks import CallbackQuerySet

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

SEE_ALL = (Role.DISPATCHER, Role.LEAD, Role.MANAGER, Role.HEAD, Role.ADMIN)


@dataclass(frozen=True)
class Viewer:
    """The facts that decide what a person sees. In `own_crews` (led or worked in), the crew's limits apply.

    `former_crews`: (crew, last day) of crews the person no longer leads. For orders closed up to that day,
    the callback stays as blind as for the crew, and the self-evaluation is visible only as for anyone
    outside the crew.
    """

    sees_all: bool
    led_crews: frozenset[int]
    technician: int | None
    own_crews: frozenset[int]
    former_crews: frozenset[tuple[int, date]] = frozenset()

    @property
    def has_crews_eyes(self) -> bool:
        """Whether some callbacks are hidden from this person until the crew may see them (domain §4)."""
        return bool(self.own_crews or self.technician or self.former_crews)

    def is_blind_as_the_crew(self, *, crew: int | None, technician: int | None, day: date | None) -> bool:
        """Applies `blind_as_the_crew` to one order closed on `day`."""
        if crew in self.own_crews or (technician is not None and technician == self.technician):
            return True
        return any(crew == led and day is not None and day <= last for led, last in self.former_crews)


EVERYTHING = Viewer(sees_all=True, led_crews=frozenset(), technician=None, own_crews=frozenset())
"""Commands on the server see everything (domain §4)."""


def viewer_of(user: User, *, now: datetime) -> Viewer:
    """Returns the viewer for a user; one query. Deputies count as leads; technicians belong to their crew."""
    today = days.local_day(now)
    never, nobody = Value(None, output_field=DateField()), Value(None, output_field=IntegerField())
    terms = CrewLead.objects.filter(person=user, from_on__lte=today).order_by()
    works = Technician.objects.filter(user=user).order_by()
    rows = list(
        terms.values_list("crew_id", "to_on", nobody).union(works.values_list("crew_id", never, "pk"))
    )
    led = frozenset(crew for crew, to_on, pk in rows if pk is None and (to_on is None or to_on >= today))
    worked = {crew for crew, _to_on, pk in rows if pk is not None and crew is not None}
    return Viewer(
        sees_all=user.has_role(*SEE_ALL),
        led_crews=led,
        technician=next((pk for _crew, _to_on, pk in rows if pk is not None), None),
        own_crews=led | worked,
        former_crews=frozenset(
            (crew, to_on) for crew, to_on, pk in rows if pk is None and to_on and crew not in led
        ),
    )


def crew_sees_result(now: datetime) -> Q:
    """Orders whose crew may see the callback: published, and self-evaluated or past D+2 (domain §4)."""
    has_self = Exists(SelfEvaluation.objects.filter(order=OuterRef("pk")))
    return Q(callback__published_at__isnull=False) & (
        Q(has_self) | Q(last_due_at__lte=now) | Q(last_due_at__isnull=True)
    )


def is_final() -> Q:
    """Orders whose callback is published or withdrawn; its caller can no longer change it (domain §4)."""
    callbacks = Callback.objects.filter(order=OuterRef("pk"))
    return Q(Exists(callbacks.filter(Q(published_at__isnull=False) | Q(state__in=NEVER_CALLED))))


def of_own_crew(viewer: Viewer) -> Q:
    """Orders of the viewer's own crews, and orders the viewer repaired."""
    own = Q(crew__in=viewer.own_crews)
    return own | Q(technician=viewer.technician) if viewer.technician else own


def blind_as_the_crew(viewer: Viewer) -> Q:
    """Orders of own and formerly led crews; their callback is hidden until the crew may see it."""
    found = of_own_crew(viewer)
    for crew, last in sorted(viewer.former_crews):
        found |= Q(crew=crew, closed_on__lte=last)
    return found


def orders_visible_to(viewer: Viewer, *, now: datetime) -> WorkOrderQuerySet:
    """Returns the orders the viewer may see; pages of any other order answer 404."""
    orders = WorkOrder.objects.all()
    if viewer.sees_all:
        return orders
    visible = Q(crew__in=viewer.led_crews)
    if viewer.technician:
        visible |= Q(technician=viewer.technician) & crew_sees_result(now)
    return orders.filter(visible)


class Sides(TypedDict):
    """Annotations that `with_visibility` adds to an order."""

    is_own_crews: bool
    shows_self: bool
    shows_callback: bool


VisibleOrder: TypeAlias = "WithAnnotations[WorkOrder, Sides]"


def with_visibility(
    orders: WorkOrderQuerySet, viewer: Viewer, *, now: datetime
) -> WorkOrderQuerySet[VisibleOrder]:
    """Annotates `shows_self` and `shows_callback`: whether this viewer may see each rating of an order now.

    `is_own_crews`: whether the viewer is as blind to the callback as the crew. The crew's leads always see
    the self-evaluation; the crew sees the callback when domain §4 allows. Everyone else sees the callback,
    and the self-evaluation once the callback can no longer change (`is_final`). A technician of the crew
    who also phones sees both ratings when the crew sees the callback.
    """
    led, blind = Q(crew__in=viewer.led_crews), blind_as_the_crew(viewer)
    everything = (
        viewer is EVERYTHING
    )  # identity: the viewer of a dispatcher without a crew is equal, but still blind (domain §4)
    return orders.annotate(
        is_own_crews=Case(When(blind, then=True), default=False, output_field=BooleanField()),
        shows_self=Value(True)
        if everything
        else Case(
            When(led, then=True),
            When(blind & crew_sees_result(now), then=True),
            When(blind, then=False),
            When(is_final(), then=True),
            default=False,
            output_field=BooleanField(),
        ),
        shows_callback=Value(True)
        if everything
        else Case(
            When(blind & crew_sees_result(now), then=True),
            When(blind, then=False),
            default=True,
            output_field=BooleanField(),
        ),
    )


def known_orders(person: User, *, now: datetime) -> WorkOrderQuerySet[VisibleOrder]:
    """Returns visible orders whose callback the person may see despite belonging to a crew (domain §4)."""
    viewer = viewer_of(person, now=now)
    visible = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
    return visible.filter(shows_callback=True)


def callbacks_visible_to(
    person: User, *, now: datetime, among: CallbackQuerySet[Any] | None = None
) -> CallbackQuerySet:
    """Filters `among` (default: all callbacks) to those the person may see despite belonging to a crew.

    The person's own calls are always included (domain §4).
    """
    rows = Callback.objects.all() if among is None else among
    known = known_orders(person, now=now).filter(pk=OuterRef("order"))
    return rows.filter(Exists(known) | Q(caller=person))
