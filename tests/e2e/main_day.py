"""The steps of the main day in a browser, and checks from outside the running product.

The test reads the product's commands and its database: it picks a crew and two of its orders from the register of
the draw, because the crew's pages do not show the caller.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import load_workbook
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.processes import House

ORDERS, IN_SCOPE, INCOMPLETE = 5_848, 4_893, 925
PASSWORD = "A long way to the server room"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
UNDRAWN = """
    SELECT o.number FROM workorders_workorder o LEFT JOIN evaluations_callback c ON c.order_id = o.id
    WHERE c.id IS NULL AND o.kind = 'fault' AND o.channel = 'hotline' AND o.crew_id IS NOT NULL
        AND o.technician_id IS NOT NULL AND o.reporter_phone <> '' AND o.duplicate_of_id IS NULL"""
DRAWN = "SELECT COUNT(*), COUNT(DISTINCT order_id) FROM evaluations_callback"
ALONE = """
    SELECT o.number FROM workorders_workorder o WHERE NOT EXISTS (
        SELECT 1 FROM workorders_workorder other
        JOIN evaluations_callback theirs ON theirs.order_id = other.id
        JOIN evaluations_callback own ON own.order_id = o.id AND own.caller_id = theirs.caller_id
        WHERE other.reporter_phone_key = o.reporter_phone_key AND other.id <> o.id)"""


class Drawn(NamedTuple):
    """One row of the draw's register."""

    number: str
    day: str
    crew: str
    technician: str
    caller: str
    group: str


