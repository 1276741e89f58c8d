"""`make test`: runs the scripts' tests in Node.js, the suite on SQLite and, if available, on PostgreSQL.

Prints the counts in one line at the end.

Further arguments go to pytest. The exit code is 0 only when every run passed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import services

ROOT = Path(__file__).resolve().parent.parent
WORKERS = ["-n", os.environ.get("TEST_WORKERS", "2"), "--dist", "loadgroup"]


def main(arguments: list[str]) -> int:
    found = services.found()
    for marker, what in services.NAMES.items():
        print(f"{what}: {'found' if found[marker] else 'NOT FOUND, its tests are skipped'}", flush=True)
    beside = {"TEST_BESIDE_POSTGRESQL": "1"} if found["postgres"] else {}
    options = ["-m", "not postgres"] if found["postgres"] else []
    runs = {"SQLite": (options, {"TEST_DATABASE_URL": "", **beside})}
    if found["postgres"]:
        # tests/conftest.py divides the tests. Browser stories and long walks need one database.
        runs["PostgreSQL"] = (
            ["-m", "not browser and not any_database"],
            {"TEST_DATABASE_URL": found["postgres"]},
        )
    results = {"scripts": run_scripts(found["node"])} if found["node"] else {}
    results |= {name: run(name, options, env, arguments) for name, (options, env) in runs.items()}
    return report(results, missing=[services.NAMES[marker] for marker in found if not found[marker]])


def run_scripts(node: str) -> tuple[int, dict[str, int]]:
    """Runs tests/js. Returns exit code and counts, like `run`. Prints the output if a test fails."""
    print("\n=== scripts ===", flush=True)
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/js").rglob("*.test.js"))
    ended = subprocess.run(
        [node, "--test", *files], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if ended.returncode:
        print(ended.stdout)
    counts = {key: int(n) for key, n in re.findall(r"^\S (pass|fail|skipped) (\d+)$", ended.stdout, re.M)}
    print(f"{counts.get('pass', 0)} passed", flush=True)
    return ended.returncode, {
        "passed": counts.get("pass", 0),
        "failed": counts.get("fail", 0),
        "skipped": counts.get("skipped", 0),
    }


def run(
    name: str, options: list[str], env: dict[str, str], arguments: list[str]
) -> tuple[int, dict[str, int]]:
    """Runs pytest once. Returns its exit code and counts."""
    print(f"\n=== {name} ===", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "counts.json"
        code = subprocess.call(
            [sys.executable, "-m", "pytest", "-q", *WORKERS, *options, *arguments],
            env={**os.environ, **env, "TEST_COUNTS": str(counts)},
        )
        return code, json.loads(counts.read_text()) if counts.is_file() else {}


def report(results: dict[str, tuple[int, dict[str, int]]], *, missing: list[str]) -> int:
    """Prints the counts of each run and in total. Returns the exit code."""
    total = {"passed": 0, "failed": 0, "skipped": 0}
    print()
    for name, (code, counts) in results.items():
        passed, skipped = counts.get("passed", 0), counts.get("skipped", 0)
        failed = counts.get("failed", 0) + counts.get("error", 0)
        print(f"{name}: {passed} passed, {failed} failed, {skipped} skipped (exit code {code})")
        for key, count in zip(total, (passed, failed, skipped), strict=True):
            total[key] += count
    if missing and services.required():
        print(f"REQUIRE_SERVICES=1, but not found: {', '.join(missing)}")
    print("total: {passed} passed, {failed} failed, {skipped} skipped".format(**total), flush=True)
    codes = [code for code, _counts in results.values()]
    return max([*codes, int(bool(missing) and services.required())])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
