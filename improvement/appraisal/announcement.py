"""The announcement of a settled month: its star and its winning crew (domain §8.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from evaluations.enums import AwardKind
from evaluations.models import Award, Settlement
from evaluations.scores.ranking import RankingNumbers, RankingRow, crew_standing, technician_standing
from evaluations.scores.rules import Score


@dataclass(frozen=True)
class Winner:
    """A row at the top of the ranking, its score, and the award; `award` None: not decided yet."""

    row: RankingRow
    score: Score | None
    award: Award | None


@dataclass(frozen=True)
class WithdrawnAnnouncement:
    """The announcement before the month was reopened: the winners' names."""

    settlement: Settlement
    stars: list[str]
    crews: list[str]


@dataclass(frozen=True)
class Announcement:
    """`stars` and `crews`: one winner each, or all at rank 1 until a head names one."""

    settlement: Settlement
    stars: list[Winner]
    crews: list[Winner]

    @property
    def is_open(self) -> bool:
        return any(winner.award is None for winner in (*self.stars, *self.crews))


def find_announcement(month: date) -> Announcement | None:
    """Returns the announcement; None when the month is not settled. Three queries."""
    settled = Settlement.objects.in_force().filter(month=month).defer("snapshot")
    tables = ("snapshot__table__technicians", "snapshot__table__crews")
    found = settled.values_list("pk", *tables).first()
    if found is None:
        return None
    settlement = settled.prefetch_related("awards").get(pk=found[0])
    numbers = RankingNumbers.from_snapshot(settlement.policy)
    awards = {award.kind: award for award in settlement.awards.all()}
    star, crew = awards.get(AwardKind.STAR), awards.get(AwardKind.WINNING_CREW)
    return Announcement(
        settlement,
        [
            Winner(row, technician_standing(row, numbers).score, star)
            for row in winning_rows(found[1] or [], star.technician_id if star else None)
        ],
        [
            Winner(row, crew_standing(row, numbers).score, crew)
            for row in winning_rows(found[2] or [], crew.crew_id if crew else None)
        ],
    )


def withdrawn_announcement(month: date) -> WithdrawnAnnouncement | None:
    """Returns the last announcement withdrawn by a reopening; None without one. Two queries."""
    reopened = Settlement.objects.filter(month=month, reopened_at__isnull=False).defer("snapshot")
    tables = ("snapshot__table__technicians", "snapshot__table__crews")
    found = reopened.order_by("-settled_at", "-pk").values_list("pk", *tables).first()
    if found is None:
        return None
    settlement = reopened.prefetch_related("awards").get(pk=found[0])
    winners = {award.kind: award.technician_id or award.crew_id for award in settlement.awards.all()}
    stars, crews = (
        [row["name"] for row in winning_rows(rows or [], winners.get(kind))]
        for rows, kind in ((found[1], AwardKind.STAR), (found[2], AwardKind.WINNING_CREW))
    )
    return WithdrawnAnnouncement(settlement, stars, crews)


def winning_rows(rows: list[RankingRow], winner: int | None) -> list[RankingRow]:
    """Returns the winner's row; without a winner all rows at rank 1."""
    return [row for row in rows if (row["id"] == winner if winner else row["rank"] == 1)]
