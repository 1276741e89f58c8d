"""Project-wide conventions: pure rules, guarded views, templates, third-party files, catalogues."""

from __future__ import annotations

import ast
import hashlib
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
OURS = ("satisfaction", "workorders", "evaluations", "improvement")
PURE = re.compile(r"\.(rules(_\w+)?|deadline_rules|waiting_rules|who_\w+|near_identical)$|\.draw\.rules\.")
"""Modules of rules: no database, no settings, no clock."""


def modules() -> dict[str, Path]:
    """Returns dotted name → file of every product module except migrations."""
    found = {}
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                parts = path.relative_to(ROOT).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported_by(path: Path) -> set[str]:
    """Returns the absolute names that a module imports, at any depth."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {
        f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and not node.level
        for alias in node.names
    }
    return plain | named


def test_rules_are_pure():
    rules = {name: path for name, path in modules().items() if PURE.search(name)}
    impure = [
        f"{name} imports {target}"
        for name, path in rules.items()
        for target in sorted(imported_by(path))
        if target.startswith("django.") and not target.startswith("django.utils.translation")
    ]

    assert len(rules) > 20
    assert impure == []


VIEW_OF_ACTION = "a view bears the name of the action it calls"
TASK_OF_ACTION = "a task bears the name of the action it calls"
TWICE = {
    "name_award": VIEW_OF_ACTION,
    "record_decision": VIEW_OF_ACTION,
    "reopen": VIEW_OF_ACTION,
    "settle": VIEW_OF_ACTION,
    "requeue_jobs": TASK_OF_ACTION,
    "send_digest": TASK_OF_ACTION,
    "send_links": TASK_OF_ACTION,
    "is_history": "the one in satisfaction.changes goes with the triggers",
    "Command": "Django looks for a command under this name",
}
"""Names that may be defined twice, and why."""


def defined_names() -> dict[str, list[str]]:
    """Returns class, class-like alias or public function → the modules that define it."""
    found: dict[str, list[str]] = defaultdict(list)
    for module, path in modules().items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                found[node.name].append(module)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name[0].isupper() and not name.isupper():
                    found[name].append(module)
    return found


def test_one_name_is_one_thing():
    twice = {name: places for name, places in defined_names().items() if len(places) > 1}

    assert {name: places for name, places in twice.items() if name not in TWICE} == {}
    assert set(TWICE) - set(twice) == set()


def test_no_module_has_a_name_that_says_nothing():
    vague = {"utils", "helpers", "services", "common", "misc"}

    assert [name for name in modules() if name.rpartition(".")[2] in vague] == []


def views(patterns=None, prefix: str = ""):
    """Yields (address, view) of every pattern except the admin site's, which has its own checks."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from views(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address, pattern.callback


def test_every_view_names_its_roles_or_is_open_to_all_on_purpose():
    unguarded = [
        address
        for address, view in views()
        if not getattr(view, "roles", None) and getattr(view, "login_required", True)
    ]

    assert unguarded == []


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


INCLUDED = re.compile(r'{% include "([^"]+)"')
NO_CONTENT = re.compile(r"{% load [^%]+%}|{#.*?#}|{% comment %}.*?{% endcomment %}", re.S)
FEWEST_LINES = 15


def content_lines(text: str) -> int:
    return sum(bool(line.strip()) for line in NO_CONTENT.sub("", text).splitlines())


def test_templates_included_once_have_enough_lines():
    """A few lines read better in the page than in a second file. Templates rendered by a view are exempt."""
    texts = {path.relative_to(ROOT / "templates").as_posix(): path.read_text() for path in templates()}
    includes = Counter(name for text in texts.values() for name in INCLUDED.findall(text))
    code = "\n".join(path.read_text() for path in modules().values())
    short = {
        name: length
        for name, times in includes.items()
        if times == 1 and f'"{name}"' not in code and (length := content_lines(texts[name])) < FEWEST_LINES
    }

    assert short == {}


LINE_BREAK_IN_PREFORMATTED = re.compile(r'class="(?:[^"]*\s)?prewrap[\s"][^>]*>\s')


def test_templates_break_no_line_before_preformatted_text():
    broken = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in templates()
        for found in LINE_BREAK_IN_PREFORMATTED.finditer(path.read_text())
    ]

    assert broken == []


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<style\b|\sstyle=|\son[a-z]+=|javascript:",
    re.I,
)


def test_templates_hold_no_inline_script_or_style():
    inline = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in templates()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if INLINE.search(line)
    ]

    assert inline == []


@pytest.mark.parametrize(
    ("html", "is_inline"),
    [
        ('<p style="color:red">', True),
        ("<button onclick='go()'>", True),
        ("<script>go()</script>", True),
        ("<style>p{}</style>", True),
        ('<a href="javascript:go()">', True),
        ('<script src="/app.js" type="module"></script>', False),
        ('<script type="application/json" id="x">{}</script>', False),
        ('<div hx-on="x" data-once="1" class="style">', False),
    ],
)
def test_inline_pattern_can_tell(html, is_inline):
    assert bool(INLINE.search(html)) is is_inline


