"""Whether a person may decide about an order as head: exclusion, correction, objection (domain §1, §7, §12)."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed
from satisfaction.core.roles import Role
from workorders.models import WorkOrder
from workorders.people.crew_leads import people_of_crew

from .models import Callback, SelfEvaluation
from .who_decides import Decider, who_decides


def raters_of(order: WorkOrder) -> set[int]:
    """Returns the ids of the self-evaluation's author, the caller, and the person that ended the callback."""
    found = set(SelfEvaluation.objects.filter(order=order).values_list("rated_by", flat=True))
    for pair in Callback.objects.filter(order=order).values_list("caller", "ended_by"):
        found |= set(pair)
    return {person for person in found if person is not None}


def decider(order: WorkOrder, by: User, *, also_concerned: Collection[int] = ()) -> Decider | None:
    """Returns the capacity in which `by` may decide about the order, or None. Six queries.

    The raters of the order, the people of its crew and `also_concerned` (user ids) may not decide.
    """
    people = User.objects.active()
    return who_decides(
        by.pk,
        heads=set(people.with_role(Role.HEAD).values_list("pk", flat=True)),
        managers=set(people.with_role(Role.MANAGER).values_list("pk", flat=True)),
        concerned=raters_of(order) | people_of_crew(order) | set(also_concerned),
    )


def require_decider(order: WorkOrder, by: User, *, also_concerned: Collection[int] = ()) -> bool:
    """Returns whether `by` decides as a stand-in, because every head is concerned.

    Raises NotAllowed if `by` may not decide at all.
    """
    as_what = decider(order, by, also_concerned=also_concerned)
    if as_what is None:
        raise NotAllowed(
            _(
                "此事由没有参与该工单评价、也不属于该工班的科室负责人决定;科室负责人全部有关的,由另一位管理人员决定。"
            )
        )
    return as_what is Decider.STAND_IN
