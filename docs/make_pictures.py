"""`make pictures`: the screens of the two READMEs, taken from the demonstration in a house of its own.

`python -m docs.make_pictures [NAME…]` takes only these. Chromium as the tests find it (CHROMIUM or its usual places).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Response, sync_playwright

from tests import services
from tests.processes import BIN, House

PICTURES = Path(__file__).resolve().parent / "pictures"
LANGUAGES = {"zh": "zh-hans", "en": "en"}
DESK, PHONE, PAPER = (1440, 900), (390, 844), (900, 1180)
MOST_BYTES = 150_000
COLOURS = (128, 96, 64, 48, 32)
SHOWN_HOUR = 11
PASSWORD = "xiuwan-2026"  # every account of the demonstration
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb"]

Walk = Callable[[Page], object]


def to(address: str) -> Walk:
    return lambda page: page.goto(address)


def next_call(page: Page) -> None:
    """The dispatcher's main button, and the first answers of the talk."""
    page.goto("/desk/")
    with page.expect_navigation():
        page.click("form[action$='/desk/next/'] button")
    begin = page.locator("form[action$='/open/'] button")
    if begin.count():
        begin.first.click()
        page.wait_for_load_state("networkidle")


def last_month(page: Page) -> None:
    """The settled month: its ranking, star and winning crew."""
    page.goto("/months/")
    page.goto(f"/months/{previous(page.url, page)}/")


def previous(address: str, page: Page) -> str:
    """The month before the newest that the page speaks of."""
    months = sorted(set(re.findall(r"/months/(\d{4}-\d{2})/", page.content() + address)))
    return months[-2] if len(months) > 1 else months[-1]


def newest(listing: str, pattern: str, last: int = -1) -> Walk:
    """The page of a list's entry: the `last` of the addresses that fit, in their order."""

    def walk(page: Page) -> None:
        page.goto(listing)
        found = sorted(set(re.findall(pattern, page.content())))
        page.goto(found[max(last, -len(found))])

    return walk


def form_on_paper(page: Page) -> None:
    """A revisit form that was handed in, as it will print."""
    addresses: list[str] = []
    for state in ("submitted", "decided"):
        page.goto(f"/improvement/revisits/?state={state}")
        addresses += re.findall(r'"(/improvement/revisits/order/[^"?]+?/)(?:print/)?"', page.content())
    page.goto(f"{addresses[0]}print/")


@dataclass(frozen=True)
class Picture:
    """One screen: who stands before it, how large it is, and the way there."""

    name: str
    account: str
    size: tuple[int, int]
    walk: Walk


HOME = to("/")
ALL = (
    Picture("board", "lead", DESK, to("/board/")),
    Picture("call", "dispatcher1", DESK, next_call),
    Picture("self-evaluation", "foreman1", PHONE, to("/self-evaluation/")),
    Picture("results", "foreman2", PHONE, to("/results/")),
    Picture("deputy", "deputy6", PHONE, HOME),
    Picture("technician", "w001", PHONE, HOME),
    Picture("manager", "manager1", DESK, HOME),
    Picture("objections", "head", DESK, to("/objections/")),
    Picture("month", "head", DESK, last_month),
    Picture("kpis", "manager1", DESK, to("/improvement/kpis/")),
    Picture(
        "meeting",
        "manager1",
        DESK,
        newest("/improvement/meetings/", r'"(/improvement/meetings/\d{4}-\d{2}/)"'),
    ),
    Picture("revisit-form", "foreman1", PAPER, form_on_paper),
    Picture("admin", "admin", DESK, HOME),
)


def main(names: list[str]) -> int:
    """Takes the pictures named, or all; 1 and the names when some could not be taken."""
    browser = services.chromium()
    if not browser:
        print("No browser: install Chromium, or set CHROMIUM to its path.")
        return 2
    wanted = [picture for picture in ALL if not names or picture.name in names]
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), settings={**demonstration(), "MEDIA_ROOT": f"{folder}/media"})
        try:
            load(house)
            with sync_playwright() as play:
                chromium = play.chromium.launch(executable_path=browser, args=FLAGS)
                failed = [one for one in wanted if not taken(one, house, chromium)]
        finally:
            house.close()
    if failed:
        print(f"Not taken: {', '.join(picture.name for picture in failed)}")
    return int(bool(failed))


def demonstration() -> dict[str, str]:
    """The demonstration's environment, in a zone where the morning is nearly over: queues stand half done."""
    east = (SHOWN_HOUR - datetime.now(UTC).hour + 12) % 24 - 12
    return {"DEMO": "1", "TIME_ZONE": f"Etc/GMT{-east:+d}"}


def load(house: House) -> None:
    """Loading takes its time, so it happens before the server's own patience begins."""
    for command in (["migrate", "--verbosity", "0"], ["demo"]):
        program = [str(BIN / "python"), "manage.py", *command]
        subprocess.run(program, env=house.environment(), check=True, stdout=subprocess.DEVNULL)
    house.serve()
    house.until_healthy()


def taken(picture: Picture, house: House, chromium: Browser) -> bool:
    """Both languages of it; a page that answers anything but 200 is none."""
    for folder, language in LANGUAGES.items():
        context = chromium.new_context(
            viewport={"width": picture.size[0], "height": picture.size[1]},
            base_url=f"http://127.0.0.1:{house.port}",
            reduced_motion="reduce",
        )
        context.add_cookies(
            [{"name": "django_language", "value": language, "url": f"http://127.0.0.1:{house.port}"}]
        )
        page = context.new_page()
        answers: list[Response] = []
        page.on("response", lambda one, seen=answers: seen.append(one))
        sign_in(page, picture.account)
        picture.walk(page)
        page.wait_for_load_state("networkidle")
        last = [one.status for one in answers if one.request.is_navigation_request()][-1]
        if last != 200:
            print(f"{picture.name}: {page.url} answers {last}")
            return False
        store(page.screenshot(animations="disabled"), PICTURES / folder / f"{picture.name}.png")
        context.close()
    return True


def sign_in(page: Page, account: str) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=username]", account)
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")
    if "/login/" in page.url:
        raise RuntimeError(f"{account} cannot sign in")


def store(shot: bytes, path: Path) -> None:
    """As a palette, with as many colours as the size allows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(BytesIO(shot)).convert("RGB")
    for colours in COLOURS:
        image.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            break
    print(f"{path.parent.name}/{path.name}  {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
