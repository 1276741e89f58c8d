"""Naming a winner among equal first places, and the committee's decision on the bonus (domain §8)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from evaluations.enums import AwardKind, BonusState
from evaluations.models import Award, Settlement
from evaluations.scores.awards import first_places, name_award, record_decision
from evaluations.scores.ranking import rank_month
from evaluations.scores.settle import reopen, settle
from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed, Refused
from tests.factories import make_person
from tests.worlds.months import AFTER, MAY, evaluated, technician
from workorders.models import Technician

pytestmark = pytest.mark.django_db
STAR = AwardKind.STAR
LATER = AFTER + timedelta(days=10)


@pytest.fixture
def head() -> User:
    return make_person("head", "head")


@pytest.fixture
def shared() -> Settlement:
    """W1 and W2 share rank 1, W3 is third; 乙 is the only winning crew."""
    caller = make_person("caller", "dispatcher")
    for no, crew, points in (("W1", "甲", 10), ("W2", "乙", 10), ("W3", "甲", 8)):
        evaluated(technician(no, crew), 10, points, caller)
    return settle(MAY, by=None, now=AFTER)


def who(no: str) -> int:
    return Technician.objects.get(employee_no=no).pk


def name(shared: Settlement, head: User, no: str = "W2", reason: str = "全月无投诉") -> Award:
    return name_award(shared, STAR, winner=who(no), by=head, reason=reason, now=LATER)


def test_everybody_at_rank_one_is_listed_until_a_head_names_one(shared: Settlement, head: User) -> None:
    before = rank_month(MAY)

    award = name(shared, head)

    assert (before["star"], before["winning_crew"]) == (["W1", "W2"], ["乙"])
    assert rank_month(MAY) == {**before, "star": ["W2"]}
    assert (award.named_by, award.named_reason, award.bonus, award.bonus_state) == (
        head,
        "全月无投诉",
        Decimal("0.50"),
        BonusState.PENDING,
    )


def test_named_star_keeps_the_number_it_had(shared: Settlement, head: User) -> None:
    name(shared, head)
    Technician.objects.filter(employee_no="W2").update(employee_no="X2")

    assert rank_month(MAY)["star"] == ["W2"]


def test_naming_the_same_twice_is_one_award(shared: Settlement, head: User) -> None:
    assert name(shared, head) == name(shared, head, reason="又一个理由")
    assert Award.objects.filter(kind=STAR).count() == 1


@pytest.mark.parametrize(("no", "reason", "match"), [("W3", "好", "并列"), ("W2", " ", "理由")])
def test_naming_is_refused(shared: Settlement, head: User, no: str, reason: str, match: str) -> None:
    with pytest.raises(Refused, match=match):
        name(shared, head, no, reason)


def test_naming_another_after_one_is_refused(shared: Settlement, head: User) -> None:
    name(shared, head)

    with pytest.raises(Refused, match="已经定了"):
        name(shared, head, "W1")


def test_naming_in_a_reopened_month_is_refused(shared: Settlement, head: User) -> None:
    reopen(MAY, by=head, reason="漏单", now=LATER)

    with pytest.raises(Refused, match="已重开"):
        name(shared, head)


def test_only_a_head_names_and_records(shared: Settlement) -> None:
    manager = make_person("manager", "manager")

    with pytest.raises(NotAllowed):
        name(shared, manager)
    with pytest.raises(NotAllowed):
        decide(shared, manager)


def test_first_places_are_rows_of_the_snapshot(shared: Settlement) -> None:
    assert [row["name"] for row in first_places(shared, STAR)] == ["师傅W1", "师傅W2"]


def decide(
    shared: Settlement,
    head: User,
    *,
    state: str = BonusState.CREDITED,
    decided_on: date = date(2026, 6, 10),
    reference: str = "绩字〔2026〕6号",
) -> Award:
    award = shared.awards.get(kind=AwardKind.WINNING_CREW)
    return record_decision(award, state=state, decided_on=decided_on, reference=reference, by=head, now=LATER)


@pytest.mark.parametrize("state", [BonusState.CREDITED, BonusState.DECLINED])
def test_committees_decision_is_recorded(shared: Settlement, head: User, state: str) -> None:
    award = decide(shared, head, state=state)

    award.refresh_from_db()
    assert (award.bonus_state, award.decided_on, award.reference, award.recorded_by, award.recorded_at) == (
        state,
        date(2026, 6, 10),
        "绩字〔2026〕6号",
        head,
        LATER,
    )


def test_recording_the_same_twice_changes_nothing_another_is_refused(shared: Settlement, head: User) -> None:
    assert decide(shared, head) == decide(shared, head)
    with pytest.raises(Refused, match="已经登记"):
        decide(shared, head, state=BonusState.DECLINED)


@pytest.mark.parametrize(
    ("state", "decided_on", "reference", "match"),
    [
        (BonusState.PENDING, date(2026, 6, 10), "1号", "请选择"),
        (BonusState.CREDITED, date(2026, 6, 10), " ", "文号"),
        (BonusState.CREDITED, date(2026, 6, 5), "1号", "决定日期"),
        (BonusState.CREDITED, date(2026, 6, 17), "1号", "决定日期"),
    ],
)
def test_decision_is_refused(
    shared: Settlement, head: User, state: str, decided_on: date, reference: str, match: str
) -> None:
    with pytest.raises(Refused, match=match):
        decide(shared, head, state=state, decided_on=decided_on, reference=reference)
