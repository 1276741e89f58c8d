"""Choices of orders, crew leads and pending changes."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(models.TextChoices):
    """工单类型; only fault orders are evaluated (domain §3)."""

    FAULT = "fault", _("故障")
    REQUEST = "request", _("请求")
    DUPLICATE = "duplicate", _("重复登记")
    OTHER = "other", _("其他")


class Channel(models.TextChoices):
    """登记渠道; only orders from the central repair phone are evaluated (domain §3)."""

    HOTLINE = "hotline", _("统一报修电话")
    OTHER = "other", _("其他")


class LeadKind(models.TextChoices):
    FOREMAN = "foreman", _("工长")
    DEPUTY = "deputy", _("副工长")


class Missing(models.TextChoices):
    """What an incomplete order lacks (domain §3)."""

    CREW = "crew", _("工班")
    TECHNICIAN = "technician", _("维修人")
    PHONE = "phone", _("报修人电话")
    KIND = "kind", _("工单类型")
    CHANNEL = "channel", _("登记渠道")


class ChangeSource(models.TextChoices):
    """The source of a change that waits for dispatch."""

    IMPORT = "import", _("导入")
    COMPLETION = "completion", _("工班补全")


class ChangeState(models.TextChoices):
    WAITING = "waiting", _("待确认")
    CONFIRMED = "confirmed", pgettext_lazy("更改", "已确认")
    DECLINED = "declined", _("已驳回")


class OutOfScope(models.TextChoices):
    """Why an order is stored and shown but not evaluated (domain §3)."""

    NOT_CLOSED = "not_closed", _("未关闭")
    NOT_FAULT = "not_fault", _("不是故障工单")
    DUPLICATE = "duplicate", _("重复登记")
    NOT_HOTLINE = "not_hotline", _("不是统一报修电话登记")
    INCOMPLETE = "incomplete", _("资料不全")
