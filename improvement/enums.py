"""States and decisions of revisits, meetings and projects (domain §9)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RevisitState(models.TextChoices):
    """States of a stored revisit. A due revisit has no row yet; it derives from the dissatisfied callback."""

    DRAFT = "draft", _("填写中")
    SUBMITTED = "submitted", _("已提交")
    RETURNED = "returned", _("退回补充")


class MeetingState(models.TextChoices):
    PLANNED = "planned", _("已计划")
    OPEN = "open", _("进行中")
    CLOSED = "closed", _("已结束")


class Decision(models.TextChoices):
    """A meeting's decision on one agenda item (domain §9.6)."""

    NEW_PROJECT = "new_project", _("新建改善项目")
    ADDED = "added", _("并入改善项目")
    NO_ACTION = "no_action", _("不立项(例外)")
    DEFERRED = "deferred", _("延至下次")
    CONFIRMED = "confirmed", _("效果确认")
    NOT_EFFECTIVE = "not_effective", _("效果不足,继续整改")
    DISMISSED = "dismissed", _("不采纳")
    ACCEPTED = "accepted", _("同意立项")


class ItemKind(models.TextChoices):
    """Kinds of agenda items (domain §9.5)."""

    REVISIT = "revisit", _("不满意回访")
    EFFECT = "effect", _("待确认效果")
    PROPOSAL = "proposal", _("重复问题")
    PROJECT = "project", _("待立项项目")


class Likeness(models.TextChoices):
    """The property that the orders of repeated trouble share (domain §9.8)."""

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
    """Progress of a revisit, derived from its callback, form and meeting; never stored."""

    DUE = "due", pgettext_lazy("上门回访", "待回访")
    OVERDUE = "overdue", _("逾期未交")
    DRAFT = "draft", _("填写中")
    RETURNED = "returned", _("退回补充")
    SUBMITTED = "submitted", _("已提交")
    DECIDED = "decided", _("会议已决定")


EXAMINED = frozenset({Decision.NEW_PROJECT, Decision.ADDED, Decision.NO_ACTION})
"""Decisions that finish a revisit; a deferred one returns at the next meeting."""
TRACKED = frozenset({Decision.NEW_PROJECT, Decision.ADDED})
"""Decisions that lead into a project."""


class Kpi(models.TextChoices):
    """The catalogue of service KPIs (domain §10), in the order in which pages show them."""

    RESPONSE = "response", _("1 小时内响应(记录时间)")
    RESPONSE_SAID = "response_said", _("1 小时内响应(报修人回答)")
    SELF_DONE = "self_done", _("工长自评完成率")
    SELF_IN_TIME = "self_in_time", _("自评及时率")
    COVERAGE = "coverage", _("电话回访覆盖率")
    MANAGER_SHARE = "manager_share", _("管理人员回访占比")
    CONTACT = "contact", _("接通评价率")
    SATISFIED = "satisfied", _("满意率(满意 + 基本满意)")
    DISSATISFIED = "dissatisfied", _("不满意率")
    REPEAT = "repeat", _("二次报修率")
    FEEDBACK = "feedback", _("结果反馈及时率")
    REVISITS = "revisits", _("不满意回访及时率")
    STEPS = "steps", _("改善步骤及时率")
    POINTS = "points", _("平均分值")


SHORT_NAMES = {
    Kpi.RESPONSE: _("响应"),
    Kpi.RESPONSE_SAID: _("响应(回答)"),
    Kpi.SELF_DONE: _("自评"),
    Kpi.SELF_IN_TIME: _("自评及时"),
    Kpi.COVERAGE: _("回访覆盖"),
    Kpi.MANAGER_SHARE: _("管理占比"),
    Kpi.CONTACT: _("接通"),
    Kpi.SATISFIED: _("满意"),
    Kpi.DISSATISFIED: _("不满意"),
    Kpi.REPEAT: _("二次报修"),
    Kpi.FEEDBACK: _("反馈及时"),
    Kpi.REVISITS: _("回访及时"),
    Kpi.STEPS: _("步骤及时"),
    Kpi.POINTS: _("平均分"),
}
"""Labels of narrow columns."""
DENOMINATORS = {
    Kpi.RESPONSE: _("有首次联系时间的工单中,在响应时限内联系的"),
    Kpi.RESPONSE_SAID: _("回答了是或否的报修人中,回答“是”的"),
    Kpi.SELF_DONE: _("已到期的应评工单中,工班已自评的"),
    Kpi.SELF_IN_TIME: _("已到期的应评工单中,在本单期限内自评的"),
    Kpi.COVERAGE: _("已到期的应回访工单中,已打完电话的"),
    Kpi.MANAGER_SHARE: _("抽取的工单中,分给管理人员的"),
    Kpi.CONTACT: _("已打完电话的工单中,报修人给了评价的"),
    Kpi.SATISFIED: _("参与评价的工单中,报修人满意或基本满意的"),
    Kpi.DISSATISFIED: _("参与评价的工单中,报修人不满意的"),
    Kpi.REPEAT: _("当期关闭的故障工单数为分母;当期关闭的二次报修记在原工单的工班名下"),
    Kpi.FEEDBACK: _("已到期的应回访工单中,在本单期限内向工班公布的"),
    Kpi.REVISITS: _("当期到期的不满意回访中,按时提交的"),
    Kpi.STEPS: _("当期到期的改善步骤中,按时完成的"),
    Kpi.POINTS: _("参与评价的工单:自评与回访分值之和 ÷ 工单数"),
}
"""How each KPI is computed, in words."""


class Direction(models.TextChoices):
    """Which values are better. NEAR: close to the target; the stretch value is the distance allowed."""

    HIGHER = "higher", _("越高越好")
    LOWER = "lower", _("越低越好")
    NEAR = "near", _("越接近目标越好")


DIRECTIONS = {
    **dict.fromkeys(Kpi, Direction.HIGHER),
    Kpi.MANAGER_SHARE: Direction.NEAR,
    Kpi.DISSATISFIED: Direction.LOWER,
    Kpi.REPEAT: Direction.LOWER,
}
LIVE_KPIS = frozenset({Kpi.REVISITS, Kpi.STEPS})
"""KPIs that count in the month in which they are due; settling does not freeze them (domain §10.4)."""
PERSONAL_KPIS = frozenset(
    {Kpi.RESPONSE, Kpi.RESPONSE_SAID, Kpi.SATISFIED, Kpi.DISSATISFIED, Kpi.REPEAT, Kpi.POINTS}
)
"""KPIs that a technician sees of their own work; the others measure crews and dispatch."""


class KpiState(models.TextChoices):
    STRETCH = "stretch", _("达到挑战值")
    TARGET = "target", _("达到目标")
    MISSED = "missed", _("未达目标")
    NO_DATA = "no_data", _("无数据")


class Trend(models.TextChoices):
    """Compared with the previous period."""

    BETTER = "better", _("变好")
    WORSE = "worse", _("变差")
    SAME = "same", _("持平")
    NONE = "none", _("无可比")


class Bucket(models.TextChoices):
    """Part of the orders behind a KPI."""

    DENOMINATOR = "of", _("全部(分母)")
    NUMERATOR = "counted", _("达标(分子)")
    MISSED = "missed", _("未达标")
    OUTSIDE = "outside", _("不在统计内")
