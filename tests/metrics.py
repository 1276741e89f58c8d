"""`make metrics`: counts how many files a reader must open to follow one flow; it never fails."""

from __future__ import annotations

import ast
import json
import os
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("satisfaction", "workorders", "evaluations", "improvement")
SQL_MODULE = "satisfaction.core.locks"
"""The module that may speak the database's own SQL."""
LONG_FILES = {
    "template": ("templates", "*.html"),
    "style sheet": ("static", "*.css"),
    "script": ("static", "*.js"),
}
FRAMEWORK_NAMES = frozenset({"Command", "Meta", "Migration"})


def main() -> None:
    """Prints one JSON document."""
    modules = dict(read_modules())
    imports = {name: imports_of(name, tree, modules) for name, tree in modules.items()}
    json.dump(
        {
            "modules": len(modules),
            "imports of our modules in a module": spread(len(found) for found in imports.values()),
            "import circles": circles(imports),
            "names defined more than once": repeated_names(modules),
            "SQL sites": sql_sites(modules),
            "longest line": {what: longest_line(*where) for what, where in LONG_FILES.items()},
            "flows": flows(),
        },
        sys.stdout,
        ensure_ascii=False,
        indent=2,
    )
    print()


def read_modules() -> Iterator[tuple[str, ast.Module]]:
    """Yields the dotted name and syntax tree of every product module except migrations."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                parts = path.relative_to(ROOT).with_suffix("").parts
                name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                yield name, ast.parse(path.read_text())


def imports_of(name: str, tree: ast.Module, modules: dict[str, ast.Module]) -> set[str]:
    """Returns the product modules that this one imports, at any depth."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = absolute(name, node)
            found |= {
                f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules else base for alias in node.names
            }
    return (found & modules.keys()) - {name}


def absolute(name: str, node: ast.ImportFrom) -> str:
    """Returns the module of `from … import`. A package's `__init__` counts one level less."""
    if not node.level:
        return node.module or ""
    is_package = (ROOT / Path(*name.split("."))).is_dir()
    parts = name.split(".") + ["__init__"] * is_package
    return ".".join([*parts[: -node.level], *filter(None, [node.module])])


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Returns import cycles; one edge of each found cycle is removed before the next search."""
    graph = {name: set(found) for name, found in imports.items()}
    found = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = error.args[1]
            found.append(circle)
            graph[circle[1]].discard(circle[0])
        else:
            return found


def spread(numbers: Iterable[int]) -> dict[str, float]:
    counted = sorted(numbers)
    return {
        "median": statistics.median(counted),
        "p90": statistics.quantiles(counted, n=10)[-1],
        "most": counted[-1],
    }


def repeated_names(modules: dict[str, ast.Module]) -> dict[str, dict[str, int]]:
    """Returns top-level classes and public functions defined in several modules → number of modules."""
    counted = {"classes": Counter[str](), "functions": Counter[str]()}
    for tree in modules.values():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                counted["classes"][node.name] += 1
            elif isinstance(node, ast.FunctionDef):
                counted["functions"][node.name] += not node.name.startswith("_")
    return {
        what: {name: n for name, n in names.most_common() if n > 1 and name not in FRAMEWORK_NAMES}
        for what, names in counted.items()
    }


def sql_sites(modules: dict[str, ast.Module]) -> dict[str, int]:
    """Counts calls of a cursor's `execute` outside `SQL_MODULE`, by module."""
    found: defaultdict[str, int] = defaultdict(int)
    for name, tree in modules.items():
        found[name] += sum(map(is_execute, ast.walk(tree)))
    return {name: n for name, n in found.items() if n and name != SQL_MODULE}


def is_execute(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("execute", "executemany")
        and "cursor" in ast.unparse(node.func.value)
    )


def longest_line(folder: str, pattern: str) -> tuple[int, str]:
    """Returns the length of the longest line in characters, and its file."""
    return max(
        (len(line), str(path.relative_to(ROOT)))
        for path in (ROOT / folder).rglob(pattern)
        for line in path.read_text().splitlines() or [""]
    )


def flows() -> dict[str, Any]:
    """Returns the traces of `tests.flows`, run on a separate test database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

    django.setup()
    from tests.flows import run_flows  # noqa: PLC0415 - after django.setup

    return run_flows()


if __name__ == "__main__":
    main()
