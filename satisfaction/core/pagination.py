"""Pagination without counting the table: one extra row tells whether there is a next page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest

from .params import int_param

PAGE_SIZE = 50
RowT = TypeVar("RowT")
ShownT = TypeVar("ShownT")
PAGE_DIGITS = 6


@dataclass(frozen=True)
class Page(Generic[RowT]):
    """The rows of one page, with the attributes that `components/pagination.html` reads."""

    object_list: list[RowT]
    number: int
    has_next: bool

    def __iter__(self) -> Iterator[RowT]:
        return iter(self.object_list)

    def __len__(self) -> int:
        return len(self.object_list)

    def map(self, show: Callable[[RowT], ShownT]) -> Page[ShownT]:
        """Returns the page with what `show` makes of each row."""
        return Page([show(row) for row in self.object_list], self.number, self.has_next)

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1

    @property
    def previous_page_number(self) -> int:
        return self.number - 1


def page_of(
    request: HttpRequest, rows: QuerySet[Any, RowT] | Sequence[RowT], *, size: int = PAGE_SIZE
) -> Page[RowT]:
    """Returns the page of `?page=`, the first one for an invalid number."""
    number = max(int_param(request.GET.get("page", ""), digits=PAGE_DIGITS) or 1, 1)
    first = (number - 1) * size
    found = list(rows[first : first + size + 1])
    return Page(found[:size], number, has_next=len(found) > size)
