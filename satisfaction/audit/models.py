"""The append-only record of actions that no other table keeps (domain §12)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .enums import AuditKind


def audit_kinds() -> list[tuple[Any, Any]]:
    """Returns the choices. A callable, so that a new kind needs no migration."""
    return [(kind.value, str(kind.label)) for kind in AuditKind]


class AuditEvent(models.Model):
    """One action: time, actor, kind, subject, address.

    `by` is empty for the system and for visitors without an account. `subject_type` ("workorders.workorder")
    and `subject_id` name the row; only people who may see that row see the event. `details` holds plain
    values, for example `{"rows": 12}` or `{"phone": ["138****1234", "139****5678"]}`; never a full phone
    number and never a password or token.
    """

    at = models.DateTimeField(_("时间"), db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("操作人")
    )
    kind = models.CharField(_("操作"), max_length=32, choices=audit_kinds)
    about = models.CharField(_("对象"), max_length=200, blank=True)
    subject_type = models.CharField(max_length=64, blank=True)
    subject_id = models.BigIntegerField(null=True)
    reason = models.TextField(_("原因"), blank=True)
    details = models.JSONField(_("内容"), default=dict)
    address = models.GenericIPAddressField(_("来源地址"), null=True)

    class Meta:
        verbose_name = _("操作记录")
        verbose_name_plural = _("操作记录")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["kind", "-at"], name="audit_kind_at"),
            models.Index(fields=["subject_type", "subject_id"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.about}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("Audit events are append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("Audit events are append-only.")
