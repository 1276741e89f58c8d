"""Forms for signing in, passwords and the duty roster. They check shape; actions check rules."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from satisfaction.core.form_fields import offer_rows

from .models import User

MAX_NAME_LENGTH = User._meta.get_field("username").max_length or 0


class SignInForm(AuthenticationForm):
    """User names ignore case, both for signing in and for counting failures."""

    error_messages = {
        "invalid_login": _("用户名或密码不对,请检查后再试。忘了密码可以重设,或请系统管理员发一次性链接。"),
        "inactive": _("这个账号已停用,请联系系统管理员。"),
    }

    def clean_username(self) -> str:
        name = self.cleaned_data["username"]
        if len(name) > MAX_NAME_LENGTH:  # cannot exist, and PostgreSQL rejects it
            raise self.get_invalid_login_error()
        found = User.objects.named(name)
        return found.username if found else name.casefold()


class ResetByMailForm(forms.Form):
    """Asks for a link by mail; also for people who have not set a password yet."""

    email = forms.EmailField(
        label=_("邮箱"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class AbsenceForm(forms.Form):
    person = forms.ModelChoiceField(User.objects.none(), label=_("人员"))
    first_on = forms.DateField(
        label=_("自"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last_on = forms.DateField(
        label=_("至(含当天)"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(label=_("原因"), max_length=200, required=False)

    def __init__(self, *args: Any, by: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(self, "person", User.objects.rostered_by(by).order_by("name"))
        self.initial.setdefault("first_on", today)
        self.initial.setdefault("last_on", today)
