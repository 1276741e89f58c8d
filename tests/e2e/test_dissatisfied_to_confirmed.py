"""From a dissatisfied reporter to a confirmed improvement, in a real browser, over two months of centre time.

Dissatisfied call → published → revisit on a phone → printed page → meeting → project → steps → effect confirmed at
the next meeting → timeline complete.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest
import segno
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from evaluations.models import ProblemType
from improvement.enums import Decision
from improvement.models import AnalysisMeeting, ImprovementProject, Revisit
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.e2e.test_foreman_sheet import FLAGS, session_of
from tests.factories import make_callback, make_self_evaluation
from tests.worlds.crew import Stage, make_stage
from tests.worlds.printing import facts_of, text_of
from workorders.models import WorkOrder

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
MAY_11, MAY_12, MAY_14 = (date(2026, 5, day) for day in (11, 12, 14))
JUNE, JUNE_10, JUNE_12 = date(2026, 6, 1), date(2026, 6, 10), date(2026, 6, 12)
JULY, JULY_13, JULY_15 = date(2026, 7, 1), date(2026, 7, 13), date(2026, 7, 15)
DPI = 150
PAPER = (
    "评价不满意回访表工单号WX-20260511-0042所属工班工班甲报修人张工报修人位置二号机房"
    "报修时间2026-05-1113:00报修人电话138****4414回访人工长甲回访时间2026-05-1410:00"
    "报修人不满意问题和建议统计修了三次还是掉线"
    "不满意问题类型☐1维修人员故障响应速度☐2维修人员服务态度☑3经维修后设备运行状态☐4其它"
    "工长回访情况统计机房温度过高,交换机反复重启工长整改措施和建议加装风扇,每周巡检一次"
    "报修人签字:日期:工长签字:日期:"
)
TIMELINE = [
    ("报修", "张工", True),
    ("首次联系", "维修人甲 W0042", False),
    ("修复", "维修人甲 W0042", True),
    ("关闭", "工班甲", True),
    ("收到工单", "", False),
    ("工长自评:满意", "工长甲", True),
    ("拨打:接通并评价", "dispatcher", True),
    ("报修人评价:不满意", "dispatcher", True),
    ("发布给工班", "dispatcher", True),
    ("工长当面回访", "工长甲", True),
    ("开始填写回访表", "工长甲", True),
    ("提交回访表", "工长甲", True),
    ("故障分析会:新建改善项目", "head", True),
    ("改善项目:修了三次还是掉线", "head", True),
    ("整改效果评定", "manager", True),
    ("整改效果确认", "head", True),
]


@pytest.fixture(autouse=True)
def sync_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop running in this thread, but the ORM is still used synchronously."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def stage() -> Stage:
    stage = make_stage()
    stage.crew.name, stage.foreman.name = "工班甲", "工长甲"
    stage.crew.save()
    stage.foreman.save()
    stage.technician.name, stage.technician.employee_no = "维修人甲", "W0042"
    stage.technician.save()
    return stage


@pytest.fixture
def order(stage: Stage) -> WorkOrder:
    """Rated by the crew, drawn for the dispatcher, not called yet."""
    order = stage.order(
        number="WX-20260511-0042", reporter_name="张工", reporter_phone="13812344414", day=MAY_11
    )
    make_self_evaluation(order, by=stage.foreman, rated_at=days.moment_at(MAY_12, time(8, 45)))
    make_callback(order, stage.dispatcher)
    return order


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def at(browser: Browser, live_server, time_machine) -> Callable[..., Page]:
    """A page with the person signed in at the given time of the centre; the clock runs on from there."""

    def at(moment: datetime, person: User, screen: dict[str, int] = DESK) -> Page:
        for context in browser.contexts:
            context.close()
        time_machine.move_to(moment)
        session = session_of(person, live_server.url)
        context = browser.new_context(viewport=screen, base_url=live_server.url, locale="zh-CN")
        context.add_cookies([session])
        context.set_default_timeout(60_000)
        return context.new_page()

    return at


def at_clock(day: date, hour: int, minute: int = 0) -> datetime:
    return days.moment_at(day, time(hour, minute))


def press(page: Page, button: str, *, sure: bool = False) -> None:
    """Presses the button, confirms if asked, and waits for the next page."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()
        if sure:
            page.locator("#confirm button[value=yes]").click()


