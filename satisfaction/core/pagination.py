"""Pages of a list without counting the whole table: one row more than a page tells whether there is a next one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """The rows of one page; what `components/pagination.html` asks for."""

    object_list: list[Any]
    number: int
    has_next: bool

    def __iter__(self) -> Iterator[Any]:
        return iter(self.object_list)

    def __len__(self) -> int:
        return len(self.object_list)

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1

    @property
    def previous_page_number(self) -> int:
        return self.number - 1


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], *, size: int = PAGE_SIZE) -> Page:
    """The page named by `?page=`; a number that makes no sense is the first page."""
    text = request.GET.get("page", "")
    number = max(int(text), 1) if text.isdecimal() and len(text) < 7 else 1
    first = (number - 1) * size
    found = list(rows[first : first + size + 1])
    return Page(found[:size], number, has_next=len(found) > size)
