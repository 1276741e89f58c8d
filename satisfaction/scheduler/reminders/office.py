"""Reminders for callers, leads, heads and admins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Count, Q
from django.urls import reverse

from evaluations.deadlines import looks_back_to
from evaluations.enums import CallbackState, MonthState, ObjectionState, Source
from evaluations.models import Callback, DaySeed, EvaluationPolicy, Objection, Settlement
from evaluations.months import is_history, settles_at
from evaluations.scores.settle import obstacles
from evaluations.self_evaluation.queries import crews_without_lead
from evaluations.who_decides import who_decides
from improvement.meetings.queries import overdue_meetings
from satisfaction.accounts.models import RoleGrant, User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from satisfaction.jobs.models import Heartbeat
from satisfaction.notices.remind import Reminder
from workorders.enums import ChangeSource, ChangeState
from workorders.models import PendingChange

from .staff import PresentStaff

MAX_NAMED_CREWS = 5  # more crews are only counted


def callback_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Each caller's open calls, overdue and due today. One query."""
    mine = Callback.objects.filter(state=CallbackState.ASSIGNED, has_wrong_number=False)
    rows = (
        mine.of_unsettled_months()
        .order_by()
        .values("caller")
        .annotate(
            late=Count("pk", filter=Q(due_at__lt=staff.now)),
            waiting=Count("pk", filter=Q(due_at__gte=staff.now, calling_on__lte=staff.today)),
        )
    )
    url = reverse("evaluations:desk")
    for row in rows:
        if row["caller"] not in staff.roles:
            continue
        if row["late"]:
            yield Reminder(row["caller"], "callbacks_overdue", staff.period, {"n": row["late"]}, url)
        if row["waiting"]:
            yield Reminder(row["caller"], "callbacks_waiting", staff.period, {"n": row["waiting"]}, url)


def unpublished_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Ended, unpublished calls past their deadline (domain §7.1), without the reader's crews (domain §4).

    One query.
    """
    rows = (
        Callback.objects.unpublished()
        .filter(source=Source.APP, due_at__lt=staff.now, order__closed_on__gte=looks_back_to(staff.now))
        .of_unsettled_months()
        .order_by()
        .values("order__crew", "order__technician", "order__closed_on")
        .annotate(n=Count("pk"))
    )
    found: Counter[int] = Counter()
    for row in rows:
        for person in staff.with_role(Role.LEAD, Role.HEAD):
            crew, technician, day = row["order__crew"], row["order__technician"], row["order__closed_on"]
            if not staff.is_own_side(person, crew=crew, technician=technician, day=day):
                found[person] += row["n"]
    for person, n in found.items():
        yield Reminder(person, "unpublished_overdue", staff.period, {"n": n}, reverse("evaluations:board"))


def objection_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Objections to decide, for heads, or managers if every head is concerned (domain §7.3).

    Three queries.
    """
    everybody = User.objects.active()
    heads = set(everybody.with_role(Role.HEAD).values_list("pk", flat=True))
    managers = set(everybody.with_role(Role.MANAGER).values_list("pk", flat=True))
    undecided = Objection.objects.filter(state=ObjectionState.UNDECIDED).values_list(
        "by", "order__self_evaluation__rated_by", "order__callback__caller", "order__callback__ended_by"
    )
    found: Counter[int] = Counter()
    for concerned in undecided:
        for person in (heads | managers) & staff.roles.keys():
            if who_decides(person, heads=heads, managers=managers, concerned=set(concerned) - {None}):
                found[person] += 1
    for person, n in found.items():
        yield Reminder(
            person, "objections_waiting", staff.period, {"n": n}, reverse("evaluations:objections")
        )


def meeting_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Overdue fault analysis meetings, one reminder for each month (domain §9.5). One query."""
    for meeting in overdue_meetings(staff.now):
        month = f"{meeting.month:%Y-%m}"
        url = reverse("improvement:meeting", args=[meeting.month])
        for head in staff.with_role(Role.HEAD):
            yield Reminder(head, "meeting_overdue", month, {"month": month}, url)


def month_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Months past their settling time with obstacles (domain §8.11); at most the three of the look-back."""
    heads = staff.with_role(Role.HEAD)
    for month in _unsettled(staff.now) if heads else []:
        held_up = obstacles(month, now=staff.now)
        if held_up:
            name = f"{month:%Y-%m}"
            counts = {
                "running": held_up.running,
                "objectionable": held_up.objectionable,
                "undecided": held_up.undecided,
            }
            url = reverse("evaluations:month", args=[month])
            for head in heads:
                yield Reminder(head, "month_held_up", name, {"month": name, **counts}, url)


def _unsettled(now: datetime) -> Iterator[date]:
    month, this_month = days.first_of_month(looks_back_to(now)), days.first_of_month(days.local_day(now))
    while month < this_month:
        past = now >= settles_at(month, EvaluationPolicy.objects.for_month(month))
        if past and Settlement.objects.state_of(month) == MonthState.PROVISIONAL and not is_history(month):
            yield month
        month = days.next_month(month)


def crew_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Crews without anybody to rate their orders today (domain §4.2). One query."""
    names = list(crews_without_lead(staff.today).values_list("name", flat=True))
    url = reverse("admin:workorders_crewlead_changelist")
    for admin in staff.with_role(Role.ADMIN) if names else []:
        yield Reminder(
            admin,
            "crews_without_lead",
            staff.period,
            {"n": len(names), "names": names[:MAX_NAMED_CREWS]},
            url,
        )


def pending_change_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Pending changes: imports for leads, completions for dispatchers too (domain §3.6). One query."""
    waiting = Counter(
        PendingChange.objects.filter(state=ChangeState.WAITING).values_list("source", flat=True)
    )
    url = reverse("orders:pending")
    leads = set(staff.with_role(Role.LEAD))
    for person in staff.with_role(Role.DISPATCHER, Role.LEAD):
        n = waiting[ChangeSource.COMPLETION] + (waiting[ChangeSource.IMPORT] if person in leads else 0)
        if n:
            yield Reminder(person, "changes_waiting", staff.period, {"n": n}, url)


def seed_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """SHA-256 values of today's seeds for heads; the mail is evidence outside the database (domain §5.5)."""
    made = DaySeed.objects.filter(
        made_at__gte=days.start_of_day(staff.today), made_at__lte=staff.now, day__gt=staff.today
    )
    hashes = [[day.isoformat(), sha256] for day, sha256 in made.order_by("day").values_list("day", "sha256")]
    if hashes:
        for person in staff.with_role(Role.HEAD):
            yield Reminder(
                person, "seeds_made", staff.period, {"hashes": hashes}, reverse("evaluations:draw")
            )


def failed_step_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Steps that failed in the last run of `catch_up`. One query."""
    last = Heartbeat.objects.filter(name="catch_up").first()
    failed = [str(name) for name in last.detail.get("failed", [])] if last else []
    for admin in staff.with_role(Role.ADMIN) if failed else []:
        yield Reminder(
            admin, "night_failed", staff.period, {"steps": failed}, reverse("home_of", args=[Role.ADMIN])
        )


def grant_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Roles that need a second person, for those who may decide (domain §12.4). One query."""
    found: Counter[int] = Counter()
    for person, asked_by in RoleGrant.objects.pending().values_list("person", "asked_by"):
        for decider in staff.with_role(Role.HEAD, Role.ADMIN):
            found[decider] += decider not in (person, asked_by)
    for decider, n in found.items():
        if n:
            yield Reminder(decider, "grants_waiting", staff.period, {"n": n}, reverse("accounts:grants"))
