"""`make pictures`: takes the screenshots of the READMEs from a separate instance of the demonstration.

`python -m docs.make_pictures [NAME…]` takes only these. Chromium is found as in the tests (CHROMIUM or usual
paths).
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
MAX_BYTES = 150_000
COLOURS = (128, 96, 64, 48, 32)
SHOWN_HOUR = 11
PASSWORD = "xiuwan-2026"  # every account of the demonstration
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb"]

Walk = Callable[[Page], object]


def open_page(address: str) -> Walk:
    return lambda page: page.goto(address)


def open_next_call(page: Page) -> None:
    """Opens the next call with the dispatcher's main button."""
    page.goto("/desk/")
    with page.expect_navigation():
        page.click("form[action$='/desk/next/'] button")
    begin = page.locator("form[action$='/open/'] button")
    if begin.count():
        begin.first.click()
        page.wait_for_load_state("networkidle")


def open_last_month(page: Page) -> None:
    """Opens the ranking of the settled month."""
    page.goto("/months/")
    page.goto(f"/months/{previous_month(page.url, page)}/")


def previous_month(address: str, page: Page) -> str:
    """Returns the second newest month of the links on the page."""
    months = sorted(set(re.findall(r"/months/(\d{4}-\d{2})/", page.content() + address)))
    return months[-2] if len(months) > 1 else months[-1]


def open_newest(listing: str, pattern: str, last: int = -1) -> Walk:
    """Opens an entry of a list: the `last` of the matching addresses in order."""

    def walk(page: Page) -> None:
        page.goto(listing)
        found = sorted(set(re.findall(pattern, page.content())))
        page.goto(found[max(last, -len(found))])

    return walk


def open_revisit_form(page: Page) -> None:
    """Opens the print view of a submitted revisit form."""
    addresses: list[str] = []
    for state in ("submitted", "decided"):
        page.goto(f"/improvement/revisits/?state={state}")
        addresses += re.findall(r'"(/improvement/revisits/order/[^"?]+?/)(?:print/)?"', page.content())
    page.goto(f"{addresses[0]}print/")


@dataclass(frozen=True)
class Picture:
    """One screenshot: name, account, window size, and the steps to the page."""

    name: str
    account: str
    size: tuple[int, int]
    walk: Walk


HOME = open_page("/")
ALL_PICTURES = (
    Picture("board", "lead", DESK, open_page("/board/")),
    Picture("call", "dispatcher1", DESK, open_next_call),
    Picture("self-evaluation", "foreman1", PHONE, open_page("/self-evaluation/")),
    Picture("results", "foreman2", PHONE, open_page("/results/")),
    Picture("deputy", "deputy6", PHONE, HOME),
    Picture("technician", "w001", PHONE, HOME),
    Picture("manager", "manager1", DESK, HOME),
    Picture("objections", "head", DESK, open_page("/objections/")),
    Picture("month", "head", DESK, open_last_month),
    Picture("kpis", "manager1", DESK, open_page("/improvement/kpis/")),
    Picture(
        "meeting",
        "manager1",
        DESK,
        open_newest("/improvement/meetings/", r'"(/improvement/meetings/\d{4}-\d{2}/)"'),
    ),
    Picture("revisit-form", "foreman1", PAPER, open_revisit_form),
    Picture("admin", "admin", DESK, HOME),
)


def main(names: list[str]) -> int:
    """Takes the named pictures or all; returns 1 and prints the names of failed ones."""
    browser = services.chromium()
    if not browser:
        print("No browser: install Chromium, or set CHROMIUM to its path.")
        return 2
    wanted = [picture for picture in ALL_PICTURES if not names or picture.name in names]
    with tempfile.TemporaryDirectory() as folder:
        instance = House(Path(folder), settings={**demonstration_settings(), "MEDIA_ROOT": f"{folder}/media"})
        try:
            start_server(instance)
            with sync_playwright() as play:
                chromium = play.chromium.launch(executable_path=browser, args=FLAGS)
                failed = [one for one in wanted if not take_picture(one, instance, chromium)]
        finally:
            instance.close()
    if failed:
        print(f"Not taken: {', '.join(picture.name for picture in failed)}")
    return int(bool(failed))


def demonstration_settings() -> dict[str, str]:
    """Returns the environment, with a time zone in which it is late morning, so that queues are half done."""
    east = (SHOWN_HOUR - datetime.now(UTC).hour + 12) % 24 - 12
    return {"DEMO": "1", "TIME_ZONE": f"Etc/GMT{-east:+d}"}


def start_server(instance: House) -> None:
    """Loads the demonstration before the server starts, since it takes longer than the start may take."""
    for command in (["migrate", "--verbosity", "0"], ["demo"]):
        program = [str(BIN / "python"), "manage.py", *command]
        subprocess.run(program, env=instance.environment(), check=True, stdout=subprocess.DEVNULL)
    instance.serve()
    instance.until_healthy()


def take_picture(picture: Picture, instance: House, chromium: Browser) -> bool:
    """Takes the picture in both languages; returns False if the page does not answer 200."""
    for folder, language in LANGUAGES.items():
        context = chromium.new_context(
            viewport={"width": picture.size[0], "height": picture.size[1]},
            base_url=f"http://127.0.0.1:{instance.port}",
            reduced_motion="reduce",
        )
        context.add_cookies(
            [{"name": "django_language", "value": language, "url": f"http://127.0.0.1:{instance.port}"}]
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
        save_palette(page.screenshot(animations="disabled"), PICTURES / folder / f"{picture.name}.png")
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


def save_palette(shot: bytes, path: Path) -> None:
    """Stores the image with a palette of as many colours as MAX_BYTES allows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(BytesIO(shot)).convert("RGB")
    for colours in COLOURS:
        image.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MAX_BYTES:
            break
    print(f"{path.parent.name}/{path.name}  {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
