"""`main(FILE, ROWS, OPTIONS)`: reads FILE, writes its rows to ROWS, prints one JSON document.

{"sheets": [{"name", "is_hidden", "date1904", "start", "end", "merged", …}]} or {"problem", "details"}.
"""

import json
import sys
from pathlib import Path

from .book import ReadLimits
from .delimited import read_delimited
from .output import RowOutput
from .problems import UnreadableFile
from .xls import read_xls
from .xlsx import read_xlsx

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def limit_resources(memory: int, seconds: int) -> None:
    """Limits this process to bytes of memory and seconds of processor time."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:  # not on Unix: only the caller's time limit applies
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read_file(path: str, limits: ReadLimits, output: RowOutput) -> None:
    """Reads the file; its first bytes decide about the format."""
    with Path(path).open("rb") as file:
        beginning = file.read(8)
    if beginning.startswith(ZIP):
        read_xlsx(path, limits, output)
    elif beginning.startswith(OLE):
        read_xls(path, limits, output)
    else:
        read_delimited(path, limits, output)


def main(path: str, rows: str, options: str) -> None:
    chosen = json.loads(options)
    limit_resources(chosen.pop("memory"), chosen.pop("seconds"))
    answer: dict[str, object]
    limits = ReadLimits(**chosen)
    with Path(rows).open("wb") as target:
        output = RowOutput(target, limits.max_unpacked_bytes)
        try:
            read_file(path, limits, output)
            answer = {"sheets": output.sheets}
        except UnreadableFile as error:
            answer = {"problem": error.problem, "details": error.details}
    sys.stdout.write(json.dumps(answer))
