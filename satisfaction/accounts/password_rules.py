"""Password validators of AUTH_PASSWORD_VALIDATORS: character classes and password history."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import PreviousPassword, User

CLASSES = (str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum())


class CharacterClassValidator:
    """Requires a number of classes out of lower case, upper case, digits, others.

    Chinese characters count as lower case.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def validate(self, password: str, user: User | None = None) -> None:
        found = {self._class_of(one) for one in password}
        if len(found) < self.classes:
            raise ValidationError(self.get_help_text(), code="password_too_uniform")

    @staticmethod
    def _class_of(one: str) -> int:
        return next((number for number, belongs in enumerate(CLASSES) if belongs(one)), 0)

    def get_help_text(self) -> str:
        return _("密码至少要包含小写字母、大写字母、数字、其他符号中的 %(n)d 类。") % {"n": self.classes}


class PasswordHistoryValidator:
    """Refuses the last passwords; stores their hashes only while the setting requires it."""

    def __init__(self, last: int) -> None:
        self.last = last

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user.pk is None:
            return
        before = PreviousPassword.objects.filter(person=user).order_by("-pk")[: self.last]
        hashes = {user.password, *before.values_list("password", flat=True)}
        if any(check_password(password, one) for one in hashes):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def password_changed(self, password: str, user: Any = None) -> None:
        """Stores the new hash and deletes those no longer needed.

        Django calls it after each change of a password.
        """
        if user is None or user.pk is None:
            return
        PreviousPassword.objects.create(person=user, password=user.password, set_at=timezone.now())
        kept = PreviousPassword.objects.filter(person=user).order_by("-pk")[: self.last]
        PreviousPassword.objects.filter(person=user).exclude(pk__in=[one.pk for one in kept]).delete()

    def get_help_text(self) -> str:
        return _("不能使用最近 %(n)d 次用过的密码。") % {"n": self.last}
