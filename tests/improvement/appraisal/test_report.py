"""The annual appraisal: twelve months, awards, bonus, revisits, repeat repairs; settled months count (domain §8)."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction as F
from io import BytesIO

import pytest
from openpyxl import load_workbook

from evaluations.scores.awards import record_decision
from evaluations.scores.settle import reopen, settle
from evaluations.visibility import EVERYTHING, Viewer, viewer_of
from improvement.appraisal.announcement import find_announcement
from improvement.appraisal.excel import write_appraisal
from improvement.appraisal.report import Appraisal, AppraisalMonth
from satisfaction.calendars import days
from tests.worlds.kpis import KpiStage, make_kpi_stage
from tests.worlds.months import evaluated, technician

pytestmark = pytest.mark.django_db
APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)


def after(month: date) -> datetime:
    return days.moment_at(days.next_month(month).replace(day=6), time(9))


NOW = after(JUNE)


@pytest.fixture
def stage() -> KpiStage:
    """甲 wins April and May with one technician, 乙 is second; June is not settled."""
    stage = make_kpi_stage()
    for month in (APRIL, MAY, JUNE):
        day = month.replace(day=11)
        good = evaluated(stage.one, 10, 10, stage.dispatcher, day=day)
        evaluated(stage.one, 10, 8, stage.dispatcher, day=day)
        evaluated(stage.two, 8, 6, stage.dispatcher, day=day)
        if month == APRIL:
            evaluated(stage.two, 10, 10, stage.dispatcher, day=day, repeat_of=good)
    for month in (APRIL, MAY):
        settle(month, by=stage.head, now=after(month))
    return stage


def year(viewer: Viewer = EVERYTHING, of: int = 2026) -> Appraisal:
    return Appraisal(of, viewer, NOW)


def test_line_adds_the_settled_months(stage: KpiStage) -> None:
    first, second = year().technicians

    # 甲: 38 ÷ 2 + 0.30 each month; 乙: 34 ÷ 2 + 0.30 in April, 14 + 0.15 in May
    assert first.months == {4: AppraisalMonth(APRIL, 1, F("19.30")), 5: AppraisalMonth(MAY, 1, F("19.30"))}
    assert second.months == {4: AppraisalMonth(APRIL, 2, F("17.30")), 5: AppraisalMonth(MAY, 2, F("14.15"))}
    assert (first.name, first.crew, first.average, first.mean) == ("师傅W1", "甲", F("19.30"), F(19))
    assert (second.average, second.mean) == (F("15.725"), F(34 + 14, 3))
    assert [
        (line.orders, line.taking_part, line.points, line.dissatisfied, line.repeat_repairs)
        for line in (first, second)
    ] == [(4, 4, 76, 0, 1), (3, 3, 48, 2, 0)]
    assert [number for number, month in enumerate(first.cells, 1) if month] == [4, 5]


def test_crews_stand_by_their_average_with_the_awards_they_won(stage: KpiStage) -> None:
    lines = year().crews

    assert [(line.name, [award.settlement.month for award in line.awards]) for line in lines] == [
        ("甲", [APRIL, MAY]),
        ("乙", []),
    ]
    assert [line.revisits for line in lines] == [0, 3]  # dissatisfied reporters of April, May and June


def test_bonus_is_earned_then_credited_or_declined(stage: KpiStage) -> None:
    april, may = year().technicians[0].awards
    record_decision(
        april,
        state="credited",
        decided_on=date(2026, 6, 1),
        reference="绩委〔2026〕1号",
        by=stage.head,
        now=NOW,
    )

    line = year().technicians[0]

    assert (line.bonus, line.credited, line.pending, line.declined) == (
        Decimal("1.00"),
        Decimal("0.50"),
        Decimal("0.50"),
        Decimal(0),
    )
    record_decision(
        may,
        state="declined",
        decided_on=date(2026, 7, 1),
        reference="绩委〔2026〕2号",
        by=stage.head,
        now=NOW,
    )
    line = year().technicians[0]
    assert (line.pending, line.declined) == (Decimal(0), Decimal("0.50"))


def test_credited_bonus_counts_in_the_following_year(stage: KpiStage) -> None:
    april, may = year().technicians[0].awards
    for award, state in ((april, "credited"), (may, "declined")):
        record_decision(
            award, state=state, decided_on=date(2026, 6, 30), reference="绩 1", by=stage.head, now=NOW
        )

    found = year(of=2027)

    assert not found.settled
    assert not found.is_empty
    assert [(line.name, line.counting, line.counts_now, line.awards) for line in found.technicians] == [
        ("师傅W1", [april], Decimal("0.50"), [])
    ]
    assert found.crews == []
    assert [(line.counting, line.credited) for line in year().technicians] == [([], Decimal("0.50")), ([], 0)]


def test_credited_bonus_is_shown_to_who_may_see_the_line(stage: KpiStage) -> None:
    award = year().technicians[0].awards[0]
    record_decision(
        award, state="credited", decided_on=date(2026, 6, 30), reference="绩 1", by=stage.head, now=NOW
    )

    crews = [frozenset({stage.one.crew.pk}), frozenset({stage.two.crew.pk})]
    found = [year(Viewer(False, led, None, frozenset()), of=2027).technicians for led in crews]

    assert [[line.counting for line in lines] for lines in found] == [[[award]], []]


def test_workbook_of_the_following_year_holds_the_bonus_that_counts(stage: KpiStage) -> None:
    award = year().technicians[0].awards[0]
    record_decision(
        award, state="credited", decided_on=date(2026, 6, 30), reference="绩 1", by=stage.head, now=NOW
    )
    content = BytesIO()
    write_appraisal(content, year(of=2027))

    book = load_workbook(content)

    header, row = [[cell.value for cell in book["维修人"][n]] for n in (2, 3)]
    assert dict(zip(header, row, strict=True))["上年兑现计入本年"] == 0.5
    assert [cell.value for cell in book["奖项"][2]][:6] == [
        "2026-04",
        "维修之星",
        "师傅W1 W1",
        0.5,
        "已兑现",
        2027,
    ]


def test_month_without_score_has_no_rank_and_is_not_averaged(stage: KpiStage) -> None:
    lonely = technician("W9", "丙")
    evaluated(lonely, None, None, stage.dispatcher, day=date(2026, 3, 2))
    settle(date(2026, 3, 1), by=stage.head, now=NOW)

    line = next(line for line in year().technicians if line.employee_no == "W9")

    assert (line.months, line.average, line.mean, line.orders) == (
        {3: AppraisalMonth(date(2026, 3, 1), None, None)},
        None,
        None,
        1,
    )


def test_reopened_month_is_open_again(stage: KpiStage) -> None:
    reopen(MAY, by=stage.head, reason="晚到", now=NOW)

    found = year()

    assert [month.month for month, is_settled in found.months if is_settled] == [4]
    assert [award.settlement.month for award in found.awards] == [APRIL, APRIL]


def test_readers_see_own_lines(stage: KpiStage) -> None:
    seen = {
        person.username: (
            [line.name for line in year(viewer_of(person, now=NOW)).technicians],
            [line.name for line in year(viewer_of(person, now=NOW)).crews],
        )
        for person in (stage.worker, stage.foreman, stage.dispatcher)
    }

    assert seen == {
        "worker": (["师傅W1"], []),
        "foreman": (["师傅W1"], ["甲"]),
        "dispatcher": (["师傅W1", "师傅W2"], ["甲", "乙"]),
    }


def test_workbook_says_what_the_page_says(stage: KpiStage) -> None:
    file = BytesIO()

    write_appraisal(file, year())

    book = load_workbook(BytesIO(file.getvalue()))
    technicians, crews, awards = book.worksheets
    row = [cell.value for cell in technicians[3]]
    assert [sheet.title for sheet in book.worksheets] == ["维修人", "工班", "奖项"]
    assert row[:3] == ["W1", "师傅W1", "甲"]
    assert row[3 + 6 : 3 + 10] == [19.3, 1, 19.3, 1]
    assert row[27:] == [2, 19.3, 4, 4, 76, 19, 0, 1, 0, 0, 2, 1, 0, 1, 0, 0]
    assert [cell.value for cell in crews[3]][:1] == ["甲"]
    assert [cell.value for cell in awards[2]][:4] == ["2026-04", "维修之星", "师傅W1 W1", 0.5]
    assert "(未结算)" in technicians[2][3].value


def test_announcement_names_the_winners_of_a_settled_month_alone(stage: KpiStage) -> None:
    may = find_announcement(MAY)

    assert find_announcement(JUNE) is None
    assert may is not None
    assert [(winner.row["name"], winner.score.total) for winner in may.stars] == [("师傅W1", F("19.30"))]
    assert [winner.row["name"] for winner in may.crews] == ["甲"]
    assert may.is_open is False


def test_shared_first_place_is_announced_as_open(stage: KpiStage) -> None:
    july = date(2026, 7, 1)
    for who in (stage.one, stage.two):
        evaluated(who, 10, 10, stage.dispatcher, day=date(2026, 7, 6))
    settle(july, by=stage.head, now=after(july))

    found = find_announcement(july)

    assert [winner.row["name"] for winner in found.stars] == ["师傅W1", "师傅W2"]
    assert found.is_open is True
