"""The computed agenda of the next meeting; opening the meeting stores it (domain §9.5)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language

from evaluations.deadlines import looks_back_to
from improvement.enums import TRACKED, Decision, ItemKind, Likeness, MeetingState, ProjectState
from improvement.models import AgendaItem, ImprovementProject, ProjectStep, Revisit
from improvement.projects.queries import overdue_steps
from improvement.revisits.due import overdue_revisits
from improvement.revisits.queries import needs_revisit, no_longer_needed, submitted_undecided
from satisfaction.calendars import days
from workorders.models import WorkOrder

from .rules_agenda import MAX_PROPOSALS, Proposal, Trouble, find_proposals

DECIDED_WITHIN = timedelta(days=124)
"""Older decisions on proposals concern only orders outside the look-back (two look-backs)."""


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Dropped(TypedDict):
    """Whether a revisit is no longer needed."""

    is_dropped: bool


RevisitToDecide: TypeAlias = "WithAnnotations[Revisit, Dropped]"


@dataclass(frozen=True)
class LiveAgenda:
    """The agenda as of now. `items` are not stored; `more`: number of proposals left out."""

    items: list[AgendaItem]
    information: dict[str, Any]
    more: int


def live_agenda(now: datetime) -> LiveAgenda:
    """Returns revisits, projects, proposals and the information. Eight queries."""
    proposals = open_proposals(now)
    items = [
        *(_revisit_item(revisit) for revisit in undecided_revisits(now)),
        *(_project_item(project) for project in projects_to_decide()),
        *(_proposal_item(proposal) for proposal in proposals[:MAX_PROPOSALS]),
    ]
    for position, item in enumerate(items, start=1):
        item.position = position
    return LiveAgenda(items, overdue_information(now), more=max(0, len(proposals) - MAX_PROPOSALS))


def undecided_revisits(now: datetime) -> QuerySet[RevisitToDecide]:
    """Returns submitted, undecided revisits by crew, without those on the agenda of an open meeting.

    Adds `is_dropped`: no longer needed, but still on the agenda (domain §9.6).
    """
    before_a_meeting = AgendaItem.objects.filter(revisit=OuterRef("pk"), meeting__state=MeetingState.OPEN)
    waiting = submitted_undecided().filter(~Exists(before_a_meeting))
    waiting = waiting.annotate(is_dropped=no_longer_needed("order", now=now))
    return waiting.select_related("order__crew", "order__technician", "visited_by").order_by(
        "order__crew__name", "submitted_at", "pk"
    )


def projects_to_decide() -> QuerySet[ImprovementProject]:
    """Returns projects with an effect to confirm, then proposed projects; oldest first."""
    before_a_meeting = AgendaItem.objects.filter(
        project=OuterRef("pk"),
        kind__in=[ItemKind.EFFECT, ItemKind.PROJECT],
        meeting__state=MeetingState.OPEN,
        decision="",
    )
    waiting = ImprovementProject.objects.filter(state__in=[ProjectState.EVALUATED, ProjectState.PROPOSED])
    # "evaluated" sorts before "proposed".
    return (
        waiting.filter(~Exists(before_a_meeting))
        .select_related("responsible")
        .order_by("state", "created_at")
    )


def open_proposals(now: datetime) -> list[Proposal]:
    """Returns repeated trouble that no meeting has decided, largest first. Two queries."""
    return find_proposals(recent_troubles(now), decided=decided_orders(now))


def recent_troubles(now: datetime) -> list[Trouble]:
    """Returns orders of the look-back with a dissatisfied reporter (if the crew may know) or a repeat repair.

    One query with one row per order and problem type.
    """
    name = "name_en" if (get_language() or "").startswith("en") else "name_zh"
    went_wrong = needs_revisit(now) | Q(repeat_of__isnull=False)
    rows = WorkOrder.objects.filter(went_wrong, closed_on__gte=looks_back_to(now)).values_list(
        "pk",
        "number",
        "closed_on",
        "crew_id",
        "crew__name",
        "reporter_phone_key",
        "reporter_name",
        "reporter_location",
        "equipment",
        "callback__problem_types__code",
        f"callback__problem_types__{name}",
        "callback__problem_types__needs_text",
    )
    by_order: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows.order_by("pk"):
        by_order[row[0]].append(row)
    return [_trouble(found) for found in by_order.values()]


def decided_orders(now: datetime) -> dict[str, frozenset[int]]:
    """Returns by key the orders of proposals that a meeting has decided. One query."""
    decided = AgendaItem.objects.filter(
        kind=ItemKind.PROPOSAL,
        decision__in=[*TRACKED, Decision.DISMISSED],
        decided_at__gte=now - DECIDED_WITHIN,
    )
    found: defaultdict[str, set[int]] = defaultdict(set)
    for proposal in decided.values_list("proposal", flat=True):
        for key in proposal["keys"]:
            found[key] |= {order["id"] for order in proposal["orders"]}
    return {key: frozenset(orders) for key, orders in found.items()}


def overdue_information(now: datetime) -> dict[str, Any]:
    """Returns overdue revisits and overdue steps as JSON; a meeting stores them when it opens. Five queries."""
    return {
        "revisits": [
            {
                "number": row.order.number,
                "crew": row.order.crew_id,
                "crew_name": row.order.crew.name if row.order.crew else "",
                "due_at": row.due.at.isoformat() if row.due else None,
            }
            for row in overdue_revisits(now)
        ],
        "steps": [_overdue_step(step) for step in overdue_steps(days.local_day(now))],
    }


def overdue_by_crew(revisits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the overdue revisits grouped by crew, largest group first."""
    found: dict[str, dict[str, Any]] = {}
    for row in revisits:
        crew = found.setdefault(row["crew_name"], {"name": row["crew_name"], "numbers": [], "since": None})
        crew["numbers"].append(row["number"])
        due = datetime.fromisoformat(row["due_at"]) if row["due_at"] else None
        crew["since"] = min((one for one in (crew["since"], due) if one), default=None)
    return sorted(found.values(), key=lambda crew: (-len(crew["numbers"]), crew["name"]))


