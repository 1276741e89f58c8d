"""Who sees which order, and which of its two ratings: blind both ways (domain §4, §12).

Every page, total, export and admin view takes its orders from here; with several roles the stricter side wins.
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
    """What decides how much a person sees: the crews led or worked in are seen with the crew's eyes.

    `former_crews`: (crew, last day) of crews led no more. Of their orders up to that day the callback stays as
    blind as it is to the crew, and the crew's own rating is a stranger's.
    """

    sees_all: bool
    led_crews: frozenset[int]
    technician: int | None
    own_crews: frozenset[int]
    former_crews: frozenset[tuple[int, date]] = frozenset()

    @property
    def has_crews_eyes(self) -> bool:
        """Whether there are orders whose callback is kept from this person until the crew may know it (domain §4)."""
        return bool(self.own_crews or self.technician or self.former_crews)

    def is_blind_as_the_crew(self, *, crew: int | None, technician: int | None, day: date | None) -> bool:
        """`blind_as_the_crew` for one order closed on `day`."""
        if crew in self.own_crews or (technician is not None and technician == self.technician):
            return True
        return any(crew == led and day is not None and day <= last for led, last in self.former_crews)


EVERYTHING = Viewer(sees_all=True, led_crews=frozenset(), technician=None, own_crews=frozenset())
"""Commands on the server see everything (domain §4)."""


def viewer_of(user: User, *, now: datetime) -> Viewer:
    """One query. Deputies read like the foreman; a technician's crew is a crew's eye too."""
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
    """When an order's crew may know its callback (domain §4): published, and rated by itself or D+2 over."""
    has_self = Exists(SelfEvaluation.objects.filter(order=OuterRef("pk")))
    return Q(callback__published_at__isnull=False) & (
        Q(has_self) | Q(last_due_at__lte=now) | Q(last_due_at__isnull=True)
    )


def is_final() -> Q:
    """Orders whose callback is published or withdrawn, so that its caller cannot change it any more (domain §4)."""
    callbacks = Callback.objects.filter(order=OuterRef("pk"))
    return Q(Exists(callbacks.filter(Q(published_at__isnull=False) | Q(state__in=NEVER_CALLED))))


def of_own_crew(viewer: Viewer) -> Q:
    """Orders that the viewer sees with the crew's eyes."""
    own = Q(crew__in=viewer.own_crews)
    return own | Q(technician=viewer.technician) if viewer.technician else own


def blind_as_the_crew(viewer: Viewer) -> Q:
    """Orders whose callback is kept from the viewer until the crew may know it: own ones, and once led ones."""
    found = of_own_crew(viewer)
    for crew, last in sorted(viewer.former_crews):
        found |= Q(crew=crew, closed_on__lte=last)
    return found


def orders_visible_to(viewer: Viewer, *, now: datetime) -> WorkOrderQuerySet:
    """Orders the viewer may know of; any other address answers 404."""
    orders = WorkOrder.objects.all()
    if viewer.sees_all:
        return orders
    visible = Q(crew__in=viewer.led_crews)
    if viewer.technician:
        visible |= Q(technician=viewer.technician) & crew_sees_result(now)
    return orders.filter(visible)


class Sides(TypedDict):
    """What `with_visibility` adds to an order."""

    is_own_crews: bool
    shows_self: bool
    shows_callback: bool


VisibleOrder: TypeAlias = "WithAnnotations[WorkOrder, Sides]"


def with_visibility(
    orders: WorkOrderQuerySet, viewer: Viewer, *, now: datetime
) -> WorkOrderQuerySet[VisibleOrder]:
    """Adds `shows_self` and `shows_callback`: whether this viewer may see either side of an order now.

    `is_own_crews`: whether the callback is seen with the crew's eyes.
    Who leads the crew always sees its own rating, and the crew the callback when domain §4 allows; everybody else sees
    the callback, and the self-evaluation once nobody can change the callback any more (`is_final`). A technician of
    the crew who also phones sees both when the crew sees the callback.
    """
    led, blind = Q(crew__in=viewer.led_crews), blind_as_the_crew(viewer)
    everything = (
        viewer is EVERYTHING
    )  # a dispatcher without a crew is equal to it, and still blind (domain §4)
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
    """Orders whose callback leading or working in the crew does not keep from the person (domain §4)."""
    viewer = viewer_of(person, now=now)
    visible = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
    return visible.filter(shows_callback=True)


def callbacks_visible_to(
    person: User, *, now: datetime, among: CallbackQuerySet[Any] | None = None
) -> CallbackQuerySet:
    """Callbacks (of `among`, else all) without what leading or working in the crew keeps from the person.

    The own calls are known anyway (domain §4).
    """
    rows = Callback.objects.all() if among is None else among
    known = known_orders(person, now=now).filter(pk=OuterRef("order"))
    return rows.filter(Exists(known) | Q(caller=person))
