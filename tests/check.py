"""`make check`: lint, formats, types, layers, migrations; runs all and lists the failed ones at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
CODE = [
    "manage.py",
    "satisfaction",
    "workorders",
    "evaluations",
    "improvement",
    "tests",
    "benchmarks",
    "deploy",
    "docs",
]
SCRIPTS = ["static/js", "tests/js"]
CHECKS = {
    "ruff check": ["ruff", "check", "--quiet", *CODE],
    "ruff format": ["ruff", "format", "--check", "--quiet", *CODE],
    "imports": ["lint-imports", "--no-cache", "--no-logo"],
    "dependencies": ["deptry", "--no-ansi", "."],
    "mypy": ["mypy"],
    "djangofmt": ["djangofmt", "--check", "templates"],
    "djlint": ["djlint", "templates", "--lint", "--quiet"],
    "oxfmt": ["oxfmt", "--check", *SCRIPTS, "static/css"],
    "oxlint": ["oxlint", *SCRIPTS],
    "widths": ["python", "-m", "tests.widths", *SCRIPTS, "static/css", "templates"],
    "migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": ["python", "manage.py", "check", "--fail-level", "WARNING", "--database", "default"],
}


def main() -> int:
    """Returns 0 if every check passed, else 1. All checks start at once to use both cores."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    started = time.monotonic()
    running = {
        name: subprocess.Popen(
            [str(BIN / command), *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for name, (command, *arguments) in CHECKS.items()
    }
    failed = []
    for name, process in running.items():
        output, _nothing = process.communicate()
        print(f"{name}: {'ok' if process.returncode == 0 else 'FAILED'}", flush=True)
        if process.returncode:
            failed.append(name)
            print(output.decode(errors="replace"), flush=True)
    verdict = f"failed: {', '.join(failed)}" if failed else "ok"
    print(f"check: {verdict} ({time.monotonic() - started:.0f} s)", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
