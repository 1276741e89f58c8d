from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class NoticePreferenceForm(forms.Form):
    wants_digest = forms.BooleanField(label=_("每天早上用邮件告诉我什么在等我、什么已逾期"), required=False)
    language = forms.ChoiceField(
        label=_("邮件语言"), choices=[("", _("系统默认")), *settings.LANGUAGES], required=False
    )
