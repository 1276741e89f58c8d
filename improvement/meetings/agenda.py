"""The agenda that makes itself: live until the meeting is opened (domain §9)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

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

from .rules_agenda import MOST_PROPOSALS, Proposal, Trouble, repeated

DECIDED_WITHIN = timedelta(days=124)
"""Decisions on proposals older than two look-backs concern orders that nobody looks at any more."""


@dataclass(frozen=True)
class LiveAgenda:
    """What the next meeting would have on its table now; `items` are not stored. `more`: proposals left out."""

    items: list[AgendaItem]
    information: dict[str, Any]
    more: int


def live_agenda(now: datetime) -> LiveAgenda:
    """Eight queries: revisits, projects, proposals, then what is for information."""
    proposals = proposals_now(now)
    items = [
        *(_of_revisit(revisit) for revisit in undecided_revisits(now)),
        *(_of_project(project) for project in projects_to_decide()),
        *(_of_proposal(proposal) for proposal in proposals[:MOST_PROPOSALS]),
    ]
    for position, item in enumerate(items, start=1):
        item.position = position
    return LiveAgenda(items, information(now), more=max(0, len(proposals) - MOST_PROPOSALS))


def undecided_revisits(now: datetime) -> QuerySet[Revisit]:
    """Submitted and not decided, crew by crew; what lies before an open meeting is decided there.

    Adds `is_dropped`: no longer needed, and before the meeting all the same.
    """
    before_a_meeting = AgendaItem.objects.filter(revisit=OuterRef("pk"), meeting__state=MeetingState.OPEN)
    waiting = submitted_undecided().filter(~Exists(before_a_meeting))
    waiting = waiting.annotate(is_dropped=no_longer_needed("order", now=now))
    return waiting.select_related("order__crew", "order__technician", "visited_by").order_by(
        "order__crew__name", "submitted_at", "pk"
    )


def projects_to_decide() -> QuerySet[ImprovementProject]:
    """Whose effect was evaluated (to be confirmed), then those proposed; oldest first."""
    before_a_meeting = AgendaItem.objects.filter(
        project=OuterRef("pk"),
        kind__in=[ItemKind.EFFECT, ItemKind.PROJECT],
        meeting__state=MeetingState.OPEN,
        decision="",
    )
    waiting = ImprovementProject.objects.filter(state__in=[ProjectState.EVALUATED, ProjectState.PROPOSED])
    # "evaluated" sorts before "proposed": what is to be confirmed comes first
    return (
        waiting.filter(~Exists(before_a_meeting))
        .select_related("responsible")
        .order_by("state", "created_at")
    )


def proposals_now(now: datetime) -> list[Proposal]:
    """Repeated trouble on which no meeting has decided yet, largest first; two queries."""
    return repeated(troubles(now), looked_at=looked_at(now))


def troubles(now: datetime) -> list[Trouble]:
    """Orders of the last two months whose reporter was dissatisfied (as far as the crew may know), or repeats.

    One query: a row an order and problem type.
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


def looked_at(now: datetime) -> dict[str, frozenset[int]]:
    """By key, the orders of proposals on which a meeting has decided; one query."""
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


def information(now: datetime) -> dict[str, Any]:
    """Overdue revisits with the crew's name, steps overdue; five queries. Kept as it is when a meeting opens."""
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


def by_crew(revisits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Overdue revisits of the information, crew by crew: most first."""
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


def _of_revisit(revisit: Revisit) -> AgendaItem:
    item = AgendaItem(kind=ItemKind.REVISIT, revisit=revisit)
    item.is_dropped = revisit.is_dropped  # type: ignore[attr-defined]
    return item


def _of_project(project: ImprovementProject) -> AgendaItem:
    if project.state == ProjectState.PROPOSED:
        return AgendaItem(kind=ItemKind.PROJECT, project=project)
    shown = {"effect": project.effect, "numbers": project.effect_numbers}
    return AgendaItem(kind=ItemKind.EFFECT, project=project, proposal=shown)


def _of_proposal(proposal: Proposal) -> AgendaItem:
    told = {
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
    return AgendaItem(kind=ItemKind.PROPOSAL, proposal=told, proposal_key=proposal.key)


def _trouble(rows: list[tuple[Any, ...]]) -> Trouble:
    pk, number, day, crew, crew_name, phone, name, place, equipment = rows[0][:9]
    reporter = phone or f"{name} {place}".strip()
    same = [
        (Likeness.REPORTER, reporter, " · ".join(filter(None, [name, place]))),
        (Likeness.PLACE, place.strip(), place.strip()),
        (Likeness.EQUIPMENT, equipment.strip(), equipment.strip()),
    ]
    # "Other" is no likeness: its text says what it was.
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
