"""Scores and KPIs of a large centre over two years from `generate`; `--orders 1000000` is the full size.

Each is measured alternately with its lower bound. For the ranking and for a day: the fastest single statement
found that returns (for a day: stores) the same numbers. For the month page: a minimal page with as many rows.
Times that must not grow with the number of orders are also measured on the smaller database in
BENCH_SMALL_DATABASE_URL, which has as many orders for each day.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from .measuring import Measurement, measure
from .rank_month import STATEMENT

DAYS = 730
ROUNDS = 9
NUMBERS = "orders, taking_part, self_points, callback_points, satisfied, basically_satisfied, dissatisfied"
STORE_STATEMENT = f"""
    INSERT INTO evaluations_dailyscore (day, technician_id, crew_id, {NUMBERS})
    SELECT %s, technician_id, crew_id, n, good + fair + bad, COALESCE(own, 0), COALESCE(called, 0), good, fair, bad
    FROM ({STATEMENT}) AS t WHERE TRUE
    ON CONFLICT (day, technician_id, crew_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in NUMBERS.split(", "))}"""
Workload = Callable[[], Any]


def run() -> Iterator[Measurement]:
    from django.conf import settings

    settings.ROOT_URLCONF = "benchmarks.bare"
    settings.DEMO = True  # `generate` makes demonstration accounts
    measure(fill_database)
    yield from compare_with_floors()
    if url := os.environ.get("BENCH_SMALL_DATABASE_URL"):
        yield from compare_sizes(url)


def fill_database() -> None:
    """Fills the database with `generate` if it is empty, and updates its statistics."""
    from django.core.management import call_command
    from django.db import connection

    from workorders.models import WorkOrder

    if not WorkOrder.objects.exists():
        call_command(
            "generate", orders=os.environ["BENCH_ORDERS"], days=str(DAYS), open_share="0", verbosity=0
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def compare_with_floors() -> Iterator[Measurement]:
    from evaluations.enums import MonthState
    from evaluations.scores.daily import score_day
    from evaluations.scores.ranking import live_table
    from satisfaction.calendars import days

    settled, running = months()
    last, noon = days.last_of_month(settled), now()
    day = running.replace(day=1)
    yield compare(
        f"rank_month {settled:%Y-%m} from its orders (floor: a statement)",
        lambda: live_table(settled, state=MonthState.PROVISIONAL),
        lambda: execute(STATEMENT, *[settled, last] * 2),
    )
    yield compare(
        f"score_day {day} (floor: its statement)",
        lambda: score_day(day, now=noon),
        lambda: execute(STORE_STATEMENT, day, *[day] * 4),
    )
    yield compare_month_page(settled, "settled")
    yield compare_month_page(running, "running")
    yield compare_month_page(running, "running, just changed", is_kept=False)
    for name, address in kpi_pages(settled, running):
        yield from kpi_page(name, address)


def compare(name: str, work: Workload, floor: Workload) -> Measurement:
    """Measures both alternately, so that other load affects both; returns the fastest run of each."""
    work(), floor()
    ours, theirs = zip(*((seconds(work), seconds(floor)) for _ in range(ROUNDS)), strict=True)
    return Measurement(
        name, min(ours), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, min(theirs)
    )


def seconds(work: Workload) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def execute(statement: str, *parameters: Any) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def now() -> Any:
    from django.utils import timezone

    return timezone.now()


def months() -> tuple[date, date]:
    """Returns the latest settled month and the current month."""
    from evaluations.models import Settlement
    from satisfaction.calendars import days

    settled = Settlement.objects.in_force().order_by("-month").values_list("month", flat=True).first()
    assert settled, "two years have settled months"
    return settled, days.first_of_month(days.local_day(now()))


# --- Pages ----------------------------------------------------------------------------------------


def page_loader() -> Callable[[str], Any]:
    """Returns a function that loads pages as the head."""
    from django.test import Client

    from satisfaction.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username="head"))

    def page(address: str) -> Any:
        response = client.get(address)
        assert response.status_code == 200, address
        return response

    return page


def compare_month_page(month: date, state: str, *, is_kept: bool = True) -> Measurement:
    """Compares the month page with a minimal page; without `is_kept`, with an empty cache."""
    from evaluations.scores.ranking import month_table

    table, page = month_table(month), page_loader()
    rows, address = len(table["technicians"]) + len(table["crews"]), f"/months/{month:%Y-%m}/"
    return compare(
        f"month page, {state}, {rows} rows (floor: a bare page)",
        lambda: page(address) if is_kept else open_uncached(page, address),
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


def kpi_page(name: str, address: str) -> Iterator[Measurement]:
    """Measures a page with an empty cache, with its number of queries, and with a filled one."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    page = page_loader()
    with CaptureQueriesContext(connection) as queries:
        open_uncached(page, address)
    for words, work in (
        (f"{name}, just changed, {len(queries)} queries", lambda: open_uncached(page, address)),
        (name, lambda: page(address)),
    ):
        quickest = min(seconds(work) for _ in range(ROUNDS))
        yield Measurement(words, quickest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def open_uncached(page: Callable[[str], Any], address: str) -> None:
    """Loads the page with an empty cache."""
    from django.core.cache import cache

    cache.clear()
    page(address)


# --- Sizes ----------------------------------------------------------------------------------------


def compare_sizes(url: str) -> Iterator[Measurement]:
    """Compares the same pages with many stored orders and with few (lower bound)."""
    settled, running = months()
    pages = [
        ("month page, settled", f"/months/{settled:%Y-%m}/"),
        ("month page, running", f"/months/{running:%Y-%m}/"),
        *kpi_pages(settled, running),
    ]
    for is_kept in (True, False):
        for name, address in pages:
            words = f"{name}{'' if is_kept else ', just changed'} (floor: with few orders)"
            yield Measurement(words, *fastest(address, "", is_kept), fastest(address, url, is_kept)[0])


def fastest(address: str, url: str, is_kept: bool) -> tuple[float, float]:
    return min(measure(prepare_page, address, url, is_kept) for _ in range(3))


def prepare_page(address: str, url: str, is_kept: bool) -> Workload:
    """Loads the page a few times before the measurement; with a `url` in that database."""
    if url:
        switch_to(url)
    page = page_loader()
    for _ in range(3):
        page(address)
    return lambda: page(address) if is_kept else open_uncached(page, address)


def switch_to(url: str) -> None:
    import environ
    from django.db import connections

    connections.databases["default"] |= environ.Env.db_url_config(url)
    del connections["default"]
