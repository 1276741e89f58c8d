"""The table of docs/trust.md and this suite agree: every row has a test, every attack has a row."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \| `(\w+)` \|$", re.MULTILINE)
TEST = re.compile(r"^def (test_\w+)\(", re.MULTILINE)
OUTCOMES = {
    "trust.md": {"prevented", "visible", "prevented, and visible"},
    "trust.zh-CN.md": {"防住", "看得见", "防住，也看得见"},
}


def rows(name: str) -> list[tuple[str, ...]]:
    """The number, attack, outcome, code and test of each row."""
    return ROW.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))


def names_in(folder: Path) -> set[str]:
    return {name for path in folder.rglob("test_*.py") for name in TEST.findall(path.read_text("utf-8"))}


def test_every_row_names_a_test_that_exists() -> None:
    named = [row[-1] for row in rows("trust.md")]

    assert set(named) - names_in(ROOT / "tests") == set()
    assert len(set(named)) == len(named) > 50


def test_every_attack_has_its_row() -> None:
    attacks = {
        name
        for path in Path(__file__).parent.glob("test_*.py")
        if path != Path(__file__)
        for name in TEST.findall(path.read_text("utf-8"))
    }

    assert attacks - {row[-1] for row in rows("trust.md")} == set()


def test_both_languages_have_the_same_rows() -> None:
    english, chinese = rows("trust.md"), rows("trust.zh-CN.md")

    assert [(row[0], row[-1]) for row in english] == [(row[0], row[-1]) for row in chinese]
    assert [int(row[0]) for row in english] == list(range(1, len(english) + 1))


def test_every_row_is_prevented_or_visible() -> None:
    for name, outcomes in OUTCOMES.items():
        assert {row[2] for row in rows(name)} <= outcomes
