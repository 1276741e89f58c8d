"""Acknowledging a crew's day: which, and what the page showed (domain §7)."""

from __future__ import annotations

from django import forms

from workorders.models import Crew


class AcknowledgeForm(forms.Form):
    """`seen_at` is when the page with the results was made: later news are not acknowledged with them."""

    crew = forms.ModelChoiceField(Crew.objects.all())
    day = forms.DateField()
    seen_at = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"])
