"""The upload form for exceptions of the calendar."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from satisfaction.core.errors import Refused

from .overrides import OverrideFile, read_overrides

MAX_ROWS = 2_000  # the preview page holds all rows as a signed field


class OverrideFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("日历调整(.xlsx 或 .csv)"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        upload = data.get("file")
        if upload:
            data["overrides"] = self.read(upload.read(), upload.name)
        return data

    def read(self, content: bytes, name: str) -> OverrideFile | None:
        try:
            overrides = read_overrides(content, filename=name)
            if len(overrides.rows) > MAX_ROWS:
                raise Refused(_("一次最多导入 %(most)s 天,请分成几个文件。") % {"most": MAX_ROWS})
        except Refused as refusal:
            self.add_error("file", str(refusal))
            return None
        return overrides
