"""Odd files that people upload (`tests/data/cases/`): the outcome by command and by upload page (domain §11).

To add a file, add one row to `CASES`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from satisfaction.celery import app
from satisfaction.jobs.models import Job, JobState
from tests.factories import make_person
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parents[1] / "data" / "cases"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 28, 12, tzinfo=SHANGHAI)


def read(name: str, rows: int = 1) -> dict[str, Any]:
    """A sheet in the `--json` output."""
    return {"name": name, "rows": rows, "read": True}


@dataclass(frozen=True)
class Case:
    """`orders`: number → the fields to compare. `errors`: parts of the reasons, in order.

    `sentence`: part of the refusal of the whole file (exit code 2).
    """

    file: str
    code: int = 0
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    sentence: str = ""
    document: dict[str, Any] = field(default_factory=dict)  # further keys of the `--json` output, by value


PHONE = {"reporter_phone": "13800001234"}
CLOSED = {"closed_at": datetime(2026, 11, 27, 9, tzinfo=SHANGHAI)}

CASES: tuple[Case, ...] = (
    Case("sst_unique_1e11.xlsx", code=2, sentence="已损坏或不完整"),
    Case("enc_docprops_gbk.xlsx", orders={"RAW1": PHONE}),
    Case("broken_docprops.xlsx", orders={"RAW1": PHONE}),
    Case("ov_phone_elapsed.xlsx", orders={"OV1": PHONE, "OV2": PHONE}),
    Case(
        "sheet_per_crew.xlsx",
        orders={"S1": PHONE, "S2": PHONE, "S3": PHONE},
        document={"rows": 3, "sheets": [read("工班甲"), read("工班乙"), read("工班丙")]},
    ),
    Case(
        "hidden_first_sheet.xlsx",
        orders={"NEW1": PHONE, "NEW2": PHONE},
        document={"sheets": [{"name": "旧", "rows": 0, "read": False}, read("2026-11-27", 2)]},
    ),
    Case(
        "raw_16digits_three.xlsx",
        orders={"2026112712345671": PHONE, "2026112712345672": PHONE, "2026112712345684": PHONE},
    ),
    Case("formula_close_only.xlsx", code=1, errors=("公式没有计算结果",) * 2),
    Case("merged_across.xlsx", orders={"HM1": CLOSED}),
    Case("raw_backslash.xlsx", orders={"RAW1": PHONE}),
    Case("al_merge_col.xlsx", orders={"AL1": PHONE}),
    Case(
        "xls_1904_unformatted.xls",
        orders={"XLS1": {"closed_at": datetime(2026, 11, 27, 9, 36, tzinfo=SHANGHAI)}},
    ),
    Case(
        "phones_dial.xlsx",
        orders={
            "TEL-0": {"reporter_phone": "01088881234转567"},
            "TEL-1": {"reporter_phone": "13700001111/13900005678"},
            "TEL-2": {"reporter_phone": "13600001234"},
            "TEL-3": {"reporter_phone": "13500001234"},
            "TEL-4": {"reporter_phone": "13400001111/13900005678"},
        },
    ),
    Case(
        "totals.xlsx",
        orders={"T001": {}, "T002": {}},
        document={
            "rows": 2,
            "left_out": [
                {"row": 6, "value": "合计"},
                {"row": 7, "value": "制表：张三"},
                {"row": 8, "value": "备注：1、本表每日8:30前报送；2、数据来源于统一报修系统。"},
            ],
        },
    ),
    Case("csv_eq_quote.csv", orders={"WX-EQ1": {"reporter_phone": "13800001234"}}),
)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def at_once(tasks_run_at_once, django_capture_on_commit_callbacks, monkeypatch):
    """Jobs are finished when the page responds."""
    app.loader.import_default_modules()

    def send(name, args=(), **options):
        if name in app.tasks and name != "portal.catch_up":
            app.tasks[name].apply(args=args)

    monkeypatch.setattr(current_app, "send_task", send)

    def run(call):
        with django_capture_on_commit_callbacks(execute=True):
            return call()

    return run


def by_file(case: Case) -> str:
    return case.file


@pytest.mark.parametrize("case", CASES, ids=by_file)
def test_command_takes_in_or_refuses_an_odd_file(case: Case):
    code, output = run("import_workbook", FOLDER / case.file, "--create-people", "--json")

    assert code == case.code, output
    if case.sentence:
        assert case.sentence in output
        assert "\n" not in output
        assert not WorkOrder.objects.exists()
        return
    document = json.loads(output)
    check_errors(case, document)
    check_orders(case)
    assert {key: document[key] for key in case.document} == case.document


@pytest.mark.parametrize("case", CASES, ids=by_file)
def test_upload_page_takes_in_or_refuses_an_odd_file(case: Case, client, at_once):
    client.force_login(make_person("p", "admin"))
    file = SimpleUploadedFile(case.file, (FOLDER / case.file).read_bytes())

    preview = at_once(lambda: client.post("/imports/", {"file": file, "create_people": "on"}))["Location"]

    job = Job.objects.get()
    if case.sentence:
        assert (job.state, job.attempts, case.sentence in client.get(preview).text) == (
            JobState.FAILED,
            1,
            True,
        )
        return
    check_errors(case, job.result)
    at_once(lambda: client.post(f"{preview}confirm/"))
    check_orders(case)


@pytest.mark.parametrize("address", ["/people/import/", "/calendar/"])
@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("sst_unique_1e11.xlsx", "已损坏或不完整"),
        ("ov_phone_elapsed.xlsx", "没有表头"),
        ("enc_docprops_gbk.xlsx", "没有表头"),
    ],
)
def test_pages_that_read_a_file_answer_with_a_sentence(address: str, file: str, sentence: str, client):
    client.force_login(make_person("p", "admin"))

    page = client.post(address, {"file": SimpleUploadedFile(file, (FOLDER / file).read_bytes())})

    assert (page.status_code, page.headers.get("Location"), sentence in page.text) == (200, None, True)


def check_errors(case: Case, document: dict[str, Any]) -> None:
    messages = [error["message"] for error in document["errors"]]
    assert len(messages) == len(case.errors), messages
    assert all(part in message for part, message in zip(case.errors, messages, strict=True)), messages


def check_orders(case: Case) -> None:
    found = {
        order.number: {name: getattr(order, name) for name in case.orders.get(order.number, {})}
        for order in WorkOrder.objects.all()
    }
    assert found == case.orders


def run(*arguments: object) -> tuple[int, str]:
    """Returns (exit code, standard output or the sentence)."""
    output = StringIO()
    try:
        call_command(*map(str, arguments), stdout=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, output.getvalue()
