"""The main day in a real browser, against the running product in both deployment shapes, on the real month.

March 2016 is moved so that its last day is yesterday. Processes are killed in the middle of an import and of a draw,
as in a power failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
import python_calamine
import redis
from django.utils import timezone
from openpyxl import Workbook
from playwright.sync_api import Browser, expect, sync_playwright

from tests import services
from tests.e2e.main_day import (
    Centre,
    check_workbook,
    confirm_import,
    everything_is_drawn,
    main_day,
    move_in,
    see_import_done,
    sign_in_as_admin,
)
from tests.e2e.test_foreman_sheet import FLAGS
from tests.processes import BASE_DIR, House, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
MARCH = BASE_DIR / "tests" / "data" / "fault-workbook-2016-03.xlsx"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=120_000)
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def last() -> date:
    """The last day of the moved month: the day before the tests began."""
    return timezone.localdate(timezone=ZoneInfo("Asia/Shanghai")) - timedelta(days=1)


@pytest.fixture(scope="module")
def rows() -> list[list[Any]]:
    return python_calamine.load_workbook(MARCH).get_sheet_by_index(0).to_python()


@pytest.fixture(scope="module")
def month(rows: list[list[Any]], last: date, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook with its days moved, as if written yesterday evening; times of day stay the same."""
    later = last - date(2016, 3, 31)
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([cell + later if isinstance(cell, date) else cell or None for cell in row])
    path = tmp_path_factory.mktemp("month") / "三月.xlsx"
    book.save(path)
    return path


@pytest.fixture
def postgres_database() -> Iterator[str]:
    """The address of an empty database for these tests."""
    server = services.postgres()
    if server is None:
        pytest.skip("needs PostgreSQL")
    name = f"main_day_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def redis_database() -> Iterator[str]:
    """The address of an empty database of the Redis server."""
    server = services.redis_server()
    if server is None:
        pytest.skip("needs Redis")
    for number in range(15, 0, -1):
        place = f"{server.rpartition('/')[0]}/{number}"
        with redis.Redis.from_url(place) as client:
            if not client.dbsize():
                yield place
                client.flushdb()
                return
    raise AssertionError("no database of the Redis server is empty")


@pytest.mark.nightly
def test_main_day_in_one_process_killed_while_it_imports(browser, month, rows, last, tmp_path):
    with closing(House(tmp_path)) as house:
        process = house.serve()
        house.until_healthy()
        centre = Centre(house, last, browser)
        move_in(centre, rows)
        admin = sign_in_as_admin(centre)
        check_workbook(admin, month)
        confirm_import(admin)
        until(lambda: house.rows("SELECT 1 FROM jobs_job WHERE id = 2 AND state <> 'pending'"))
        house.kill(process)
        house.serve()

        see_import_done(admin)  # the page kept polling
        until(lambda: everything_is_drawn(house))
        main_day(centre, admin)


def test_main_day_in_production_with_the_worker_killed_while_it_draws(
    browser, month, rows, last, tmp_path, postgres_database, redis_database
):
    settings = {"DATABASE_URL": postgres_database, "REDIS_URL": redis_database, "WEB_CONCURRENCY": "2"}
    celery = ("celery", "--app", "satisfaction")
    with closing(House(tmp_path, settings=settings)) as house:
        for command in (("migrate", "--verbosity", "0"), ("collectstatic", "--no-input", "--verbosity", "0")):
            assert house.run("python", "manage.py", *command).returncode == 0
        house.start("gunicorn", "--config", "deploy/gunicorn.conf.py", "satisfaction.wsgi")
        worker = house.start(*celery, "worker", "--concurrency", "2")
        house.start(*celery, "beat", "--schedule", str(tmp_path / "beat"))
        house.until_healthy()
        centre = Centre(house, last, browser)
        move_in(centre, rows)
        admin = sign_in_as_admin(centre)
        check_workbook(admin, month)
        confirm_import(admin)
        see_import_done(admin)
        until(lambda: house.rows("SELECT 1 FROM evaluations_callback LIMIT 1"))
        house.kill(worker)
        house.start(*celery, "worker", "--concurrency", "2")
        two = [house.start("python", "manage.py", "catch_up", "--json") for _ in range(2)]

        assert [process.wait() for process in two] == [0, 0]
        assert everything_is_drawn(house)
        main_day(centre, admin)
