"""Lines of a month's ranking: what decided each rank, and changes since an earlier settlement (domain §8.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from .ranking import RankingRow
from .rules import Score
from .rules_ranking import DecidingPart, Standing, deciding_part, is_decided_by_volume

DECIDING_PART_WORDS = {
    DecidingPart.MEAN: _("与下一名同分,平均高"),
    DecidingPart.DISSATISFIED: _("与下一名同分,不满意少"),
    DecidingPart.REPEAT_REPAIRS: _("与下一名同分,二次报修少"),
}


@dataclass
class RankingLine:
    """A row of the ranking; exact scores and the deciding part are computed on first use."""

    row: RankingRow
    following: RankingRow | None
    standing_of: Callable[[RankingRow], Standing]
    is_shared: bool
    before: RankingRow | None = None
    """Row of the same technician or crew in the compared settlement."""

    @cached_property
    def standing(self) -> Standing:
        return self.standing_of(self.row)

    @cached_property
    def next_standing(self) -> Standing | None:
        """Standing of the next row, if it has a score."""
        standing = self.standing_of(self.following) if self.following else None
        return standing if standing and standing.score else None

    @property
    def score(self) -> Score | None:
        return self.standing.score

    @property
    def decided(self) -> DecidingPart | None:
        """The part that decided between equal scores; None when the score decided or the rank is shared."""
        decided = deciding_part(self.standing, self.next_standing) if self.next_standing else None
        return None if decided in (DecidingPart.SCORE, DecidingPart.SHARED) else decided

    @property
    def is_by_volume(self) -> bool:
        """Whether the next row has a higher mean."""
        return self.next_standing is not None and is_decided_by_volume(self.standing, self.next_standing)

    @property
    def is_changed(self) -> bool:
        return self.before is None or any(self.before[key] != self.row[key] for key in ("rank", "score"))

    @property
    def why(self) -> list[Any]:
        """Remarks on the rank: shared, decided between equal scores, won by volume."""
        words = [_("并列")] if self.is_shared else []
        words += [DECIDING_PART_WORDS[self.decided]] if self.decided else []
        return words + ([_("数量决定")] if self.is_by_volume else [])


def ranking_lines(
    rows: list[RankingRow], standing_of: Callable[[RankingRow], Standing], before: dict[int, RankingRow]
) -> list[RankingLine]:
    sharing = Counter(row["rank"] for row in rows)
    return [
        RankingLine(
            row,
            following,
            standing_of,
            is_shared=row["rank"] is not None and sharing[row["rank"]] > 1,
            before=before.get(row["id"]),
        )
        for row, following in zip(rows, [*rows, None][1:], strict=True)
    ]
