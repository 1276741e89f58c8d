from django.db import models
from django.utils.translation import gettext_lazy as _


class DigestState(models.TextChoices):
    """The state of a daily mail. One that stays CLAIMED may have left: it is not sent again."""

    PENDING = "pending", _("待发送")
    CLAIMED = "claimed", _("发送中")
    SENT = "sent", _("已发送")
    SKIPPED = "skipped", _("没有发送")
    FAILED = "failed", _("发送失败")
