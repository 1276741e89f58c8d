"""The annual appraisal (年度评优评先): per technician and crew twelve months, awards and bonus (domain §8.14).

Only settled months count; open months are marked. The plan ranks months, not years: lines are sorted by average
monthly score, without an annual rank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from evaluations.enums import AwardKind, BonusState
from evaluations.models import Award
from evaluations.scores.ranking import RankingNumbers, RankingRow, crew_standing, technician_standing
from evaluations.scores.rules_ranking import Standing
from evaluations.visibility import Viewer

from .queries import SettledMonth, YearRevisits, awards_of_year, revisits_of_year, settled_months

SUMS = ("orders", "taking_part", "points", "dissatisfied", "repeat_repairs")


@dataclass(frozen=True)
class AppraisalMonth:
    """One settled month of a line: rank and exact score; both None when no order took part."""

    month: date
    rank: int | None
    score: Fraction | None


@dataclass
class AppraisalLine:
    """A technician or crew over the year. `months`: settled months with orders in scope, by number 1 … 12.

    `awards`: won this year. `counting`: awards of the previous year whose credited bonus counts this year.
    """

    id: int
    name: str
    employee_no: str = ""
    crew: str = ""
    months: dict[int, AppraisalMonth] = field(default_factory=dict)
    orders: int = 0
    taking_part: int = 0
    points: int = 0
    dissatisfied: int = 0
    repeat_repairs: int = 0
    awards: list[Award] = field(default_factory=list)
    counting: list[Award] = field(default_factory=list)
    revisits: int = 0
    handed_in: int = 0

    def add(self, month: date, row: RankingRow, standing: Standing) -> None:
        """Adds a month's row. Name and crew are those of the latest month."""
        self.name, self.employee_no, self.crew = row["name"], row.get("employee_no", ""), row.get("crew", "")
        score = standing.score.total if standing.score else None
        self.months[month.month] = AppraisalMonth(month, row["rank"], score)
        for name in SUMS:
            setattr(self, name, getattr(self, name) + row[name])

    @property
    def cells(self) -> list[AppraisalMonth | None]:
        """January to December."""
        return [self.months.get(number) for number in range(1, 13)]

    @property
    def scores(self) -> list[Fraction]:
        return [month.score for month in self.months.values() if month.score is not None]

    @property
    def average(self) -> Fraction | None:
        """Sum of the monthly scores ÷ number of months with a score."""
        return sum(self.scores, Fraction(0)) / len(self.scores) if self.scores else None

    @property
    def mean(self) -> Fraction | None:
        """Points ÷ orders that took part, over the year."""
        return Fraction(self.points, self.taking_part) if self.taking_part else None

    @property
    def bonus(self) -> Decimal:
        """Bonus earned, regardless of the committee's decision."""
        return sum((award.bonus for award in self.awards), Decimal(0))

    @property
    def counts_now(self) -> Decimal:
        """Bonus of the previous year that counts in this year (于第二年兑现)."""
        return sum((award.bonus for award in self.counting), Decimal(0))

    def bonus_in(self, state: str) -> Decimal:
        return sum((award.bonus for award in self.awards if award.bonus_state == state), Decimal(0))

    @property
    def credited(self) -> Decimal:
        return self.bonus_in(BonusState.CREDITED)

    @property
    def pending(self) -> Decimal:
        return self.bonus_in(BonusState.PENDING)

    @property
    def declined(self) -> Decimal:
        return self.bonus_in(BonusState.DECLINED)


