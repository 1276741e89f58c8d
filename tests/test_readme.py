"""What the READMEs say must exist: commands, variables, links, pictures, decision notes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
LANGUAGE = {"README.md": "en", "README.zh-CN.md": "zh"}
DOCUMENTS = [
    *READMES,
    "CHANGELOG.md",
    "deploy/README.md",
    "tests/data/README.md",
    "docs/decisions/README.md",
    "docs/trust.md",
    "docs/trust.zh-CN.md",
]
COMMANDS = {
    *("import_people", "import_workbook", "assign_callbacks", "assignments", "verify_assignment"),
    *("score_day", "rank_month", "export_workbook", "catch_up", "demo", "generate", "unlock", "reencrypt"),
}
MOST_BYTES = 150_000
QUOTED = re.compile(r"`([^`\n]+)`")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def variables() -> set[str]:
    """Every variable of .env.example, commented or not."""
    return set(re.findall(r"^#?([A-Z][A-Z_]+)=", text(".env.example"), re.MULTILINE))


def rows_of_commands(name: str) -> dict[str, str]:
    """Command → its usage, from the table of commands."""
    usages = re.findall(r"^\| `([a-z_]+(?: [^`]+)?)` \|", text(name), re.MULTILINE)
    return {usage.split()[0]: usage for usage in usages if usage.split()[0] in get_commands()}


def told_variables(name: str) -> set[str]:
    """First column of the table of settings."""
    first = re.findall(r"^\| (`[A-Z][^|]+`) \|", text(name), re.MULTILINE)
    return {one for cell in first for one in QUOTED.findall(cell)}


def links(name: str) -> set[str]:
    """Files that a document links to or shows."""
    found = re.findall(r"\]\(([^)\s]+)\)", text(name)) + re.findall(r'<img src="([^"]+)"', text(name))
    return {one.partition("#")[0] for one in found if not one.startswith(("http:", "https:", "#"))}


@pytest.mark.parametrize("name", READMES)
def test_readme_names_every_command_of_the_contract(name: str) -> None:
    assert set(rows_of_commands(name)) == COMMANDS | {"serve"}


@pytest.mark.parametrize("name", READMES)
def test_options_in_the_readme_are_the_commands_own(name: str) -> None:
    for command, usage in rows_of_commands(name).items():
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        told = set(re.findall(r"--[a-z-]+", usage))
        assert told - set(parser._option_string_actions) == set(), command


@pytest.mark.parametrize("name", READMES)
def test_readme_tells_the_variables_of_the_example_and_no_other(name: str) -> None:
    assert told_variables(name) == variables()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name: str) -> None:
    missing = {link for link in links(name) if not (ROOT / name).parent.joinpath(link).exists()}

    assert missing == set()


@pytest.mark.parametrize("name", READMES)
def test_readme_shows_every_picture_of_its_language(name: str) -> None:
    folder = f"docs/pictures/{LANGUAGE[name]}"
    stored = {f"{folder}/{path.name}" for path in (ROOT / folder).iterdir()}

    assert {link for link in links(name) if link.endswith(".png")} == stored
    assert stored


def test_pictures_are_small_and_the_same_in_both_languages() -> None:
    pictures = list((ROOT / "docs" / "pictures").rglob("*.png"))
    names = {
        language: {path.name for path in pictures if path.parent.name == language}
        for language in ("en", "zh")
    }

    assert names["en"] == names["zh"]
    assert [path.name for path in pictures if path.stat().st_size > MOST_BYTES] == []


@pytest.mark.parametrize("name", READMES)
def test_readme_tells_the_accounts_of_the_demonstration(name: str) -> None:
    from satisfaction.demo.people import accounts

    told = set(QUOTED.findall(text(name)))

    assert {one["username"] for one in accounts()} | {one["password"] for one in accounts()} <= told


@pytest.mark.parametrize("name", READMES)
def test_targets_of_make_in_the_readme_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    told = re.findall(r"(?:`|^ {4})make ([a-z]+(?: [a-z]+)*)", text(name), re.MULTILINE)

    assert {target for line in told for target in line.split()} <= targets


def test_decision_notes_have_numbers_of_their_own_and_stand_in_the_index() -> None:
    notes = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert len({note[:4] for note in notes}) == len(notes)
    assert sorted(links("docs/decisions/README.md")) == notes


def test_titles_of_decision_notes_begin_with_their_number() -> None:
    notes = list((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    wrong = [note.name for note in notes if not note.read_text().startswith(f"# {int(note.name[:4])}. ")]

    assert wrong == []
