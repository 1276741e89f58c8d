"""The score pages: visible rows, explanations, and no unpublished rating (domain §4, §8, §12)."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import Award, Callback, SettledShare, Settlement
from evaluations.scores.settle import reopen, settle
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import OrderFactory, make_callback, make_lead, make_self_evaluation
from tests.worlds.crew import queries_of
from tests.worlds.months import AFTER, MAY, evaluated, policy_of, technician
from tests.worlds.ranked_centre import Centre, make_centre, text
from workorders.enums import LeadKind
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 11)
PAGES = ["month", "month_print", "left_out"]


@pytest.fixture
def centre() -> Centre:
    return make_centre()


@pytest.fixture(autouse=True)
def after(time_machine) -> None:
    time_machine.move_to(AFTER, tick=False)


def shows(page: str, *words: str) -> list[bool]:
    return [word in page for word in words]


def test_month_shows_both_parts_and_the_sum(client: Client, centre: Centre) -> None:
    page = text(client, centre.dispatcher, centre.month() + f"?technician={centre.one.pk}")

    # W1: 38 ÷ 2 + 2 × 0.15 = 19.30; W2: 20 ÷ 1 + 0.15 = 20.15
    assert (
        shows(page, "19.00 + 0.30", "19.30", "20.00 + 0.15", "20.15", "÷ 2 张 = 平均", "2 × 0.15 = 数量")
        == [True] * 6
    )
    assert shows(page, "师傅W2", "暂定", "满意 1 · 基本 1 · 不满意 0", "3 / 3 张") == [True] * 4


@pytest.mark.parametrize("name", PAGES)
def test_dispatcher_sees_every_line_foreman_own_crew_technician_own(
    client: Client, centre: Centre, name: str
) -> None:
    OrderFactory(technician=centre.one, number="甲 开着")
    OrderFactory(technician=centre.two, number="乙 开着")
    found = {
        person.username: shows(
            text(client, person, centre.month(name)), "师傅W1", "师傅W2", "甲 开着", "乙 开着"
        )
        for person in (centre.dispatcher, centre.foreman, centre.worker)
    }

    if name == "left_out":
        assert found == {
            "dispatcher": [False, False, True, True],
            "foreman": [False, False, True, False],
            "worker": [False] * 4,
        }
    else:
        assert found == {
            "dispatcher": [True, True, False, False],
            "foreman": [True, False, False, False],
            "worker": [True, False, False, False],
        }


def sheets(client: Client, person: User, url: str) -> dict[str, list[tuple]]:
    """The rows of the workbook below its two header rows, by sheet."""
    client.force_login(person)
    content = b"".join(client.get(url).streaming_content)
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {page.title: list(page.iter_rows(min_row=3, values_only=True)) for page in book.worksheets}


def test_workbook_holds_what_its_reader_sees(client: Client, centre: Centre) -> None:
    OrderFactory(technician=centre.one, number="甲 开着")
    OrderFactory(technician=centre.two, number="乙 开着")
    found = {p.username: sheets(client, p, centre.month("month_excel")) for p in people(centre)}

    first = (1, "W2", "师傅W2", "乙", 2, 1, 10, 10, 20, 20, 0.15, 20.15, 1, 0, 0, 0, None)
    second = (2, "W1", "师傅W1", "甲", 3, 2, 20, 18, 38, 19, 0.3, 19.3, 1, 1, 0, 0, None)
    crew_one = (1, "乙", 1, 2, 1, 10, 10, 20, 20, 0.15, 20.15, 20.15, 1, 0, 0, 0, None)
    crew_two = (2, "甲", 1, 3, 2, 20, 18, 38, 19, 0.3, 19.3, 19.3, 1, 1, 0, 0, None)
    out_one = ("甲 开着", "2026-05-11", "甲", "师傅W1", "等待抽取或分配")
    out_two = ("乙 开着", "2026-05-11", "乙", "师傅W2", "等待抽取或分配")
    assert found == {
        "dispatcher": {
            "维修人": [first, second],
            "工班": [crew_one, crew_two],
            "未参与的工单": [out_two, out_one],
        },
        "foreman": {
            "维修人": [second],
            "工班": [crew_two],
            "未参与的工单": [(*out_one[:-1], "评价未齐或未公布")],
        },
        "worker": {"维修人": [second]},
    }


def people(centre: Centre) -> tuple[User, ...]:
    return centre.dispatcher, centre.foreman, centre.worker


def test_workbook_of_a_settled_month_names_the_awards_and_the_settling_before(
    client: Client, centre: Centre
) -> None:
    settle(MAY, by=centre.head, now=AFTER)
    before = reopen(MAY, by=centre.head, reason="补录", now=AFTER)
    evaluated(centre.two, 10, 6, centre.dispatcher, number="B-2")
    settle(MAY, by=centre.head, now=AFTER)

    found = sheets(client, centre.head, centre.month("month_excel") + f"?compare={before.pk}")

    assert [row[:2] + row[-2:] for row in found["维修人"]] == [(1, "W1", 2, 19.3), (2, "W2", 1, 20.15)]
    assert found["奖项"] == [
        ("维修之星", "师傅W1", 0.5, "待绩效委员会通过", None, None, None),
        ("优胜班组", "甲", 0.5, "待绩效委员会通过", None, None, None),
    ]


def test_lines_kept_for_one_reader_are_not_shown_to_another_nor_when_numbers_changed(
    client: Client, centre: Centre
) -> None:
    def lines() -> list[bool]:
        seen = [text(client, person, centre.month()) for person in people(centre)]
        return [shows(page, "20.15", "19.30") for page in seen]

    before, again = lines(), lines()
    evaluated(centre.one, 8, 8, centre.dispatcher, number="A-3")  # (38 + 16) ÷ 3 + 0.45

    assert before == again == [[True, True], [False, True], [False, True]]
    assert lines() == [[True, False], [False, False], [False, False]]
    assert "18.45" in text(client, centre.worker, centre.month())


def test_settled_month_leads_to_its_announcement(client: Client, centre: Centre) -> None:
    address = reverse("improvement:announcement", args=[MAY])
    client.force_login(centre.worker)
    before = client.get(centre.month()).text

    settle(MAY, by=centre.head, now=AFTER)

    assert [address in page for page in (before, client.get(centre.month()).text)] == [False, True]


def test_technician_sees_no_totals_and_foreman_does(client: Client, centre: Centre) -> None:
    pages = {p.username: text(client, p, centre.month()) for p in (centre.foreman, centre.worker)}

    assert {name: "3 / 3 张" in page for name, page in pages.items()} == {"foreman": True, "worker": False}


def test_winners_are_announced_to_crews_when_settled(client: Client, centre: Centre) -> None:
    before = text(client, centre.foreman, centre.month())
    settle(MAY, by=centre.head, now=AFTER)

    assert ("维修之星" in before, "师傅W2" in text(client, centre.foreman, centre.month())) == (False, True)


@pytest.mark.parametrize(
    ("who", "status"), [("dispatcher", [200, 200]), ("foreman", [200, 404]), ("worker", [200, 404])]
)
@pytest.mark.parametrize("name", ["technician_month", "day_orders"])
def test_explanation_of_another_is_not_found(
    client: Client, centre: Centre, who: str, status: list[int], name: str
) -> None:
    client.force_login(getattr(centre, who))
    when = DAY if name == "day_orders" else MAY

    found = [client.get(reverse(f"evaluations:{name}", args=[when, t.pk])) for t in (centre.one, centre.two)]

    assert [response.status_code for response in found] == status


def test_crew_of_another_is_not_found(client: Client, centre: Centre) -> None:
    client.force_login(centre.foreman)

    found = [client.get(centre.month("crew_month", t.crew_id)).status_code for t in (centre.one, centre.two)]

    assert found == [200, 404]


def test_path_leads_from_score_to_days_to_orders_to_ratings(client: Client, centre: Centre) -> None:
    evaluated(centre.one, 8, 6, centre.dispatcher, number="A-3", day=DAY + timedelta(days=1))

    path = text(client, centre.worker, centre.month("technician_month", centre.one.pk))
    orders = text(client, centre.worker, reverse("evaluations:day_orders", args=[DAY, centre.one.pk]))

    assert (
        shows(path, "5月11日", "5月12日", "工长自评 3 张 28", "调度回访 3 张 24", "总分 52", "17.33", "17.78")
        == [True] * 7
    )
    assert shows(orders, "A-1", "A-2", "A-3", "满意 10", "基本满意 8", "参与 2 张,共 38 分") == [
        True,
        True,
        False,
        True,
        True,
        True,
    ]


def test_crew_page_explains_both_scores(client: Client, centre: Centre) -> None:
    page = text(client, centre.foreman, centre.month("crew_month", centre.one.crew_id))

    assert shows(page, "2 × 0.15 ÷ 1 人 = 数量", "人均 19.30 · 按全部工单 19.30", "师傅W1") == [True] * 3


@pytest.mark.parametrize("who", ["worker", "foreman", "dispatcher", "head"])
def test_repeat_rate_is_shown_to_who_may_see_the_row(client: Client, centre: Centre, who: str) -> None:
    earlier = OrderFactory(technician=centre.one, number="A-0", day=date(2026, 4, 20))
    OrderFactory(technician=centre.two, number="B-0", repeat_of=earlier)
    OrderFactory(technician=centre.one, number="A-8", channel="other")
    faults = WorkOrder.objects.filter(technician=centre.one, closed_on__month=5).count()

    page = text(client, getattr(centre, who), centre.month("technician_month", centre.one.pk))

    assert f"1 ÷ {faults}" in page


def test_unpublished_results_show_nowhere_to_the_crew(client: Client, centre: Centre) -> None:
    order = OrderFactory(technician=centre.one, number="A-9")
    make_self_evaluation(order, by=centre.foreman)
    pages = [
        centre.month(),
        centre.month("left_out"),
        centre.month("technician_month", centre.one.pk),
        reverse("evaluations:day", args=[DAY]),
        reverse("evaluations:day_orders", args=[DAY, centre.one.pk]),
    ]
    before = {
        (p.username, url): text(client, p, url) for p in (centre.foreman, centre.worker) for url in pages
    }

    make_callback(order, centre.dispatcher, rating="dissatisfied")
    unpublished = {key: text(client, getattr(centre, key[0]), key[1]) for key in before}
    Callback.objects.filter(order=order).update(state="refused", rating="", points=None)

    assert unpublished == before
    assert {key: text(client, getattr(centre, key[0]), key[1]) for key in before} == before


def test_left_out_tells_dispatch_the_reason_and_the_crew_when_settled(client: Client, centre: Centre) -> None:
    make_callback(OrderFactory(technician=centre.one, number="A-9"), centre.dispatcher, "unreachable")
    url = centre.month("left_out")

    before = [("未接通" in text(client, p, url)) for p in (centre.dispatcher, centre.foreman)]
    settle(MAY, by=centre.head, now=AFTER)
    after = [("未接通" in text(client, p, url)) for p in (centre.dispatcher, centre.foreman)]

    assert (before, after) == ([True, False], [True, True])


def test_dispatcher_who_works_in_the_crew_sees_its_left_out_with_the_crews_eyes(
    client: Client, centre: Centre
) -> None:
    make_lead(centre.one.crew, centre.dispatcher, LeadKind.DEPUTY)
    make_callback(OrderFactory(technician=centre.one, number="A-9"), centre.head, "unreachable")
    make_callback(OrderFactory(technician=centre.two, number="B-9"), centre.head, "unreachable")

    page = text(client, centre.dispatcher, centre.month("left_out"))

    assert re.findall(r"([AB]-9) 2026-05-11 (\S+)", page) == [("A-9", "评价未齐或未公布"), ("B-9", "未接通")]


def test_left_out_filters_by_reason(client: Client, centre: Centre) -> None:
    make_callback(OrderFactory(technician=centre.one, number="A-9"), centre.dispatcher, "unreachable")
    OrderFactory(technician=centre.two, number="B-9")

    page = text(client, centre.dispatcher, centre.month("left_out") + "?reason=unreachable")

    assert shows(page, "A-9", "B-9") == [True, False]


def test_ties_and_volume_are_told(client: Client, centre: Centre) -> None:
    policy_of(MAY, volume_weight=Decimal("0.5"))  # W1 19 + 1.0, W2 20 + 0.5
    three = technician("W3", "丙")
    for _ in range(4):
        evaluated(three, 10, 8, centre.dispatcher)  # 18 + 2.0, as W1

    page = text(client, centre.dispatcher, centre.month())

    # W2 20.50 · W1 20.00 (19) · W3 20.00 (18)
    assert shows(page, "师傅W1 W1 与下一名同分,平均高", "数量决定") == [True, False]
    evaluated(
        three, 10, 8, centre.dispatcher
    )  # 18 + 2.5 before W2's equal 20.50? the same score, the lower mean
    evaluated(three, 10, 8, centre.dispatcher)
    assert "师傅W3 W3 ★ 数量决定" in text(client, centre.dispatcher, centre.month())


def test_month_compares_with_an_earlier_settling(client: Client, centre: Centre) -> None:
    evaluated(centre.one, None, 6, centre.dispatcher, number="A-3")
    first = settle(MAY, by=centre.head, now=AFTER)
    reopen(MAY, by=centre.head, reason="补自评", now=AFTER)

    plain = text(client, centre.head, centre.month())
    page = text(client, centre.head, centre.month() + f"?compare={first.pk}")

    # settled: (20 + 18 + 12) ÷ 3 + 0.45 = 17.12; now 19.30 again
    assert shows(page, "第 2 · 17.12", "有变化", "19.30", "补自评", "已重开") == [True] * 5
    assert "17.12" not in plain


def test_settled_month_explains_out_of_the_snapshot(client: Client, centre: Centre) -> None:
    settle(MAY, by=centre.head, now=AFTER)
    urls = [
        centre.month("technician_month", centre.one.pk),
        reverse("evaluations:day_orders", args=[DAY, centre.one.pk]),
    ]
    before = [text(client, centre.worker, url) for url in urls]

    Callback.objects.filter(order__number="A-1").update(rating="dissatisfied", points=6)
    policy_of(MAY, volume_weight=Decimal("9"))

    assert [text(client, centre.worker, url) for url in urls] == before


def test_not_rated_by_the_crew_is_said(client: Client, centre: Centre) -> None:
    evaluated(centre.one, None, 8, centre.dispatcher, number="A-3")
    settle(MAY, by=centre.head, now=AFTER)

    page = text(client, centre.foreman, reverse("evaluations:day_orders", args=[DAY, centre.one.pk]))
    path = text(client, centre.foreman, centre.month("technician_month", centre.one.pk))

    assert shows(page, "A-3 工班未评 6") == shows(path, "工班未评 1 张,按最低分 6") == [True]


def test_day_shows_rows_totals_and_both_parts(client: Client, centre: Centre) -> None:
    page = text(client, centre.dispatcher, reverse("evaluations:day", args=[DAY]))
    own = text(client, centre.foreman, reverse("evaluations:day", args=[DAY]))

    assert shows(page, "师傅W1", "师傅W2", "19.00 + 0.30", "58 ÷ 3 = 19.33") == [True] * 4
    assert shows(own, "师傅W1", "师傅W2", "38 ÷ 2 = 19.00") == [True, False, True]


def test_day_without_a_date_is_yesterday(client: Client, centre: Centre) -> None:
    assert "6月5日" in text(client, centre.dispatcher, reverse("evaluations:day"))


def test_month_without_a_date_is_this_month(client: Client, centre: Centre) -> None:
    assert "2026年6月" in text(client, centre.dispatcher, reverse("evaluations:month"))


@pytest.mark.parametrize(
    "address", ["/months/2026-13/", "/days/2026-02-30/", "/months/2026-05/technicians/99999/"]
)
def test_what_does_not_exist_is_not_found(client: Client, centre: Centre, address: str) -> None:
    client.force_login(centre.dispatcher)

    assert client.get(address).status_code == 404


def test_month_before_the_first_policy_is_a_sentence(client: Client, centre: Centre) -> None:
    client.force_login(centre.dispatcher)

    response = client.get("/months/1999-12/")

    assert (response.status_code, "1999-12" in response.content.decode()) == (422, True)


def test_pages_take_no_posts(client: Client, centre: Centre) -> None:
    client.force_login(centre.head)

    assert [client.post(centre.month(name)).status_code for name in PAGES] == [405] * 3


@pytest.mark.parametrize("is_settled", [False, True])
def test_pages_ask_as_many_queries_for_many_rows_as_for_one(
    client: Client, centre: Centre, is_settled: bool
) -> None:
    def asked() -> list[int]:
        if is_settled:
            settle(MAY, by=centre.head, now=AFTER)
        urls = [centre.month(name) for name in PAGES]
        urls += [centre.month("technician_month", centre.one.pk), reverse("evaluations:day", args=[DAY])]
        return [queries_of(client, url) for url in urls]

    client.force_login(centre.dispatcher)
    few = asked()
    if is_settled:
        reopen(MAY, by=centre.head, reason="多", now=AFTER)
        Award.objects.all().delete()
        SettledShare.objects.all().delete()
        Settlement.objects.all().delete()
    for i in range(30):
        evaluated(technician(f"X{i:02}", f"工班{i}"), 10, 10, centre.dispatcher)
        OrderFactory(technician=centre.one)

    assert asked() == few


def test_published_times_do_not_hide_behind_the_clock(client: Client, centre: Centre, time_machine) -> None:
    time_machine.move_to(days.moment_at(date(2026, 5, 20), days.time(9)), tick=False)

    assert "19.30" in text(client, centre.worker, centre.month())
