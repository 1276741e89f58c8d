"""Notices and daily mails as rows, so that a crash neither loses nor repeats any."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from satisfaction.core.person import Person

from .enums import DigestState
from .kinds import KINDS, is_overdue_kind

PERSON = settings.AUTH_USER_MODEL


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, person: Person) -> NoticeQuerySet:
        """Notices of this person; nobody else may see them."""
        return self.filter(person=person)

    def standing(self) -> NoticeQuerySet:
        """Open notices, read or unread."""
        return self.filter(ended_at__isnull=True)

    def unread(self) -> NoticeQuerySet:
        return self.standing().filter(read_at__isnull=True)

    def latest_first(self) -> NoticeQuerySet:
        """Open notices first, unread before read, overdue before waiting; then ended ones."""
        overdue = [kind.key for kind in KINDS.values() if kind.is_overdue]
        rank = Case(When(kind__in=overdue, then=Value(0)), default=Value(1), output_field=IntegerField())
        return self.order_by(
            F("ended_at").desc(nulls_first=True),
            F("read_at").desc(nulls_first=True),
            rank,
            "-created_at",
            "-pk",
        )


class DigestQuerySet(models.QuerySet["Digest"]):
    def pending(self) -> DigestQuerySet:
        return self.filter(state=DigestState.PENDING)

    def before(self, day: date) -> DigestQuerySet:
        return self.filter(day__lt=day)

    def queued_before(self, moment: datetime) -> DigestQuerySet:
        return self.filter(queued_at__lt=moment)


class Notice(models.Model):
    """One notice for a person, a kind and a period (a day YYYY-MM-DD or a month YYYY-MM).

    `params`: values in its text, only what the reader may see. `ended_at`: its subject is done, or a later
    notice replaced it.
    """

    person = models.ForeignKey(PERSON, models.PROTECT, related_name="notices", verbose_name=_("人员"))
    kind = models.CharField(_("类型"), max_length=40)
    period = models.CharField(_("期间"), max_length=10)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(_("提醒时间"))
    read_at = models.DateTimeField(_("已读时间"), null=True)
    ended_at = models.DateTimeField(_("了结时间"), null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("提醒")
        verbose_name_plural = _("提醒")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["person"], name="notice_standing", condition=Q(ended_at__isnull=True)),
            models.Index(fields=["kind"], name="notice_standing_kind", condition=Q(ended_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "period"], name="notice_once"),
            models.CheckConstraint(condition=~Q(kind="") & ~Q(period=""), name="notice_has_kind_and_period"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.period}"

    @property
    def text(self) -> str:
        """The text in the active language; the key of a kind that no longer exists."""
        return KINDS[self.kind].format_text(self.params) if self.kind in KINDS else self.kind

    @property
    def is_overdue(self) -> bool:
        return is_overdue_kind(self.kind)


class Digest(models.Model):
    """The mail of one person and day: at most one, sent at most once.

    The process that claims the row sends it. After a crash the row stays claimed and is not sent again,
    because the mail may have left.
    """

    person = models.ForeignKey(PERSON, models.PROTECT, related_name="digests", verbose_name=_("人员"))
    day = models.DateField(_("日期"))
    state = models.CharField(_("状态"), max_length=10, choices=DigestState, default=DigestState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    queued_at = models.DateTimeField(_("排队时间"))
    claimed_at = models.DateTimeField(_("开始发送"), null=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True)
    error = models.CharField(_("原因"), max_length=500, blank=True)

    objects = DigestQuerySet.as_manager()

    class Meta:
        verbose_name = _("每日邮件")
        verbose_name_plural = pgettext_lazy("复数", "每日邮件")
        ordering = ["-day", "person"]
        indexes = [models.Index(fields=["day"], name="digest_pending", condition=Q(state="pending"))]
        constraints = [
            models.UniqueConstraint(fields=["person", "day"], name="digest_once_a_day"),
            models.CheckConstraint(condition=Q(state__in=DigestState.values), name="digest_state_known"),
            models.CheckConstraint(
                condition=~Q(state=DigestState.SENT) | Q(claimed_at__isnull=False, sent_at__isnull=False),
                name="digest_sent_was_claimed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.day}"


class NoticePreference(models.Model):
    """A person's settings; without a row: a daily mail in the default language."""

    person = models.OneToOneField(
        PERSON, models.PROTECT, related_name="notice_preference", verbose_name=_("人员")
    )
    wants_digest = models.BooleanField(_("每日邮件"), default=True)
    language = models.CharField(_("邮件语言"), max_length=10, choices=settings.LANGUAGES, blank=True)

    class Meta:
        verbose_name = _("提醒设置")
        verbose_name_plural = _("提醒设置")

    def __str__(self) -> str:
        return str(self.person)
