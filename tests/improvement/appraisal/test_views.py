"""The appraisal and announcement pages: permissions, paper, Excel, few queries (domain §8, §12)."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from evaluations.models import Settlement
from evaluations.scores.settle import settle
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import make_person
from tests.worlds.crew import queries_of
from tests.worlds.kpis import KpiStage, make_kpi_stage
from tests.worlds.months import MAY, evaluated, technician

pytestmark = pytest.mark.django_db
NOW = days.moment_at(date(2026, 6, 8), time(9))
YEAR = reverse("improvement:appraisal", args=[2026])
PRINT = reverse("improvement:appraisal_print", args=[2026])
EXCEL = reverse("improvement:appraisal_excel", args=[2026])
ANNOUNCEMENT = reverse("improvement:announcement", args=[MAY])


@pytest.fixture(autouse=True)
def then(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def stage() -> KpiStage:
    stage = make_kpi_stage()
    evaluated(stage.one, 10, 10, stage.dispatcher)
    evaluated(stage.two, 8, 6, stage.dispatcher)
    settle(MAY, by=stage.head, now=NOW)
    return stage


def text(client: Client, person: User, url: str) -> str:
    client.force_login(person)
    response = client.get(url)
    assert response.status_code == 200
    main = response.content.decode().split('id="main"')[-1].split('class="sheet-a4')[-1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


@pytest.mark.parametrize("url", [YEAR, PRINT])
def test_technician_sees_own_line_foreman_own_crew_others_all(
    client: Client, stage: KpiStage, url: str
) -> None:
    people = (stage.worker, stage.foreman, stage.dispatcher, stage.head, make_person("boss", "admin"))
    pages = {person.username: text(client, person, url) for person in people}

    # 甲 20 + 0.15, 乙 14 + 0.15
    assert {name: ("20.15" in page, "14.15" in page) for name, page in pages.items()} == {
        "worker": (True, False),
        "foreman": (True, False),
        "dispatcher": (True, True),
        "head": (True, True),
        "boss": (True, True),
    }


def test_page_says_how_much_of_the_year_is_settled(client: Client, stage: KpiStage) -> None:
    page = text(client, stage.head, YEAR)

    assert [word in page for word in ("已结算 1 / 12 个月", "5月 维修之星 师傅W1", "5月 优胜班组 甲")] == [
        True
    ] * 3
    assert "待通过 0.50" in page


def test_year_without_settled_months_says_so(client: Client, stage: KpiStage) -> None:
    page = text(client, stage.head, reverse("improvement:appraisal", args=[2025]))

    assert "这一年还没有已结算的月份" in page
    assert "导出 Excel" not in page


def test_latest_settled_year_is_shown_first(client: Client, stage: KpiStage, time_machine) -> None:
    time_machine.move_to(days.moment_at(date(2027, 1, 4), time(9)), tick=False)

    assert "2026 年" in text(client, stage.head, reverse("improvement:appraisal"))


@pytest.mark.parametrize("year", [1999, 2027, 99999])
def test_year_out_of_reach_is_not_found(client: Client, stage: KpiStage, year: int) -> None:
    client.force_login(stage.head)

    assert client.get(reverse("improvement:appraisal", args=[year])).status_code == 404


def test_excel_holds_what_its_reader_may_see(client: Client, stage: KpiStage) -> None:
    client.force_login(stage.foreman)

    response = client.get(EXCEL)

    book = load_workbook(BytesIO(b"".join(response.streaming_content)))
    assert [[row[1].value for row in sheet.iter_rows(min_row=3)] for sheet in book.worksheets[:1]] == [
        ["师傅W1"]
    ]
    assert [row[0].value for row in book["工班"].iter_rows(min_row=3)] == ["甲"]
    assert ".xlsx" in response["Content-Disposition"]


@pytest.mark.parametrize("who", ["worker", "foreman", "dispatcher", "head"])
def test_announcement_is_for_everybody_once_the_month_is_settled(
    client: Client, stage: KpiStage, who: str
) -> None:
    page = text(client, getattr(stage, who), ANNOUNCEMENT)

    assert [word in page for word in ("师傅W1", "甲", "20.15", "奖励加分 0.50")] == [True] * 4
    assert "师傅W2" not in page


def test_nothing_is_announced_before_the_month_is_settled(client: Client, stage: KpiStage) -> None:
    evaluated(stage.two, 10, 10, stage.dispatcher, day=date(2026, 6, 2))

    page = text(client, stage.foreman, reverse("improvement:announcement", args=[date(2026, 6, 1)]))

    assert ("师傅W2" in page, "还没有结算" in page) == (False, True)


def test_reopened_month_names_what_was_announced_before(client: Client, stage: KpiStage) -> None:
    earlier = Settlement.objects.in_force().get(month=MAY)
    earlier.reopened_at, earlier.reopened_by, earlier.reopen_reason = (
        earlier.settled_at,
        stage.head,
        "漏了一张",
    )
    earlier.save()

    reopened = text(client, stage.worker, ANNOUNCEMENT)
    settle(MAY, by=stage.head, now=earlier.settled_at + timedelta(days=1))
    settled_again = text(client, stage.worker, ANNOUNCEMENT)

    assert "这个月已重开" in reopened
    assert ["维修之星 师傅W1,优胜班组 甲" in page for page in (reopened, settled_again)] == [True, True]


def test_latest_settled_month_is_announced_first_and_no_month_to_come(
    client: Client, stage: KpiStage
) -> None:
    client.force_login(stage.head)

    assert client.get(reverse("improvement:announcement")).context["month"] == MAY
    assert client.get(reverse("improvement:announcement", args=[date(2026, 7, 1)])).status_code == 404


@pytest.mark.parametrize("name", ["appraisal", "appraisal_print", "appraisal_excel", "announcement"])
def test_pages_answer_to_reading_alone(client: Client, stage: KpiStage, name: str) -> None:
    client.force_login(stage.head)

    url = reverse(f"improvement:{name}", args=[MAY if name == "announcement" else 2026])
    assert client.post(url).status_code == 405


@pytest.mark.parametrize("who", ["head", "foreman", "worker"])
def test_pages_take_few_queries_whatever_the_crews(
    client: Client, stage: KpiStage, who: str, time_machine
) -> None:
    client.force_login(getattr(stage, who))
    urls = (YEAR, PRINT, EXCEL, ANNOUNCEMENT)
    few = [queries_of(client, url) for url in urls]

    time_machine.move_to(days.moment_at(date(2026, 7, 8), time(9)), tick=False)
    client.force_login(getattr(stage, who))
    for n in range(12):
        evaluated(technician(f"M{n}", f"工班 {n}"), 8, 6, stage.dispatcher, day=date(2026, 6, 2))
        evaluated(stage.one, 8, 6, stage.dispatcher, day=date(2026, 6, 2))
    settle(date(2026, 6, 1), by=stage.head, now=days.moment_at(date(2026, 7, 8), time(8)))

    assert [queries_of(client, url) for url in urls] == few
    assert max(few) <= 15
