"""Name the winner of a shared first place, and record the committee's decision (domain §8.7, §8.10)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.enums import AwardKind, BonusState
from evaluations.models import Award, Settlement
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock
from satisfaction.core.roles import Role

TABLE_NAMES = {AwardKind.STAR: "technicians", AwardKind.WINNING_CREW: "crews"}
WINNER_FIELDS = {AwardKind.STAR: "technician_id", AwardKind.WINNING_CREW: "crew_id"}


def first_places(settlement: Settlement, kind: str) -> list[dict[str, Any]]:
    """Returns the rows at rank 1 in the snapshot, with `id` and `name`."""
    rows = settlement.snapshot["table"][TABLE_NAMES[AwardKind(kind)]]
    return [row for row in rows if row["rank"] == 1]


@transaction.atomic
def name_award(
    settlement: Settlement, kind: str, *, winner: int, by: User, reason: str, now: datetime
) -> Award:
    """Names the winner of a shared first place, with a reason. Repeating returns the award.

    `winner`: id of the technician or crew. Raises Refused when no place is shared, for a winner not at rank 1, when
    another was named, without a reason, or in a reopened month; NotAllowed unless `by` is a head.
    """
    require_award_rights(by, settlement := lock_settlement(settlement))
    now = after_lock(now)
    award = settlement.awards.filter(kind=kind).first()
    if award and getattr(award, WINNER_FIELDS[AwardKind(kind)]) == winner:
        return award
    if award:
        raise Refused(_("这个奖项已经定了;如有错误,请重开该月后重新结算。"))
    if winner not in [row["id"] for row in first_places(settlement, kind)]:
        raise Refused(_("只能从并列第一名中指定。"))
    if not reason.strip():
        raise Refused(_("指定获奖者须写明理由。"))
    return Award.objects.create(
        settlement=settlement,
        kind=kind,
        bonus=Decimal(settlement.policy["award_bonus"]),
        named_by=by,
        named_at=now,
        named_reason=reason.strip(),
        **{WINNER_FIELDS[AwardKind(kind)]: winner},
    )


@transaction.atomic
def record_decision(
    award: Award, *, state: str, decided_on: date, reference: str, by: User, now: datetime
) -> Award:
    """Records the performance committee's decision: bonus credited (于第二年兑现) or declined. Repeating returns it.

    Raises Refused for a different decision, without a reference, for a day before the settling or in the future, or
    in a reopened month; NotAllowed unless `by` is a head.
    """
    require_award_rights(by, lock_settlement(award.settlement))
    now = after_lock(now)
    award = Award.objects.select_for_update().get(pk=award.pk)
    said = (state, decided_on, reference.strip())
    if award.bonus_state != BonusState.PENDING:
        if (award.bonus_state, award.decided_on, award.reference) == said:
            return award
        raise Refused(_("绩效委员会的决定已经登记,不能再改。"))
    check_decision(award, *said, today=days.local_day(now))
    award.bonus_state, award.decided_on, award.reference = said
    award.recorded_by, award.recorded_at = by, now
    award.save(update_fields=["bonus_state", "decided_on", "reference", "recorded_by", "recorded_at"])
    return award


def check_decision(award: Award, state: str, decided_on: date, reference: str, *, today: date) -> None:
    if state not in (BonusState.CREDITED, BonusState.DECLINED):
        raise Refused(_("请选择已兑现或未通过。"))
    if not reference:
        raise Refused(_("请填写绩效委员会决定的文号。"))
    if not days.local_day(award.settlement.settled_at) <= decided_on <= today:
        raise Refused(_("决定日期须在结算之后、今天或以前。"))


def lock_settlement(settlement: Settlement) -> Settlement:
    return Settlement.objects.select_for_update().get(pk=settlement.pk)


def require_award_rights(by: User, settlement: Settlement) -> None:
    if not by.has_role(Role.HEAD):
        raise NotAllowed(_("奖项和加分由科室负责人或分管领导登记。"))
    if settlement.reopened_at:
        raise Refused(_("该月已重开,请重新结算后再定奖项。"))
