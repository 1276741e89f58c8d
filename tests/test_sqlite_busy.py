"""SQLite has one writer: previews write nothing, long work yields, and a long wait ends with a message.

A second connection locks the test database file; a transaction around each test would hold that lock itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from evaluations.callbacks.open_call import open_callback
from evaluations.models import CallbackAttempt, SelfEvaluation
from evaluations.workbook import import_rows
from evaluations.workbook.imported import document
from evaluations.workbook.jobs import TASK, run_import
from satisfaction.core.errors import BUSY
from satisfaction.jobs.actions import run_job
from satisfaction.jobs.models import Job, JobState
from tests.factories import make_person
from tests.worlds.desk import NINE, make_desk
from tests.worlds.workbooks import NOW, as_csv, counts, evaluated, order, take
from workorders.models import Crew, Technician, WorkOrder

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def database() -> Iterator[Path]:
    """The file of the test database, with a short lock timeout."""
    Client().get("/accounts/login/")  # loads the middleware, which records sign-ins
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 200")
    yield Path(connection.settings_dict["NAME"])
    connection.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the write lock as another process would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def rows(count: int, *, a_day: int = 10) -> list[dict[str, str]]:
    """Returns `count` orders, `a_day` of them closed on each day."""
    return [on_day(n // a_day, f"WX-{n}", f"{n % 7}") for n in range(count)]


def on_day(n: int, number: str, technician: str) -> dict[str, str]:
    row = evaluated(number, 维修人工号=f"00{technician}", 维修人=f"维修人{technician}")
    return row | {
        name: row[name].replace("05-11", f"04-{n + 1:02}")
        for name in row
        if row[name].startswith("2026-05-11")
    }


# --- Previews ---------------------------------------------------------------------------------------


def test_preview_is_made_while_somebody_else_writes(database):
    with locked(database):
        imported = take(*rows(30), dry_run=True)

    assert counts(imported) == {"created": 30}
    assert (WorkOrder.objects.count(), Crew.objects.count()) == (0, 0)


def test_preview_says_what_the_import_says(database, monkeypatch):
    """Covers several steps with new people, repeated rows, changed orders and rejected rows."""
    monkeypatch.setattr(import_rows, "STEP_SIZE", 10)
    take(order("WX-3", 故障描述="黑屏"), order("WX-4"))
    file = [
        *rows(25),
        order("WX-3", 故障描述="花屏"),
        order("WX-40", 所属工班="工班乙", 维修人工号="77", 维修人="钱二"),
        order("WX-41", 所属工班="工班乙", 维修人工号="", 维修人="钱二"),
        order("WX-42", 维修人工号="77", 维修人="另一人"),
        order("WX-43", 关闭时间="?"),
        order("WX-40", 所属工班="工班乙", 维修人工号="77", 维修人="钱二"),
    ]

    preview = take(*file, dry_run=True)
    imported = take(*file)

    assert document(imported) | {"rejected_file": None} == document(preview)
    assert (preview.new_crews, preview.new_technicians) == (imported.new_crews, imported.new_technicians)
    assert imported.rejected >= 3 and imported.created > 20


# --- Imports in steps -------------------------------------------------------------------------------


def test_another_writer_gets_in_between_the_steps_of_an_import(database, monkeypatch):
    monkeypatch.setattr(import_rows, "STEP_SIZE", 20)
    seen: list[int] = []

    def write() -> None:
        """Waits for the lock once the first step is stored."""
        with closing(sqlite3.connect(database, isolation_level=None, timeout=5)) as other:
            while not (stored := other.execute("SELECT count(*) FROM workorders_workorder").fetchone()[0]):
                pass
            other.execute("BEGIN IMMEDIATE")
            seen.append(other.execute("SELECT count(*) FROM workorders_workorder").fetchone()[0])
            other.execute("ROLLBACK")
            assert stored

    beside = Thread(target=write)
    beside.start()
    imported = take(*rows(200))
    beside.join()

    assert counts(imported) == {"created": 200}
    assert 0 < seen[0] < 200


def test_interrupted_import_keeps_its_steps_and_the_same_file_brings_the_rest(database, monkeypatch):
    monkeypatch.setattr(import_rows, "STEP_SIZE", 10)
    file = [*rows(25), order("WX-99", **{"二次报修(原工单号)": "WX-1"})]

    def stop() -> None:
        raise KeyboardInterrupt

    steps = iter([lambda: None, stop])
    monkeypatch.setattr(import_rows, "let_others_write", lambda: next(steps)())
    with pytest.raises(KeyboardInterrupt):
        take(*file)
    kept = WorkOrder.objects.count(), SelfEvaluation.objects.count()

    monkeypatch.setattr(import_rows, "let_others_write", lambda: None)
    again = take(*file)

    assert kept == (20, 20)
    assert counts(again) == {"created": 6, "unchanged": 20}
    assert WorkOrder.objects.get(number="WX-99").repeat_of == WorkOrder.objects.get(number="WX-1")
    assert (Crew.objects.count(), Technician.objects.count()) == (1, 8)


# --- Waits that end with a message ------------------------------------------------------------------


def test_import_command_is_refused_with_a_sentence(database, tmp_path):
    path = tmp_path / "日报.csv"
    path.write_bytes(as_csv(order()))

    with locked(database), pytest.raises(CommandError) as refused:
        call_command("import_workbook", str(path), "--create-people", "--json")

    assert (refused.value.returncode, "正忙" in str(refused.value)) == (2, True)


def test_form_sent_while_somebody_else_writes_is_kept(database):
    client = Client()
    client.force_login(make_person("head", "head"))
    typed = {"phone": "13800001111", "reason": "报修人不愿接电话", "until_on": "2027-01-01"}

    with locked(database):
        page = client.post(reverse("evaluations:do_not_call"), typed)

    assert (page.status_code, page.headers.get("Retry-After")) == (503, "5"), page.text
    assert str(BUSY) in page.text and typed["reason"] in page.text
    assert ["reason", typed["reason"]] in [list(one) for one in page.context["fields"]]


def test_button_pressed_while_somebody_else_writes_is_told(database, time_machine):
    desk = make_desk()
    desk.callback()
    time_machine.move_to(NINE, tick=False)
    client = Client()
    client.force_login(desk.caller)

    with locked(database):
        page = client.post(reverse("evaluations:next_call"))
        part = client.post(reverse("evaluations:next_call"), headers={"HX-Request": "true"})

    assert [page.status_code, part.status_code] == [503, 503]
    assert str(BUSY) in page.text and str(BUSY) in part.text
    assert part["HX-Retarget"] == "#notices"


def test_call_saved_while_somebody_else_writes_stays_on_the_screen(database, time_machine):
    time_machine.move_to(NINE, tick=False)
    desk = make_desk()
    callback = desk.callback()
    open_callback(callback, by=desk.caller, now=NINE)
    client = Client()
    client.force_login(desk.caller)
    data = {"rating": "dissatisfied", "words": "来得太慢", "problem_types": "1", "outcome": "reached"}
    data["token"] = str(uuid4())

    with locked(database):
        page = client.post(reverse("evaluations:call", args=[callback.pk]), data)

    assert page.status_code == 503
    assert str(BUSY) in page.text and "来得太慢" in page.text
    assert page.context["call"].form.data["token"] == data["token"]
    assert CallbackAttempt.objects.count() == 0


def test_what_is_only_read_is_answered_while_somebody_else_writes(database):
    client = Client()
    client.force_login(make_desk().caller)

    with locked(database):
        page = client.get(reverse("evaluations:desk"))

    assert page.status_code == 200


def test_page_is_answered_though_its_session_cannot_be_stored(database, time_machine):
    """The session records activity every minute."""
    time_machine.move_to(NINE, tick=False)
    client = Client()
    client.force_login(make_desk().caller)
    time_machine.move_to(NINE + timedelta(minutes=5), tick=False)

    with locked(database):
        page = client.get(reverse("evaluations:desk"))

    assert page.status_code == 200


def test_sign_in_while_somebody_else_writes_is_told(database):
    """The session is stored outside the view."""
    client = Client(raise_request_exception=False)
    person = make_person("zhang", "dispatcher")
    person.set_password("right-one-2026")
    person.save()

    with locked(database):
        page = client.post("/accounts/login/", {"username": "zhang", "password": "right-one-2026"})

    assert page.status_code == 503
    assert "正忙" in page.text
    assert "_auth_user_id" not in client.session


def test_job_that_cannot_write_says_so(database):
    upload = ContentFile(as_csv(order()), name="日报.csv")
    job = Job.objects.create(kind=TASK, filename="日报.csv", input=upload, options={"dry_run": False})

    def work(running):
        with locked(database):
            return run_import(running, now=NOW)

    ended = run_job(job.pk, work)

    assert (ended.state, ended.error) == (JobState.FAILED, str(BUSY))


def test_json_of_the_preview_command_while_somebody_else_writes(database, tmp_path, capsys):
    path = tmp_path / "日报.csv"
    path.write_bytes(as_csv(order(), order("WX-2", 报修人电话="")))

    with locked(database):
        call_command("import_workbook", str(path), "--create-people", "--dry-run", "--json")

    printed = json.loads(capsys.readouterr().out)
    assert (printed["created"], printed["incomplete"], printed["new_crews"]) == (2, 1, 1)
