"""The KPI pages: permissions, links down to the orders, and few queries (domain §10, §12)."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import EvaluationPolicy
from improvement.enums import Kpi
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import OrderFactory, make_callback, make_person, make_self_evaluation
from tests.worlds.crew import queries_of
from tests.worlds.kpis import DAY, NOW, KpiStage, fill, make_kpi_stage
from tests.worlds.months import evaluated, technician
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
MAY = date(2026, 5, 1)
MONTH = reverse("improvement:kpi", args=[MAY])


@pytest.fixture
def stage() -> KpiStage:
    stage = make_kpi_stage()
    fill(stage)
    return stage


@pytest.fixture(autouse=True)
def then(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)


def text(client: Client, person: User, url: str) -> str:
    """The page's text without tags."""
    client.force_login(person)
    response = client.get(url)
    assert response.status_code == 200
    main = response.content.decode().split('id="main"')[-1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def status(client: Client, person: User, url: str) -> int:
    client.force_login(person)
    return client.get(url).status_code


def rows(client: Client, person: User, url: str) -> list[str]:
    client.force_login(person)
    return [row.number for row in client.get(url).context["page"]]


def behind(kpi: str, **given: object) -> str:
    asked = {"kpi": kpi, "first": "2026-05-01", "last": "2026-05-31", **given}
    return (
        reverse("improvement:kpi_orders") + "?" + "&".join(f"{key}={value}" for key, value in asked.items())
    )


def test_month_shows_value_numerator_denominator_state_and_target(client: Client, stage: KpiStage) -> None:
    page = text(client, stage.head, MONTH)

    assert "1 小时内响应(记录时间) 越高越好 83.3 % 5 ÷ 6 ▲ 未达目标 95.0 % 99.0 % – 1" in page
    assert "二次报修率 越低越好 11.1 % 1 ÷ 9 ▲ 未达目标 3.0 % 1.5 %" in page
    assert "改善步骤及时率 越高越好 · 按到期月份,随时更新 – – ○ 无数据" in page
    assert "没有分母、不计入的: 不满意回访及时率 5.00、 改善步骤及时率 2.00 。其余权重合计 93.00" in page


def test_foreman_sees_own_crew_and_totals_but_opens_own_orders_only(client: Client, stage: KpiStage) -> None:
    evaluated(stage.two, 10, 10, stage.dispatcher)

    page = text(client, stage.foreman, MONTH)

    assert ("甲" in page, "乙" in page) == (True, False)
    # 甲 3 of 4, both crews 4 of 5
    assert ("4 ÷ 5" in page, "3 ÷ 4" in page) == (True, True)
    crews = f"crew={stage.one.crew_id}", f"crew={stage.two.crew_id}"
    answers = [
        status(client, stage.foreman, url)
        for url in (
            *(f"{MONTH}?{crew}" for crew in crews),
            behind("satisfied", crew=stage.one.crew_id),
            behind("satisfied", crew=stage.two.crew_id),
            behind("satisfied"),
        )
    ]
    assert answers == [200, 404, 200, 404, 404]


def test_technician_sees_own_work_without_index_or_crews(client: Client, stage: KpiStage) -> None:
    evaluated(technician("W3", stage.one.crew), 10, 10, stage.dispatcher)

    page = text(client, stage.worker, MONTH)

    assert "3 ÷ 4" in page
    assert [word in page for word in ("服务指数", "各工班", "自评完成率", "平均分值")] == [
        False,
        False,
        False,
        True,
    ]
    assert rows(client, stage.worker, behind("satisfied", what="counted")) == ["1 好", "7 导入", "8 系统"]
    assert status(client, stage.worker, behind("coverage")) == 404
    assert status(client, stage.worker, behind("satisfied", crew=stage.one.crew_id)) == 404


def test_person_without_technician_or_crew_sees_nothing(client: Client) -> None:
    assert "没有可以看的指标" in text(client, make_person("new", "technician"), MONTH)


@pytest.mark.parametrize(
    ("kpi", "what", "expected"),
    [
        ("response", "missed", ["2 慢"]),
        ("response", "outside", ["3 未接通"]),
        ("self_in_time", "missed", ["2 慢", "3 未接通"]),
        ("self_in_time", "outside", ["4 逾期", "7 导入"]),
        ("coverage", "missed", ["4 逾期"]),
        ("manager_share", "counted", ["1 好", "5 剔除"]),
        ("dissatisfied", "counted", ["2 慢"]),
        ("feedback", "missed", ["2 慢", "4 逾期", "8 系统"]),
        ("repeat", "counted", ["9 二次"]),
    ],
)
def test_click_leads_to_the_orders_behind(
    client: Client, stage: KpiStage, kpi: str, what: str, expected: list[str]
) -> None:
    assert rows(client, stage.head, behind(kpi, what=what, crew=stage.one.crew_id)) == expected


def test_list_behind_a_number_tells_its_total_on_every_page(client: Client, stage: KpiStage) -> None:
    for n in range(51):
        evaluated(stage.one, 10, 10, stage.dispatcher, number=f"M-{n}")
    client.force_login(stage.head)

    pages = [client.get(behind("satisfied", page=page)) for page in (1, 2)]

    shown = sum(len(page.context["page"]) for page in pages)
    assert [page.context["total"] for page in pages] == [shown, shown]
    assert [f"共 {shown} 张工单" in page.content.decode() for page in pages] == [True, True]


def test_repeat_of_another_crew_is_counted_but_not_named_to_the_foreman(
    client: Client, stage: KpiStage
) -> None:
    page = text(client, stage.foreman, behind("repeat", what="counted", crew=stage.one.crew_id))

    assert ("9 二次" in page, "其他工班的工单" in page, "1 好" in page) == (False, True, True)


def test_rating_a_crew_may_not_know_is_in_no_number_and_no_list_of_its_foreman(
    client: Client, stage: KpiStage
) -> None:
    order = stage.order("盲", day=date(2026, 5, 13))
    make_callback(order, stage.manager, rating="dissatisfied", response="no", published_at=NOW)

    seen = {
        person.username: [
            "盲" in rows(client, person, behind(kpi, crew=stage.one.crew_id))
            for kpi in ("response_said", "coverage", "manager_share", "contact", "feedback", "dissatisfied")
        ]
        for person in (stage.foreman, stage.head)
    }
    assert seen == {"foreman": [False] * 6, "head": [True] * 5 + [False]}

    make_self_evaluation(order, by=stage.foreman)
    assert "盲" in rows(client, stage.foreman, behind("dissatisfied", crew=stage.one.crew_id))


@pytest.mark.parametrize(
    "url",
    [
        behind("nothing"),
        behind("satisfied", what="x"),
        behind("satisfied", first="x"),
        behind("satisfied", last="2026-04-01"),
        behind("satisfied", first="2020-01-01"),
        behind("satisfied", crew="99999"),
        behind("satisfied", crew="²"),
        f"{MONTH}?crew=x",
        reverse("improvement:kpi", args=[date(2026, 6, 1)]),
        reverse("improvement:kpi", args=[date(2001, 1, 1)]),
        reverse("improvement:kpi_day", args=[date(2026, 5, 15)]),
        reverse("improvement:kpi_year", args=[2027]),
        reverse("improvement:kpi_year", args=[9999]),
        reverse("improvement:kpi_year", args=[0]),
    ],
)
def test_address_without_sense_is_not_found(client: Client, stage: KpiStage, url: str) -> None:
    assert status(client, stage.head, url) == 404


def test_steps_are_for_readers_of_projects(client: Client, stage: KpiStage) -> None:
    asked = behind(Kpi.STEPS)

    assert (status(client, stage.head, asked), status(client, stage.dispatcher, asked)) == (200, 403)


def test_day_and_year_show_the_same_numbers(client: Client, stage: KpiStage) -> None:
    pages = [
        text(client, stage.head, reverse("improvement:kpi_day", args=[DAY])),
        text(client, stage.head, reverse("improvement:kpi_year", args=[2026])),
        text(client, stage.head, reverse("improvement:kpi_year", args=[2025])),
    ]

    assert ["3 ÷ 4" in page for page in pages] == [True, True, False]
    assert ["工班 × 月份" in page for page in pages] == [False, True, False]


def test_chart_draws_what_was_asked_for_and_its_table_stands_beside_it(
    client: Client, stage: KpiStage
) -> None:
    client.force_login(stage.head)

    index, share = (client.get(f"{MONTH}?show={show}").context["drawn"].chart for show in ("", "satisfied"))

    assert (index["series"][0]["name"], index["unit"], len(index["labels"])) == ("服务指数", "", 12)
    assert share["series"][0]["values"] == [None] * 11 + [75.0]
    assert share["series"][1] == {"name": "目标", "values": [95.0] * 12, "isGoal": True}


@pytest.mark.parametrize("who", ["head", "foreman", "worker"])
def test_pages_take_few_queries_whatever_the_crews(client: Client, stage: KpiStage, who: str) -> None:
    client.force_login(getattr(stage, who))
    urls = [
        MONTH,
        reverse("improvement:kpi_day", args=[DAY]),
        reverse("improvement:kpi_year", args=[2026]),
        f"{MONTH}?crew={stage.one.crew_id}" if who != "worker" else MONTH,
        behind("satisfied", crew=stage.one.crew_id) if who != "worker" else behind("satisfied"),
        behind("revisits", crew=stage.one.crew_id) if who != "worker" else behind("repeat", what="counted"),
    ]
    few = [queries_of(client, url) for url in urls]

    for n in range(12):
        evaluated(technician(f"M{n}", f"工班 {n}"), 8, 6, stage.dispatcher)
        evaluated(stage.one, 8, 6, stage.dispatcher)

    assert [queries_of(client, url) for url in urls] == few
    assert max(few) <= 15


@pytest.mark.parametrize("closed_at", [time(18), time(17, 30)])
def test_a_kept_page_turns_when_a_deadline_passes(
    client: Client, stage: KpiStage, time_machine, closed_at: time
) -> None:
    """This includes a deadline from a policy whose closing time is later now."""
    policy = EvaluationPolicy.objects.get()
    for close in (closed_at, time(18)):
        policy.close_of_business = close
        policy.save()
    order, due_at = (
        OrderFactory(technician=stage.one, day=date(2026, 5, 28)),
        days.moment_at(date(2026, 5, 29), closed_at),
    )
    WorkOrder.objects.filter(pk=order.pk).update(due_at=due_at)
    covered = []
    for moment in (due_at - timedelta(minutes=1), due_at - timedelta(seconds=1), due_at):
        time_machine.move_to(moment, tick=False)
        client.force_login(stage.head)
        covered.append(text(client, stage.head, MONTH))

    assert covered[0] == covered[1] != covered[2]
