"""States and decisions of revisits, meetings and projects (§9)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RevisitState(models.TextChoices):
    """A revisit that is due has no row yet: it derives from its dissatisfied callback."""

    DRAFT = "draft", _("填写中")
    SUBMITTED = "submitted", _("已提交")
    RETURNED = "returned", _("退回补充")


class MeetingState(models.TextChoices):
    PLANNED = "planned", _("已计划")
    OPEN = "open", _("进行中")
    CLOSED = "closed", _("已结束")


class Decision(models.TextChoices):
    """What a meeting makes of one item of its agenda."""

    NEW_PROJECT = "new_project", _("新建改善项目")
    ADDED = "added", _("并入改善项目")
    NO_ACTION = "no_action", _("不立项(例外)")
    DEFERRED = "deferred", _("延至下次")
    CONFIRMED = "confirmed", _("效果确认")
    NOT_EFFECTIVE = "not_effective", _("效果不足,继续整改")
    DISMISSED = "dismissed", _("不采纳")
    ACCEPTED = "accepted", _("同意立项")


class ItemKind(models.TextChoices):
    """What stands on an agenda."""

    REVISIT = "revisit", _("不满意回访")
    EFFECT = "effect", _("待确认效果")
    PROPOSAL = "proposal", _("重复问题")
    PROJECT = "project", _("待立项项目")


class Likeness(models.TextChoices):
    """In what orders that keep coming back are alike."""

    REPORTER = "reporter", _("同一报修人")
    PLACE = "place", _("同一位置")
    EQUIPMENT = "equipment", _("同一设备/系统")
    PROBLEM_TYPE = "problem_type", _("同一问题类型")


class ProjectState(models.TextChoices):
    PROPOSED = "proposed", _("提出")
    DECIDED = "decided", _("已立项")
    IN_PROGRESS = "in_progress", _("推进中")
    EVALUATED = "evaluated", _("效果已评定")
    CONFIRMED = "confirmed", _("效果已确认")
    CANCELLED = "cancelled", _("已取消")


PLANNABLE = frozenset({ProjectState.PROPOSED, ProjectState.DECIDED, ProjectState.IN_PROGRESS})
"""States in which the fields and the plan of a project may change, and revisits may be added to it."""
RUNNING = frozenset({ProjectState.DECIDED, ProjectState.IN_PROGRESS})
FINISHED = frozenset({ProjectState.CONFIRMED, ProjectState.CANCELLED})


class ProjectSource(models.TextChoices):
    """问题来源."""

    REVISITS = "revisits", _("不满意回访")
    MEETING = "meeting", _("故障分析会")
    KPI = "kpi", _("服务指标")
    AUDIT = "audit", _("审核")
    OTHER = "other", _("其他")


class RevisitStanding(models.TextChoices):
    """Where a revisit stands, told from its callback, its form and its meeting: never stored."""

    DUE = "due", _("待回访")
    OVERDUE = "overdue", _("逾期未交")
    DRAFT = "draft", _("填写中")
    RETURNED = "returned", _("退回补充")
    SUBMITTED = "submitted", _("已提交")
    DECIDED = "decided", _("会议已决定")


EXAMINED = frozenset({Decision.NEW_PROJECT, Decision.ADDED, Decision.NO_ACTION})
"""Decisions with which a revisit is done with; a deferred one comes back."""
TRACKED = frozenset({Decision.NEW_PROJECT, Decision.ADDED})
"""Decisions that lead into a project."""