def _overdue_step(step: ProjectStep) -> dict[str, Any]:
    return {
        "project": step.project_id,
        "problem": step.project.problem,
        "what": step.what,
        "who": str(step.who or ""),
        "crew": step.crew_id,
        "crew_name": step.crew.name if step.crew else "",
        "due_on": step.due_on.isoformat(),
    }


def _revisit_item(revisit: RevisitToDecide) -> AgendaItem:
    item: Any = AgendaItem(kind=ItemKind.REVISIT, revisit=revisit)
    item.is_dropped = revisit.is_dropped
    return item


def _project_item(project: ImprovementProject) -> AgendaItem:
    if project.state == ProjectState.PROPOSED:
        return AgendaItem(kind=ItemKind.PROJECT, project=project)
    shown = {"effect": project.effect, "numbers": project.effect_numbers}
    return AgendaItem(kind=ItemKind.EFFECT, project=project, proposal=shown)


def _proposal_item(proposal: Proposal) -> AgendaItem:
    subject = {
        "keys": list(proposal.keys),
        "names": [[likeness.value, name] for likeness, name in proposal.names],
        "orders": [
            {
                "id": order.order,
                "number": order.number,
                "day": order.day.isoformat(),
                "crew": order.crew,
                "crew_name": order.crew_name,
            }
            for order in proposal.orders
        ],
    }
    return AgendaItem(kind=ItemKind.PROPOSAL, proposal=subject, proposal_key=proposal.key)


def _trouble(rows: list[tuple[Any, ...]]) -> Trouble:
    pk, number, day, crew, crew_name, phone, name, place, equipment = rows[0][:9]
    reporter = phone or f"{name} {place}".strip()
    same = [
        (Likeness.REPORTER, reporter, " · ".join(filter(None, [name, place]))),
        (Likeness.PLACE, place.strip(), place.strip()),
        (Likeness.EQUIPMENT, equipment.strip(), equipment.strip()),
    ]
    # The type "other" makes no two orders alike: its text differs.
    types = [
        (Likeness.PROBLEM_TYPE, str(code), called) for *_order, code, called, is_other in rows if not is_other
    ]
    return Trouble(
        order=pk,
        number=number,
        day=_day(day),
        crew=crew,
        crew_name=crew_name or "",
        alike=tuple(same + [one for one in types if one[1] != "None"]),
    )


def _day(day: date | None) -> date:
    assert day is not None
    return day
