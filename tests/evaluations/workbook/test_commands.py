"""`import_workbook` and `export_workbook`: keys, exit codes, one sentence on refusal (docs/contract.md)."""

import json
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from evaluations.models import Callback
from satisfaction.accounts.models import User
from tests.factories import OrderFactory
from tests.worlds.workbooks import as_csv, evaluated, order
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
KEYS = (
    "rows created updated unchanged rejected incomplete waiting near_identical new_crews new_technicians"
    " unknown_columns errors rejected_file left_out sheets hidden_rows"
).split()


def run(*arguments, **options) -> tuple[int, str]:
    """Returns (exit code, standard output)."""
    output = StringIO()
    try:
        call_command(*map(str, arguments), stdout=output, **options)
    except SystemExit as end:
        return end.code, output.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, output.getvalue()


@pytest.fixture
def file(tmp_path):
    def write(*rows, name="日报.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(as_csv(*rows))
        return path

    return write


def test_import_prints_one_document_with_the_contracts_keys(file):
    code, output = run(
        "import_workbook", file(evaluated(), order("WX-2", 报修人电话="")), "--create-people", "--json"
    )

    document = json.loads(output)
    assert (code, list(document)) == (0, KEYS)
    assert document == {
        "rows": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0, "incomplete": 1, "new_crews": 1,
        "new_technicians": 1, "unknown_columns": [], "errors": [], "rejected_file": None, "left_out": [],
        "sheets": [], "hidden_rows": 0, "near_identical": 2, "waiting": 0,
    }  # fmt: skip
    assert (Callback.objects.count(), User.objects.get().is_active) == (1, False)


def test_import_in_part_names_the_rows_and_the_workbook_to_mend(file):
    path = file(order(), order("WX-2"), order("WX-2", 故障描述="黑屏", 备注="x"))

    code, output = run("import_workbook", path, "--create-people", "--json")

    document = json.loads(output)
    assert (code, document["rejected"], document["unknown_columns"]) == (1, 1, ["备注"])
    assert document["errors"] == [
        {"row": 4, "column": "工单号", "value": "WX-2", "message": "工单号与第 3 行重复,内容不同"}
    ]
    assert openpyxl.load_workbook(document["rejected_file"]).active["B2"].value == "WX-2"


def test_dry_run_has_the_same_exit_code_and_stores_nothing(file):
    path = file(order(), order("WX-2", 关闭时间="?"))

    code, output = run("import_workbook", path, "--create-people", "--dry-run", "--json")

    document = json.loads(output)
    assert (code, document["created"], document["rejected_file"]) == (1, 1, None)
    assert WorkOrder.objects.count() == 0


def test_without_permission_unknown_people_are_rejected(file):
    code, output = run("import_workbook", file(order()), "--json")

    assert (code, json.loads(output)["errors"][0]["value"]) == (1, "工班甲")


def test_summary_is_for_people(file):
    code, output = run("import_workbook", file(order(), order("WX-2", 关闭时间="昨天")), "--create-people")

    assert code == 1
    assert "2 行:新建 1,更新 0,无变化 0,拒绝 1" in output
    assert "第 3 行 关闭时间“昨天”" in output


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", "姓名,电话\n甲,1\n".encode()])
def test_unreadable_file_is_refused_with_a_sentence(tmp_path, content):
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)

    code, sentence = run("import_workbook", path, "--json")

    assert (code, "x.xlsx" in sentence) == (2, True)


def test_import_takes_nothing_in_when_its_rejected_rows_cannot_be_written(tmp_path, file, settings):
    settings.MEDIA_ROOT = tmp_path / "taken"
    settings.MEDIA_ROOT.write_bytes(b"a file, no folder")

    code, sentence = run("import_workbook", file(order("", 故障描述="x"), order()), "--create-people")

    assert (code, "因此没有导入:请检查磁盘空间和权限" in sentence) == (2, True)
    assert WorkOrder.objects.count() == 0


def test_missing_file_is_refused(tmp_path):
    code, sentence = run("import_workbook", tmp_path / "none.xlsx")

    assert (code, "none.xlsx" in sentence) == (2, True)


def test_export_writes_the_days_and_full_phones(tmp_path):
    orders = [OrderFactory(number=number) for number in ("A", "B")]
    path = tmp_path / "out.xlsx"

    code, _output = run("export_workbook", "2026-05-10", "--to", "2026-05-11", "--output", path)

    page = openpyxl.load_workbook(path).worksheets[0]
    shown = [(row[0], row[3]) for row in page.iter_rows(min_row=3, values_only=True)]
    assert (code, shown) == (0, [(order.number, order.reporter_phone) for order in orders])
    assert [file.name for file in tmp_path.iterdir()] == ["out.xlsx"]


def test_export_of_a_day_without_orders_is_an_empty_workbook(tmp_path):
    assert run("export_workbook", "2026-05-11", "--output", tmp_path / "out.xlsx")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["2026-02-30", "--output", "out.xlsx"],
        ["2026-05-11", "--to", "2026-05-10", "--output", "out.xlsx"],
        ["2026-05-11", "--output", "no such folder/out.xlsx"],
        ["2026-05-11", "--output", "."],
        ["2026-05-11", "--output", ""],
        ["2026-05-11", "--output", "长" * 200],
        ["2026-05-11"],
    ],
)
def test_export_refuses_what_it_cannot_do_and_leaves_nothing(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)

    assert run("export_workbook", *arguments)[0] == 2
    assert list(tmp_path.iterdir()) == []
