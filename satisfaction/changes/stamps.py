"""The stamp of what is stored: a page kept with it is true as long as the stamp is the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, Model, Sum
from django.utils.translation import get_language

from satisfaction.core.requests import UserRequest

from .models import Change

MANY = 20
"""Rows of one table that are worth adding up."""


def stamp(models: Iterable[type[Model]] = ()) -> int:
    """Another number after any change of the tables of `models`, or of any table at all. One query.

    Ask for it before reading what is to be kept: what changes in between is kept under a stamp that is over.
    """
    tables = [model._meta.db_table for model in models]
    marks = Change.objects.filter(table__in=tables) if tables else Change.objects.all()
    return marks.aggregate(sum=Sum("token"))["sum"] or 0


def page_key(request: UserRequest, *parts: Any) -> str:
    """Key of what this person, in these roles, sees at this address in this language, while `parts` stay the same.

    Whatever was read before the stamp belongs into it; the roles were, to open the door.
    """
    who = request.user.pk, sorted(request.user.roles)
    return "|".join(map(str, (*who, get_language(), request.get_full_path(), *parts)))


@transaction.atomic
def merge() -> int:
    """Adds up the marks of each table; no stamp changes. Gives how many rows went."""
    many = Change.objects.values("table").annotate(n=Count("pk")).filter(n__gt=MANY).order_by("table")
    gone = 0
    for table in many.values_list("table", flat=True):
        rows = list(Change.objects.filter(table=table).select_for_update(skip_locked=True))
        Change.objects.filter(pk__in=[row.pk for row in rows]).delete()
        Change.objects.create(table=table, token=sum(row.token for row in rows))
        gone += len(rows) - 1
    return gone
