"""From a star down to a single call, as head, foreman and technician, with what each may not see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from evaluations.enums import Outcome
from evaluations.models import CallbackAttempt
from evaluations.scores.settle import settle
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.e2e.test_dissatisfied_to_confirmed import at, browser, sync_in_a_loop  # noqa: F401  (fixtures)
from tests.factories import make_callback, make_lead, make_person
from tests.worlds.months import AFTER, MAY, evaluated, technician
from workorders.models import WorkOrder

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
TODAY = days.moment_at(date(2026, 6, 10), time(10))
SUM = (
    "工长自评 2 张 20 调度回访 2 张 18 管理人员回访 0 张 0 总分 38 "
    "÷ 2 张 = 平均 19.00 2 × 0.15 = 数量 0.30 月度得分 19.30"
)
CALL = ["工长自评:满意 调度一", "拨打:接通并评价 调度一", "报修人评价:基本满意 调度一"]
NOT_YET = "回访结果在自评完成并发布后可见"


def test_from_the_star_to_a_single_call(at: Callable[..., Page]) -> None:  # noqa: F811
    head, foreman = make_person("科室负责人", "head"), make_person("工长甲", "foreman")
    worker, dispatcher = make_person("维修人一", "technician"), make_person("调度一", "dispatcher")
    star, mate, other = technician("W1", "甲", user=worker), technician("W2", "甲"), technician("W3", "乙")
    make_lead(star.crew, foreman)
    evaluated(star, 10, 10, dispatcher, number="A-1")
    attempt(evaluated(star, 10, 8, dispatcher, number="A-2"), dispatcher)
    evaluated(mate, 8, 6, dispatcher, number="A-3")
    evaluated(other, 8, 8, dispatcher, number="B-1")
    settle(MAY, by=head, now=AFTER)
    make_callback(
        evaluated(star, 10, None, foreman, day=date(2026, 6, 9), number="A-9"),
        dispatcher,
        rating="dissatisfied",
    )
    of_others = [
        reverse("evaluations:technician_month", args=[MAY, other.pk]),
        reverse("evaluations:crew_month", args=[MAY, other.crew_id]),
        reverse("evaluations:day_orders", args=[date(2026, 5, 11), other.pk]),
        reverse("orders:page", args=["B-1"]),
        f"{reverse('improvement:kpi', args=[MAY])}?crew={other.crew_id}",
    ]

    found = {person.username: path_of(at(TODAY, person), of_others) for person in (head, foreman, worker)}

    assert found == {
        "科室负责人": (
            ["师傅W1", "师傅W3", "师傅W2", "甲", "乙"],
            SUM,
            ["A-1", "A-2"],
            CALL,
            [200] * 5,
            "不满意",
        ),
        "工长甲": (["师傅W1", "师傅W2", "甲"], SUM, ["A-1", "A-2"], CALL, [404] * 5, NOT_YET),
        "维修人一": (["师傅W1"], SUM, ["A-1", "A-2"], CALL, [404] * 5, ""),
    }


def attempt(order: WorkOrder, caller: User) -> None:
    CallbackAttempt.objects.create(
        callback=order.callback,
        by=caller,
        started_at=order.due_at,
        ended_at=order.due_at,
        outcome=Outcome.REACHED,
        phone=order.reporter_phone,
    )


def path_of(page: Page, of_others: list[str]) -> tuple:
    """Rows of the month, the star's sum, its orders, the call; responses to others' pages; an unpublished result."""
    page.goto(reverse("evaluations:month", args=[MAY]))
    lines = texts(page, "td.card-title > a")
    page.locator("td.card-title > a", has_text="师傅W1").click()
    page.get_by_role("heading", name="第 1 名").wait_for()
    told = " ".join(texts(page, ".sum > *"))
    page.locator("td.card-title > a").click()
    page.get_by_role("link", name="A-2").wait_for()
    orders = texts(page, "td.card-title > a")
    page.get_by_role("link", name="A-2").click()
    page.locator(".events").wait_for()
    call = [event for event in events(page) if event.startswith(("工长自评", "拨打", "报修人评价"))]
    answers = [page.goto(address).status for address in of_others]
    page.goto(reverse("orders:page", args=["A-9"]))
    seen = page.locator("main").inner_text()
    return (
        lines,
        told,
        orders,
        call,
        answers,
        next((words for words in (NOT_YET, "不满意") if words in seen), ""),
    )


def texts(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


def events(page: Page) -> list[str]:
    """Each event and the person who caused it."""
    return [
        " ".join(event.locator("b, span.mute").all_inner_texts())
        for event in page.locator(".events > li").all()
    ]
