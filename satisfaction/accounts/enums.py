"""Choices of the accounts app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallerGroup(models.TextChoices):
    """The two groups that phone reporters; a person belongs to at most one."""

    DISPATCHER = "dispatcher", _("调度")
    MANAGER = "manager", _("管理人员")


class GrantState(models.TextChoices):
    """The state of a role that needs a second person (domain §12.4)."""

    PENDING = "pending", _("待确认")
    CONFIRMED = "confirmed", _("已确认")
    DECLINED = "declined", _("已驳回")