def test_a_dissatisfied_call_leads_to_a_confirmed_improvement(
    at: Callable[..., Page], stage: Stage, order: WorkOrder, tmp_path: Path
):
    phone_and_publish(at, stage)
    revisit_on_the_phone(at, stage, order)
    look_at_the_paper(at, stage, order, tmp_path)
    decide_in_the_meeting(at, stage)
    project = ImprovementProject.objects.get()
    work_on_the_project(at, stage, project)
    confirm_in_the_next_meeting(at, stage, project)

    page = at(at_clock(JULY_15, 16), stage.foreman, PHONE)
    page.goto(reverse("orders:page", args=[order.number]))
    page.screenshot(path=tmp_path / "timeline.png", full_page=True)
    told = [
        (
            entry.locator("b").inner_text(),
            " ".join(entry.locator("> .mute").all_inner_texts()),
            entry.locator("a").count() == 1,
        )
        for entry in page.locator(".events > li").all()
    ]
    assert [one for one in told if not one[0].startswith("抽取")] == TIMELINE


def phone_and_publish(at: Callable[..., Page], stage: Stage) -> None:
    """The reporter is dissatisfied and the day is published: the foreman's home page lists the revisit."""
    page = at(at_clock(MAY_12, 10), stage.dispatcher)
    page.goto(reverse("evaluations:desk"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state()
    for key in ("3", "o", "t"):  # dissatisfied, with the equipment's state, in the reporter's own words
        page.keyboard.press(key)
    page.keyboard.type("修了三次还是掉线")
    press_key(page, "Control+Enter")

    page = at(at_clock(MAY_12, 17, 30), stage.dispatcher)
    page.goto(f"{reverse('evaluations:board')}?day={MAY_11}")
    press(page, "发布")


def press_key(page: Page, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def revisit_on_the_phone(at: Callable[..., Page], stage: Stage, order: WorkOrder) -> None:
    page = at(at_clock(MAY_14, 11), stage.foreman, PHONE)
    page.goto(reverse("home"))
    page.get_by_role("link", name=order.number).first.click()
    page.get_by_label("回访时间").fill("2026-05-14T10:00")
    page.get_by_label("工长回访情况统计").fill("机房温度过高,交换机反复重启")
    page.get_by_label("工长整改措施和建议").fill("加装风扇,每周巡检一次")
    press(page, "提交")
    page.get_by_text("回访表已提交").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert Revisit.objects.get().words == "修了三次还是掉线"


def look_at_the_paper(at: Callable[..., Page], stage: Stage, order: WorkOrder, folder: Path) -> None:
    """One A4 page with the form's fields in order, white margins, and a code with the record's address."""
    page = at(at_clock(MAY_14, 12), stage.foreman)
    address = reverse("improvement:revisit", args=[order.number])
    page.goto(reverse("improvement:revisit_print", args=[order.number]))
    record = page.url.removesuffix(page.evaluate("location.pathname")) + address
    pdf, picture = folder / "form.pdf", folder / "form"
    page.pdf(path=pdf, prefer_css_page_size=True)
    subprocess.run(["pdftoppm", "-png", "-singlefile", "-gray", "-r", str(DPI), pdf, picture], check=True)
    shot = Image.open(picture.with_suffix(".png")).convert("L")

    facts = facts_of(pdf)
    assert (facts["Pages"], re.sub(r"[\d.]+", lambda m: f"{float(m[0]):.0f}", facts["Page size"])) == (
        "1",
        "595 x 842 pts (A4)",
    )
    assert text_of(pdf) == PAPER
    left, right = margins_of(shot)
    assert min(left, right) > 0.3 * DPI and abs(left - right) <= 3  # the whole frame, where a printer reaches
    code = [[bool(cell) for cell in row] for row in segno.make(record, error="m").matrix]
    assert code_on(shot, len(code)) == code


def ink(shot: Image.Image) -> Image.Image:
    return shot.point(lambda grey: 255 if grey < 128 else 0)


def margins_of(shot: Image.Image) -> tuple[int, int]:
    """Width of the white margins left and right of the form's frame, in dots, at half height."""
    middle = ink(shot).crop((0, int(shot.height * 0.45), shot.width, int(shot.height * 0.55)))
    left, _top, right, _bottom = middle.getbbox() or (0, 0, 0, 0)
    return left, shot.width - right


def code_on(shot: Image.Image, size: int) -> list[list[bool]]:
    """Reads the modules of the code (`size` per side) in the upper right corner of the picture."""
    corner = ink(shot).crop((int(shot.width * 0.75), 0, shot.width, int(shot.height * 0.12)))
    code = corner.crop(corner.getbbox())
    middles = [int((n + 0.5) * code.width / size) for n in range(size)]
    return [[code.getpixel((x, y)) > 0 for x in middles] for y in middles]


def decide_in_the_meeting(at: Callable[..., Page], stage: Stage) -> None:
    """The meeting is called in May, opened on its day and closed, with the decision typed during it."""
    page = at(at_clock(MAY_14, 14), stage.manager)
    page.goto(reverse("improvement:meetings"))
    page.get_by_label("时间").fill("2026-06-10T14:00")
    page.get_by_label("地点").fill("会议室")
    press(page, "安排会议")

    page = at(at_clock(JUNE_10, 14, 2), stage.head)
    page.goto(reverse("improvement:meeting", args=[JUNE]))
    press(page, "开始会议", sure=True)
    page.keyboard.press("1")
    page.get_by_label("会议讨论确定整改措施").fill("机房加装空调,故障件批次更换")
    page.get_by_label("负责人").select_option(label=str(stage.manager))
    press_key(page, "Control+Enter")
    page.get_by_label("其他参加人").fill("厂家一人")
    press(page, "保存")
    press(page, "结束会议", sure=True)

    meeting = AnalysisMeeting.objects.get()
    assert [(item.decision, item.decided_by) for item in meeting.items.all()] == [
        (Decision.NEW_PROJECT, stage.head)
    ]
    assert (meeting.state, meeting.other_attendees) == ("closed", "厂家一人")


def work_on_the_project(at: Callable[..., Page], stage: Stage, project: ImprovementProject) -> None:
    """The crew begins a step and reports it done on the phone; its effect is evaluated when the period is over."""
    page = at(at_clock(JUNE_10, 16), stage.manager)
    page.goto(reverse("improvement:step_add", args=[project.pk]))
    page.get_by_label("工作内容").fill("装空调")
    page.get_by_label("期限").fill(JUNE_12.isoformat())
    page.get_by_label("工班").select_option(label="工班甲")
    press(page, "添加步骤")
    press(page, "开始推进")

    page = at(at_clock(JUNE_12, 17), stage.foreman, PHONE)
    page.goto(reverse("improvement:project", args=[project.pk]))
    page.get_by_role("link", name="报告进展").click()
    page.get_by_label("进展").fill("已装好")
    page.get_by_label("完成日").fill(JUNE_12.isoformat())
    press(page, "保存")

    page = at(at_clock(JULY_13, 9), stage.manager)
    page.goto(reverse("improvement:project", args=[project.pk]))
    page.get_by_role("link", name="评定效果").click()
    page.get_by_label("整改效果评定").fill("未再掉线")
    press(page, "提交评定")
    page.get_by_text("工单太少,看不出效果").wait_for()


def confirm_in_the_next_meeting(at: Callable[..., Page], stage: Stage, project: ImprovementProject) -> None:
    page = at(at_clock(JULY_13, 10), stage.manager)
    page.goto(reverse("improvement:meetings"))
    page.get_by_label("时间").fill("2026-07-15T14:00")
    press(page, "安排会议")

    page = at(at_clock(JULY_15, 14), stage.head)
    page.goto(reverse("improvement:meeting", args=[JULY]))
    press(page, "开始会议", sure=True)
    page.keyboard.press("1")
    press_key(page, "Control+Enter")
    press(page, "结束会议", sure=True)

    project.refresh_from_db()
    assert (project.state, project.effect, project.confirmed_by) == ("confirmed", "未再掉线", stage.head)
    assert list(project.problem_types.all()) == [ProblemType.objects.get(code=3)]
