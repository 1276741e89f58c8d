"""Choosing several rows in a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class SafeMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Django's, which asks the database for any number: one too large to be a key is no choice either."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError:
            raise ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": ", ".join(map(str, value))},
            ) from None
