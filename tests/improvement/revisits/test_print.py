"""The form as one A4 page, printed by Chromium (domain §9)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from satisfaction.accounts.models import User
from tests.worlds.printing import facts_of, printed, text_of
from tests.worlds.revisits import NOW, dissatisfied, handed_in, types
from workorders.models import WorkOrder

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
A4 = "594.96 x 841.92 pts (A4)"
LONG = "报修人说交换机在早高峰反复重启,值班员每次都要到机房手动断电,希望给出明确的修复时间。"


@pytest.fixture(autouse=True)
def then(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def pdf_of(client, chromium, tmp_path):
    def pdf_of(order: WorkOrder, person: User, query: str = ""):
        client.force_login(person)
        response = client.get(reverse("improvement:revisit_print", args=[order.number]) + query)
        assert response.status_code == 200
        return printed(response.content.decode(), chromium=chromium, folder=tmp_path)

    return pdf_of


def filled(stage, **fields):
    order = dissatisfied(stage, number="WX-20260511-0042", reporter_name="张工", reporter_phone="13812344414")
    stage.foreman.name = "李工长"
    stage.foreman.save()
    return handed_in(stage, order, **fields).order


def test_filled_form_stands_on_one_page_in_the_order_of_the_plan(stage, pdf_of):
    order = filled(stage, problem_types=types(1, 4), other_problem="等太久")

    pdf = pdf_of(order, stage.foreman)

    facts = facts_of(pdf)
    assert (facts["Pages"], facts["Page size"]) == ("1", A4)
    assert text_of(pdf) == (
        "评价不满意回访表"
        "工单号WX-20260511-0042"
        f"所属工班{stage.crew.name}"
        "报修人张工"
        "报修人位置二号机房"
        "报修时间2026-05-1113:00"
        "报修人电话138****4414"
        "回访人李工长"
        "回访时间2026-05-1410:00"
        "报修人不满意问题和建议统计修了三次还是掉线"
        "不满意问题类型☑1维修人员故障响应速度☐2维修人员服务态度☐3经维修后设备运行状态☑4其它:等太久"
        "工长回访情况统计机房温度过高,交换机反复重启"
        "工长整改措施和建议加装风扇,每周巡检一次"
        "报修人签字:日期:工长签字:日期:"
    )


def test_blank_form_leaves_everything_but_the_order_to_the_pen(stage, pdf_of):
    order = dissatisfied(stage, number="WX-1", reporter_name="张工", reporter_phone="13812344414")

    pdf = pdf_of(order, stage.foreman, "?blank=1")

    assert facts_of(pdf)["Pages"] == "1"
    assert text_of(pdf) == (
        "评价不满意回访表"
        f"工单号WX-1所属工班{stage.crew.name}报修人张工报修人位置二号机房"
        "报修时间2026-05-1113:00报修人电话13812344414回访人回访时间报修人不满意问题和建议统计"
        "不满意问题类型☐1维修人员故障响应速度☐2维修人员服务态度☐3经维修后设备运行状态☐4其它"
        "工长回访情况统计工长整改措施和建议报修人签字:日期:工长签字:日期:"
    )


def test_a_form_not_begun_holds_what_the_reporter_said_by_phone(stage, pdf_of):
    order = dissatisfied(stage, words="还是坏的", types=(2,))

    text = text_of(pdf_of(order, stage.foreman))

    assert "统计还是坏的不满意问题类型☐1维修人员故障响应速度☑2维修人员服务态度" in text


@pytest.mark.parametrize("times", [1, 4, 8, 12, 16, 20, 24, 40])
def test_however_much_is_written_it_stays_one_page(stage, pdf_of, times):
    """From a few lines to more than fits: every font size, and truncation."""
    order = filled(stage, words=LONG * times, findings=LONG * times, measure=f"{LONG}\n" * times)

    pdf = pdf_of(order, stage.foreman)

    assert facts_of(pdf)["Pages"] == "1"
    assert text_of(pdf).endswith("报修人签字:日期:工长签字:日期:")


def test_long_names_and_places_do_not_break_the_page(stage, pdf_of):
    order = filled(stage, words=LONG * 40, findings=LONG * 40, measure=LONG * 40)
    WorkOrder.objects.update(number="N" * 64, reporter_name="名" * 100, reporter_location="处" * 200)
    order.refresh_from_db()

    assert facts_of(pdf_of(order, stage.foreman))["Pages"] == "1"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_english_takes_no_second_page_either(client, stage, pdf_of, language):
    client.cookies["django_language"] = language
    words = "The switch restarts every morning, and somebody has to pull the plug. "
    order = filled(stage, words=words * 25, findings=words * 25, measure=words.upper() * 12)

    assert facts_of(pdf_of(order, stage.foreman))["Pages"] == "1"
