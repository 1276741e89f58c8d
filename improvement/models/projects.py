"""Improvement projects, tracked until a meeting confirms their effect (domain §9.9)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from evaluations.models import ProblemType
from improvement.enums import ProjectSource, ProjectState
from workorders.models import Crew

PERSON = settings.AUTH_USER_MODEL


class ImprovementProject(models.Model):
    """服务改善项目, with the fields of the tracking table 改善项目跟踪管理表.

    `effective_on`: the first day of the period after the measure; empty: the day the last step was done.
    `decided_on`: the day a meeting decided the project; no step is done and no effect counts before it.
    """

    problem = models.TextField(_("改善问题描述"))
    source = models.CharField(_("问题来源"), max_length=10, choices=ProjectSource)
    source_text = models.CharField(_("来源说明"), max_length=200, blank=True)
    initial_measure = models.TextField(_("初步整改措施"), blank=True)
    decided_measure = models.TextField(_("会议讨论确定整改措施"), blank=True)
    crews = models.ManyToManyField(Crew, blank=True, related_name="projects", verbose_name=_("相关工班"))
    problem_types = models.ManyToManyField(
        ProblemType, blank=True, related_name="projects", verbose_name=_("相关问题类型")
    )
    responsible = models.ForeignKey(PERSON, models.PROTECT, related_name="projects", verbose_name=_("负责人"))
    effective_on = models.DateField(_("生效日"), null=True, blank=True)
    decided_on = models.DateField(_("立项日"), null=True, editable=False)
    state = models.CharField(_("状态"), max_length=12, choices=ProjectState, default=ProjectState.PROPOSED)
    effect = models.TextField(_("整改效果评定"), blank=True)
    effect_numbers = models.JSONField(_("效果数据"), default=dict, editable=False)
    evaluated_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, related_name="+", verbose_name=_("评定人")
    )
    evaluated_at = models.DateTimeField(_("评定时间"), null=True)
    confirmed_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, related_name="+", verbose_name=_("确认人")
    )
    confirmed_at = models.DateTimeField(_("确认时间"), null=True)
    cancelled_reason = models.TextField(_("取消原因"), blank=True)
    created_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("提出人"))
    created_at = models.DateTimeField(_("提出时间"))
    version = models.PositiveIntegerField(default=1, editable=False)
    # Token of the form: a form sent twice creates one project.
    token = models.UUIDField(null=True, unique=True, editable=False)

    history = HistoricalRecords(m2m_fields=[crews, problem_types], excluded_fields=["token"])

    class Meta:
        verbose_name = _("改善项目")
        verbose_name_plural = pgettext_lazy("复数", "改善项目")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ProjectState.values), name="project_state_known"),
            models.CheckConstraint(condition=~Q(problem=""), name="project_has_problem"),
            models.CheckConstraint(
                condition=~Q(state=ProjectState.CANCELLED) | ~Q(cancelled_reason=""),
                name="project_cancelled_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=ProjectState.CONFIRMED)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="project_confirmed_by_and_at",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ProjectState.EVALUATED, ProjectState.CONFIRMED])
                | (Q(evaluated_at__isnull=False, evaluated_by__isnull=False) & ~Q(effect="")),
                name="project_evaluated_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[ProjectState.PROPOSED, ProjectState.CANCELLED])
                | Q(decided_on__isnull=False),
                name="project_decided_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.problem[:40]


class ProjectStep(models.Model):
    """One step of the work plan (推进工作计划). `crew`: the crew that may report it done.

    `done_on`: the day of the work. `reported_on`: the day it was first reported done.
    """

    project = models.ForeignKey(ImprovementProject, models.PROTECT, related_name="steps")
    what = models.TextField(_("工作内容"))
    who = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="steps", verbose_name=_("责任人")
    )
    crew = models.ForeignKey(
        Crew, models.PROTECT, null=True, blank=True, related_name="steps", verbose_name=_("工班")
    )
    due_on = models.DateField(_("期限"))
    done_on = models.DateField(_("完成日"), null=True, blank=True)
    reported_on = models.DateField(_("报告日"), null=True, editable=False)
    done_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("完成人")
    )
    progress = models.TextField(_("进展"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    token = models.UUIDField(null=True, unique=True, editable=False)

    history = HistoricalRecords(excluded_fields=["token"])

    class Meta:
        verbose_name = _("推进步骤")
        verbose_name_plural = pgettext_lazy("复数", "推进步骤")
        ordering = ["project", "due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(what=""), name="step_has_content"),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, done_by__isnull=True, reported_on__isnull=True)
                | Q(done_on__isnull=False, done_by__isnull=False, reported_on__isnull=False),
                name="step_done_by_and_on",
            ),
        ]

    def __str__(self) -> str:
        return self.what[:40]
