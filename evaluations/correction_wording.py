"""Describes the fields changed by a correction or an undone save, as old → new (domain §4, §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from .enums import CallbackState, Factor, Manner, Outcome, Rating, Repaired, Response, Uncivil
from .models import RatingCorrection

Values = Mapping[str, Any]


class CorrectedValue(NamedTuple):
    """One changed field as text; `in_one_line` writes an empty value as “空”."""

    label: str
    old: str
    new: str


def _choice(choices: type[TextChoices]) -> Callable[[Any], str]:
    names = dict(choices.choices)
    return lambda value: str(names.get(value, value or ""))


def _text(value: Any) -> str:
    return str(value or "")


def _yes(value: Any) -> str:
    return _("是") if value in (True, "True") else _("否")


def _codes(value: Any) -> str:
    return _("、").join(str(code) for code in value or ())


CALLBACK: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "outcome": (gettext_lazy("拨打结果"), _choice(Outcome)),
    "state": (gettext_lazy("回访结果"), _choice(CallbackState)),
    "rating": (gettext_lazy("总体评价"), _choice(Rating)),
    "words": (gettext_lazy("报修人的话"), _text),
    "gave_no_reason": (gettext_lazy("未说明原因"), _yes),
    "problem_types": (gettext_lazy("不满意问题类型"), _codes),
    "other_problem": (gettext_lazy("其它问题"), _text),
    "response": (gettext_lazy("响应"), _choice(Response)),
    "manner": (gettext_lazy("态度"), _choice(Manner)),
    "uncivil": (gettext_lazy("不文明用语"), _choice(Uncivil)),
    "repaired": (gettext_lazy("结果"), _choice(Repaired)),
}
SELF: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "rating": (gettext_lazy("自评"), _choice(Rating)),
    "record_factor": (gettext_lazy("记录完整"), _choice(Factor)),
    "handling_factor": (gettext_lazy("处理适当"), _choice(Factor)),
    "efficiency_factor": (gettext_lazy("作业效率"), _choice(Factor)),
    "comment": (gettext_lazy("工长评语"), _text),
    "opinion": (gettext_lazy("整改意见"), _text),
}


def changes_of(correction: RatingCorrection) -> list[CorrectedValue]:
    """Returns the changes of a correction, in the order of the form's fields."""
    fields = SELF if correction.callback_id is None else CALLBACK
    return list(_changes(fields, correction.before, correction.after))


def changes_of_undo(details: Mapping[str, Any]) -> list[CorrectedValue]:
    """Returns the changes of a SAVE_UNDONE event; `details` maps field → [saved value, previous value]."""
    saved = {name: pair[0] for name, pair in details.items()}
    before = {name: pair[1] for name, pair in details.items()}
    return list(_changes(CALLBACK, saved, before))


def changes_of_number(details: Mapping[str, Any]) -> list[CorrectedValue]:
    """Returns the change of a NUMBER_CHANGED event; `details` holds `phone`: [old, new], both masked."""
    old, new = details["phone"]
    label = _("报修人电话(工班填写)") if details.get("by_crew") else _("报修人电话")
    return [CorrectedValue(label, old, new)]


def _changes(
    fields: Mapping[str, tuple[Any, Callable[[Any], str]]], old: Values, new: Values
) -> Iterator[CorrectedValue]:
    for name, (label, words) in fields.items():
        if old.get(name) != new.get(name):
            yield CorrectedValue(str(label), words(old.get(name)), words(new.get(name)))


def in_one_line(changes: list[CorrectedValue]) -> str:
    """Returns all changes on one line, for a list: label：old → new；…"""
    empty = pgettext("没有值", "空")
    found = [
        _("%(label)s:%(old)s → %(new)s")
        % {"label": one.label, "old": one.old or empty, "new": one.new or empty}
        for one in changes
    ]
    return _("；").join(found)
