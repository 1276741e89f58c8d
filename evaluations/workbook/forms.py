"""Forms for importing a workbook and for choosing the days of an export."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from satisfaction.calendars import days
from satisfaction.core.errors import Refused

MOST_DAYS = 92
"""Maximum length of one export from the page, in days; the command has no limit."""


class ImportForm(forms.Form):
    """The upload form; only admins get the field `create_people`."""

    file = forms.FileField(
        label=gettext_lazy("每日故障统计工作簿"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv,.gz"}),
        help_text=gettext_lazy(".xlsx、.xls、.csv 或 .csv.gz;先预览,确认后才导入。"),
    )
    create_people = forms.BooleanField(
        label=gettext_lazy("建立文件中未知的工班、维修人和测评人"),
        help_text=gettext_lazy("测评人建为停用的账号。不勾选时,这样的行会被拒绝。"),
        required=False,
    )

    def __init__(self, *args: Any, may_create_people: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_create_people:
            del self.fields["create_people"]

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.SHEET_MAX_BYTES:
            most = settings.SHEET_MAX_BYTES // 1024**2
            raise forms.ValidationError(_("文件超过 %(most)d MB,请分成几个文件上传。") % {"most": most})
        return file


class ExportForm(forms.Form):
    first = forms.DateField(
        label=gettext_lazy("关闭日期自"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("至"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        required=False,
        help_text=gettext_lazy("留空:只导出一天。"),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("first", "last"):
            self.check_reach(name)
        first: date | None = data.get("first")
        last: date | None = data.get("last") or first
        data["last"] = last
        if first and last and last < first:
            self.add_error("last", _("结束日期早于开始日期。"))
        elif first and last and last - first >= timedelta(days=MOST_DAYS):
            self.add_error("last", _("一次最多导出 %(most)d 天,请分几次导出。") % {"most": MOST_DAYS})
        return data

    def check_reach(self, name: str) -> None:
        try:
            if self.cleaned_data.get(name):
                days.require_supported_year(self.cleaned_data[name])
        except Refused as refusal:
            self.add_error(name, str(refusal))
