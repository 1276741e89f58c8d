"""A sort order filter whose labels follow the language of the page."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


class SortFilter(django_filters.OrderingFilter):
    """An OrderingFilter with lazy labels; the base class would translate them once, at start-up."""

    def build_choices(self, fields: dict[str, str], labels: dict[str, Any]) -> list[tuple[str, Any]]:
        """Returns each field in ascending and descending order."""
        return [
            choice
            for name, shown in fields.items()
            for choice in (
                (shown, labels[name]),
                (f"-{shown}", format_lazy(_("{what}(倒序)"), what=labels[name])),
            )
        ]
