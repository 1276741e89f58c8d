"""The lines of a month's ranking: what put each before the next one, what changed since an earlier settling (§8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from .ranking import Row
from .rules import Score
from .rules_ranking import Decided, Standing, decided_by, volume_decided

DECIDED_WORDS = {
    Decided.MEAN: _("与下一名同分,平均高"),
    Decided.DISSATISFIED: _("与下一名同分,不满意少"),
    Decided.REPEAT_REPAIRS: _("与下一名同分,二次报修少"),
}


@dataclass
class Line:
    """A row of the ranking; its exact parts, and what put it before the next one, are worked out when asked for."""

    row: Row
    following: Row | None
    standing_of: Callable[[Row], Standing]
    is_shared: bool
    before: Row | None = None
    """The same one in the earlier settling that is compared."""

    @cached_property
    def standing(self) -> Standing:
        return self.standing_of(self.row)

    @cached_property
    def next_standing(self) -> Standing | None:
        """Of the next one, if it has a score."""
        standing = self.standing_of(self.following) if self.following else None
        return standing if standing and standing.score else None

    @property
    def score(self) -> Score | None:
        return self.standing.score

    @property
    def decided(self) -> Decided | None:
        """What decided where the score alone did not."""
        decided = decided_by(self.standing, self.next_standing) if self.next_standing else None
        return None if decided in (Decided.SCORE, Decided.SHARED) else decided

    @property
    def is_by_volume(self) -> bool:
        """The next one's mean is higher."""
        return self.next_standing is not None and volume_decided(self.standing, self.next_standing)

    @property
    def is_changed(self) -> bool:
        return self.before is None or any(self.before[key] != self.row[key] for key in ("rank", "score"))

    @property
    def why(self) -> list[Any]:
        """What the rank alone does not tell: shared, how equal scores were decided, won by volume."""
        words = [_("并列")] if self.is_shared else []
        words += [DECIDED_WORDS[self.decided]] if self.decided else []
        return words + ([_("数量决定")] if self.is_by_volume else [])


def lines_of(rows: list[Row], standing_of: Callable[[Row], Standing], before: dict[int, Row]) -> list[Line]:
    sharing = Counter(row["rank"] for row in rows)
    return [
        Line(
            row,
            following,
            standing_of,
            is_shared=row["rank"] is not None and sharing[row["rank"]] > 1,
            before=before.get(row["id"]),
        )
        for row, following in zip(rows, [*rows, None][1:], strict=True)
    ]
