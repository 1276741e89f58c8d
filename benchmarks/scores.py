"""Scores and KPIs of a large centre over two years, as `generate` makes it; `--orders 1000000` is the real size.

Each beside its floor, in turns, in one run. Of the ranking and of a day: the quickest single statement found that
yields the same numbers (of the day: and stores them). Of the month page: a bare page that shows as many rows. What
shall be flat is measured on the smaller database in BENCH_SMALL_DATABASE_URL, too, one with as many orders a day.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from .measuring import Row, measured
from .rank_month import STATEMENT

DAYS = 730
ROUNDS = 9
NUMBERS = "orders, taking_part, self_points, callback_points, satisfied, basically_satisfied, dissatisfied"
STORE = f"""
    INSERT INTO evaluations_dailyscore (day, technician_id, crew_id, {NUMBERS})
    SELECT %s, technician_id, crew_id, n, good + fair + bad, COALESCE(own, 0), COALESCE(called, 0), good, fair, bad
    FROM ({STATEMENT}) AS t WHERE TRUE
    ON CONFLICT (day, technician_id, crew_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in NUMBERS.split(", "))}"""
Work = Callable[[], Any]


def run() -> Iterator[Row]:
    from django.conf import settings

    settings.ROOT_URLCONF = "benchmarks.bare"
    settings.DEMO = True  # `generate` makes demonstration accounts
    measured(filled)
    yield from against_floors()
    if url := os.environ.get("BENCH_SMALL_DATABASE_URL"):
        yield from flat(url)


def filled() -> None:
    """The database holds what `generate` made, and knows its own sizes."""
    from django.core.management import call_command
    from django.db import connection

    from workorders.models import WorkOrder

    if not WorkOrder.objects.exists():
        call_command(
            "generate", orders=os.environ["BENCH_ORDERS"], days=str(DAYS), open_share="0", verbosity=0
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def against_floors() -> Iterator[Row]:
    from evaluations.enums import MonthState
    from evaluations.scores.daily import score_day
    from evaluations.scores.ranking import live_table
    from satisfaction.calendars import days

    settled, running = months()
    last, noon = days.last_of_month(settled), now()
    day = running.replace(day=1)
    yield beside(
        f"rank_month {settled:%Y-%m} from its orders (floor: a statement)",
        lambda: live_table(settled, state=MonthState.PROVISIONAL),
        lambda: asked(STATEMENT, *[settled, last] * 2),
    )
    yield beside(
        f"score_day {day} (floor: its statement)",
        lambda: score_day(day, now=noon),
        lambda: asked(STORE, day, *[day] * 4),
    )
    yield page_beside_bare(settled, "settled")
    yield page_beside_bare(running, "running")
    yield page_beside_bare(running, "running, just changed", is_kept=False)
    for name, address in kpi_pages(settled, running):
        yield from kpi_page(name, address)


def beside(name: str, work: Work, floor: Work) -> Row:
    """The quickest of several of each, in turns: what else the machine does troubles both alike."""
    work(), floor()
    ours, theirs = zip(*((seconds(work), seconds(floor)) for _ in range(ROUNDS)), strict=True)
    return Row(name, min(ours), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, min(theirs))


def seconds(work: Work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def asked(statement: str, *parameters: Any) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def now() -> Any:
    from django.utils import timezone

    return timezone.now()


def months() -> tuple[date, date]:
    """The latest settled month, and the one that runs."""
    from evaluations.models import Settlement
    from satisfaction.calendars import days

    settled = Settlement.objects.in_force().order_by("-month").values_list("month", flat=True).first()
    assert settled, "two years have settled months"
    return settled, days.first_of_month(days.local_day(now()))


# --- Pages ----------------------------------------------------------------------------------------


def visit() -> Callable[[str], Any]:
    """Gives pages to the head."""
    from django.test import Client

    from satisfaction.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username="head"))

    def page(address: str) -> Any:
        response = client.get(address)
        assert response.status_code == 200, address
        return response

    return page


def page_beside_bare(month: date, state: str, *, is_kept: bool = True) -> Row:
    """Opened again; or as after a change."""
    from evaluations.scores.ranking import month_table

    table, page = month_table(month), visit()
    rows, address = len(table["technicians"]) + len(table["crews"]), f"/months/{month:%Y-%m}/"
    return beside(
        f"month page, {state}, {rows} rows (floor: a bare page)",
        lambda: page(address) if is_kept else anew(page, address),
        lambda: page(f"/bare/{rows}/"),
    )


def kpi_pages(settled: date, running: date) -> list[tuple[str, str]]:
    from django.urls import reverse

    return [
        ("KPIs of a settled month", reverse("improvement:kpi", args=[settled])),
        ("KPIs of the running month", reverse("improvement:kpi", args=[running])),
        ("KPIs of a day", reverse("improvement:kpi_day", args=[settled])),
        ("KPIs of a year", reverse("improvement:kpi_year", args=[settled.year])),
    ]


def kpi_page(name: str, address: str) -> Iterator[Row]:
    """As after a change, with its queries; and opened again."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    page = visit()
    with CaptureQueriesContext(connection) as queries:
        anew(page, address)
    for words, work in (
        (f"{name}, just changed, {len(queries)} queries", lambda: anew(page, address)),
        (name, lambda: page(address)),
    ):
        quickest = min(seconds(work) for _ in range(ROUNDS))
        yield Row(words, quickest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def anew(page: Callable[[str], Any], address: str) -> None:
    """Opened when nothing that was kept is of use."""
    from django.core.cache import cache

    cache.clear()
    page(address)


# --- Flat -----------------------------------------------------------------------------------------


def flat(url: str) -> Iterator[Row]:
    """The same pages with many orders stored and with few (floor)."""
    settled, running = months()
    pages = [
        ("month page, settled", f"/months/{settled:%Y-%m}/"),
        ("month page, running", f"/months/{running:%Y-%m}/"),
        *kpi_pages(settled, running),
    ]
    for is_kept in (True, False):
        for name, address in pages:
            words = f"{name}{'' if is_kept else ', just changed'} (floor: with few orders)"
            yield Row(words, *quickest(address, "", is_kept), quickest(address, url, is_kept)[0])


def quickest(address: str, url: str, is_kept: bool) -> tuple[float, float]:
    return min(measured(opening, address, url, is_kept) for _ in range(3))


def opening(address: str, url: str, is_kept: bool) -> Work:
    """Opened a few times before; with a `url` in that database, in a process of its own."""
    if url:
        switch_to(url)
    page = visit()
    for _ in range(3):
        page(address)
    return lambda: page(address) if is_kept else anew(page, address)


def switch_to(url: str) -> None:
    import environ
    from django.db import connections

    connections.databases["default"] |= environ.Env.db_url_config(url)
    del connections["default"]
