"""Ratings, states and reasons of the evaluation."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rating(models.TextChoices):
    """The three ratings (domain §8.1); the policy sets their points."""

    SATISFIED = "satisfied", _("满意")
    BASICALLY_SATISFIED = "basically_satisfied", _("基本满意")
    DISSATISFIED = "dissatisfied", _("不满意")


class Factor(models.TextChoices):
    """The foreman's mark for one factor of the self-evaluation; an aid without points (domain §4.1)."""

    GOOD = "good", _("好")
    FAIR = "fair", _("一般")
    POOR = "poor", _("差")


class Source(models.TextChoices):
    """Origin of an evaluation; imported ones may lack actor, time, answers and opinion (domain §11)."""

    APP = "app", _("系统内")
    IMPORTED = "imported", _("导入")


class Group(models.TextChoices):
    """The group that phones the reporter: 90 % dispatchers, 10 % managers (domain §5)."""

    DISPATCHER = "dispatcher", _("调度")
    MANAGER = "manager", _("管理人员")


class CallbackState(models.TextChoices):
    """States of a callback (domain §6). WAITING: has a group but no caller yet; SET_ASIDE: never phoned."""

    WAITING = "waiting", _("待分配")
    ASSIGNED = "assigned", _("待回访")
    RATED = "rated", _("已评价")
    REFUSED = "refused", _("拒绝评价")
    UNREACHABLE = "unreachable", _("未接通")
    WITHDRAWN = "withdrawn", _("已撤回")
    SET_ASIDE = "set_aside", _("免打扰")


OPEN = frozenset({CallbackState.WAITING, CallbackState.ASSIGNED})
REACHED = frozenset({CallbackState.RATED, CallbackState.REFUSED})
ENDED_BY_CALL = REACHED | {CallbackState.UNREACHABLE}
NEVER_CALLED = frozenset({CallbackState.WITHDRAWN, CallbackState.SET_ASIDE})


class WithdrawnReason(models.TextChoices):
    TAKEN_OUT = "taken_out", _("工单已剔除")
    DO_NOT_CALL = "do_not_call", _("报修人列入免打扰名单")
    MONTH_SETTLED = "month_settled", _("当月已结算")


class Outcome(models.TextChoices):
    """Result of one phone attempt (domain §6)."""

    REACHED = "reached", _("接通并评价")
    NO_ANSWER = "no_answer", _("无人接听")
    BUSY = "busy", _("占线")
    WRONG_NUMBER = "wrong_number", _("号码错误")
    CALL_LATER = "call_later", _("稍后再打")
    REFUSED = "refused", _("拒绝评价")


class Response(models.TextChoices):
    """1) 响应: contacted within the hour?"""

    YES = "yes", _("是")
    NO = "no", _("否")
    NOT_SURE = "not_sure", _("不确定")
    NOT_ASKED = "not_asked", _("未问")


class Manner(models.TextChoices):
    """2) 态度: satisfied with the technician's manner?"""

    YES = "yes", _("满意")
    NO = "no", _("不满意")
    NOT_ASKED = "not_asked", _("未问")


class Uncivil(models.TextChoices):
    """2) 态度: any uncivil language?"""

    NO = "no", _("没有")
    YES = "yes", _("有")
    NOT_ASKED = "not_asked", _("未问")


class Repaired(models.TextChoices):
    """3) 结果: is it repaired now?"""

    YES = "yes", _("正常")
    PARTLY = "partly", _("部分")
    NO = "no", _("没有")
    NOT_ASKED = "not_asked", _("未问")


class PostponedReason(models.TextChoices):
    """Why a callback may wait until D+2 (特殊情况顺延). SAID: a person decided; otherwise the system did."""

    SAID = "said", _("人工顺延")
    NO_CALLER = "no_caller", _("没有回访人")
    NO_MANAGER = "no_manager", _("次日无管理人员值班")
    WRONG_NUMBER = "wrong_number", _("号码错误")
    PUBLISHING = "publishing", _("发布时尚未完成")


class CrewFormula(models.TextChoices):
    """The two readings of “the same standard” for crew scores (domain §8)."""

    PER_HEAD = "per_head", _("人均")
    POOLED = "pooled", _("按全部工单")


class LeftOut(models.TextChoices):
    """Why an order of the month does not take part (docs/contract.md: rank_month)."""

    INCOMPLETE = "incomplete", _("资料不全")
    DO_NOT_CALL = "do_not_call", _("免打扰")
    WAITING = "waiting", _("等待抽取或分配")
    OPEN = "open", _("待回访")
    UNPUBLISHED = "unpublished", _("未发布")
    UNREACHABLE = "unreachable", _("未接通")
    REFUSED = "refused", _("拒绝评价")
    WITHDRAWN = "withdrawn", _("已撤回")
    TAKEN_OUT = "taken_out", _("已剔除")
    NO_SELF_EVALUATION = "no_self_evaluation", _("缺自评")
    OBJECTION = "objection", _("申诉成立")
    TOO_LATE = "too_late", _("来得太晚")
    MONTH_SETTLED = "month_settled", _("当月已结算")


class MonthState(models.TextChoices):
    PROVISIONAL = "provisional", _("暂定")
    SETTLED = "settled", _("已结算")
    REOPENED = "reopened", _("已重开")


class ObjectionState(models.TextChoices):
    UNDECIDED = "undecided", _("待裁定")
    UPHELD = "upheld", _("成立")
    REJECTED = "rejected", _("不成立")


class AwardKind(models.TextChoices):
    STAR = "star", _("维修之星")
    WINNING_CREW = "winning_crew", _("优胜班组")


class BonusState(models.TextChoices):
    """The performance committee's decision on a bonus (于第二年兑现, domain §8)."""

    PENDING = "pending", _("待绩效委员会通过")
    CREDITED = "credited", _("已兑现")
    DECLINED = "declined", _("未通过")
