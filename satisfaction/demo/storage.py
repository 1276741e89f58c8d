"""Checking whether the database holds data or the demonstration, and clearing it."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models
from django.utils.translation import gettext as _

from evaluations.models import CallScript, EvaluationPolicy, ProblemType
from improvement.models import KpiTarget
from satisfaction.accounts.models import User
from satisfaction.core.errors import Refused
from satisfaction.jobs.models import DEMO_HEARTBEAT, Heartbeat
from workorders.models import Crew, WorkOrder

UNTOUCHED_MODELS = {"auth.Group", "auth.Permission", "contenttypes.ContentType"}
"""Rows that migrations create and nobody changes."""
APP_LABELS = ("accounts", "calendars", "jobs", "notices", "workorders", "evaluations", "improvement")
MIGRATED_ROWS: dict[type[models.Model], dict[str, Any]] = {
    EvaluationPolicy: {"begins_on__year": 2000},
    CallScript: {"version": 1},
    ProblemType: {"code__lte": 4},
    KpiTarget: {"begins_on__year": 2000},
}
"""Rows that migrations create in tables that people add to; only the additions are deleted."""


def holds_demonstration() -> bool:
    return Heartbeat.objects.filter(name=DEMO_HEARTBEAT).exists()


def holds_data() -> bool:
    return any(model.objects.exists() for model in (User, WorkOrder, Crew))


def refuse_other_data(*, what: str) -> None:
    if holds_data():
        raise Refused(
            _("数据库里已有数据,没有载入%(what)s;请换一个空的数据库(DATABASE_URL)。") % {"what": what}
        )


def clear_demonstration() -> None:
    """Deletes all rows of our apps and of sessions, axes and admin, except those of migrations.

    Foreign keys are checked at the end of the transaction, so the order does not matter.
    """
    emptied = [model for model in apps.get_models(include_auto_created=True) if is_emptied(model)]
    sequences = [
        {"table": model._meta.db_table, "column": field.column}
        for model in emptied
        if (field := model._meta.auto_field)
    ]
    with connection.cursor() as cursor:
        for model in emptied:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")
        for kept, first in MIGRATED_ROWS.items():
            added = kept._default_manager.exclude(**first)
            added._raw_delete(added.db)
        for statement in connection.ops.sequence_reset_by_name_sql(no_style(), sequences):
            cursor.execute(statement)


def is_emptied(model: type[models.Model]) -> bool:
    meta = model._meta
    if not meta.managed or meta.proxy or model in MIGRATED_ROWS or meta.label in UNTOUCHED_MODELS:
        return False
    return meta.app_label in APP_LABELS or meta.app_label in ("sessions", "axes", "admin")
