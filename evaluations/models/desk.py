"""Records of the callback desk: drafts, saves that can be undone, and skips (domain §6)."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .callbacks import Callback

PERSON = settings.AUTH_USER_MODEL


class CallDraft(models.Model):
    """A partly filled call form; visible only to `by`, and deleted when the call is saved."""

    callback = models.OneToOneField(
        Callback, models.CASCADE, related_name="draft", verbose_name=_("电话回访")
    )
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("回访人"))
    # Form field → entered values.
    values = models.JSONField(default=dict)
    at = models.DateTimeField(_("时间"))

    never_shown = ("*",)  # not shown on cached pages; changes with every answer

    class Meta:
        verbose_name = _("回访草稿")
        verbose_name_plural = pgettext_lazy("复数", "回访草稿")

    def __str__(self) -> str:
        return f"{self.callback_id} {self.by}"


class CallSave(models.Model):
    """One save: the callbacks it changed and their previous values, so that it can be undone. Append-only.

    `before`: callback id → field → value; `form`: as in a draft; `undone`: the values that an undo removed.
    """

    callback = models.ForeignKey(Callback, models.PROTECT, related_name="saves", verbose_name=_("电话回访"))
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("回访人"))
    at = models.DateTimeField(_("时间"))
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    form = models.JSONField(default=dict)
    undone_at = models.DateTimeField(_("撤销时间"), null=True)
    undone = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("回访保存")
        verbose_name_plural = pgettext_lazy("复数", "回访保存")
        indexes = [models.Index(fields=["by", "at"], name="callsave_latest")]

    def __str__(self) -> str:
        return f"{self.callback_id} {self.by}"


class CallSkip(models.Model):
    """A callback skipped for now, with a reason; skips are counted. Append-only."""

    callback = models.ForeignKey(Callback, models.PROTECT, related_name="skips", verbose_name=_("电话回访"))
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("回访人"))
    at = models.DateTimeField(_("时间"))
    reason = models.CharField(_("原因"), max_length=200)

    class Meta:
        verbose_name = _("跳过")
        verbose_name_plural = pgettext_lazy("复数", "跳过")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="call_skip_has_reason")]

    def __str__(self) -> str:
        return f"{self.callback_id} {self.by}"
