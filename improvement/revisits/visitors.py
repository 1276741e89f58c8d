"""Who visits an order's reporter, and when a form is closed to the crew (domain §4, §9, §12)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from evaluations.self_evaluation.actions import facts_of
from improvement.enums import EXAMINED, MeetingState
from improvement.models import AgendaItem, Revisit
from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed
from satisfaction.core.roles import Role
from workorders.models import WorkOrder

from .due import to_make_by
from .who_revisits import Verdict, WhyNot, who_revisits


def verdict_of(order: WorkOrder, person: User, *, now: datetime) -> Verdict:
    """Whether `person` visits the order's reporter today, and as what; four queries."""
    is_manager = person.has_role(Role.MANAGER, Role.HEAD)
    return who_revisits(facts_of(order, now=now), person.pk, is_manager=is_manager)


def require_visitor(order: WorkOrder, by: User, *, now: datetime) -> Verdict:
    """The verdict of who visits; NotAllowed with a sentence of who does instead."""
    verdict = verdict_of(order, by, now=now)
    if verdict.why_not is not None:
        raise NotAllowed(why_not(verdict.why_not))
    return verdict


def why_not(why: WhyNot) -> str:
    return {
        WhyNot.OWN_REPAIR: _("这张工单由您本人维修,请由副工长(或管理人员)回访报修人。"),
        WhyNot.FOREMAN_VISITS: _("工长在岗,这张工单由工长回访;工长缺勤或是维修人时由副工长回访。"),
        WhyNot.LEADS_VISIT: _(
            "这张工单由工长或副工长回访;只有两人都须回避、或工班没有工长和副工长时,才由管理人员代访。"
        ),
        WhyNot.NOT_OF_THE_CREW: _("不满意回访由该工班的工长或副工长进行。"),
    }[why]


def is_examined(revisit: Revisit) -> bool:
    """Whether a meeting has decided about it for good."""
    return AgendaItem.objects.filter(revisit=revisit, decision__in=EXAMINED).exists()


def is_in_open_meeting(revisit: Revisit) -> bool:
    """Whether a meeting has it before itself just now."""
    return AgendaItem.objects.filter(revisit=revisit, meeting__state=MeetingState.OPEN).exists()


def has_revisit_to_make(order: WorkOrder, person: User, *, now: datetime) -> bool:
    """Whether `person` has this reporter to visit today: then the phone is shown in full (domain §12)."""
    return to_make_by(person, now=now).filter(pk=order.pk).exists()
