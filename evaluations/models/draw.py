"""The draw: seeds created in advance, and runs with their complete input (domain §5.5)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DaySeed(models.Model):
    """The secret of a day, created before the day begins.

    Its SHA-256 is shown at once, the secret itself when the month is settled. The secret is derived from
    `nonce` and a key outside the database (`domain.draw.seeds.secret_of`). `seed` stores it once the month
    is settled, so that it can be verified even if the key is lost.
    """

    day = models.DateField(_("日期"), unique=True)
    nonce = models.CharField(max_length=64, blank=True, editable=False)
    seed = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(_("种子 SHA-256"), max_length=64)
    made_at = models.DateTimeField(_("生成时间"))
    is_in_time = models.BooleanField(_("事先承诺"))

    class Meta:
        verbose_name = _("抽取种子")
        verbose_name_plural = pgettext_lazy("复数", "抽取种子")
        ordering = ["-day"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(nonce="") | ~Q(seed=""), name="seed_can_be_derived_or_is_stored"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.sha256[:12]}"


class DrawRun(models.Model):
    """One run of the draw for a day; replaying `input` reproduces `output`, order by order. Append-only."""

    day = models.DateField(_("关闭日"))
    n = models.PositiveIntegerField(_("第几次"))
    seed = models.ForeignKey(DaySeed, models.PROTECT, related_name="runs")
    input = models.JSONField()
    output = models.JSONField()
    is_committed = models.BooleanField(_("事先承诺"))
    orders = models.PositiveIntegerField(_("工单数"))
    at = models.DateTimeField(_("抽取时间"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("抽取")
        verbose_name_plural = pgettext_lazy("复数", "抽取")
        ordering = ["day", "n"]
        constraints = [
            models.UniqueConstraint(fields=["day", "n"], name="run_number_once_a_day"),
            models.CheckConstraint(condition=Q(n__gte=1), name="run_numbers_begin_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.day} #{self.n}"
