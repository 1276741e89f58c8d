"""Links on an order's page to decisions: taking out, correcting ratings (domain §3.8, §4.4, §6.10)."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from evaluations.callbacks.correct import may_correct
from evaluations.deciders import decider
from evaluations.enums import ENDED_BY_CALL
from evaluations.guards import is_settled
from evaluations.visibility import VisibleOrder
from evaluations.workbook.pending_changes import changes_for
from satisfaction.accounts.models import User
from satisfaction.core.roles import Role


def decision_links(person: User, order: VisibleOrder) -> list[tuple[str, str]]:
    """Returns (address, label) of each decision that is open to the person; none in a settled month."""
    if is_settled(order):
        return []
    callback = getattr(order, "callback", None)
    is_recorded = bool(callback and callback.state in ENDED_BY_CALL)
    found = []
    if changes_for(person).filter(order=order).exists():
        found.append((reverse("orders:pending"), _("待确认的更改")))
    if not is_recorded and may_take_out(person, order):
        found.append((reverse("evaluations:take_out", args=[order.pk]), _("剔除")))
    if callback and is_recorded and order.shows_callback and may_correct(callback, person):
        found.append((reverse("evaluations:correct_callback", args=[callback.pk]), _("更正回访")))
    if callback and callback.published_at and may_correct_self(person, order):
        found.append((reverse("evaluations:correct_self_evaluation", args=[order.pk]), _("更正自评")))
    return found


def may_take_out(person: User, order: VisibleOrder) -> bool:
    is_evaluated = not order.out_of_scope and not hasattr(order, "taken_out")
    may_decide = person.has_role(Role.HEAD, Role.MANAGER)
    is_own = order.is_own_crews
    return may_decide and is_evaluated and not is_own and decider(order, person) is not None


def may_correct_self(person: User, order: VisibleOrder) -> bool:
    """Whether the person is a head and sees both ratings; the action refuses the author (domain §4.4)."""
    is_shown = order.shows_self and order.shows_callback
    return person.has_role(Role.HEAD) and is_shown and hasattr(order, "self_evaluation")
