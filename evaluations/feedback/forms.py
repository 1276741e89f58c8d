"""The form to acknowledge a crew's day (domain §7.2)."""

from __future__ import annotations

from django import forms

from workorders.models import Crew


class AcknowledgeForm(forms.Form):
    """`seen_at`: the time the page was made; later results are not acknowledged with it."""

    crew = forms.ModelChoiceField(Crew.objects.all())
    day = forms.DateField()
    seen_at = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"])
