"""Pagination without counting the table: one extra row tells whether there is a next page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from .params import int_param

PAGE_SIZE = 50
PAGE_DIGITS = 6


@dataclass(frozen=True)
class Page:
    """The rows of one page, with the attributes that `components/pagination.html` reads."""

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
    """Returns the page of `?page=`, the first one for an invalid number."""
    number = max(int_param(request.GET.get("page", ""), digits=PAGE_DIGITS) or 1, 1)
    first = (number - 1) * size
    found = list(rows[first : first + size + 1])
    return Page(found[:size], number, has_next=len(found) > size)
