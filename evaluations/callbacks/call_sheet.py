"""The questions of a call: the script filled in for the order, the answers and their keys (domain §6.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from evaluations.enums import Manner, Rating, Repaired, Response, Uncivil
from evaluations.models import Callback, CallScript, EvaluationPolicy, ProblemType
from satisfaction.core.form_fields import offered_rows
from satisfaction.core.formats import format_spoken_moment
from workorders.models import WorkOrder

from .forms import AnswersForm, asked

KEYS: dict[str, dict[str, str]] = {
    "response": dict(zip((Response.YES, Response.NO, Response.NOT_SURE), "QWE", strict=True)),
    "manner": dict(zip((Manner.YES, Manner.NO), "AS", strict=True)),
    "uncivil": dict(zip((Uncivil.NO, Uncivil.YES), "FH", strict=True)),
    "repaired": dict(zip((Repaired.YES, Repaired.PARTLY, Repaired.NO), "ZXC", strict=True)),
}
CHOICES = {"response": Response, "manner": Manner, "uncivil": Uncivil, "repaired": Repaired}
TITLES = {
    "response": gettext_lazy("1 响应"),
    "manner": gettext_lazy("2 态度"),
    "uncivil": "",
    "repaired": gettext_lazy("3 结果"),
}
LOOKS = {Rating.SATISFIED: "good", Rating.BASICALLY_SATISFIED: "fair", Rating.DISSATISFIED: "poor"}
TYPE_KEYS = "UIOPJV"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class AnswerKey:
    """An answer button and its keyboard shortcut."""

    value: str
    label: str
    key: str = ""
    is_chosen: bool = False
    look: str = ""
    points: int | None = None
    needs_text: bool = False


@dataclass(frozen=True)
class Question:
    name: str
    title: str
    text: SafeString
    keys: list[AnswerKey]


@dataclass(frozen=True)
class Sheet:
    """The questions with the answers chosen so far; field names begin with `prefix`."""

    prefix: str
    greeting: SafeString
    questions: list[Question]
    overall: SafeString
    ratings: list[AnswerKey]
    types: list[AnswerKey]
    is_dissatisfied: bool


def sheet_of(
    callback: Callback,
    form: AnswersForm,
    policy: EvaluationPolicy,
    *,
    now: datetime,
    script: CallScript | None = None,
    types: list[ProblemType] | None = None,
) -> Sheet:
    """Uses the callback's script version, else `script`, else the latest. Selects only the form's values."""
    script = callback.script or script or CallScript.objects.first()
    assert script is not None
    chosen = form.chosen
    said = script_values(callback.order, policy, now)
    return Sheet(
        prefix=f"{form.prefix}-" if form.prefix else "",
        greeting=spoken(script.text("greeting"), said),
        questions=[
            Question(name, str(TITLES[name]), spoken(script.text(name), said), keys_of(name, chosen[name]))
            for name in CHOICES
        ],
        overall=spoken(script.text("overall"), said),
        ratings=rating_keys(chosen["rating"], policy),
        types=type_keys(form, types),
        is_dissatisfied=chosen["rating"] == Rating.DISSATISFIED,
    )


def keys_of(name: str, chosen: str) -> list[AnswerKey]:
    return [
        AnswerKey(value, str(label), KEYS[name][value], value == chosen)
        for value, label in asked(CHOICES[name].choices)
    ]


def rating_keys(chosen: str, policy: EvaluationPolicy) -> list[AnswerKey]:
    return [
        AnswerKey(
            rating.value, str(rating.label), str(n), rating == chosen, LOOKS[rating], policy.points[rating]
        )
        for n, rating in enumerate(Rating, start=1)
    ]


def type_keys(form: AnswersForm, types: list[ProblemType] | None) -> list[AnswerKey]:
    if types is None:
        types = list(offered_rows(form, "problem_types"))
    chosen = form.chosen_types
    keys = TYPE_KEYS.ljust(len(types))
    return [
        AnswerKey(str(one.pk), str(one), key.strip(), str(one.pk) in chosen, needs_text=one.needs_text)
        for one, key in zip(types, keys, strict=False)
    ]


def script_values(order: WorkOrder, policy: EvaluationPolicy, now: datetime) -> dict[str, str]:
    """Returns the values for the script's placeholders, by name."""
    return {
        "reporter": order.reporter_name or _("您好"),
        "number": order.number,
        "equipment": order.equipment or _("设备、系统"),
        "fault": order.fault or order.equipment or pgettext("回访用语", "故障"),
        "reported": format_spoken_moment(order.reported_at, now) if order.reported_at else "",
        "minutes": str(policy.response_minutes),
    }


def spoken(text: str, values: Mapping[str, str]) -> SafeString:
    """Returns the escaped text with known placeholders filled in, in bold; unknown ones stay as written."""

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        return format_html("<b>{}</b>", values[name]) if name in values else match[0]

    return mark_safe(PLACEHOLDER.sub(fill, escape(text)))
