"""The reader's process: its limits, its end, and its messages about `.xls`."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from satisfaction.core.errors import Refused
from satisfaction.sheets import process
from satisfaction.sheets.reading import read_table
from satisfaction.sheets.tables import UnreadableCell, UploadedTable
from tests.satisfaction.sheets.building import HEADER, KEY, data, workbook
from tests.satisfaction.sheets.corpus import COLUMNS, legacy_workbook

CASES = Path(__file__).parents[2] / "data" / "cases"
TOO_MUCH = "时间或内存太多：请用 Excel 打开，只留下要上传的表"
ENDLESS = data(HEADER, f'<row r="2">{"<c/>" * 8_000_000}</row>')


def read(content: bytes) -> UploadedTable:
    return read_table(content, filename="上传.xls", header_key=KEY)


def test_reader_without_time_ends_in_a_sentence(monkeypatch):
    monkeypatch.setattr(process, "SECONDS", 1)
    monkeypatch.setattr(process, "SECONDS_PER_MEGABYTE", 0)

    with pytest.raises(Refused, match=TOO_MUCH):
        read(workbook(ENDLESS))


def test_reader_without_memory_ends_in_a_sentence(monkeypatch):
    monkeypatch.setattr(process, "MEMORY", 64 * 1024**2)

    with pytest.raises(Refused, match=TOO_MUCH):
        read(gzip.compress(b"number\n" + b"x\n" * 40_000_000))


def test_claimed_shared_texts_end_in_a_sentence():
    content = (CASES / "sst_unique_1e11.xlsx").read_bytes()

    with pytest.raises(Refused, match="已损坏或不完整"):
        read(content)


def test_reader_needs_nothing_of_the_application():
    code = (
        "import sys; sys.path.append(sys.argv[1]); import sheets.reader.main; "
        "print([name for name in sys.modules if name.partition('.')[0] in ('django', 'satisfaction', 'structlog')])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(process._PACKAGES)], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("code", "shown"), [(7, "#DIV/0!"), (15, "#VALUE!"), (42, "#N/A")])
def test_error_of_a_legacy_workbook_is_marked(code: int, shown: str):
    table = read(legacy_workbook(error=code))

    second = list(table.rows)[1]
    assert (second.number, second.cells[COLUMNS.index("关闭时间")]) == (3, UnreadableCell("error", shown))


def test_hidden_rows_and_sheets_of_a_legacy_workbook_are_known():
    table = read(legacy_workbook(state=1, is_hidden=True))

    assert [(sheet.name, sheet.rows, sheet.read) for sheet in table.sheets] == [
        ("表1", 0, False),
        ("表2", 1, True),
    ]
    assert table.hidden_rows == 1
