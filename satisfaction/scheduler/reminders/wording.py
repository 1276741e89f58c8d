"""The texts of the notices; the app registers them when it is ready."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from satisfaction.core.formats import format_short_day
from satisfaction.notices.kinds import notice_kind

Params = Mapping[str, Any]


def _day(params: Params) -> str:
    return format_short_day(date.fromisoformat(params["day"]))


@notice_kind("self_evaluations_overdue", is_overdue=True)
def _self_evaluations_overdue(params: Params) -> str:
    words = ngettext(
        "%(n)d 张工单的自评已逾期,最早的关闭于%(day)s。",
        "%(n)d 张工单的自评已逾期,最早的关闭于%(day)s。",
        params["n"],
    )
    return words % {"n": params["n"], "day": _day(params)}


@notice_kind("self_evaluations_waiting", is_overdue=False)
def _self_evaluations_waiting(params: Params) -> str:
    return ngettext("%(n)d 张工单等您自评。", "%(n)d 张工单等您自评。", params["n"]) % params


@notice_kind("results_waiting", is_overdue=False)
def _results_waiting(params: Params) -> str:
    words = ngettext(
        "有 %(n)d 天的回访结果等您确认,最早的一天是%(day)s。",
        "有 %(n)d 天的回访结果等您确认,最早的一天是%(day)s。",
        params["n"],
    )
    return words % {"n": params["n"], "day": _day(params)}


@notice_kind("revisits_overdue", is_overdue=True)
def _revisits_overdue(params: Params) -> str:
    return ngettext("%(n)d 项不满意回访已逾期未交。", "%(n)d 项不满意回访已逾期未交。", params["n"]) % params


@notice_kind("revisits_waiting", is_overdue=False)
def _revisits_waiting(params: Params) -> str:
    words = ngettext(
        "%(n)d 项不满意回访等您上门,最早%(day)s到期。",
        "%(n)d 项不满意回访等您上门,最早%(day)s到期。",
        params["n"],
    )
    return words % {"n": params["n"], "day": _day(params)}


@notice_kind("steps_overdue", is_overdue=True)
def _steps_overdue(params: Params) -> str:
    return ngettext("改善项目有 %(n)d 个步骤逾期。", "改善项目有 %(n)d 个步骤逾期。", params["n"]) % params


@notice_kind("callbacks_overdue", is_overdue=True)
def _callbacks_overdue(params: Params) -> str:
    return (
        ngettext("您有 %(n)d 张工单的回访已逾期。", "您有 %(n)d 张工单的回访已逾期。", params["n"]) % params
    )


@notice_kind("callbacks_waiting", is_overdue=False)
def _callbacks_waiting(params: Params) -> str:
    return ngettext("今天有 %(n)d 张工单等您回访。", "今天有 %(n)d 张工单等您回访。", params["n"]) % params


@notice_kind("unpublished_overdue", is_overdue=True)
def _unpublished_overdue(params: Params) -> str:
    words = ngettext(
        "%(n)d 张工单的回访已结束,过了期限还没有发布。",
        "%(n)d 张工单的回访已结束,过了期限还没有发布。",
        params["n"],
    )
    return words % params


@notice_kind("objections_waiting", is_overdue=False)
def _objections_waiting(params: Params) -> str:
    return ngettext("%(n)d 项申诉等您裁定。", "%(n)d 项申诉等您裁定。", params["n"]) % params


@notice_kind("meeting_overdue", is_overdue=True)
def _meeting_overdue(params: Params) -> str:
    return _("%(month)s的故障分析会过了计划时间还没有召开。") % params


@notice_kind("month_held_up", is_overdue=True)
def _month_held_up(params: Params) -> str:
    reasons = (
        ngettext("%(n)d 张工单的期限(D+2)未过", "%(n)d 张工单的期限(D+2)未过", params["running"]),
        ngettext("%(n)d 条评价还在申诉期内", "%(n)d 条评价还在申诉期内", params["objectionable"]),
        ngettext("%(n)d 项申诉没有裁定", "%(n)d 项申诉没有裁定", params["undecided"]),
    )
    numbers = (params["running"], params["objectionable"], params["undecided"])
    why = _("、").join(words % {"n": n} for words, n in zip(reasons, numbers, strict=True) if n)
    return _("%(month)s到了结算时间却不能结算:%(why)s。") % {"month": params["month"], "why": why}


@notice_kind("crews_without_lead", is_overdue=True)
def _crews_without_lead(params: Params) -> str:
    words = ngettext(
        "%(n)d 个工班今天没有工长也没有副工长:%(names)s。",
        "%(n)d 个工班今天没有工长也没有副工长:%(names)s。",
        params["n"],
    )
    rest = "…" if params["n"] > len(params["names"]) else ""
    return words % {"n": params["n"], "names": _("、").join(params["names"]) + rest}


@notice_kind("changes_waiting", is_overdue=False)
def _changes_waiting(params: Params) -> str:
    return ngettext("%(n)d 项工单更改等您确认。", "%(n)d 项工单更改等您确认。", params["n"]) % params


@notice_kind("seeds_made", is_overdue=False)
def _seeds_made(params: Params) -> str:
    hashes = _(";").join(f"{day} {sha256}" for day, sha256 in params["hashes"])
    return _("抽取种子的 SHA-256(请留存,以便日后核对):%(hashes)s。") % {"hashes": hashes}


@notice_kind("night_failed", is_overdue=True)
def _night_failed(params: Params) -> str:
    return _("夜间工作有步骤出错:%(steps)s。") % {"steps": _("、").join(params["steps"])}


@notice_kind("link_issued", is_overdue=False, ends_when_read=True)
def _link_issued(params: Params) -> str:
    words = (
        _("%(by)s于 %(at)s 为您的账号签发了一次性链接。如果您没有要过,请马上告诉科室负责人。")
        if params["by"]
        else _("服务器上于 %(at)s 为您的账号签发了一次性链接。如果您没有要过,请马上告诉科室负责人。")
    )
    return words % params


@notice_kind("grants_waiting", is_overdue=False)
def _grants_waiting(params: Params) -> str:
    words = ngettext("%(n)d 项角色授予等您确认或驳回。", "%(n)d 项角色授予等您确认或驳回。", params["n"])
    return words % params
