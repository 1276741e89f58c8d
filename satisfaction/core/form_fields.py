"""Fields that meetings and projects share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

MAX_TEXT_LENGTH = 4000


class DayInput(forms.DateInput):
    """The browser's own chooser of a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class LocalDateTimeInput(forms.DateTimeInput):
    """The browser's own chooser of a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


def text_field(label: Any, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=MAX_TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": rows}), **more
    )


def version_field(**more: Any) -> forms.IntegerField:
    """Which state of the row the page showed: two tabs are told apart by it."""
    return forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput, **more)


def token_field() -> forms.UUIDField:
    """The same form sent twice is one row."""
    return forms.UUIDField(required=False, widget=forms.HiddenInput)


def include_selected(offered: QuerySet[Any], kept: Any) -> QuerySet[Any]:
    """What is offered, and what the row already has, in use or not."""
    rows = offered.model.objects.filter(Q(pk__in=offered.values("pk")) | Q(pk__in=kept.values("pk")))
    return rows.order_by(*offered.query.order_by)
