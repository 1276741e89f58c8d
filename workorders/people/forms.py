"""The upload of a people file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from satisfaction.core.errors import Refused

from .rows import PeopleFile, read_people

MOST_ROWS = 5_000  # sent to the browser and back between preview and confirmation


class PeopleFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("人员文件(.xlsx 或 .csv)"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        upload = data.get("file")
        if upload:
            data["people"] = self.read(upload.read(), upload.name)
        return data

    def read(self, content: bytes, name: str) -> PeopleFile | None:
        try:
            people = read_people(content, filename=name)
            if len(people.rows) > MOST_ROWS:
                raise Refused(_("一次最多导入 %(most)s 人,请分成几个文件。") % {"most": MOST_ROWS})
        except Refused as refusal:
            self.add_error("file", str(refusal))
            return None
        return people
