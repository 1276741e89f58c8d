"""Two concurrent draws, and a draw killed half-way (domain §5.7)."""

import os
import signal
import subprocess
import sys
import time
from datetime import date

import pytest
from django.db import connection

from evaluations.draw.replay import replay_day
from evaluations.draw.run import draw_day
from evaluations.models import Callback, DrawRun
from satisfaction.calendars import days
from tests.factories import OrderFactory, TechnicianFactory, make_person
from tests.worlds.threads import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
DAY = date(2026, 5, 11)
NOW = days.moment_at(date(2026, 5, 12), days.time(9, 0))
# Draws the day and exits after all writes, before the commit.
KILLED = """
import os, signal, django
django.setup()
from django.db import connection, transaction
from evaluations.draw.run import draw_day
from satisfaction.calendars import days
from satisfaction.calendars.days import date
with transaction.atomic():
    draw_day(date(2026, 5, 11), now=days.moment_at(date(2026, 5, 12), days.time(9, 0)))
    print("written", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def orders():
    for n in range(3):
        make_person(f"d{n}", "dispatcher")
    make_person("m0", "manager")
    return OrderFactory.create_batch(20, technician=TechnicianFactory(), day=DAY)


def test_two_draws_at_once_draw_each_order_once(orders):
    results = at_once(*[lambda: draw_day(DAY, now=NOW)] * 2)

    assert sorted(result.assigned for result in results) == [0, 20]
    assert Callback.objects.count() == 20
    assert DrawRun.objects.count() == 1


def test_draws_of_two_days_at_once_keep_the_crews_share(orders):
    OrderFactory.create_batch(20, technician=orders[0].technician, day=date(2026, 5, 10))

    at_once(lambda: draw_day(DAY, now=NOW), lambda: draw_day(date(2026, 5, 10), now=NOW))

    assert Callback.objects.filter(drawn_group="manager").count() == 4
    assert replay_day(DAY).equal
    assert replay_day(date(2026, 5, 10)).equal


def test_a_draw_killed_in_the_middle_leaves_nothing_and_the_next_draws_all(orders):
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (killed.stdout, killed.returncode) == ("written\n", -signal.SIGKILL)
    time.sleep(0.2)  # the server notices the broken connection
    assert Callback.objects.count() == 0

    result = draw_day(DAY, now=NOW)

    assert (result.assigned, result.run.n, Callback.objects.count()) == (20, 1, 20)
