"""The evaluation cells of stored orders; exports write them, and imports compare with them (domain §11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from evaluations.enums import ENDED_BY_CALL, CallbackState, Manner, Repaired, Response, Uncivil
from evaluations.models import Callback, CallbackAttempt
from workorders.intake.columns import speaks_english
from workorders.models import WorkOrder

from .columns import GROUPS
from .wording import answers_text, comment_cell, summary_cell, words_cell

CellValues = dict[str, Any]
SELF = ("points", "comment", "opinion")
CALLBACK = (
    "id", "state", "group", "caller__name", "caller__username", "points", "summary", "words",
    "response", "manner", "uncivil", "repaired", "other_problem", "gave_no_reason",
)  # fmt: skip
VALUES = (
    *(f"self_evaluation__{name}" for name in SELF),
    *(f"callback__{name}" for name in CALLBACK),
    "attempts",
)
NOT_ASKED = "not_asked"


def with_attempts(orders: QuerySet[WorkOrder]) -> QuerySet[WorkOrder]:
    """Annotates `attempts`: the number of phone attempts."""
    tried = CallbackAttempt.objects.filter(callback__order=OuterRef("pk")).order_by().values("callback")
    count = Subquery(tried.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    return orders.annotate(attempts=Coalesce(count, 0))


def problems_of(orders: QuerySet[WorkOrder]) -> dict[int, list[tuple[str, bool]]]:
    """Returns callback id → [(name, needs text)] of its problem types, in the current language; one query."""
    name = "name_en" if speaks_english() else "name_zh"
    chosen = Callback.problem_types.through.objects.filter(callback__order__in=orders.order_by().values("pk"))
    rows = chosen.order_by("callback_id", "problemtype__code").values_list(
        "callback_id", f"problemtype__{name}", "problemtype__needs_text"
    )
    found = defaultdict(list)
    for callback, problem, needs_text in rows:
        found[callback].append((problem, needs_text))
    return found


def self_cells(row: Mapping[str, Any]) -> CellValues:
    if row["self_evaluation__points"] is None:
        return {}
    comment = comment_cell(
        row["self_evaluation__comment"], row["self_evaluation__opinion"], english=speaks_english()
    )
    return {"self_points": row["self_evaluation__points"], "self_comment": comment}


def callback_cells(row: Mapping[str, Any], problems: Mapping[int, list[tuple[str, bool]]]) -> CellValues:
    """Returns the cells of a callback ended by a call; empty if it is open, withdrawn or set aside."""
    group = row["callback__group"]
    if row["callback__state"] not in ENDED_BY_CALL or group not in GROUPS:
        return {}
    summary = summary_cell(row["callback__state"], _summary(row), english=speaks_english())
    return {
        f"{group}_caller": row["callback__caller__name"] or row["callback__caller__username"] or "",
        f"{group}_points": row["callback__points"],
        f"{group}_summary": summary,
        "words": _words(row, problems.get(row["callback__id"], [])),
    }


def _summary(row: Mapping[str, Any]) -> str:
    if row["callback__summary"]:
        return row["callback__summary"]
    asked = answers_text(
        [
            (question, str(answers(row[f"callback__{field}"]).label))
            for field, question, answers in (
                ("response", _("响应"), Response),
                ("manner", _("态度"), Manner),
                ("uncivil", _("不文明用语"), Uncivil),
                ("repaired", _("结果"), Repaired),
            )
            if row[f"callback__{field}"] != NOT_ASKED
        ]
    )
    if row["callback__state"] == CallbackState.UNREACHABLE and row["attempts"]:
        return _("拨打 %(count)d 次") % {"count": row["attempts"]}
    return asked


def _words(row: Mapping[str, Any], problems: list[tuple[str, bool]]) -> str:
    other = row["callback__other_problem"]
    named = [f"{name}：{other}" if needs_text and other else name for name, needs_text in problems]
    words = row["callback__words"] or (_("未说明原因") if row["callback__gave_no_reason"] else "")
    return words_cell(named, words)


def with_total(cells: CellValues) -> CellValues:
    """Adds 分值累计: the sum of the points present, or None without any."""
    points = [
        cells[field]
        for field in ("self_points", "dispatcher_points", "manager_points")
        if cells.get(field) is not None
    ]
    return {**cells, "total": sum(points) if points else None}


def stored_cells(orders: QuerySet[WorkOrder]) -> dict[int, CellValues]:
    """Returns order id → all evaluation cells, with nothing hidden; two queries."""
    problems = problems_of(orders)
    rows = with_attempts(orders).order_by().values("pk", *VALUES)
    return {row["pk"]: self_cells(row) | callback_cells(row, problems) for row in rows}
