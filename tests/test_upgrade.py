"""A database of an earlier version migrates and serves (tests/data/upgrade, made by the version of 2026-11-28)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.processes import House

DATA = Path(__file__).parent / "data" / "upgrade"
EXPECTED = json.loads((DATA / "expected.json").read_text())
PAGES = """
import json
from django.test import Client
from satisfaction.accounts.models import User
client = Client()
client.force_login(User.objects.get(username="head"), "satisfaction.accounts.backends.AccountBackend")
paths = ["/", "/months/2026-10/", "/improvement/kpis/2026-10/", "/orders/", "/improvement/appraisal/2026/"]
print(json.dumps({path: client.get(path).status_code for path in paths}))
"""
ORDER = """
from workorders.models import WorkOrder
print(WorkOrder.objects.order_by("number").first().reporter_phone)
"""

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    """The restored and migrated database; phones are encrypted with the key of the tests."""
    house = House(
        tmp_path_factory.mktemp("upgrade"),
        settings={"SECRET_KEY": "for tests only", "ALLOWED_HOSTS": "testserver", "DEMO": "1", "DEBUG": "1"},
    )
    house.database.write_bytes(gzip.decompress((DATA / "database-2026-11-28.sqlite3.gz").read_bytes()))
    migrated = house.run("python", "manage.py", "migrate", "-v0")
    assert (migrated.returncode, migrated.stdout, migrated.stderr) == (0, "", "")
    return house


def document(house, *arguments):
    ended = house.run("python", "manage.py", *arguments, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def output(house, code):
    ended = house.run("python", "manage.py", "shell", "-v0", "-c", code)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize("month", EXPECTED["rank_month"])
def test_settled_months_rank_as_before(upgraded, month):
    assert document(upgraded, "rank_month", month) == EXPECTED["rank_month"][month]


def test_days_score_as_before(upgraded):
    assert document(upgraded, "score_day", "2026-11-20") == EXPECTED["score_day"]["2026-11-20"]


def test_runs_of_the_earlier_version_replay_equal(upgraded):
    found = document(upgraded, "verify_assignment", "2026-11-20")

    assert (found["runs"], found["equal"], found["differing"]) == (1, True, [])


def test_encrypted_phones_are_read(upgraded):
    assert output(upgraded, ORDER) == EXPECTED["first_order"]["reporter_phone"]


def test_pages_are_served(upgraded):
    assert set(json.loads(output(upgraded, PAGES)).values()) == {200}
