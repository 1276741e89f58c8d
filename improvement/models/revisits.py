"""The form of a foreman's visit to a dissatisfied reporter (domain §9.1, §9.2)."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from evaluations.enums import Rating
from evaluations.models import ProblemType
from improvement.enums import RevisitState
from workorders.models import WorkOrder

PERSON = settings.AUTH_USER_MODEL


class Revisit(models.Model):
    """评价不满意回访表, one per order, created by the first save.

    Due revisits derive from the dissatisfied callbacks. `second_rating` is the reporter's rating at the visit; it
    never changes the score. `version` increases with every save, so that two tabs do not overwrite each other.
    """

    order = models.OneToOneField(WorkOrder, models.PROTECT, related_name="revisit", verbose_name=_("工单"))
    state = models.CharField(_("状态"), max_length=10, choices=RevisitState, default=RevisitState.DRAFT)
    visited_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("回访人")
    )
    visited_at = models.DateTimeField(_("回访时间"), null=True, blank=True)
    words = models.TextField(_("报修人不满意问题和建议统计"), blank=True)
    problem_types = models.ManyToManyField(
        ProblemType, blank=True, related_name="revisits", verbose_name=_("不满意问题类型")
    )
    other_problem = models.CharField(_("其它"), max_length=200, blank=True)
    findings = models.TextField(_("工长回访情况统计"), blank=True)
    measure = models.TextField(_("工长整改措施和建议"), blank=True)
    second_rating = models.CharField(_("回访后评价"), max_length=20, choices=Rating, blank=True)
    is_in_place = models.BooleanField(_("管理人员代访"), default=False)
    version = models.PositiveIntegerField(default=1)
    begun_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("填写人"))
    begun_at = models.DateTimeField(_("开始填写"))
    submitted_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, related_name="+", verbose_name=_("提交人")
    )
    submitted_at = models.DateTimeField(_("提交时间"), null=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("不满意回访")
        verbose_name_plural = pgettext_lazy("复数", "不满意回访")
        ordering = ["-begun_at"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RevisitState.values), name="revisit_state_known"),
            models.CheckConstraint(
                condition=Q(state=RevisitState.DRAFT, submitted_at__isnull=True, submitted_by__isnull=True)
                | (
                    Q(state__in=[RevisitState.SUBMITTED, RevisitState.RETURNED])
                    & Q(submitted_at__isnull=False, submitted_by__isnull=False)
                    & Q(visited_by__isnull=False, visited_at__isnull=False)
                    & ~Q(findings="")
                    & ~Q(measure="")
                ),
                name="revisit_submitted_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.get_state_display()}"


def photo_path(photo: RevisitPhoto, filename: str) -> str:
    return f"revisits/{uuid4().hex}{Path(filename).suffix.lower()[:10]}"


class RevisitPhoto(models.Model):
    """A photo of the signed form, stored outside the web root; visible to readers of the revisit only."""

    revisit = models.ForeignKey(Revisit, models.PROTECT, related_name="photos")
    file = models.FileField(upload_to=photo_path)
    name = models.CharField(_("文件名"), max_length=255)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("回访表照片")
        verbose_name_plural = pgettext_lazy("复数", "回访表照片")
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["revisit", "sha256"], name="photo_once_a_revisit")]

    def __str__(self) -> str:
        return self.name


class RevisitQuestion(models.Model):
    """A meeting's question about a returned form, and the foreman's answer. Append-only."""

    revisit = models.ForeignKey(Revisit, models.PROTECT, related_name="questions")
    meeting = models.ForeignKey(
        "improvement.AnalysisMeeting", models.PROTECT, null=True, blank=True, related_name="questions"
    )
    question = models.TextField(_("问题"))
    asked_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(_("答复"), blank=True)
    answered_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("回访表提问")
        verbose_name_plural = pgettext_lazy("复数", "回访表提问")
        ordering = ["asked_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="question_answered_by_and_at",
            ),
            models.UniqueConstraint(
                fields=["revisit"], condition=Q(answered_at__isnull=True), name="question_one_open_a_revisit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revisit_id} {self.question[:20]}"
