"""Form fields that several apps use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

MAX_TEXT_LENGTH = 4000


class DayInput(forms.DateInput):
    """The browser's date picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class LocalDateTimeInput(forms.DateTimeInput):
    """The browser's date and time picker."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


def text_field(label: Any, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=MAX_TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": rows}), **more
    )


def version_field(**more: Any) -> forms.IntegerField:
    """The version of the row that the page showed; detects a change in another tab."""
    return forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput, **more)


def token_field() -> forms.UUIDField:
    """A hidden token; a form that is sent twice creates one row."""
    return forms.UUIDField(required=False, widget=forms.HiddenInput)


def offer_rows(form: forms.BaseForm, name: str, rows: QuerySet[Any]) -> None:
    """Sets the rows that the form's field offers."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


def offered_rows(form: forms.BaseForm, name: str) -> QuerySet[Any]:
    """Returns the rows that the form's field offers."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField) and field.queryset is not None
    return field.queryset


def offer_choices(form: forms.BaseForm, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    """Sets the (value, label) pairs that the form's field offers."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)


def load_choices(*shown: forms.BaseForm) -> None:
    """Loads the rows that the fields of the forms offer: nothing is left to query while they are rendered."""
    for form in shown:
        for field in form.fields.values():
            if isinstance(field, forms.ModelChoiceField):
                offered: Any = field.choices
                field.widget.choices = list(offered)


def include_selected(offered: QuerySet[Any], selected: Any) -> QuerySet[Any]:
    """Returns the offered rows and those that are already selected, even if no longer in use."""
    rows = offered.model.objects.filter(Q(pk__in=offered.values("pk")) | Q(pk__in=selected.values("pk")))
    return rows.order_by(*offered.query.order_by)
