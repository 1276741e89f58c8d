"""The two groups that phone reporters, and what became of a role that needs a second person."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallerGroup(models.TextChoices):
    """Who phones: a person belongs to one of the two at most."""

    DISPATCHER = "dispatcher", _("调度")
    MANAGER = "manager", _("管理人员")


class GrantState(models.TextChoices):
    """What became of a role that needs a second person."""

    PENDING = "pending", _("待确认")
    CONFIRMED = "confirmed", _("已确认")
    DECLINED = "declined", _("已驳回")
