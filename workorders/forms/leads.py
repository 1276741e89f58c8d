"""Who leads a crew, all rows of it at once: one foreman at a time (§1)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _

from ..enums import LeadKind


class LeadFormSet(BaseInlineFormSet):
    """The database looks at one row after the other; here the former foreman may end in the same save."""

    def clean(self) -> None:
        super().clean()
        given = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        in_office = [row for row in given if row.get("kind") == LeadKind.FOREMAN and not row.get("to_on")]
        if len(in_office) > 1:
            raise ValidationError(_("一个工班同时只有一位工长:请给前任填写最后一天。"))
