"""The main day in a real browser against the running product: a real month comes in from Excel, is rated, drawn,
phoned, published, acknowledged, scored, ranked and goes out again; in production's shape and embedded.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect, sync_playwright
from python_calamine import CalamineWorkbook

from tests import services
from tests.processes import House, until
from tests.test_conventions import ROOT

pytestmark = [pytest.mark.browser]
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
).split()
# Incident management process enriched event log, UCI Machine Learning Repository, CC BY 4.0 (tests/data/README.md)
MARCH = ROOT / "tests" / "data" / "fault-workbook-2016-03.xlsx"
TIMES = ("报修时间", "首次联系时间", "完成时间", "关闭时间")
expect.set_options(timeout=180_000)  # a machine under load is no reason to fail
PASSWORD = "a long enough pass phrase 7"
PEOPLE = """用户名,姓名,角色,工班,工号
{crew}
lead,调度长甲,lead,,
dispatcher1,调度甲,dispatcher,,
dispatcher2,调度乙,dispatcher,,
manager1,管理人员甲,manager,,
manager2,管理人员乙,manager,,
head,科室负责人甲,head,,
admin,系统管理员甲,admin,,
"""
PRODUCTION = [
    ("gunicorn", "--config", "deploy/gunicorn.conf.py", "satisfaction.wsgi"),
    ("celery", "--app", "satisfaction", "worker", "--concurrency", "2", "--loglevel", "INFO"),
]


def yesterday() -> date:
    return timezone.localdate() - timedelta(days=1)


@pytest.fixture
def month(tmp_path: Path) -> Path:
    """The real month, shifted so that its last day is yesterday; an order never closed in the future."""
    book = load_workbook(MARCH)
    sheet = book.active
    columns = [cell.column for cell in sheet[1] if cell.value in TIMES]
    shift = yesterday() - date(2016, 3, 31)
    for row in sheet.iter_rows(min_row=2):
        for column in columns:
            if isinstance(row[column - 1].value, (datetime, date)):
                row[column - 1].value += shift
    book.save(tmp_path / "month.xlsx")
    return tmp_path / "month.xlsx"


@pytest.fixture
def postgres() -> Iterator[str]:
    """A database of its own on the server that was found."""
    server, name = services.postgres(), f"main_day_{uuid4().hex[:8]}"
    if not server:
        pytest.skip("needs PostgreSQL")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield re.sub(r"/[^/]*$", f"/{name}", server)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[House]:
    """One process: web, worker and beat, on SQLite."""
    with closing(House(tmp_path, settings={"MEDIA_ROOT": str(tmp_path / "media")})) as house:
        house.serve()
        house.until_healthy()
        yield house


@pytest.fixture
def production(tmp_path: Path, postgres: str, redis_url: str) -> Iterator[House]:
    """Web, worker and beat as processes of their own, on PostgreSQL and Redis (its database 7)."""
    broker = re.sub(r"/\d*$", "/7", redis_url)
    media, web = {"MEDIA_ROOT": str(tmp_path / "media")}, {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}
    settings = {"DATABASE_URL": postgres, "REDIS_URL": broker, **media, **web}
    with closing(House(tmp_path, settings=settings)) as house:
        for command in (["migrate", "--no-input"], ["collectstatic", "--no-input"]):
            done = house.run("python", "manage.py", *command, "-v0")
            assert done.returncode == 0, done.stderr
        for program, *arguments in PRODUCTION:
            house.start(program, *arguments)
        schedule = str(tmp_path / "celerybeat-schedule")
        house.start("celery", "--app", "satisfaction", "beat", "--schedule", schedule, "--loglevel", "INFO")
        until(lambda: (house.health() or {}).get("status") == "ok")
        yield house


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Story:
    """The people of the day, each with a browser window of his or her own."""

    def __init__(self, house: House, browser: Browser, folder: Path) -> None:
        self.house, self.browser, self.folder = house, browser, folder
        self.pages: dict[str, Page] = {}

    def manage(self, *arguments: str) -> dict[str, Any]:
        done = self.house.run("python", "manage.py", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def bring_people(self, crew: str) -> None:
        """Accounts from a file, each with a one-time link."""
        people, links = self.folder / "people.csv", self.folder / "links.csv"
        people.write_text(PEOPLE.format(crew=f"foreman,工长甲,foreman,{crew},"))
        self.manage("import_people", str(people), "--links", str(links))
        with links.open() as file:
            self.links = {row["username"]: row["link"] for row in csv.DictReader(file)}

    def sign_in(self, who: str, width: int = 1440, height: int = 900) -> Page:
        """First sign-in by the one-time link: choose a password, be at home."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            base_url=f"http://127.0.0.1:{self.house.port}",
            locale="zh-CN",
            accept_downloads=True,
        )
        context.set_default_timeout(120_000)
        page = self.pages[who] = context.new_page()
        page.goto(re.sub(r"^https?://[^/]+", "", self.links[who]))
        page.fill("input[name=new_password1]", PASSWORD)
        page.fill("input[name=new_password2]", PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return page

    def import_month(self, file: Path) -> None:
        page = self.sign_in("admin")
        page.goto("/imports/")
        page.set_input_files("input[type=file]", file)
        if (create := page.locator("input[name=create_people]")).count():
            create.check()
        page.get_by_role("button", name="检查文件").click()
        page.get_by_role("button", name=re.compile(r"导入 5,?848 张工单")).click()
        expect(page.locator("h1")).to_have_text("导入完成")

    def drawn(self, crew: str) -> dict[str, dict[str, str]]:
        """The register of the crew's orders by number, once the night work has been there."""
        self.manage("catch_up")
        found = {}
        for month in sorted({f"{day:%Y-%m}" for day in (yesterday() - timedelta(days=30), yesterday())}):
            output = self.folder / f"{month}.csv"
            self.manage("assignments", "--month", month, "--output", str(output))
            with output.open() as file:
                found |= {row["number"]: row for row in csv.DictReader(file) if row["crew"] == crew}
        return found

    def rate(self, drawn: dict[str, dict[str, str]]) -> list[dict[str, str]]:
        """The foreman on the phone: one tap a card, no page load between cards. Gives the orders rated."""
        page = self.sign_in("foreman", 390, 844)
        page.goto("/self-evaluation/")
        cards = page.locator("article.rate-card")
        numbers = [cards.nth(n).get_attribute("aria-label") or "" for n in range(cards.count())]
        chosen = [
            row
            for group in ("dispatcher", "manager")
            for row in [drawn[number] for number in numbers if drawn[number]["group"] == group][:2]
        ]
        for row in chosen:
            card = page.locator(f"article[aria-label='{row['number']}']")
            card.get_by_role("button", name=re.compile("^满意")).click()
            expect(card.get_by_text("已提交")).to_be_visible()
        return chosen

    def phone(self, who: str, number: str) -> None:
        """The caller at the desk: from the order to its call, every question answered by keyboard."""
        page = self.pages.get(who) or self.sign_in(who)
        page.goto(f"/orders/{number}/")
        page.get_by_role("link", name="去回访").click()
        if (start := page.get_by_role("button", name=re.compile("开始回访"))).count():
            start.click()
        expect(page.locator("[data-key=Q]").first).to_be_visible()
        for key in "eafz1":
            page.keyboard.press(key)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    def publish(self, day: str) -> None:
        page = self.pages.get("lead") or self.sign_in("lead")
        page.goto(f"/board/?day={day}")
        if (reason := page.locator("input[name=reason]")).count():
            reason.fill("当天工单太多,明天继续回访")
        page.get_by_role("button", name="发布", exact=True).click()
        expect(page.locator("#notices")).to_contain_text("发布")

    def acknowledge(self, day: str) -> None:
        page = self.pages["foreman"]
        page.goto(f"/results/?day={day}")
        page.get_by_role("button", name=re.compile("确认这天的结果")).click()
        expect(page.locator("#notices")).to_contain_text("已确认")

    def export(self, first: str) -> list[list[Any]]:
        """The workbook from `first` to yesterday as the admin downloads it."""
        page = self.pages["admin"]
        page.goto("/exports/")
        page.fill("input[name=first]", first)
        page.fill("input[name=last]", str(yesterday()))
        with page.expect_download() as download:
            page.get_by_role("button", name="下载").click()
        target = self.folder / "export.xlsx"
        download.value.save_as(target)
        return CalamineWorkbook.from_path(target).get_sheet_by_index(0).to_python()


def busy_crew(file: Path) -> str:
    """The crew with most complete orders yesterday: the story follows its orders."""
    rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    at = {
        name: rows[0].index(name) for name in ("所属工班", "维修人工号", "关闭时间", "登记渠道", "报修人电话")
    }
    closed = [row for row in rows[1:] if str(row[at["关闭时间"]])[:10] == str(yesterday())]
    whole = [row for row in closed if all(row[at[name]] for name in at) and row[at["登记渠道"]] != "其他"]
    return Counter(row[at["所属工班"]] for row in whole).most_common(1)[0][0]


def tell(house: House, browser: Browser, month: Path, folder: Path) -> None:
    story, crew = Story(house, browser, folder), busy_crew(month)
    story.bring_people(crew)
    story.import_month(month)
    followed = story.rate(story.drawn(crew))
    days = sorted({row["day"] for row in followed})
    for row in followed:
        story.phone(row["caller"], row["number"])
    for day in days:
        story.publish(day)
        story.acknowledge(day)
    scores = [story.manage("score_day", day) for day in days]
    rankings = [story.manage("rank_month", month) for month in sorted({day[:7] for day in days})]
    exported = {row[0]: row for row in story.export(days[0])}

    assert {row["group"] for row in followed} == {"dispatcher", "manager"}
    assert sum(score["taking_part"] for score in scores) == len(followed)
    assert sum(score["points"] for score in scores) == 20 * len(followed)
    scored = [row for ranking in rankings for row in ranking["technicians"] if row["taking_part"]]
    assert sum(row["taking_part"] for row in scored) == len(followed)
    assert {row["employee_no"] for row in scored} == {row["technician"] for row in followed}
    assert {row["mean"] for row in scored} == {"20.00"}
    assert exported["工单号"][26] == "分值累计"
    assert {exported[row["number"]][26] for row in followed} == {20}


def test_main_day_embedded(embedded, browser, month, tmp_path):
    tell(embedded, browser, month, tmp_path)


@pytest.mark.redis
def test_main_day_in_production(production, browser, month, tmp_path):
    tell(production, browser, month, tmp_path)
