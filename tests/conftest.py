"""Infrastructure of the tests: required services, databases, files, and fixtures of the tests' worlds."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client, override_settings
from django.utils import translation
from pytest_django.plugin import blocking_manager_key

from satisfaction.accounts.models import User
from satisfaction.celery import app
from tests import services
from tests.crawling import WALKS_ALL
from tests.worlds.crew import Stage, make_stage
from tests.worlds.desk import Desk, make_desk
from tests.worlds.kpis import KpiStage, make_kpi_stage
from tests.worlds.meetings import Room, make_room

# No deadline: a busy machine must not fail a test.
hypothesis.settings.register_profile("suite", deadline=None, max_examples=20)
hypothesis.settings.register_profile("nightly", deadline=None, max_examples=1_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def wanted(item: pytest.Item) -> str | None:
    """Returns why the machine cannot run this test, None if it can."""
    found = services.found()
    for marker, what in services.NAMES.items():
        if item.get_closest_marker(marker) and not found[marker]:
            return f"needs {what}"
    if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
        return "runs in the PostgreSQL run of `make test`"
    if item.get_closest_marker("sqlite") and connection.vendor != "sqlite":
        return "runs in the SQLite run of `make test`"
    return None


def touches_the_database(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or "db" in getattr(item, "fixturenames", ())


def commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or "live_server" in getattr(
        item, "fixturenames", ()
    )


# Tests that run on SQLite as well as on PostgreSQL: intake, long work, migrations and locks.
ON_SQLITE_TOO = re.compile(
    r"tests/(workorders/|satisfaction/jobs/|satisfaction/audit/|evaluations/workbook/test_(export|import|round_trip)"
    r"|evaluations/(draw/test_run|scores/test_(settle|daily))|[\w/]*(migrations|at_once|catch_up)\w*\.py)"
)
ONE_DATABASE = ("browser", "any_database", "sqlite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """PostgreSQL runs all database tests; SQLite runs pure rules, browser stories and what differs there.

    Without PostgreSQL (or with TEST_ALL) a run includes every test that its database supports. Tests marked
    `nightly` run with WALKS=all only.
    """
    if os.environ.get("TEST_ALL"):
        return
    long = [] if WALKS_ALL else [one for one in items if one.get_closest_marker("nightly")]
    if connection.vendor == "postgresql":
        left_out = [one for one in items if not touches_the_database(one) or one.get_closest_marker("sqlite")]
    elif os.environ.get("TEST_BESIDE_POSTGRESQL"):
        left_out = [one for one in items if touches_the_database(one) and not runs_on_sqlite_too(one)]
    else:
        left_out = []
    gone = {*left_out, *long}
    items[:] = [one for one in items if one not in gone]
    config.hook.pytest_deselected(items=list(gone))


def runs_on_sqlite_too(item: pytest.Item) -> bool:
    is_marked = any(item.get_closest_marker(marker) for marker in ONE_DATABASE)
    return is_marked or bool(ON_SQLITE_TOO.match(item.nodeid))


def pytest_runtest_setup(item: pytest.Item) -> None:
    translation.activate(django_settings.LANGUAGE_CODE)  # the previous test may have changed the language
    if reason := wanted(item):
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Restores the rows created by migrations after a test that commits, because it empties every table.

    `serialized_rollback` alone restores them only before the next test of that kind. Nothing is restored
    after the last test: the test database is gone.
    """
    yield
    brought = getattr(connection, "_test_serialized_contents", None)
    if brought and nextitem and commits(item):
        with item.config.stash[blocking_manager_key].unblock():
            connection.creation.deserialize_db_from_string(brought)
            connection.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With REQUIRE_SERVICES=1, turns skipped tests into failures."""
    report = yield
    if report.skipped and services.required() and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped although REQUIRE_SERVICES=1: {report.longrepr[2]}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Reports how many tests did not run and what was missing; stores the counts for tests/run.py."""
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"NOT RUN: {count} × {reason}", yellow=True)
    if path := os.environ.get("TEST_COUNTS"):
        counts = {
            key: len(terminalreporter.stats.get(key, [])) for key in ("passed", "failed", "error", "skipped")
        }
        Path(path).write_text(json.dumps(counts))


@pytest.fixture(scope="session", autouse=True)
def media(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keeps uploads and results of the tests out of var/."""
    path = tmp_path_factory.mktemp("media")
    with override_settings(MEDIA_ROOT=path):
        yield path


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Uses an SQLite file, as in production.

    In memory, all threads of the live server would share one connection, and concurrent requests one
    transaction.
    """
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser, for tests marked `browser`."""
    path = services.chromium()
    assert path, "mark the test with pytest.mark.browser"
    return path


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Address of a Redis server, for tests marked `redis`; use unique key names."""
    url = services.redis_server()
    assert url, "mark the test with pytest.mark.redis"
    return url


@pytest.fixture
def tasks_run_at_once() -> Iterator[None]:
    """Runs tasks sent after a commit immediately instead of waiting for a worker."""
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=False, task_eager_propagates=False)


@pytest.fixture
def base_dir() -> Path:
    return django_settings.BASE_DIR


# --- Worlds (tests/worlds) ------------------------------------------------------------------------


@pytest.fixture
def stage(db: None) -> Stage:
    """A crew with foreman, deputy and worker, and a dispatcher, manager, head and outsider."""
    return make_stage()


@pytest.fixture
def desk(db: None) -> Desk:
    """The same with two dispatchers, on the morning of their calls."""
    return make_desk()


@pytest.fixture
def kpi_stage(db: None) -> KpiStage:
    """Two crews and a day with data for every KPI."""
    return make_kpi_stage()


@pytest.fixture
def room(db: None) -> Room:
    """People of every role, and builders of revisits, meetings and projects."""
    return make_room()


@pytest.fixture
def client_as() -> Callable[[User], Client]:
    """Returns a function that signs a client in as a person."""

    def signed_in(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return signed_in
