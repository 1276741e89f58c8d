"""All places of the navigation: address, label, roles, group.

A place without an existing address is skipped; of several names the first existing one is used. The roles of
the view apply too: no link leads to a 403.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from satisfaction.core.roles import Role

CREW_LEADS = frozenset({Role.FOREMAN, Role.DEPUTY})
DISPATCH = frozenset({Role.DISPATCHER, Role.LEAD})
MANAGERS = frozenset({Role.MANAGER, Role.HEAD})
ADMINS = frozenset({Role.ADMIN})
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class NavigationPlace:
    """`key`: name for counters and the phone's bar; `group`: heading in the list."""

    key: str
    label: Any
    url_names: tuple[str, ...]
    roles: frozenset[Role]
    group: Any = ""


EVALUATION, RESULTS, IMPROVEMENT, MANAGEMENT = _("评价"), pgettext_lazy("复数", "结果"), _("改善"), _("管理")
PLACES = (
    NavigationPlace("home", _("首页"), ("home",), EVERYBODY),
    NavigationPlace("notices", _("提醒"), ("notices:list",), EVERYBODY),
    NavigationPlace(
        "desk", _("回访"), ("evaluations:desk", "evaluations:callbacks"), DISPATCH | MANAGERS, EVALUATION
    ),
    NavigationPlace("board", _("当日看板"), ("evaluations:board",), DISPATCH | MANAGERS, EVALUATION),
    NavigationPlace(
        "self_evaluations", _("自评"), ("evaluations:self_evaluation",), CREW_LEADS | MANAGERS, EVALUATION
    ),
    NavigationPlace(
        "feedback",
        _("班组结果"),
        ("evaluations:results",),
        EVERYBODY - {Role.TECHNICIAN, Role.ADMIN},
        EVALUATION,
    ),
    NavigationPlace(
        "objections",
        pgettext_lazy("复数", "申诉"),
        ("evaluations:objections",),
        CREW_LEADS | MANAGERS,
        EVALUATION,
    ),
    NavigationPlace("orders", pgettext_lazy("复数", "工单"), ("orders:list",), EVERYBODY, EVALUATION),
    NavigationPlace(
        "incomplete", _("待补全"), ("orders:incomplete",), CREW_LEADS | DISPATCH | ADMINS, EVALUATION
    ),
    NavigationPlace(
        "pending_changes", pgettext_lazy("复数", "待确认的更改"), ("orders:pending",), DISPATCH, EVALUATION
    ),
    NavigationPlace("ranking", _("月度排名"), ("evaluations:month",), EVERYBODY, RESULTS),
    NavigationPlace("kpis", _("服务指标"), ("improvement:kpi", "improvement:kpis"), EVERYBODY, RESULTS),
    NavigationPlace("appraisal", _("年度评优"), ("improvement:appraisal",), EVERYBODY, RESULTS),
    NavigationPlace("draws", pgettext_lazy("复数", "抽取"), ("evaluations:draw",), EVERYBODY, RESULTS),
    NavigationPlace(
        "revisits",
        pgettext_lazy("复数", "不满意回访"),
        ("improvement:revisits",),
        EVERYBODY - {Role.TECHNICIAN, Role.DISPATCHER, Role.ADMIN},
        IMPROVEMENT,
    ),
    NavigationPlace(
        "meetings",
        pgettext_lazy("导航", "故障分析会"),
        ("improvement:meetings",),
        EVERYBODY - {Role.TECHNICIAN, Role.DISPATCHER},
        IMPROVEMENT,
    ),
    NavigationPlace(
        "projects",
        pgettext_lazy("复数", "改善项目"),
        ("improvement:projects",),
        EVERYBODY - {Role.TECHNICIAN, Role.DISPATCHER},
        IMPROVEMENT,
    ),
    NavigationPlace(
        "import",
        _("导入工单"),
        ("evaluations:import", "evaluations:imports", "import"),
        DISPATCH | ADMINS,
        MANAGEMENT,
    ),
    NavigationPlace(
        "export",
        _("导出工作簿"),
        ("evaluations:export", "evaluations:exports", "export"),
        EVERYBODY - {Role.TECHNICIAN, Role.DISPATCHER},
        MANAGEMENT,
    ),
    NavigationPlace("people", _("导入人员"), ("workorders:people_import",), ADMINS, MANAGEMENT),
    NavigationPlace("calendar", _("服务日历"), ("calendars:import",), ADMINS, MANAGEMENT),
    NavigationPlace(
        "roster", _("值班表"), ("accounts:roster",), frozenset({Role.LEAD, Role.HEAD}) | ADMINS, MANAGEMENT
    ),
    NavigationPlace(
        "grants", _("待确认的角色"), ("accounts:grants",), frozenset({Role.HEAD}) | ADMINS, MANAGEMENT
    ),
    NavigationPlace(
        "do_not_call", _("免打扰名单"), ("evaluations:do_not_call",), frozenset({Role.HEAD}), MANAGEMENT
    ),
    NavigationPlace("patterns", _("规律"), ("evaluations:patterns",), frozenset({Role.HEAD}), MANAGEMENT),
    NavigationPlace("audit", _("操作记录"), ("audit", "portal:audit"), MANAGERS | ADMINS, MANAGEMENT),
    NavigationPlace("admin", _("系统管理"), ("admin:index",), ADMINS, MANAGEMENT),
)

# The bar at the bottom of a phone by the role of the home page; other places are under "more".
TABS = {
    Role.LEAD: ("home", "board", "desk", "orders"),
    Role.DISPATCHER: ("home", "desk", "board", "orders"),
    Role.FOREMAN: ("home", "self_evaluations", "feedback", "revisits"),
    Role.HEAD: ("home", "desk", "ranking", "meetings"),
    Role.MANAGER: ("home", "desk", "ranking", "kpis"),
    Role.ADMIN: ("home", "import", "incomplete", "orders"),
    Role.TECHNICIAN: ("home", "orders", "ranking", "kpis"),
}

# The first of a person's roles in this order has the home page; a deputy has the foreman's.
HOME_ORDER = (Role.LEAD, Role.DISPATCHER, Role.FOREMAN, Role.HEAD, Role.MANAGER, Role.ADMIN, Role.TECHNICIAN)
IMPLIED: dict[str, str] = {Role.LEAD: Role.DISPATCHER, Role.HEAD: Role.MANAGER}


def home_roles(roles: frozenset[str]) -> list[Role]:
    """Returns the roles whose homes a person has; the first one is opened."""
    held = set(roles) | ({Role.FOREMAN} if Role.DEPUTY in roles else set())
    implied = {IMPLIED[role] for role in held if role in IMPLIED}
    return [role for role in HOME_ORDER if role in held - implied]
