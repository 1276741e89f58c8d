"""Texts for values of the audit trail; phones are always masked (domain §12.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.models import Callback
from satisfaction.core.formats import format_iso_second
from satisfaction.core.history import history_of
from satisfaction.core.roles import Role
from workorders.enums import ChangeSource
from workorders.models import WorkOrder
from workorders.phones import masked

from .shapes import TrailChange

NO_VALUE = "–"
DETAIL_LABELS = {
    "rows": gettext_lazy("行数"),
    "orders": gettext_lazy("工单数"),
    "created": gettext_lazy("新增"),
    "updated": gettext_lazy("更新"),
    "unchanged": gettext_lazy("未变"),
    "rejected": gettext_lazy("拒绝"),
    "incomplete": gettext_lazy("资料不全"),
    "near_identical": gettext_lazy("近似工单"),
    "published": gettext_lazy("发布"),
    "postponed": gettext_lazy("顺延"),
    "still_open": gettext_lazy("仍未回访"),
    "phone": gettext_lazy("电话"),
    "roles": gettext_lazy("角色"),
    "username": gettext_lazy("用户名"),
    "valid_hours": gettext_lazy("有效小时"),
    "form": gettext_lazy("形式"),
    "how": gettext_lazy("方式"),
    "failures": gettext_lazy("失败次数"),
    "names": gettext_lazy("用户名个数"),
    "role": gettext_lazy("角色"),
    "asked_by": gettext_lazy("提出人"),
    "file": gettext_lazy("文件"),
    "by_crew": gettext_lazy("由工班填写"),
    "waiting": gettext_lazy("待调度长确认"),
    "proposed_by": gettext_lazy("提出人"),
    "source": gettext_lazy("来源"),
    "issued_by": gettext_lazy("签发人"),
}
METHOD_LABELS = {
    "page": gettext_lazy("页面"),
    "password": gettext_lazy("密码"),
    "one_time_link": gettext_lazy("一次性链接"),
    "mail": gettext_lazy("邮件"),
    "admin": gettext_lazy("系统管理"),
    "command": gettext_lazy("命令行"),
}


class RelatedNames:
    """Loads the names of rows that a history refers to by id; one query for each model."""

    def __init__(self) -> None:
        self.wanted: dict[type[Model], set[Any]] = {}
        self.found: dict[type[Model], dict[Any, str]] = {}

    def want(self, field: Field[Any, Any], *values: Any) -> None:
        if field.related_model:
            self.wanted.setdefault(field.related_model, set()).update(filter(None, values))

    def name(self, model: type[Model], pk: Any) -> str:
        if model not in self.found:
            rows = model._default_manager.in_bulk(self.wanted.get(model, set()) | {pk})
            self.found[model] = {key: str(row) for key, row in rows.items()}
        return self.found[model].get(pk, str(pk))


def format_field_value(field: Field[Any, Any], value: Any, names: RelatedNames) -> str:
    if value in (None, ""):
        return NO_VALUE
    if field.related_model:
        return names.name(field.related_model, value)
    if "phone" in field.name:
        return masked(str(value))
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return format_value(value)


def format_value(value: Any) -> str:
    """Formats a stored value without a field."""
    if value is None or value == "" or value == []:
        return NO_VALUE
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, datetime):
        return format_iso_second(value)
    if isinstance(value, time):
        return f"{value:%H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, list):
        return _("、").join(format_value(one) for one in value)
    return str(value)


def tracked_fields(model: type[Model]) -> list[Field[Any, Any]]:
    """Returns the fields whose changes are shown: those that people enter, not derived ones."""
    history = history_of(model).model
    return [one for one in history.tracked_fields if one.editable and not one.primary_key]


def changed_fields(model: type[Model], before: Any, after: Any) -> list[Field[Any, Any]]:
    return [
        one for one in tracked_fields(model) if getattr(before, one.attname) != getattr(after, one.attname)
    ]


def field_label(model: type[Model], name: str) -> str:
    try:
        return str(getattr(model._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        return name


def detail_changes(details: dict[str, Any]) -> tuple[TrailChange, ...]:
    """`{"rows": 12}` is a value, `{"roles": [old, new]}` a change; `changes` has changes by field title."""
    found = dict(details)
    changes = found.pop("changes", {})
    titled = tuple(
        TrailChange(title, format_value(old), format_value(new)) for title, (old, new) in changes.items()
    )
    return (*(_detail(name, value) for name, value in found.items()), *titled)


def _detail(name: str, value: Any) -> TrailChange:
    model = WorkOrder if field_label(Callback, name) == name else Callback
    label = str(DETAIL_LABELS[name]) if name in DETAIL_LABELS else field_label(model, name)
    if isinstance(value, list) and len(value) == 2:
        return TrailChange(label, _detail_value(name, value[0]), _detail_value(name, value[1]))
    return TrailChange(label, None, _detail_value(name, value))


def _detail_value(name: str, value: Any) -> str:
    """Formats choices with the labels of their field, other values unchanged."""
    if name == "how":
        return str(METHOD_LABELS.get(value, value))
    if name == "source":
        return str(dict(ChangeSource.choices).get(value, value))
    if name in ("role", "roles"):
        roles = value if isinstance(value, list) else [value]
        return format_value([str(dict(Role.choices).get(role, role)) for role in roles])
    choices = getattr(_field_of(Callback, name), "flatchoices", None)
    return (
        str(dict(choices).get(value, format_value(value)))
        if choices and isinstance(value, str)
        else format_value(value)
    )


def _field_of(model: type[Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def format_changes(changes: Iterable[TrailChange]) -> str:
    """Returns all changes in one line, for a cell of a workbook."""
    return _("；").join(
        f"{one.label} {one.after}" if one.before is None else f"{one.label} {one.before} → {one.after}"
        for one in changes
    )
