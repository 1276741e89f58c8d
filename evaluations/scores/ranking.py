"""The ranking of a month: gathered in a few statements, ranked by pure rules (domain §8.6).

A *table* is the document of docs/contract.md with further keys for the pages: ids of technicians and crews,
`crew_ids`, self and callback points, and technician and crew of each order left out. It is plain JSON; the snapshot
of a settled month stores it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from evaluations.enums import AwardKind, CrewFormula, MonthState, Rating
from evaluations.guards import policy_of_month
from evaluations.models import EvaluationPolicy, Settlement
from satisfaction.calendars import days
from satisfaction.core.formats import two_decimals
from workorders.models import Crew, Technician, WorkOrder

from .participation import ParticipationRules, charged_repeats, month_sums, participation_rules
from .rules import PointTally, Score, monthly_score, per_head_score
from .rules_ranking import Standing, home_crew, rank_standings, tied_crews

RankingTable = dict[str, Any]
RankingRow = dict[str, Any]

COUNT_KEYS = ("satisfied", "basically_satisfied", "dissatisfied", "repeat_repairs")
SCORE_KEYS = ("orders", "taking_part", "points", "mean", "score")
TECHNICIAN_KEYS = ("rank", "employee_no", "name", "crew", *SCORE_KEYS, *COUNT_KEYS)
CREW_KEYS = ("rank", "name", "technicians", *SCORE_KEYS, "score_per_head", "score_pooled", *COUNT_KEYS)


@dataclass(frozen=True)
class RankingNumbers:
    """Policy numbers of the ranking: score points per order, and the formula of crews."""

    weight: Fraction
    crew_formula: str

    @classmethod
    def from_policy(cls, policy: EvaluationPolicy) -> RankingNumbers:
        return cls(policy.weight, policy.crew_formula)

    @classmethod
    def from_snapshot(cls, policy: dict[str, Any]) -> RankingNumbers:
        return cls(Fraction(policy["volume_weight"]), policy["crew_formula"])


@dataclass(frozen=True)
class TechnicianShare:
    """One technician's totals of a month in one crew."""

    technician: int
    crew: int
    tally: PointTally


@dataclass
class MonthData:
    """Data of a month: shares in scope, repeats by technician and crew of the earlier repair, orders left out."""

    shares: list[TechnicianShare] = field(default_factory=list)
    left_out: list[RankingRow] = field(default_factory=list)
    technician_repeats: Counter[int] = field(default_factory=Counter)
    crew_repeats: Counter[int] = field(default_factory=Counter)


def rank_month(month: date) -> dict[str, Any]:
    """Returns the document of `rank_month --json`; for a settled month from its snapshot.

    Raises Refused for a month before the first policy.
    """
    return ranking_document(month_table(month))


def ranking_document(table: RankingTable) -> dict[str, Any]:
    """Returns the keys of docs/contract.md in its order; a database may store JSON in another order."""
    return {
        "month": table["month"],
        "state": table["state"],
        "policy_from": table["policy_from"],
        "technicians": [{key: row[key] for key in TECHNICIAN_KEYS} for row in table["technicians"]],
        "crews": [{key: row[key] for key in CREW_KEYS} for row in table["crews"]],
        "star": table["star"],
        "winning_crew": table["winning_crew"],
        "left_out": [{key: row[key] for key in ("number", "reason")} for row in table["left_out"]],
    }


def month_table(month: date) -> RankingTable:
    """Returns the table of the month: the snapshot of a settled month, else computed from the orders."""
    settlement = Settlement.objects.in_force().filter(month=month).first()
    if settlement:
        return settled_table(settlement)
    return live_table(month, state=Settlement.objects.state_of(month))


def live_table(month: date, *, state: MonthState, is_settling: bool = False) -> RankingTable:
    """Returns the table computed from the orders, as they are or as they will be settled."""
    policy = policy_of_month(month)
    rules = participation_rules(month, policy, is_settling=is_settling)
    return build_table(month, state, policy, gather_month(month, rules))


def settled_table(settlement: Settlement) -> RankingTable:
    """Returns the snapshot, with winners of shared first places that were named later (domain §8.7)."""
    table: RankingTable = settlement.snapshot["table"]
    awards = {award.kind: award for award in settlement.awards.all()}
    if star := awards.get(AwardKind.STAR):
        table["star"] = [r["employee_no"] for r in table["technicians"] if r["id"] == star.technician_id]
    if winner := awards.get(AwardKind.WINNING_CREW):
        table["winning_crew"] = [r["name"] for r in table["crews"] if r["id"] == winner.crew_id]
    return table


# --- Gathering ------------------------------------------------------------------------------------


def tally_from_row(row: RankingRow) -> PointTally:
    """Converts a row of `month_sums`; SQL sums over no rows are None."""
    ratings = {rating.value: row[rating.value] for rating in Rating}
    return PointTally(
        orders=row["orders"],
        taking_part=sum(ratings.values()),
        self_points=row["self_points"] or 0,
        callback_points=row["callback_points"] or 0,
        **ratings,
    )


def gather_month(month: date, rules: ParticipationRules) -> MonthData:
    """Returns the data of the month. Two statements: its orders, and the repeats closed in it."""
    first, last = month, days.last_of_month(month)
    found = MonthData()
    for row in month_sums(first, last, rules):
        technician, crew = row["technician_id"], row["crew_id"]
        if row["is_complete"]:
            found.shares.append(TechnicianShare(technician, crew, tally_from_row(row)))
        for number, reason, day in row["left_out"]:
            found.left_out.append(
                {
                    "number": number,
                    "reason": reason,
                    "day": day,
                    "technician_id": technician,
                    "crew_id": crew,
                }
            )
    found.left_out.sort(key=lambda one: one["number"])
    for row in charged_repeats(first, last):
        found.technician_repeats[row["repeat_of__technician"]] += row["count"]
        found.crew_repeats[row["repeat_of__crew"]] += row["count"]
    return found