def tracked() -> list[Path]:
    """Returns the repository's files; without git, the files of the source folders."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
        return [Path(line) for line in listed.stdout.splitlines()]
    folders = [ROOT / name for name in (*OURS, "templates", "static", "tests", "docs", "deploy")]
    return [path.relative_to(ROOT) for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_repository_holds_no_third_party_assets():
    foreign = re.compile(
        r"\.min\.(js|css)$|(^|/)(node_modules|vendor)/|(bootstrap|htmx|echarts)[^/]*\.(js|css)$"
    )

    assert [str(path) for path in tracked() if foreign.search(path.as_posix())] == []


def test_repository_holds_no_compiled_or_secret_files():
    unwanted = re.compile(r"\.(mo|pyc|sqlite3|log)$|(^|/)\.env$|(^|/)var/")

    assert [str(path) for path in tracked() if unwanted.search(path.as_posix())] == []


# Third-party files sent to browsers: package, version, file name in pages, SHA-256. Change only deliberately.
SHIPPED = [
    (
        "django-js-lib-bootstrap5",
        "5.3.3.1",
        "js-lib-bootstrap5/css/bootstrap.min.css",
        "3c8f27e6009ccfd710a905e6dcf12d0ee3c6f2ac7da05b0572d3e0d12e736fc8",
    ),
    (
        "django-htmx",
        "1.29.0",
        "django_htmx/htmx-2.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
    (
        "instaui-echarts",
        "0.8.0",
        "echarts/echarts.esm.min.js",
        "28515f26aa57f87eb1e4ed4eb446927eaf329b5f5e02b4bfd4b0264fea40d1da",
    ),
]


@pytest.mark.parametrize(("package", "release", "name", "sha256"), SHIPPED)
def test_third_party_files_are_the_ones_we_looked_at(package, release, name, sha256):
    path = finders.find(name)

    assert (version(package), hashlib.sha256(Path(path).read_bytes()).hexdigest()) == (release, sha256)


def test_third_party_files_in_templates_are_among_those_looked_at():
    looked_at = {name for _package, _release, name, _sha256 in SHIPPED}
    ours = {path.as_posix().removeprefix("static/") for path in tracked() if path.parts[0] == "static"}
    named = {
        name
        for path in templates()
        for name in re.findall(r"{%\s*static\s+['\"]([^'\"]+)['\"]", path.read_text())
    }

    assert named - looked_at - {name for name in named if (ROOT / "static" / name).is_file()} - ours == set()


def catalogue():
    path = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
    assert path.is_file(), "make messages"
    with path.open("rb") as file:
        return read_po(file, locale="en")


def test_english_catalogue_is_complete():
    def translated(message):
        return all(message.string if isinstance(message.string, tuple) else [message.string])

    unfinished = [
        str(message.id)
        for message in catalogue()
        if message.id and (message.fuzzy or not translated(message))
    ]

    assert unfinished == []


def test_english_catalogue_keeps_the_placeholders():
    placeholder = re.compile(r"%\(\w+\)[sd]")
    differing = [
        str(message.id)
        for message in catalogue()
        if isinstance(message.id, str)
        and message.id
        and message.string
        and sorted(placeholder.findall(message.id)) != sorted(placeholder.findall(str(message.string)))
    ]

    assert differing == []


def test_english_catalogue_has_every_message_of_the_source(tmp_path):
    if not shutil.which("xgettext"):
        pytest.skip("needs gettext")
    copy = tmp_path / "copy"
    copy.mkdir()
    # Copy rather than link: the extraction writes files next to the templates.
    for name in (*OURS, "templates"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "locale").mkdir()
    with pytest.MonkeyPatch.context() as patch, override_settings(LOCALE_PATHS=[copy / "locale"]):
        patch.chdir(copy)
        call_command("makemessages", locale=["en"], no_location=True, verbosity=0)
    with (copy / "locale" / "en" / "LC_MESSAGES" / "django.po").open("rb") as file:
        source = {message.id for message in read_po(file) if message.id}

    assert sorted(map(str, source - {message.id for message in catalogue() if message.id})) == []


def spoken(path: Path) -> set[str]:
    """Returns the constants passed to gettext, including in f-strings, which xgettext (0.21) ignores."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {
        call.args[0].value
        for call in calls
        if getattr(call.func, "id", "") in ("_", "gettext", "gettext_lazy", "ngettext")
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_english_catalogue_has_what_f_strings_say():
    ids = [message.id for message in catalogue()]
    known = {one[0] if isinstance(one, tuple) else one for one in ids}

    assert {text for path in modules().values() for text in spoken(path)} - known == set()
