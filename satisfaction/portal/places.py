"""Every place of the navigation: its address, its words, who may use it, and what it counts.

A place whose address does not exist yet is skipped; several names mean "the first that exists".
The roles of the view itself hold on top: nothing is shown that would answer 403.
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
class Place:
    """`key` names the place for counters and the phone's bar; `group` begins a group in the list."""

    key: str
    label: Any
    url_names: tuple[str, ...]
    roles: frozenset[Role]
    group: Any = ""


WORK, RESULTS, BETTER, OFFICE = _("评价"), pgettext_lazy("复数", "结果"), _("改善"), _("管理")
PLACES = (
    Place("home", _("首页"), ("home",), EVERYBODY),
    Place("notices", _("提醒"), ("notices:list",), EVERYBODY),
    Place("desk", _("回访"), ("evaluations:desk", "evaluations:callbacks"), DISPATCH | MANAGERS, WORK),
    Place("board", _("当日看板"), ("evaluations:board",), DISPATCH | MANAGERS, WORK),
    Place("self_evaluations", _("自评"), ("evaluations:self_evaluation",), CREW_LEADS | MANAGERS, WORK),
    Place(
        "feedback", _("班组结果"), ("evaluations:results",), EVERYBODY - {Role.TECHNICIAN, Role.ADMIN}, WORK
    ),
    Place(
        "objections", pgettext_lazy("复数", "申诉"), ("evaluations:objections",), CREW_LEADS | MANAGERS, WORK
    ),
    Place("orders", pgettext_lazy("复数", "工单"), ("orders:list",), EVERYBODY, WORK),
    Place("incomplete", _("待补全"), ("orders:incomplete",), CREW_LEADS | DISPATCH | ADMINS, WORK),
    Place("pending_changes", pgettext_lazy("复数", "待确认的更改"), ("orders:pending",), DISPATCH, WORK),
    Place("ranking", _("月度排名"), ("evaluations:month",), EVERYBODY, RESULTS),
    Place("kpis", _("服务指标"), ("improvement:kpi", "improvement:kpis"), EVERYBODY, RESULTS),
    Place("appraisal", _("年度评优"), ("improvement:appraisal",), EVERYBODY, RESULTS),
    Place("draws", pgettext_lazy("复数", "抽取"), ("evaluations:draw",), EVERYBODY, RESULTS),
    Place(
        "revisits",
        pgettext_lazy("复数", "不满意回访"),
        ("improvement:revisits",),
        EVERYBODY - {Role.TECHNICIAN, Role.DISPATCHER, Role.ADMIN},
        BETTER,
    ),
    Place(
        "meetings",
        pgettext_lazy("导航", "故障分析会"),
        ("improvement:meetings",),
        EVERYBODY - {Role.TECHNICIAN, Role.DISPATCHER},
        BETTER,
    ),
    Place(
        "projects",
        pgettext_lazy("复数", "改善项目"),
        ("improvement:projects",),
        EVERYBODY - {Role.TECHNICIAN, Role.DISPATCHER},
        BETTER,
    ),
    Place(
        "import",
        _("导入工单"),
        ("evaluations:import", "evaluations:imports", "import"),
        DISPATCH | ADMINS,
        OFFICE,
    ),
    Place(
        "export",
        _("导出工作簿"),
        ("evaluations:export", "evaluations:exports", "export"),
        EVERYBODY - {Role.TECHNICIAN, Role.DISPATCHER},
        OFFICE,
    ),
    Place("people", _("导入人员"), ("workorders:people_import",), ADMINS, OFFICE),
    Place("calendar", _("服务日历"), ("calendars:import",), ADMINS, OFFICE),
    Place("roster", _("值班表"), ("accounts:roster",), frozenset({Role.LEAD, Role.HEAD}) | ADMINS, OFFICE),
    Place("grants", _("待确认的角色"), ("accounts:grants",), frozenset({Role.HEAD}) | ADMINS, OFFICE),
    Place("do_not_call", _("免打扰名单"), ("evaluations:do_not_call",), frozenset({Role.HEAD}), OFFICE),
    Place("patterns", _("规律"), ("evaluations:patterns",), frozenset({Role.HEAD}), OFFICE),
    Place("audit", _("操作记录"), ("audit", "portal:audit"), MANAGERS | ADMINS, OFFICE),
    Place("admin", _("系统管理"), ("admin:index",), ADMINS, OFFICE),
)

# What stands in the bar at the bottom of the phone, by the role of the home page; the rest is under "more".
TABS = {
    Role.LEAD: ("home", "board", "desk", "orders"),
    Role.DISPATCHER: ("home", "desk", "board", "orders"),
    Role.FOREMAN: ("home", "self_evaluations", "feedback", "revisits"),
    Role.HEAD: ("home", "desk", "ranking", "meetings"),
    Role.MANAGER: ("home", "desk", "ranking", "kpis"),
    Role.ADMIN: ("home", "import", "incomplete", "orders"),
    Role.TECHNICIAN: ("home", "orders", "ranking", "kpis"),
}

# The home page is the first of these roles (§12); a deputy has the foreman's.
HOME_ORDER = (Role.LEAD, Role.DISPATCHER, Role.FOREMAN, Role.HEAD, Role.MANAGER, Role.ADMIN, Role.TECHNICIAN)
IMPLIED: dict[str, str] = {Role.LEAD: Role.DISPATCHER, Role.HEAD: Role.MANAGER}


def home_roles(roles: frozenset[str]) -> list[Role]:
    """The homes of a person, the first being the one to open (§12)."""
    held = set(roles) | ({Role.FOREMAN} if Role.DEPUTY in roles else set())
    implied = {IMPLIED[role] for role in held if role in IMPLIED}
    return [role for role in HOME_ORDER if role in held - implied]
