"""The monthly fault analysis meeting and its decisions (domain §9.5)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from improvement.enums import Decision, ItemKind, Likeness, MeetingState
from satisfaction.accounts.models import User

from .projects import ImprovementProject
from .revisits import Revisit

PERSON = settings.AUTH_USER_MODEL


class AnalysisMeeting(models.Model):
    """故障分析会, one a month. The agenda is computed until the meeting opens; then its items are stored.

    `information`: overdue revisits and steps as listed when the meeting opened. `names`: the names of chair and
    attendees when it closed.
    """

    month = models.DateField(_("月份"), unique=True)
    planned_at = models.DateTimeField(_("计划时间"))
    place = models.CharField(_("地点"), max_length=100, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=MeetingState, default=MeetingState.PLANNED)
    attendees: models.ManyToManyField[User, models.Model] = models.ManyToManyField(
        PERSON, blank=True, related_name="meetings", verbose_name=_("参加人")
    )
    other_attendees = models.CharField(_("其他参加人"), max_length=300, blank=True)
    minutes = models.TextField(_("纪要"), blank=True)
    information = models.JSONField(default=dict, editable=False)
    names = models.JSONField(default=dict, editable=False)
    planned_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name=_("召集人"))
    opened_at = models.DateTimeField(_("开始时间"), null=True)
    opened_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(_("结束时间"), null=True)
    closed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords(excluded_fields=["names"])

    class Meta:
        verbose_name = _("故障分析会")
        verbose_name_plural = pgettext_lazy("复数", "故障分析会")
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="meeting_of_a_month"),
            models.CheckConstraint(
                condition=Q(state=MeetingState.PLANNED, opened_at__isnull=True, closed_at__isnull=True)
                | Q(state=MeetingState.OPEN, opened_at__isnull=False, closed_at__isnull=True)
                | Q(state=MeetingState.CLOSED, opened_at__isnull=False, closed_at__isnull=False),
                name="meeting_state_goes_with_times",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class AgendaItem(models.Model):
    """One item of an opened meeting, and the decision on it.

    `proposal` stores the subject: repeated trouble (the shared property and the orders), or the effect to be
    confirmed (its text and numbers). `told` stores the item's part of the minutes when the meeting closes, so that
    later changes of projects and revisits do not change closed minutes.
    """

    meeting = models.ForeignKey(AnalysisMeeting, models.PROTECT, related_name="items")
    kind = models.CharField(_("类别"), max_length=10, choices=ItemKind)
    position = models.PositiveIntegerField(_("序号"))
    revisit = models.ForeignKey(Revisit, models.PROTECT, null=True, related_name="agenda_items")
    project = models.ForeignKey(
        ImprovementProject, models.PROTECT, null=True, blank=True, related_name="agenda_items"
    )
    proposal = models.JSONField(default=dict)
    proposal_key = models.CharField(max_length=200, blank=True)
    decision = models.CharField(_("决定"), max_length=14, choices=Decision, blank=True)
    reason = models.TextField(_("说明"), blank=True)
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    told = models.JSONField(default=dict, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    # Not stored: what the closed minutes say of the item, on a page that shows it.
    told_then: Any = None

    history = HistoricalRecords(excluded_fields=["told"])

    class Meta:
        verbose_name = _("议题")
        verbose_name_plural = pgettext_lazy("复数", "议题")
        ordering = ["meeting", "position"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "position"], name="item_position_once"),
            models.UniqueConstraint(
                fields=["meeting", "revisit"],
                condition=Q(revisit__isnull=False),
                name="item_revisit_once_a_meeting",
            ),
            models.UniqueConstraint(
                fields=["meeting", "proposal_key"],
                condition=~Q(proposal_key=""),
                name="item_proposal_once_a_meeting",
            ),
            models.UniqueConstraint(
                fields=["meeting", "project"],
                condition=Q(kind__in=[ItemKind.EFFECT, ItemKind.PROJECT]),
                name="item_project_once_a_meeting",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(decision="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="item_decided_by_and_at",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=[Decision.NO_ACTION, Decision.DEFERRED]) | ~Q(reason=""),
                name="item_exception_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=[Decision.NEW_PROJECT, Decision.ADDED]) | Q(project__isnull=False),
                name="item_project_named",
            ),
            models.CheckConstraint(
                condition=Q(kind=ItemKind.REVISIT, revisit__isnull=False)
                | Q(kind__in=[ItemKind.EFFECT, ItemKind.PROJECT], revisit__isnull=True, project__isnull=False)
                | Q(kind=ItemKind.PROPOSAL, revisit__isnull=True) & ~Q(proposal_key=""),
                name="item_kind_goes_with_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meeting} #{self.position}"

    @property
    def alike(self) -> list[tuple[str, str]]:
        """The shared properties of repeated trouble: pairs of property and value."""
        return [(str(Likeness(likeness).label), name) for likeness, name in self.proposal.get("names", [])]
