"""The documents and the repository agree: cited rules, links, paths, decision notes, glossary, data model."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from docs.make_data_model import PICTURE, draw_model

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("satisfaction", "workorders", "evaluations", "improvement")
CITING = (*PRODUCT, "tests", "templates", "static", "benchmarks", "deploy", "docs")
SUFFIXES = {".py", ".html", ".md", ".js", ".css", ".txt", ".po"}
NOTES = ROOT / "docs" / "decisions"
HEADINGS = ["Date", "Status", "Context", "Options considered", "Decision", "Consequences"]
TEST = re.compile(r"test_\w+")
QUOTED = re.compile(r"`([^`\n]+)`")
OWN_PATH = re.compile(rf"(?:{'|'.join((*CITING, 'locale'))})/[\w./-]+")


def documents() -> list[Path]:
    """Every Markdown file of the repository."""
    folders = [ROOT / "docs", ROOT / "deploy", ROOT / "tests" / "data"]
    nested = [path for folder in folders for path in folder.rglob("*.md")]
    return sorted([*ROOT.glob("*.md"), *nested])


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts() -> Iterator[tuple[str, str]]:
    """(name, text) of every file that may cite a rule."""
    for folder in CITING:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield name_of(path), path.read_text(encoding="utf-8")
    for path in ROOT.glob("*.md"):
        yield name_of(path), path.read_text(encoding="utf-8")


# --- Rules ----------------------------------------------------------------------------------------


def sections(domain: str) -> set[str]:
    """Returns the numbers of the headings (`## 5. …`) and rules (`- **5.6 …`) of docs/domain.md."""
    return set(re.findall(r"^## (\d+)\. ", domain, re.MULTILINE)) | set(
        re.findall(r"^- \*\*(\d+\.\d+) ", domain, re.MULTILINE)
    )


def cited(text: str) -> set[str]:
    return set(re.findall(r"§ ?(\d+(?:\.\d+)*)", text))


def test_every_cited_rule_is_in_the_domain():
    known = sections((ROOT / "docs" / "domain.md").read_text(encoding="utf-8"))
    unknown = [(name, number) for name, text in texts() for number in sorted(cited(text) - known)]

    assert unknown == []


def test_rules_of_the_domain_have_numbers_without_gaps():
    found = sorted(
        tuple(int(part) for part in number.split("."))
        for number in sections((ROOT / "docs" / "domain.md").read_text(encoding="utf-8"))
    )
    wanted = [number for number in found if len(number) == 1]
    for top in [number for (number,) in wanted]:
        rules = [number for number in found if len(number) == 2 and number[0] == top]
        wanted = [*wanted, *[(top, n) for n in range(1, len(rules) + 1)]]

    assert found == sorted(wanted)
    assert [number for number in found if len(number) == 1] == [(n,) for n in range(1, 13)]


# --- Links and paths ------------------------------------------------------------------------------


def links(text: str) -> set[str]:
    """Returns the targets of links and images that are files."""
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'<img src="([^"]+)"', text)
    return {one for one in found if not one.startswith(("http:", "https:", "mailto:"))}


def anchors(path: Path) -> set[str]:
    """Returns the valid `#…` anchors of a Markdown file: its headings as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_broken(document: Path, link: str) -> bool:
    name, _hash, anchor = link.partition("#")
    target = document.parent / name if name else document
    if not target.exists():
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in anchors(target)


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_links_lead_to_files(document: Path):
    text = document.read_text(encoding="utf-8")

    assert sorted(link for link in links(text) if is_broken(document, link)) == []


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_paths_named_in_documents_exist(document: Path):
    named = {one for one in QUOTED.findall(document.read_text(encoding="utf-8")) if OWN_PATH.fullmatch(one)}

    assert sorted(one for one in named if not (ROOT / one).exists()) == []


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_tests_named_in_documents_exist(document: Path):
    named = {one for one in QUOTED.findall(document.read_text(encoding="utf-8")) if TEST.fullmatch(one)}

    assert sorted(named - names_of_tests()) == []


@cache
def names_of_tests() -> set[str]:
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return {name for text in files for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


# --- Decision notes -------------------------------------------------------------------------------


def notes() -> list[Path]:
    return sorted(NOTES.glob("[0-9]*.md"))


def test_decision_notes_are_numbered_without_gaps():
    assert [int(note.name[:4]) for note in notes()] == list(range(1, len(notes()) + 1))


@pytest.mark.parametrize("note", notes(), ids=lambda path: path.name)
def test_decision_note_has_its_number_and_the_six_headings(note: Path):
    text = note.read_text(encoding="utf-8")

    assert text.startswith(f"# {int(note.name[:4])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert re.search(r"^## Date\n\d{4}-\d{2}-\d{2}$", text, re.MULTILINE)


def test_index_of_decisions_lists_every_note_once():
    index = (NOTES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\d+)\]\(([^)]+)\)", index, re.MULTILINE)

    assert rows == [(str(int(note.name[:4])), note.name) for note in notes()]


# --- Glossary -------------------------------------------------------------------------------------


def names_of_classes() -> dict[str, set[str]]:
    """Returns class → names in its body: fields, enumeration members, methods."""
    found: dict[str, set[str]] = {}
    for package in PRODUCT:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    found.setdefault(node.name, set()).update(names_in(node))
    return found


def names_in(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id
        elif isinstance(statement, ast.FunctionDef):
            yield statement.name


def glossary_names(text: str) -> set[str]:
    """Returns the names in the third column of tables with a column for classes and fields."""
    found = set()
    for table in re.findall(r"^\| Chinese \| English \| class or field .*\n(?:\|.*\n)+", text, re.MULTILINE):
        for row in table.splitlines()[2:]:
            found |= set(QUOTED.findall(row.split("|")[3]))
    return found


def test_every_class_and_field_of_the_glossary_exists():
    classes = names_of_classes()
    named = glossary_names((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    missing = []
    for name in sorted(named):
        owner, _dot, member = name.partition(".")
        if owner not in classes or (member and member not in classes[owner]):
            missing.append(name)

    assert len(named) > 100
    assert missing == []


# --- Data model -----------------------------------------------------------------------------------


def test_picture_of_the_data_model_is_current():
    """If it fails, run `python -m docs.make_data_model`."""
    assert PICTURE.read_text(encoding="utf-8") == draw_model()
