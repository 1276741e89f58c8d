"""`python -m benchmarks [NAME …] [--orders N]`: runs the benchmarks and prints a table.

The database is a temporary SQLite file; BENCH_DATABASE_URL names another empty one. `scores` also accepts one
that `generate` has filled, and compares it with a smaller one in BENCH_SMALL_DATABASE_URL. A benchmark is a
module with `run()` that returns Measurements; add its name to BENCHMARKS.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from .measuring import Measurement

BENCHMARKS = ("import_workbook", "assign_callbacks", "export", "rank_month", "next_call", "scores", "pages")
COLUMNS = "{:<62} {:>9} {:>9} {:>9} {:>7}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description="; ".join(BENCHMARKS))
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--orders", type=int, default=30_000, help="orders of two years for `scores`")
    given = parser.parse_args(arguments)
    names: list[str] = given.names
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    os.environ["BENCH_ORDERS"] = str(given.orders)
    with tempfile.TemporaryDirectory() as folder:
        set_up_database(Path(folder))
        for name in names or BENCHMARKS:
            module = import_module(f"benchmarks.{name}")
            if hasattr(module, "table"):
                print(module.table(), flush=True)
            else:
                print_measurements(module.run())
    return 0


def print_measurements(rows: Iterable[Measurement]) -> None:
    print(COLUMNS.format("", "seconds", "peak MB", "floor s", "ratio"))
    for row in rows:
        numbers = (row.seconds, row.peak_mb, row.floor_seconds, row.ratio)
        print(COLUMNS.format(row.name, *map(format_number, numbers, (2, 0, 2, 1))), flush=True)


def format_number(number: float | None, decimals: int) -> str:
    return "–" if number is None else f"{number:.{decimals}f}"


def set_up_database(folder: Path) -> None:
    """Sets up the product with an empty database and an empty MEDIA_ROOT."""
    os.environ.update(
        SECRET_KEY="for benchmarks only",
        DEBUG="0",
        DEMO="0",
        LOG_LEVEL="ERROR",
        DATABASE_URL=os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{folder / 'bench.sqlite3'}",
        MEDIA_ROOT=str(folder / "media"),
        DJANGO_SETTINGS_MODULE="satisfaction.settings",
    )
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
