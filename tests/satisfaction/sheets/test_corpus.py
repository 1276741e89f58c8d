"""Every upload ends with exit code 0, 1 or 2, with one sentence for 2, within the reader's limits (domain §11).

The suite runs a sample; `make corpus` runs all files.
"""

from __future__ import annotations

import os
import resource
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from satisfaction.sheets import process
from tests.satisfaction.sheets.corpus import File, corpus

pytestmark = pytest.mark.django_db
FILES = list(corpus())
SAMPLE = 30  # step between the sampled files
PIECES = 10


def test_corpus_has_at_least_500_files():
    assert len(FILES) >= 500
    assert len({content for _name, _filename, content in FILES}) >= 500


@pytest.mark.parametrize("piece", range(PIECES))
def test_every_file_ends_in_an_exit_code_and_one_sentence(piece: int, tmp_path: Path):
    chosen = FILES[piece::PIECES]
    if os.environ.get("CORPUS") != "all":
        chosen = chosen[::SAMPLE]

    wrong = [found for file in chosen if (found := outcome(file, tmp_path))]

    assert wrong == []
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert used < process.MEMORY


def outcome(file: File, folder: Path) -> str:
    """What is wrong with the end of an import of this file; "" if nothing is."""
    name, filename, content = file
    path = folder / filename
    path.write_bytes(content)
    began, output = processor_time(), StringIO()
    try:
        call_command("import_workbook", str(path), "--create-people", "--dry-run", "--json", stdout=output)
    except CommandError as error:
        sentence = str(error)
        if error.returncode != 2 or not sentence or "\n" in sentence:
            return f"{name}: {error.returncode} {sentence!r}"
    except SystemExit as end:
        if end.code != 1:
            return f"{name}: exit {end.code}"
    except Exception as error:
        return f"{name}: {error!r}"
    taken = processor_time() - began
    return f"{name}: {taken:.0f} s" if taken > process.SECONDS else ""


def processor_time() -> float:
    """CPU seconds of the ended readers; wall-clock time would depend on the machine's load."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
