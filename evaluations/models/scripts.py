"""Versioned call scripts, and the problem types a dissatisfied reporter can name."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class CallScript(models.Model):
    """The call script (domain §6.3). Admins edit it as a new version; a callback stores the version it used.

    Texts may contain {reporter} {number} {equipment} {fault} {reported} {minutes}.
    """

    version = models.PositiveIntegerField(_("版本"), unique=True)
    greeting_zh = models.TextField(_("问候(中文)"))
    response_zh = models.TextField(_("响应(中文)"))
    manner_zh = models.TextField(_("态度(中文)"))
    uncivil_zh = models.TextField(_("文明用语(中文)"))
    repaired_zh = models.TextField(_("结果(中文)"))
    overall_zh = models.TextField(_("总体(中文)"))
    greeting_en = models.TextField(_("问候(英文)"))
    response_en = models.TextField(_("响应(英文)"))
    manner_en = models.TextField(_("态度(英文)"))
    uncivil_en = models.TextField(_("文明用语(英文)"))
    repaired_en = models.TextField(_("结果(英文)"))
    overall_en = models.TextField(_("总体(英文)"))
    created_at = models.DateTimeField(_("生效时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("回访用语")
        verbose_name_plural = pgettext_lazy("复数", "回访用语")
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"v{self.version}"

    def text(self, part: str) -> str:
        language = "en" if (get_language() or "").startswith("en") else "zh"
        return getattr(self, f"{part}_{language}")


class ProblemType(models.Model):
    """不满意问题类型 (domain §6.4): an editable list; `code` is the number on the printed form."""

    code = models.PositiveSmallIntegerField(_("编号"), unique=True)
    name_zh = models.CharField(_("名称(中文)"), max_length=100)
    name_en = models.CharField(_("名称(英文)"), max_length=100)
    needs_text = models.BooleanField(_("需要说明"), default=False)
    is_active = models.BooleanField(_("在用"), default=True)

    class Meta:
        verbose_name = _("不满意问题类型")
        verbose_name_plural = pgettext_lazy("复数", "不满意问题类型")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name_zh
