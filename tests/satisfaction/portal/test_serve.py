"""`manage.py serve` as an operator uses it: real processes, killed and restarted."""

import signal
import sqlite3
import stat
from datetime import date

import pytest
import redis
import time_machine

from satisfaction.portal.management.commands.serve import account_lines, outdated_lines
from tests.processes import House, until

pytestmark = pytest.mark.xdist_group("house")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A running installation; tests leave it running."""
    house = House(tmp_path_factory.mktemp("house"))
    house.serve()
    house.until_healthy()
    yield house
    house.close()


def another(house, tmp_path, **settings):
    """Another installation, with the first one's static files."""
    return House(tmp_path, settings={"STATIC_ROOT": str(house.folder / "static"), **settings})


def refused(outcome):
    """Exit code, standard output and number of error lines; a traceback would be many lines."""
    return outcome.returncode, outcome.stdout, len(outcome.stderr.strip().splitlines())


def test_serve_says_where_it_is(house):
    assert f"已启动:http://127.0.0.1:{house.port} (Ctrl-C 停止)" in house.log(0)


def test_serve_answers_with_database_broker_and_beat(house):
    health = house.health()

    assert {key: health[key] for key in ("status", "database", "broker", "beat")} == dict.fromkeys(
        ("status", "database", "broker", "beat"), "ok"
    )


def test_serve_refuses_a_second_process_on_the_same_database(house, tmp_path):
    second = another(house, tmp_path, DATABASE_URL=f"sqlite:///{house.database}")

    outcome = second.run("python", "manage.py", "serve")

    assert refused(outcome) == (2, "", 1)
    assert "已在运行" in outcome.stderr


def test_serve_refuses_a_port_that_is_taken(house, tmp_path):
    second = another(house, tmp_path, BIND=f"127.0.0.1:{house.port}")

    outcome = second.run("python", "manage.py", "serve")

    assert refused(outcome) == (2, "", 1)
    assert f"127.0.0.1:{house.port}" in outcome.stderr


@pytest.mark.parametrize("command", ["migrate", "catch_up"])
def test_a_database_that_cannot_be_reached_is_a_sentence(house, tmp_path, command):
    away = another(house, tmp_path, DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")

    outcome = away.run("python", "manage.py", command)

    assert refused(outcome) == (2, "", 1)
    assert "DATABASE_URL" in outcome.stderr


@pytest.mark.parametrize(
    "program",
    [("python", "manage.py", "serve"), ("gunicorn", "-c", "deploy/gunicorn.conf.py", "satisfaction.wsgi")],
)
def test_two_web_processes_without_redis_are_refused(house, tmp_path, program):
    outcome = another(house, tmp_path, WEB_CONCURRENCY="2").run(*program)

    assert refused(outcome) == (2, "", 1)
    assert "REDIS_URL" in outcome.stderr


def test_serve_after_a_power_cut_takes_up_what_was_running(house):
    with sqlite3.connect(house.database) as rows:
        rows.execute(
            "INSERT INTO jobs_job (kind, state, filename, input, output, options, error, progress, total,"
            " attempts, created_at, beat_at)"
            " VALUES ('tests.gone', 'running', '', '', '', '{}', '', 0, 0, 1, datetime('now'), datetime('now'))"
        )
    rows.close()
    before = house.until_healthy()["beat_at"]
    house.kill(house.processes[-1])

    house.serve()
    until(lambda: (house.healthy() or {"beat_at": before})["beat_at"] > before)

    with sqlite3.connect(house.database) as rows:
        assert rows.execute("SELECT state FROM jobs_job").fetchall() == [("pending",)]
    rows.close()


def test_serve_ends_on_ctrl_c(house, tmp_path):
    second = another(house, tmp_path)
    process = second.serve()
    second.until_healthy()

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=30) == 0


@pytest.mark.redis
def test_production_runs_web_worker_and_beat_as_processes_of_their_own(house, tmp_path, redis_url):
    place = redis_url.rpartition("/")[0] + "/13"
    redis.Redis.from_url(place).flushdb()
    production = another(house, tmp_path, REDIS_URL=place, WEB_CONCURRENCY="2")
    production.run("python", "manage.py", "migrate", "--verbosity", "0")
    celery = ("celery", "--app", "satisfaction")
    try:
        production.start("gunicorn", "--config", "deploy/gunicorn.conf.py", "satisfaction.wsgi")
        production.start(*celery, "worker", "--concurrency", "1", "--pool", "threads")
        until(lambda: "ready." in production.log(1))
        assert production.health()["beat"] == "starting"
        production.start(*celery, "beat", "--schedule", str(tmp_path / "beat"))

        health = production.until_healthy()

        assert {key: health[key] for key in ("status", "database", "broker", "beat")} == dict.fromkeys(
            ("status", "database", "broker", "beat"), "ok"
        )
    finally:
        production.close()
        redis.Redis.from_url(place).flushdb()


def test_accounts_are_listed_one_a_line():
    detail = {"accounts": [{"username": "gongzhang", "password": "demo", "what": "工长 (工班甲)"}]}

    assert account_lines(detail) == [
        "演示账号(用户名、密码、身份):",
        "  gongzhang     demo          工长 (工班甲)",
    ]
    assert account_lines({}) == []


@time_machine.travel("2026-05-12 00:30 +0800")
def test_aged_demonstration_is_named_with_what_to_do():
    (sentence,) = outdated_lines({"day": "2026-05-11"})

    assert "2026-05-11" in sentence
    assert "manage.py demo --reset" in sentence
    assert outdated_lines({"day": date(2026, 5, 12).isoformat()}) == []


def test_demonstration_key_stays_out_of_the_repository(base_dir):
    ignored = (base_dir / ".gitignore").read_text().splitlines()

    assert {"var/", ".env"} <= set(ignored)
    key = base_dir / "var" / "secret_key"
    assert not key.exists() or stat.S_IMODE(key.stat().st_mode) == 0o600
