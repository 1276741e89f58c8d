"""Reads one `.xls` in a process of its own: `python legacy_reader.py FILE.xls MAX_COLUMNS MAX_BLANK_ROWS`.

The old format is read whole, gaps included, before anybody can look at it: a file of 10 KB may ask for
gigabytes. Here that ends this process, not the application. Imports nothing of the project, so that it
starts at once.

Writes JSON, one document a line: {"sheet": name, "left": first column, "merged": [...]} and then
[row number, [cells]] for each row that holds anything. Exit code 3: protected by a password, 4: not readable.
"""

import json
import sys
from datetime import date, datetime, time, timedelta

import python_calamine

MEMORY = 1024**3  # bytes: a full sheet of the old format takes about half
OUTPUT = 512 * 1024**2
PROTECTED, UNREADABLE = 3, 4


def limit_resources() -> None:
    try:
        import resource
    except ImportError:  # not a Unix: the caller's time limit remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))


def tagged(value: object) -> dict[str, str | float]:
    """What JSON has no word for; `legacy.untagged` turns it back."""
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, datetime | date | time):
        return {type(value).__name__: value.isoformat()}
    raise TypeError(type(value))


def say(document: object) -> None:
    sys.stdout.write(json.dumps(document, default=tagged) + "\n")


def say_sheet(sheet: python_calamine.CalamineSheet, max_columns: int, max_blank_rows: int) -> None:
    left = sheet.start[1] if sheet.start else 0
    say({"sheet": sheet.name, "left": left, "merged": sheet.merged_cell_ranges})
    last = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        del cells[max_columns:]
        if any(cell != "" for cell in cells):
            say([number, cells])
            last = number
        elif number - last > max_blank_rows:
            return


def main(path: str, max_columns: int, max_blank_rows: int) -> int:
    limit_resources()
    try:
        book = python_calamine.load_workbook(path)
        for index, sheet in enumerate(book.sheets_metadata):
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
                say_sheet(book.get_sheet_by_index(index), max_columns, max_blank_rows)
    except python_calamine.PasswordError:
        return PROTECTED
    except (MemoryError, OSError):
        raise
    except BaseException:  # a panic of the reader is no Exception
        return UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
