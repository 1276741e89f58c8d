"""Types of the audit trail: sources, entries, cursor and query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware

from evaluations.visibility import Viewer, orders_visible_to, with_visibility
from satisfaction.calendars import days
from satisfaction.core.params import int_param
from workorders.models import WorkOrder

MAX_CURSOR_LENGTH = 80  # characters


class TrailChange(NamedTuple):
    """A changed value as text; `before` is None if no earlier value is known."""

    label: str
    before: str | None
    after: str


@dataclass(frozen=True)
class TrailEntry:
    """One action: time, actor ("": the system), kind, object, reason or note, link, changes, address."""

    at: datetime
    who: str
    what: str
    about: str
    words: str = ""
    url: str = ""
    changes: tuple[TrailChange, ...] = ()
    address: str = ""


class TrailCursor(NamedTuple):
    """The position of an entry: latest first, then by source, then the later row of a source first."""

    at: datetime
    source: int
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.source}~{self.pk}"

    @classmethod
    def parse(cls, text: str) -> TrailCursor | None:
        """Parses a cursor; returns None for any other text: the trail then begins with the latest entry."""
        parts = text[:MAX_CURSOR_LENGTH].split("~")
        source, pk = (int_param(part) for part in parts[1:]) if len(parts) == 3 else (None, None)
        if source is None or pk is None:
            return None
        try:
            at = parse_datetime(parts[0])
        except ValueError:
            return None
        return cls(at, source, pk) if at and is_aware(at) else None


@dataclass(frozen=True)
class TrailQuery:
    """The viewer and the filters; an empty value does not filter.

    `kind` is the key of a source, or `event:` and an audit kind.
    """

    viewer: Viewer
    now: datetime
    kind: str = ""
    person: str = ""
    about: str = ""
    first: date | None = None
    last: date | None = None

    def wants(self, source: TrailSource) -> bool:
        return self.kind in ("", source.key) or (source.key == "event" and self.kind.startswith("event:"))

    def orders(self, **shown: bool) -> QuerySet[WorkOrder]:
        visible = orders_visible_to(self.viewer, now=self.now)
        return with_visibility(visible, self.viewer, now=self.now).filter(**shown)

    def of_known_callbacks(self, rows: QuerySet[Any], order: str) -> QuerySet[Any]:
        """Filters rows to orders whose callback the viewer may see (domain §4).

        `order`: path to the order's id.
        """
        if not self.viewer.has_crews_eyes:
            return rows
        return rows.filter(Exists(self.orders(shows_callback=True).filter(pk=OuterRef(order))))

    def of_known_selves(self, rows: QuerySet[Any], order: str) -> QuerySet[Any]:
        """Filters rows to orders whose self-evaluation the viewer may see (domain §4)."""
        return rows.filter(Exists(self.orders(shows_self=True).filter(pk=OuterRef(order))))


@dataclass(frozen=True)
class TrailSource:
    """A table of actions.

    `rows` returns the rows that the viewer may see; `at` and `by` are names of columns, `about` fields to
    search. `entries` formats rows, one entry for each, with a fixed number of queries.
    """

    key: str
    label: Any
    rows: Callable[[TrailQuery], QuerySet[Any]]
    at: str
    by: str
    about: tuple[str, ...]
    entries: Callable[[Sequence[Any], TrailQuery], list[TrailEntry]]

    def slice(self, query: TrailQuery, number: int, cursor: TrailCursor | None, size: int) -> Iterator[Any]:
        """Returns the next `size` rows after the cursor, latest first; one query.

        `number`: index of the source.
        """
        rows = self.rows(query).filter(self._narrowed(query))
        if cursor:
            rows = rows.filter(self._after(cursor, number))
        return iter(rows.order_by(f"-{self.at}", "-pk")[:size])

    def _narrowed(self, query: TrailQuery) -> Q:
        wanted = Q(**{f"{self.at}__isnull": False})
        if query.first:
            wanted &= Q(**{f"{self.at}__gte": days.start_of_day(query.first)})
        if query.last:
            wanted &= Q(**{f"{self.at}__lt": days.start_of_day(query.last + timedelta(days=1))})
        if query.person:
            person = {f"{self.by}__username__iexact": query.person}
            wanted &= Q(**person) | Q(**{f"{self.by}__name__icontains": query.person})
        if query.about:
            wanted &= reduce(or_, (Q(**{f"{name}__icontains": query.about}) for name in self.about))
        return wanted

    def _after(self, cursor: TrailCursor, number: int) -> Q:
        earlier = Q(**{f"{self.at}__lt": cursor.at})
        if number < cursor.source:
            return earlier
        same = Q(**{self.at: cursor.at})
        return earlier | (same if number > cursor.source else same & Q(pk__lt=cursor.pk))
