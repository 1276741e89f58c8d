"""Commands, variables, pictures, accounts and make targets in the READMEs and operations pages exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from satisfaction.core.commands import ContractCommand
from satisfaction.demo.people import account_list

ROOT = Path(__file__).resolve().parent.parent
OURS = ("workorders", "evaluations", "improvement")
READMES = ("README.md", "README.zh-CN.md")
OPERATIONS = ("docs/operations.md", "docs/operations.zh-CN.md")
SCREENS = {"docs/screens.md": "en", "docs/screens.zh-CN.md": "zh"}
STABLE = {
    *("import_people", "import_workbook", "assign_callbacks", "assignments", "verify_assignment"),
    *("score_day", "rank_month", "export_workbook", "catch_up", "demo", "generate", "unlock", "reencrypt"),
}
"""Commands that others call: none of them goes away."""
MOST_BYTES = 150_000
QUOTED = re.compile(r"`([^`\n]+)`")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def variables() -> set[str]:
    """Every variable of .env.example, commented or not."""
    return set(re.findall(r"^#?([A-Z][A-Z_]+)=", text(".env.example"), re.MULTILINE))


def commands() -> set[str]:
    """Every command of the contract, and `serve`."""
    own = {name: app for name, app in get_commands().items() if app in OURS or app.startswith("satisfaction")}
    found = {name for name, app in own.items() if isinstance(load_command_class(app, name), ContractCommand)}
    return found | {"serve"}


def rows_of_commands(name: str) -> dict[str, str]:
    """Command → its usage, from the table of commands."""
    usages = re.findall(r"^\| `([a-z_]+(?: [^`]+)?)` \|", text(name), re.MULTILINE)
    return {usage.split()[0]: usage for usage in usages if usage.split()[0] in get_commands()}


def named_variables(name: str) -> set[str]:
    """First column of the table of settings."""
    first = re.findall(r"^\| (`[A-Z][^|]+`) \|", text(name), re.MULTILINE)
    return {one for cell in first for one in QUOTED.findall(cell)}


def links(name: str) -> set[str]:
    """Files that a document links to or shows."""
    found = re.findall(r"\]\(([^)\s]+)\)", text(name)) + re.findall(r'<img src="([^"]+)"', text(name))
    return {one.partition("#")[0] for one in found if not one.startswith(("http:", "https:", "#"))}


def test_no_command_of_the_contract_goes_away() -> None:
    assert STABLE - commands() == set()


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_name_every_command_of_the_contract(name: str) -> None:
    assert set(rows_of_commands(name)) == commands()


@pytest.mark.parametrize("name", OPERATIONS)
def test_options_in_the_operations_are_the_commands_own(name: str) -> None:
    for command, usage in rows_of_commands(name).items():
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        named = set(re.findall(r"--[a-z-]+", usage))
        assert named - set(parser._option_string_actions) == set(), command


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_list_the_variables_of_the_example_and_no_other(name: str) -> None:
    assert named_variables(name) == variables()


@pytest.mark.parametrize("name", SCREENS)
def test_screens_show_every_picture_of_their_language(name: str) -> None:
    folder = f"pictures/{SCREENS[name]}"
    stored = {f"{folder}/{path.name}" for path in (ROOT / "docs" / folder).iterdir()}

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
def test_readme_names_the_accounts_of_the_demonstration(name: str) -> None:
    named = set(QUOTED.findall(text(name)))

    assert {one["username"] for one in account_list()} | {one["password"] for one in account_list()} <= named


@pytest.mark.parametrize("name", READMES)
def test_targets_of_make_in_the_readme_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    named = re.findall(r"(?:`|^ {4})make ([a-z]+(?: [a-z]+)*)", text(name), re.MULTILINE)

    assert {target for line in named for target in line.split()} <= targets


def test_contract_describes_every_command_with_its_own_options() -> None:
    headings = re.findall(r"^### `([^`]+)`", text("docs/contract.md"), re.MULTILINE)
    usages = {heading.split()[0]: heading for heading in headings}

    assert set(usages) == commands()
    for command, usage in usages.items():
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        assert set(re.findall(r"--[a-z-]+", usage)) <= set(parser._option_string_actions), command
