"""The form of a KPI target. `targets.py` decides which months may change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from improvement.enums import DIRECTIONS, Direction, Kpi
from improvement.models import KpiTarget
from satisfaction.core.errors import Refused

from .targets import refuse_settled_months


class KpiTargetForm(forms.ModelForm):
    class Meta:
        model = KpiTarget
        fields = ("key", "begins_on", "target", "stretch", "weight")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        key, begins_on = given.get("key", self.instance.key), given.get("begins_on", self.instance.begins_on)
        if begins_on and begins_on.day != 1:
            self.add_error("begins_on", _("目标从某月一日起生效,请填写当月一日。"))
        elif key and begins_on:
            self.check_settled(key, begins_on)
        if key and given.get("target") is not None and given.get("stretch") is not None:
            self.check_stretch(Kpi(key), given["target"], given["stretch"])
        return given

    def check_settled(self, key: str, begins_on: Any) -> None:
        try:
            refuse_settled_months(key, begins_on)
        except Refused as refused:
            self.add_error(None, str(refused))

    def check_stretch(self, kpi: Kpi, target: Any, stretch: Any) -> None:
        direction = DIRECTIONS[kpi]
        if direction == Direction.HIGHER and stretch < target:
            self.add_error("stretch", _("这个指标越高越好,挑战值不能低于目标值。"))
        if direction == Direction.LOWER and stretch > target:
            self.add_error("stretch", _("这个指标越低越好,挑战值不能高于目标值。"))
