"""The visitor of an order's reporter, and when the crew may no longer change a form (domain §4, §9, §12)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from evaluations.self_evaluation.actions import rating_facts
from improvement.enums import EXAMINED, MeetingState
from improvement.models import AgendaItem, Revisit
from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed
from satisfaction.core.roles import Role
from workorders.models import WorkOrder

from .due import orders_to_visit
from .who_revisits import VisitRefusal, VisitVerdict, who_revisits


def visit_verdict(order: WorkOrder, person: User, *, now: datetime) -> VisitVerdict:
    """Returns whether `person` visits the order's reporter today, and in which capacity. Four queries."""
    is_manager = person.has_role(Role.MANAGER, Role.HEAD)
    return who_revisits(rating_facts(order, now=now), person.pk, is_manager=is_manager)


def require_visitor(order: WorkOrder, by: User, *, now: datetime) -> VisitVerdict:
    """Returns the verdict. Raises NotAllowed with a sentence that says who visits instead."""
    verdict = visit_verdict(order, by, now=now)
    if verdict.why_not is not None:
        raise NotAllowed(visit_refusal_sentence(verdict.why_not))
    return verdict


def visit_refusal_sentence(why: VisitRefusal) -> str:
    return {
        VisitRefusal.OWN_REPAIR: _("这张工单由您本人维修,请由副工长(或管理人员)回访报修人。"),
        VisitRefusal.FOREMAN_VISITS: _("工长在岗,这张工单由工长回访;工长缺勤或是维修人时由副工长回访。"),
        VisitRefusal.LEADS_VISIT: _(
            "这张工单由工长或副工长回访;只有两人都须回避、或工班没有工长和副工长时,才由管理人员代访。"
        ),
        VisitRefusal.NOT_OF_THE_CREW: _("不满意回访由该工班的工长或副工长进行。"),
    }[why]


def is_examined(revisit: Revisit) -> bool:
    """Whether a meeting has made a final decision on the revisit."""
    return AgendaItem.objects.filter(revisit=revisit, decision__in=EXAMINED).exists()


def is_in_open_meeting(revisit: Revisit) -> bool:
    """Whether the revisit is on the agenda of an open meeting."""
    return AgendaItem.objects.filter(revisit=revisit, meeting__state=MeetingState.OPEN).exists()


def must_visit(order: WorkOrder, person: User, *, now: datetime) -> bool:
    """Whether `person` has to visit this reporter today, and so sees the full phone number (domain §12)."""
    return orders_to_visit(person, now=now).filter(pk=order.pk).exists()
