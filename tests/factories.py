"""Builders of test data; orders are complete and in scope by default."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import factory
from django.contrib.auth.models import Group as RoleGroup
from django.utils import timezone

from evaluations.deadlines import set_deadlines
from evaluations.enums import CallbackState, Group, Rating, Source
from evaluations.models import Callback, DaySeed, DrawRun, EvaluationPolicy, SelfEvaluation
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from workorders.enums import Channel, Kind, LeadKind
from workorders.models import Crew, CrewLead, Technician, WorkOrder
from workorders.phones import phone_keys

CALLER_GROUP = {
    Role.DISPATCHER: "dispatcher",
    Role.LEAD: "dispatcher",
    Role.MANAGER: "manager",
    Role.HEAD: "manager",
}


def make_person(username: str, *roles: str, name: str = "", **fields: Any) -> User:
    """An active person with the roles (lead implies dispatcher, head implies manager)."""
    groups = {next((CALLER_GROUP[r] for r in roles if r in CALLER_GROUP), "")} - {""}
    person = User.objects.create_user(
        username=username,
        password="correct horse",
        name=name or username,
        caller_group=next(iter(groups), ""),
        is_staff=Role.ADMIN in roles,
        **fields,
    )
    person.groups.set(RoleGroup.objects.filter(name__in={*roles, *groups}))
    return person


def make_lead(
    crew: Crew, person: User, kind: str = LeadKind.FOREMAN, from_on: date = date(2000, 1, 1)
) -> CrewLead:
    return CrewLead.objects.create(crew=crew, person=person, kind=kind, from_on=from_on)


class CrewFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Crew

    name = factory.Sequence(lambda n: f"工班{n}")


class TechnicianFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Technician

    employee_no = factory.Sequence(lambda n: f"W{n:04d}")
    name = factory.Sequence(lambda n: f"维修人{n}")
    crew = factory.SubFactory(CrewFactory)


class OrderFactory(factory.django.DjangoModelFactory):
    """A closed, complete hotline fault order, received the next morning; `day` is its closing day."""

    class Meta:
        model = WorkOrder
        skip_postgeneration_save = True

    class Params:
        day = date(2026, 5, 11)
        closing_clock = time(16, 0)

    number = factory.Sequence(lambda n: f"WX-{n:06d}")
    technician = factory.SubFactory(TechnicianFactory)
    crew = factory.LazyAttribute(lambda o: o.technician.crew if o.technician else None)
    kind = Kind.FAULT
    channel = Channel.HOTLINE
    reporter_name = factory.Sequence(lambda n: f"报修人{n}")
    reporter_phone = factory.Sequence(lambda n: f"138{n:08d}")
    reporter_phone_key = factory.LazyAttribute(lambda o: phone_keys(o.reporter_phone)[0])
    reporter_other_key = factory.LazyAttribute(lambda o: phone_keys(o.reporter_phone)[1])
    reporter_location = "二号机房"
    equipment = "办公终端"
    fault = "终端无显示"
    cause = "电源模块老化"
    action = "更换电源模块"
    closed_at = factory.LazyAttribute(lambda o: days.moment_at(o.day, o.closing_clock))
    closed_on = factory.LazyAttribute(lambda o: days.local_day(o.closed_at) if o.closed_at else None)
    reported_at = factory.LazyAttribute(lambda o: o.closed_at - timedelta(hours=3) if o.closed_at else None)
    first_contact_at = factory.LazyAttribute(
        lambda o: o.reported_at + timedelta(minutes=30) if o.reported_at else None
    )
    finished_at = factory.LazyAttribute(lambda o: o.closed_at - timedelta(hours=1) if o.closed_at else None)
    received_at = factory.LazyAttribute(
        lambda o: (
            days.moment_at(o.closed_on + timedelta(days=1), time(8, 30)) if o.closed_on else timezone.now()
        )
    )
    entered_at = factory.LazyAttribute(
        lambda o: o.received_at if o.crew and o.reporter_phone and o.kind and o.channel else None
    )

    @factory.post_generation
    def with_deadlines(obj, create: bool, extracted: bool | None, **kwargs: Any) -> None:
        """Sets deadlines unless `with_deadlines=False`."""
        if create and extracted is not False:
            set_deadlines([obj])


def points_of(rating: str, day: date = date(2026, 5, 11)) -> int:
    return EvaluationPolicy.objects.for_month(day).points[rating]


def make_self_evaluation(
    order: WorkOrder, rating: str = Rating.SATISFIED, *, by: User | None = None, **fields: Any
) -> SelfEvaluation:
    """Stores a self-evaluation; imported if `by` is None."""
    fields.setdefault("source", Source.APP if by else Source.IMPORTED)
    fields.setdefault("rated_at", order.due_at if by else None)
    if rating == Rating.DISSATISFIED:
        fields.setdefault("opinion", "加强培训")
    return SelfEvaluation.objects.create(
        order=order, rating=rating, points=points_of(rating), rated_by=by, **fields
    )


def make_run(day: date, n: int | None = None) -> DrawRun:
    seed, _ = DaySeed.objects.get_or_create(
        day=day,
        defaults={
            "seed": "00" * 32,
            "sha256": "0" * 64,
            "made_at": days.start_of_day(day),
            "is_in_time": False,
        },
    )
    last = DrawRun.objects.filter(day=day).order_by("-n").first()
    return DrawRun.objects.create(
        day=day,
        n=n or (last.n + 1 if last else 1),
        seed=seed,
        input={},
        output={},
        is_committed=False,
        orders=0,
        at=timezone.now(),
    )


def make_callback(
    order: WorkOrder,
    caller: User | None,
    state: str = CallbackState.ASSIGNED,
    *,
    rating: str = "",
    published_at: datetime | None = None,
    **fields: Any,
) -> Callback:
    """Stores a drawn callback; with `rating` it is rated."""
    group = fields.pop("group", caller.caller_group if caller else Group.DISPATCHER)
    if rating:
        state = CallbackState.RATED
        fields.setdefault("points", points_of(rating))
    if state not in (CallbackState.WAITING, CallbackState.ASSIGNED):
        fields.setdefault("ended_at", order.due_at)
        fields.setdefault("ended_by", caller)
    fields.setdefault("due_at", order.due_at)
    fields.setdefault("calling_on", days.local_day(order.due_at) if order.due_at else None)
    if state != CallbackState.SET_ASIDE and fields.get("source") != Source.IMPORTED:
        fields.setdefault("run", make_run(order.closed_on) if order.closed_on else None)
        fields.setdefault("drawn_group", group)
        fields.setdefault("drawn_caller", caller)
    return Callback.objects.create(
        order=order,
        caller=caller,
        group="" if state == CallbackState.SET_ASIDE else group,
        state=state,
        rating=rating,
        published_at=published_at,
        **fields,
    )
