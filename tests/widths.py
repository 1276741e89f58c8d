"""`python -m tests.widths PATH…`: lists lines of scripts, style sheets and templates wider than 120 columns.

Formatters do not break comments or strings. A Chinese sentence has no spaces for breaks: a line of one word
may have 120 characters, as ruff allows in Python.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

WIDEST = 120
SUFFIXES = {".css", ".html", ".js"}


def width(line: str) -> int:
    """Returns the columns of a line; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def is_too_wide(line: str) -> bool:
    return len(line) > WIDEST or (width(line) > WIDEST and len(line.split()) > 1)


def too_wide(path: Path) -> list[str]:
    lines = enumerate(path.read_text().splitlines(), 1)
    return [f"{path}:{number}: {width(line)} columns" for number, line in lines if is_too_wide(line)]


def main(folders: list[str]) -> str | int:
    """Returns the lines that are too wide, or 0 for none, as an argument for `sys.exit`."""
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.suffix in SUFFIXES)
    return "\n".join(line for path in paths for line in too_wide(path)) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
