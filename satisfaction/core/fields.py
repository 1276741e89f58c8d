"""A form field for several rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class SafeMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Rejects numbers too large to be keys as invalid choices; Django's field passes them to the database."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError:
            raise ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": ", ".join(map(str, value))},
            ) from None
