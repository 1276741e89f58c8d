"""The class of a person for annotations in modules below `accounts`, which cannot import its `User`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import _User as Person  # django-stubs: the model of AUTH_USER_MODEL
else:
    from django.contrib.auth.models import AbstractUser as Person

__all__ = ["Person"]
