"""Pages after a change of what they show, with few and with many stored orders.

    BENCH_SMALL_DATABASE_URL=postgres://…/few BENCH_DATABASE_URL=postgres://…/many make bench ARGS=pages

`generate --open-days 2 --technicians 457` fills the databases; an empty one gets --orders. For each page: the
number of queries, the CPU time of the web process and of the database, their sum ÷ that of a bare page with as
many rows in the same run, and the growth of that quotient from the small to the large database. Medians;
everything is rolled back.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .measuring import measure_in_process
from .page_list import MeasuredPage, PageGoal, measured_pages
from .scores import switch_to

HEADINGS = ("page", "rows", "queries", "web ms", "database ms", "÷ bare page", "growth", "goal")
ROUNDS = 9
SHOWN_ROW = re.compile(rb"<(?:tr|li|article)[ >]")
BOOKKEEPING = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO")


@dataclass(frozen=True)
class PageCost:
    """CPU times in seconds. `database`: of its process on this machine; 0.0 where it has none (SQLite)."""

    rows: int
    queries: int
    web: float
    database: float
    bare: float

    @property
    def quotient(self) -> float:
        return (self.web + self.database) / self.bare


def table() -> str:
    """Returns the table in Markdown, with date and machine; rows also go to standard error as they come."""
    lines: list[Sequence[str]] = [HEADINGS, ["---"] * len(HEADINGS)]
    for row in rows():
        print(*row, sep="\t", file=sys.stderr, flush=True)
        lines.append(row)
    return f"{date.today()}, {machine()}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} × {found[1] if found else platform.machine()}"


def rows() -> Iterator[Sequence[str]]:
    """Yields the cells of each row."""
    small = os.environ.get("BENCH_SMALL_DATABASE_URL", "")
    wanted = os.environ.get("BENCH_PAGES", "").split(",")
    for n, (name, goal) in enumerate(measure_in_process(page_names)):
        if not any(word in name for word in wanted):
            continue
        many = measure_in_process(measure_page, n, "")
        few = measure_in_process(measure_page, n, small) if small else None
        yield cells(name, goal, many, few)


def page_names() -> list[tuple[str, PageGoal]]:
    use_bare_pages()
    return [(page.name, page.goal) for page in measured_pages()]


def cells(name: str, goal: PageGoal, many: PageCost, few: PageCost | None) -> tuple[str, ...]:
    growth = many.quotient / few.quotient if few else None
    is_met = many.queries <= goal.queries and many.quotient <= goal.cpu and (growth or 0) <= goal.growth
    return (
        name,
        str(many.rows),
        str(many.queries),
        f"{many.web * 1000:.1f}",
        f"{many.database * 1000:.1f}",
        f"{many.quotient:.1f}",
        f"{growth:.2f}" if growth else "–",
        f"{'met' if is_met else 'missed'} (≤ {goal.queries}, {goal.cpu:g}, {goal.growth:g})",
    )


def use_bare_pages() -> None:
    from django.conf import settings

    settings.ROOT_URLCONF = "benchmarks.bare"
    settings.DEMO = True  # `generate` makes demonstration accounts


def measure_page(n: int, url: str) -> PageCost:
    """Measures the page at place `n` of the list and a bare page alternately; with a `url` in that database."""
    if url:
        switch_to(url)
    use_bare_pages()
    page = measured_pages()[n]
    clock = CpuClock()
    client = signed_in(page.person)
    rows, queries = look_at(page, client)
    bare = MeasuredPage("bare page", page.person, page.goal, lambda one: lambda: one.get(f"/bare/{rows}/"))
    ours, theirs = [], []
    for number in range(ROUNDS + 2):
        ours.append(clock.time(page, client, number))
        theirs.append(clock.time(bare, client, number))
    web, database = (statistics.median(times) for times in zip(*ours[2:], strict=True))
    return PageCost(rows, queries, web, database, statistics.median(sum(times) for times in theirs[2:]))


def signed_in(username: str) -> Any:
    from django.test import Client

    from satisfaction.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def look_at(page: MeasuredPage, client: Any) -> tuple[int, int]:
    """Returns the rows that the page shows (at least 1) and its queries."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    with transaction.atomic():
        change_data(-1)
        send = page.open(client)
        with CaptureQueriesContext(connection) as captured:
            response = send()
        transaction.set_rollback(True)
    assert response.status_code in (200, 302), (page.name, response.status_code)
    asked = [query["sql"] for query in captured if not query["sql"].startswith(BOOKKEEPING)]
    if os.environ.get("BENCH_SQL"):
        print(page.name, *asked, sep="\n    ")
    main = response.content.partition(b"<main")[2].partition(b"</main>")[0]
    return max(len(SHOWN_ROW.findall(main)), 1), len(asked)


def change_data(number: int) -> None:
    """Changes the newest order and its callback."""
    from evaluations.models import Callback
    from workorders.models import WorkOrder

    last = WorkOrder.objects.in_scope().order_by("-closed_on", "-pk").values_list("pk", flat=True)[0]
    WorkOrder.objects.filter(pk=last).update(cause=f"cause {number}")
    Callback.objects.filter(order=last).update(summary=f"summary {number}")


class CpuClock:
    """The CPU time of this process and of the database's process for this connection."""

    def __init__(self) -> None:
        from django.db import connection

        self.process: Path | None = None
        connection.ensure_connection()
        if connection.vendor == "postgresql":
            # Work of parallel processes would not be counted.
            with connection.cursor() as cursor:
                cursor.execute("SET max_parallel_workers_per_gather = 0")
            self.process = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")

    def now(self) -> tuple[float, float]:
        database = int(self.process.read_text().split()[0]) / 1e9 if self.process else 0.0
        return time.process_time(), database

    def time(self, page: MeasuredPage, client: Any, number: int) -> tuple[float, float]:
        """Returns both times for one request after a change."""
        from django.db import transaction

        with transaction.atomic():
            change_data(number)
            send: Callable[[], Any] = page.open(client)
            begun = self.now()
            send()
            ended = self.now()
            transaction.set_rollback(True)
        return ended[0] - begun[0], ended[1] - begun[1]
