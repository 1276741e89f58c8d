"""Concurrent imports, and an import killed half-way."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from evaluations.draw.run import draw_day
from evaluations.models import Callback, SelfEvaluation
from evaluations.workbook.import_ import import_workbook
from tests.factories import make_person
from tests.worlds.threads import at_once
from tests.worlds.workbooks import NOW, counts, evaluated, order, take
from workorders.models import Crew, WorkOrder

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
REAL = Path(__file__).parents[2] / "data" / "fault-workbook-2016-03.xlsx"
# Imports the file and exits after all writes, before the commit.
KILLED = """
import os, signal, sys, django
django.setup()
from django.db import transaction
from django.utils import timezone
from evaluations.workbook.import_ import import_workbook
with transaction.atomic():
    import_workbook(sys.argv[1], filename="x.xlsx", now=timezone.now(), create_people=True)
    print("written", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_same_file_twice_at_once_brings_each_order_once():
    rows = [evaluated(f"WX-{n}") for n in range(50)]

    results = at_once(*[lambda: counts(take(*rows))] * 3)

    assert sorted(results, key=str) == [{"created": 50}, {"unchanged": 50}, {"unchanged": 50}]
    assert (WorkOrder.objects.count(), Callback.objects.count(), SelfEvaluation.objects.count()) == (
        50,
        50,
        50,
    )
    assert Crew.objects.count() == 1


def test_import_and_draw_at_once_wait_for_each_other():
    """Either the order is drawn and the new crew refused, or the new crew is stored and the order drawn for it."""
    make_person("d", "dispatcher")
    make_person("m", "manager")
    take(*(order(f"WX-{n}") for n in range(30)))
    moved = [order(f"WX-{n}", 所属工班="工班乙") for n in range(30)]

    imported, drawn = at_once(
        lambda: counts(take(*moved)), lambda: draw_day(date(2026, 5, 11), now=NOW).assigned
    )

    crews = set(WorkOrder.objects.values_list("crew__name", flat=True))
    assert drawn == 30
    assert (imported, crews) in [({"rejected": 30}, {"工班甲"}), ({"updated": 30}, {"工班乙"})]


def test_import_killed_in_the_middle_leaves_nothing_and_the_next_brings_all():
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(REAL)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (killed.stdout, killed.returncode) == ("written\n", -signal.SIGKILL)
    time.sleep(0.2)  # the server notices the broken connection
    assert (WorkOrder.objects.count(), Crew.objects.count()) == (0, 0)

    imported = import_workbook(REAL, filename="x.xlsx", now=NOW, create_people=True)

    assert counts(imported) == {"created": 5848, "incomplete": 925}
