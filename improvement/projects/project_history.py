"""Changes of a project and its steps, from their history rows (domain §9.9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Field, Model
from django.utils.translation import gettext as _

from evaluations.models import ProblemType
from improvement.models import ImprovementProject, ProjectStep
from satisfaction.accounts.models import User
from satisfaction.core.formats import format_iso_minute
from workorders.models import Crew

HIDDEN_FIELDS = frozenset(
    {"id", "version", "effect_numbers", "created_by", "created_at", "project", "decided_on", "reported_on"}
)
RELATED_MODELS = {"crews": Crew, "problem_types": ProblemType}


@dataclass(frozen=True)
class FieldChange:
    """Old and new value of one field, as text."""

    label: str
    before: str
    after: str


@dataclass
class ProjectChange:
    """Changes by one person at one time. `step`: the step's content. `is_removed`: the step was deleted."""

    at: datetime
    by: User | None
    reason: str = ""
    step: str = ""
    is_new: bool = False
    is_removed: bool = False
    differences: list[FieldChange] = field(default_factory=list)


def project_changes(project: ImprovementProject) -> list[ProjectChange]:
    """Returns the changes, latest first, in seven queries."""
    rows = list(project.history.select_related("history_user").order_by("history_date", "history_id"))
    steps = list(
        ProjectStep.history.filter(project_id=project.pk)
        .select_related("history_user")
        .order_by("history_date", "history_id")
    )
    names = _RelatedNames([*rows, *steps])
    related = _related_names(rows)
    found = _changes_in(_last_row_per_save(rows), names, related)
    by_step: defaultdict[int, list[Any]] = defaultdict(list)
    for row in steps:
        by_step[row.id].append(row)
    for versions in by_step.values():
        found += _changes_in(versions, names, {})
    found.reverse()  # with equal times, the last written row comes first
    return sorted(found, key=lambda change: change.at, reverse=True)


class _RelatedNames:
    """Names of related rows by model and id; one query per model."""

    def __init__(self, rows: Iterable[Any]) -> None:
        ids: defaultdict[type[Model], set[int]] = defaultdict(set)
        for row in rows:
            for column in _columns(row):
                if column.related_model and getattr(row, column.attname):
                    ids[column.related_model].add(getattr(row, column.attname))
        self.known = {model: model._default_manager.in_bulk(list(keys)) for model, keys in ids.items()}

    def of(self, row: Any, column: Field[Any, Any]) -> str:
        value = getattr(row, column.attname)
        if value in (None, ""):
            return ""
        if column.related_model:
            return str(self.known[column.related_model].get(value, value))
        if isinstance(value, datetime):
            return format_iso_minute(value)
        return str(dict(column.flatchoices).get(value, value))


def _columns(row: Any) -> list[Any]:
    """Returns the columns of the model with history, without those the history adds."""
    return [
        column
        for column in row.instance_type._meta.concrete_fields
        if column.name not in HIDDEN_FIELDS | {"token"}
    ]


def _last_row_per_save(rows: list[Any]) -> list[Any]:
    """Returns the last row of each save: a save with relations writes several rows, and the last is complete."""
    last_rows: dict[tuple[datetime, int | None], Any] = {}
    for row in rows:
        last_rows[row.history_date, row.history_user_id] = row
    return list(last_rows.values())


def _related_names(rows: list[Any]) -> dict[tuple[int, str], str]:
    """Returns the names of crews and problem types by history row and field. Four queries."""
    found: dict[tuple[int, str], list[str]] = {}
    for name, model in RELATED_MODELS.items():
        through = _history_of_projects()._meta.get_field(f"historicalimprovementproject_{name}").related_model
        target = {"crews": "crew_id", "problem_types": "problemtype_id"}[name]
        pairs = list(
            through.objects.filter(history__in=[row.pk for row in rows]).values_list("history_id", target)
        )
        called = model._default_manager.in_bulk({pk for _row, pk in pairs})
        for row, pk in pairs:
            found.setdefault((row, name), []).append(str(called.get(pk, pk)))
    return {key: _("、").join(sorted(names)) for key, names in found.items()}


def _history_of_projects() -> Any:
    return ImprovementProject.history.model


def _changes_in(
    rows: list[Any], names: _RelatedNames, related: dict[tuple[int, str], str]
) -> list[ProjectChange]:
    changes = []
    before: Any = None
    for row in rows:
        change = ProjectChange(row.history_date, row.history_user, row.history_change_reason or "")
        change.step = getattr(row, "what", "")
        change.is_new, change.is_removed = before is None, row.history_type == "-"
        if before is not None and not change.is_removed:
            change.differences = _field_changes(before, row, names, related)
        if change.is_new or change.is_removed or change.differences:
            changes.append(change)
        before = row
    return changes


def _field_changes(
    before: Any, after: Any, names: _RelatedNames, related: dict[tuple[int, str], str]
) -> list[FieldChange]:
    found = []
    for column in _columns(after):
        was, became = names.of(before, column), names.of(after, column)
        if was != became:
            found.append(FieldChange(str(column.verbose_name), was, became))
    for name in RELATED_MODELS if related else ():
        was, became = related.get((before.pk, name), ""), related.get((after.pk, name), "")
        if was != became:
            label = str(after.instance_type._meta.get_field(name).verbose_name)
            found.append(FieldChange(label, was, became))
    return found
