"""Pages of the trail: a limited slice of each source, merged; the number of queries is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import decisions, events, histories
from .shapes import TrailCursor, TrailEntry, TrailQuery, TrailSource

SOURCES: tuple[TrailSource, ...] = (*events.SOURCES, *decisions.SOURCES, *histories.SOURCES)


@dataclass(frozen=True)
class TrailPage:
    """Entries, latest first; `following`: cursor of the next page, None on the last one."""

    entries: list[TrailEntry]
    following: TrailCursor | None


def trail_page(query: TrailQuery, *, after: TrailCursor | None, size: int) -> TrailPage:
    """Returns the `size` entries after the cursor."""
    found: list[tuple[tuple[Any, int, int], Any]] = []
    for number, source in enumerate(SOURCES):
        if query.wants(source):
            rows = source.slice(query, number, after, size + 1)
            found += [((getattr(row, source.at), -number, row.pk), row) for row in rows]
    found.sort(key=lambda one: one[0], reverse=True)
    shown = found[:size]
    following = None
    if len(found) > size:
        at, number, pk = shown[-1][0]
        following = TrailCursor(at, -number, pk)
    return TrailPage(_entries(shown, query), following)


def _entries(shown: list[tuple[tuple[Any, int, int], Any]], query: TrailQuery) -> list[TrailEntry]:
    places: dict[int, list[int]] = {}
    for place, ((_at, number, _pk), _row) in enumerate(shown):
        places.setdefault(-number, []).append(place)
    entries: dict[int, TrailEntry] = {}
    for number, at in places.items():
        entries |= zip(at, SOURCES[number].entries([shown[place][1] for place in at], query), strict=True)
    return [entries[place] for place in range(len(shown))]


def all_entries(query: TrailQuery, *, size: int = 500) -> Iterator[TrailEntry]:
    """Yields the whole trail, page by page; later actions are not included."""
    cursor: TrailCursor | None = None
    while True:
        found = trail_page(query, after=cursor, size=size)
        yield from found.entries
        cursor = found.following
        if cursor is None:
            return