@dataclass
class Appraisal:
    """A year as `viewer` may see it: own results, own crews, or all (domain §12). Four queries."""

    year: int
    viewer: Viewer
    now: datetime

    @cached_property
    def settled(self) -> list[SettledMonth]:
        return settled_months(self.year)

    @cached_property
    def awards(self) -> list[Award]:
        return awards_of_year(self.year)

    @cached_property
    def counting(self) -> list[Award]:
        """Awards of the previous year with a credited bonus, which counts in this year (domain §8.10)."""
        return [award for award in awards_of_year(self.previous) if award.bonus_state == BonusState.CREDITED]

    @property
    def is_empty(self) -> bool:
        return not self.settled and not self.counting

    @cached_property
    def revisits(self) -> YearRevisits:
        everybody = self.viewer.sees_all or self.viewer.technician is not None
        return revisits_of_year(self.year, now=self.now, crews=None if everybody else self.viewer.led_crews)

    @property
    def previous(self) -> int:
        return self.year - 1

    @property
    def next(self) -> int:
        return self.year + 1

    @property
    def months(self) -> list[tuple[date, bool]]:
        """January to December, each with a flag for settled."""
        settled = {one.month for one in self.settled}
        return [(date(self.year, n, 1), date(self.year, n, 1) in settled) for n in range(1, 13)]

    @cached_property
    def technicians(self) -> list[AppraisalLine]:
        def rows(month: SettledMonth) -> Iterable[RankingRow]:
            return (row for row in month.technicians if self.sees_technician(row))

        lines = self.lines(rows, technician_standing)
        for award in self.counting:
            technician = award.technician
            if technician and self.sees_technician({"id": technician.pk, "crew_ids": [technician.crew_id]}):
                crew = str(technician.crew or "")
                line = AppraisalLine(technician.pk, technician.name, technician.employee_no, crew)
                lines.setdefault(technician.pk, line).counting.append(award)
        for line in lines.values():
            line.revisits = self.revisits.needed_by_technician[line.id]
            line.handed_in = self.revisits.handed_in_by_technician[line.id]
        self.give(lines, AwardKind.STAR, lambda award: award.technician_id)
        return sort_by_average(lines)

    @cached_property
    def crews(self) -> list[AppraisalLine]:
        def rows(month: SettledMonth) -> Iterable[RankingRow]:
            return (row for row in month.crews if self.sees_crew(row["id"]))

        lines = self.lines(rows, crew_standing)
        for award in self.counting:
            if award.crew and self.sees_crew(award.crew.pk):
                lines.setdefault(
                    award.crew.pk, AppraisalLine(award.crew.pk, award.crew.name)
                ).counting.append(award)
        for line in lines.values():
            line.revisits = self.revisits.needed_by_crew[line.id]
            line.handed_in = self.revisits.handed_in_by_crew[line.id]
        self.give(lines, AwardKind.WINNING_CREW, lambda award: award.crew_id)
        return sort_by_average(lines)

    def lines(
        self,
        rows: Callable[[SettledMonth], Iterable[RankingRow]],
        standing: Callable[[RankingRow, RankingNumbers], Standing],
    ) -> dict[int, AppraisalLine]:
        found: dict[int, AppraisalLine] = {}
        for month in self.settled:
            seen = list(rows(month))
            numbers = RankingNumbers.from_snapshot(month.policy) if seen else None
            for row in seen:
                assert numbers
                line = found.setdefault(row["id"], AppraisalLine(row["id"], row["name"]))
                line.add(month.month, row, standing(row, numbers))
        return found

    def give(self, lines: dict[int, AppraisalLine], kind: str, winner: Callable[[Award], Any]) -> None:
        for award in self.awards:
            if award.kind == kind and winner(award) in lines:
                lines[winner(award)].awards.append(award)

    def sees_technician(self, row: RankingRow) -> bool:
        return (
            self.viewer.sees_all
            or row["id"] == self.viewer.technician
            or not self.viewer.led_crews.isdisjoint(row["crew_ids"])
        )

    def sees_crew(self, crew: int) -> bool:
        return self.viewer.sees_all or crew in self.viewer.led_crews


def sort_by_average(lines: dict[int, AppraisalLine]) -> list[AppraisalLine]:
    """Returns the lines by average monthly score, highest first; lines without a score last."""
    return sorted(
        lines.values(),
        key=lambda line: (line.average is None, -(line.average or 0), line.employee_no, line.name),
    )