def home_crews(month: date, shares: Iterable[TechnicianShare]) -> dict[int, int]:
    """Returns by technician the crew with most orders in scope. One query for the latest orders on ties."""
    orders: dict[int, dict[int, int]] = defaultdict(dict)
    for share in shares:
        orders[share.technician][share.crew] = share.tally.orders
    tied = [technician for technician, crews in orders.items() if len(tied_crews(crews)) > 1]
    latest: dict[int, list[int]] = defaultdict(list)
    if tied:
        rows = WorkOrder.objects.in_scope().closed_between(month, days.last_of_month(month))
        rows = rows.filter(technician__in=tied).order_by("-closed_at", "-number")
        for technician, crew in rows.values_list("technician_id", "crew_id"):
            latest[technician].append(crew)
    return {technician: home_crew(crews, latest[technician]) for technician, crews in orders.items()}


# --- Building the table ---------------------------------------------------------------------------


def build_table(month: date, state: MonthState, policy: EvaluationPolicy, found: MonthData) -> RankingTable:
    numbers = RankingNumbers.from_policy(policy)
    technicians, crews = technician_rows(month, found, numbers), crew_rows(found, numbers)
    return {
        "month": f"{month:%Y-%m}",
        "state": state.value,
        "policy_from": policy.begins_on.isoformat(),
        "technicians": technicians,
        "crews": crews,
        "star": [row["employee_no"] for row in technicians if row["rank"] == 1],
        "winning_crew": [row["name"] for row in crews if row["rank"] == 1],
        "left_out": found.left_out,
    }


def technician_rows(month: date, found: MonthData, numbers: RankingNumbers) -> list[RankingRow]:
    """Returns all technicians with an order in scope in the month, ranked."""
    shares: dict[int, list[TechnicianShare]] = defaultdict(list)
    for share in found.shares:
        shares[share.technician].append(share)
    people = Technician.objects.in_bulk(list(shares))
    crews = Crew.objects.in_bulk(list({share.crew for share in found.shares}))
    homes = home_crews(month, found.shares)
    rows = [
        {
            "id": technician,
            "employee_no": people[technician].employee_no,
            "name": people[technician].name,
            "crew": crews[homes[technician]].name,
            "crew_ids": sorted(share.crew for share in own),
            **point_columns(own),
            "repeat_repairs": found.technician_repeats[technician],
        }
        for technician, own in shares.items()
    ]
    return ranked_rows(rows, lambda row: technician_standing(row, numbers))


def crew_rows(found: MonthData, numbers: RankingNumbers) -> list[RankingRow]:
    """Returns all crews with an order in scope in the month, ranked by the policy's formula, with both scores."""
    shares: dict[int, list[TechnicianShare]] = defaultdict(list)
    for share in found.shares:
        shares[share.crew].append(share)
    crews = Crew.objects.in_bulk(list(shares))
    rows = []
    for crew, own in shares.items():
        row = {"id": crew, "name": crews[crew].name, **point_columns(own)}
        row["technicians"] = sum(1 for share in own if share.tally.taking_part)
        row["repeat_repairs"] = found.crew_repeats[crew]
        for formula in CrewFormula:
            score = crew_score(row, numbers.weight, formula)
            row[f"score_{formula}"] = two_decimals(score.total if score else None)
        rows.append(row)
    return ranked_rows(rows, lambda row: crew_standing(row, numbers))


def point_columns(shares: list[TechnicianShare]) -> RankingRow:
    tally = sum((share.tally for share in shares), PointTally())
    return {
        "orders": tally.orders,
        "taking_part": tally.taking_part,
        "points": tally.points,
        "self_points": tally.self_points,
        "callback_points": tally.callback_points,
        "satisfied": tally.satisfied,
        "basically_satisfied": tally.basically_satisfied,
        "dissatisfied": tally.dissatisfied,
    }


def crew_score(row: RankingRow, weight: Fraction, formula: str) -> Score | None:
    if formula == CrewFormula.POOLED:
        return monthly_score(row["points"], row["taking_part"], weight=weight)
    return per_head_score(row["points"], row["taking_part"], technicians=row["technicians"], weight=weight)


def technician_standing(row: RankingRow, numbers: RankingNumbers) -> Standing:
    score = monthly_score(row["points"], row["taking_part"], weight=numbers.weight)
    return make_standing(row, score, listed_by=row["employee_no"])


def crew_standing(row: RankingRow, numbers: RankingNumbers) -> Standing:
    return make_standing(row, crew_score(row, numbers.weight, numbers.crew_formula), listed_by=row["name"])


def make_standing(row: RankingRow, score: Score | None, *, listed_by: str) -> Standing:
    return Standing(
        who=row["id"],
        score=score,
        dissatisfied=row["dissatisfied"],
        repeat_repairs=row["repeat_repairs"],
        listed_by=listed_by,
    )


def ranked_rows(rows: list[RankingRow], standing_of: Callable[[RankingRow], Standing]) -> list[RankingRow]:
    """Returns the rows by rank, with rank, mean and score filled in."""
    by_id = {row["id"]: row for row in rows}
    listed = []
    for place in rank_standings(standing_of(row) for row in rows):
        score = place.standing.score
        row = by_id[place.standing.who]
        row["rank"] = place.rank
        row["mean"] = two_decimals(score.mean if score else None)
        row["score"] = two_decimals(score.total if score else None)
        listed.append(row)
    return listed