@dataclass
class Centre:
    """A running installation, its people, and where each of them is signed in."""

    house: House
    last: date
    browser: Browser
    links: dict[str, str] = field(default_factory=dict)
    seats: dict[str, Page] = field(default_factory=dict)

    def command(self, *arguments: str) -> Any:
        """The output of a command of docs/contract.md."""
        done = self.house.run("python", "manage.py", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def person(self, username: str, size: dict[str, int] = DESK) -> Page:
        """A signed-in page for the person; the first time, opens the one-time link and sets a password."""
        if username in self.seats:
            return self.seats[username]
        page = self.seats[username] = self.context(size).new_page()
        page.goto(self.links[username])
        for name in ("new_password1", "new_password2"):
            page.fill(f"[name={name}]", PASSWORD)
        goes_on(page, page.get_by_role("button", name="设置密码并登录").click)
        return page

    def context(self, size: dict[str, int]) -> BrowserContext:
        context = self.browser.new_context(viewport=size, base_url=self.house.url, locale="zh-CN")
        context.set_default_timeout(120_000)
        return context


def goes_on(page: Page, act: Callable[[], object]) -> None:
    """Performs an action that leads to another page, and waits for that page."""
    with page.expect_navigation():
        act()


def people(rows: list[list[Any]]) -> list[list[str]]:
    """A lead, two dispatchers, two managers, and a foreman for each crew of the workbook."""
    crews = sorted({row[rows[0].index("所属工班")] for row in rows[1:]} - {""})
    office = [("lead", "调度长", "lead"), ("d1", "调度一", "dispatcher"), ("d2", "调度二", "dispatcher")]
    office += [("m1", "管理一", "manager"), ("m2", "管理二", "manager")]
    return [
        ["username", "name", "roles", "crew"],
        *([*one, ""] for one in office),
        *([foreman_of(crew), f"{crew}工长", "foreman", crew] for crew in crews),
    ]


def foreman_of(crew: str) -> str:
    return "f" + re.sub(r"\D", "", crew)


def move_in(centre: Centre, rows: list[list[Any]]) -> None:
    """The first steps of the README: migrate, the first admin, people with one-time links."""
    folder = centre.house.folder
    with (folder / "people.csv").open("w", newline="") as file:
        csv.writer(file).writerows(people(rows))
    centre.house.settings["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    made = centre.house.run(
        "python", "manage.py", "createsuperuser", "--noinput", "--username", "chief", "--name", "系统管理员"
    )
    assert made.returncode == 0, made.stderr
    links = folder / "links.csv"
    brought = centre.command("import_people", str(folder / "people.csv"), "--links", str(links))
    assert (brought["created"], brought["rejected"]) == (len(people(rows)) - 1, 0)
    with links.open() as file:
        centre.links = {row["username"]: row["link"] for row in csv.DictReader(file)}


# --- Steps, in the order of the day ---------------------------------------------------------------------


def sign_in_as_admin(centre: Centre) -> Page:
    page = centre.context(DESK).new_page()
    page.goto("/")
    page.fill("[name=username]", "chief")
    page.fill("[name=password]", PASSWORD)
    goes_on(page, page.get_by_role("button", name="登录").click)
    return page


def check_workbook(page: Page, month: Path) -> None:
    """Uploads a workbook and opens the preview; nothing is stored yet."""
    page.goto("/imports/")
    page.set_input_files("[name=file]", month)
    page.check("[name=create_people]")
    goes_on(page, page.get_by_role("button", name="检查文件").click)
    expect(page.get_by_role("heading", name="预览")).to_be_visible()
    expect(page.locator("main")).to_contain_text(re.compile(r"新维修人\s*147"))


def confirm_import(page: Page) -> None:
    goes_on(page, page.get_by_role("button", name=f"导入 {ORDERS} 张工单").click)


def see_import_done(page: Page) -> None:
    expect(page.get_by_role("heading", name="导入完成")).to_be_visible()
    counts = page.locator("main .line").first.inner_text().split()
    assert [int(word) for word in counts if word.isdecimal()] == [ORDERS, ORDERS, 0, 0, 0, INCOMPLETE]


def register(centre: Centre) -> list[Drawn]:
    """The register of the months that the moved month overlaps."""
    file, drawn = centre.house.folder / "register.csv", []
    for month in sorted({f"{day:%Y-%m}" for day in (centre.last - timedelta(days=30), centre.last)}):
        centre.command("assignments", "--month", month, "--output", str(file))
        with file.open() as written:
            drawn += [Drawn(**row) for row in csv.DictReader(written)]
    return drawn


def pick_orders(centre: Centre) -> tuple[Drawn, Drawn]:
    """Two orders of one crew and day, one called by a dispatcher and one by a manager; the smallest such crew.

    The caller has no other order of that reporter, so that each call covers one order.
    """
    drawn, alone = register(centre), {number for (number,) in centre.house.rows(ALONE)}
    assert len(drawn) == IN_SCOPE
    size = Counter(row.crew for row in drawn)
    groups: defaultdict[tuple[str, str], dict[str, Drawn]] = defaultdict(dict)
    for row in drawn:
        if row.number in alone:
            groups[row.crew, row.day][row.group] = row
    (crew, day) = min((key for key in groups if len(groups[key]) == 2), key=lambda key: (size[key[0]], key))
    return groups[crew, day]["dispatcher"], groups[crew, day]["manager"]


def rate_on_the_phone(page: Page, number: str, look: str) -> None:
    """The card of one order, opened with one tap if it is further down the list."""
    page.goto("/self-evaluation/")
    card = page.locator(f"article[aria-label='{number}']")
    while not card.count():
        shown = page.locator(".rate-card").count()
        page.locator("#more-cards").click()
        expect(page.locator(".rate-card").nth(shown)).to_be_attached()
    card.locator(f".rate .{look}").click()
    expect(card.get_by_text("已提交")).to_be_visible()


def call_reporter(page: Page, number: str, rating: str) -> None:
    """Goes from the order's page to the call, fills in the answers, and saves."""
    page.goto(f"/orders/{number}/")
    goes_on(page, page.get_by_role("link", name="去回访").click)
    goes_on(page, page.get_by_role("button", name="开始回访").click)
    expect(page.locator(".desk-order").get_by_role("heading", name=number)).to_be_visible()
    for question, value in {
        "response": "not_sure",
        "manner": "yes",
        "uncivil": "no",
        "repaired": "yes",
    }.items():
        page.locator(f"[name={question}][value={value}] + label").click()
    page.locator(f"[name=rating][value={rating}] + label").click()
    goes_on(page, page.locator(".desk-actions .main-button").click)
    expect(page.locator("[data-saved]")).to_be_attached()


def publish(page: Page, day: str) -> None:
    page.goto(f"/board/?day={day}")
    expect(page.locator("[data-live=publish]")).to_contain_text("发布 2 条结果")
    page.fill("[name=reason]", "人手不足")
    goes_on(page, page.get_by_role("button", name="发布", exact=True).click)
    expect(page.locator("[data-live=publish]")).to_contain_text("没有待发布的结果")


def acknowledge(page: Page, day: str, *numbers: str) -> None:
    page.goto(f"/results/?day={day}")
    for number in numbers:
        expect(page.locator(".result-row", has_text=number).locator(".result-sum b")).to_be_visible()
    goes_on(page, page.get_by_role("button", name="确认这天的结果").click)
    expect(page.locator("main")).to_contain_text("已确认")


def ranking(page: Page, day: str, *technicians: str) -> dict[str, tuple[str, str]]:
    """Rank and score of each technician on the month's page."""
    page.goto(f"/months/{day[:7]}/")
    lines = {no: page.get_by_role("row").filter(has=page.get_by_text(no, exact=True)) for no in technicians}
    return {
        no: (
            line.locator("[data-label=名次]").inner_text().strip(),
            line.locator("[data-label=得分]").inner_text().strip(),
        )
        for no, line in lines.items()
    }


def export(page: Page, day: str, folder: Path) -> list[dict[str, Any]]:
    """The rows of a day in the downloaded workbook."""
    page.goto("/exports/")
    page.fill("[name=first]", day)
    with page.expect_download() as download:
        page.get_by_role("button", name="下载").click()
    path = folder / "export.xlsx"
    download.value.save_as(path)
    book = load_workbook(path)
    assert book.sheetnames == ["每日故障统计", "每日得分", "不满意工单"]
    cells = list(book.worksheets[0].iter_rows(values_only=True))
    head = next(at for at, row in enumerate(cells) if "工单号" in row)
    return [dict(zip(cells[head], row, strict=True)) for row in cells[head + 1 :]]


def main_day(centre: Centre, admin: Page) -> None:
    """Checks what every deployment shape must do, from the draw to the workbook, on two orders of one crew."""
    dispatchers, managers = pick_orders(centre)
    day = dispatchers.day
    foreman = centre.person(foreman_of(dispatchers.crew), PHONE)
    rate_on_the_phone(foreman, dispatchers.number, "good")
    rate_on_the_phone(foreman, managers.number, "fair")
    call_reporter(centre.person(dispatchers.caller), dispatchers.number, "satisfied")
    manager = centre.person(managers.caller)
    call_reporter(manager, managers.number, "basically_satisfied")
    publish(centre.person("lead"), day)
    acknowledge(foreman, day, dispatchers.number, managers.number)

    if dispatchers.technician == managers.technician:
        scores = {dispatchers.technician: ("1", "18.30")}  # (20 + 16) ÷ 2 + 2 × 0.15
    else:
        scores = {dispatchers.technician: ("1", "20.15"), managers.technician: ("2", "16.15")}
    assert ranking(manager, day, *scores) == scores
    exported = export(admin, day, centre.house.folder)
    check_export(exported, dispatchers, managers)
    (stored,) = centre.house.rows(f"SELECT COUNT(*) FROM workorders_workorder WHERE closed_on = '{day}'")
    assert (len(exported),) == stored
    assert centre.command("verify_assignment", day)["equal"] is True


def check_export(rows: list[dict[str, Any]], dispatchers: Drawn, managers: Drawn) -> None:
    names = {"d1": "调度一", "d2": "调度二", "lead": "调度长", "m1": "管理一", "m2": "管理二"}
    columns = ("工长测评分值", "调度测评人", "调度测评分值", "管理人员测评人", "管理人员测评分值", "分值累计")
    found = {row["工单号"]: tuple(row[column] for column in columns) for row in rows if row["分值累计"]}

    assert found == {
        dispatchers.number: (10, names[dispatchers.caller], 10, None, None, 20),
        managers.number: (8, None, None, names[managers.caller], 8, 16),
    }


def everything_is_drawn(house: House) -> bool:
    return not house.rows(UNDRAWN) and house.rows(DRAWN) == [(IN_SCOPE, IN_SCOPE)]
