"""Style sheets and scripts use only features of the oldest supported browsers (docs/operations.md, *Browsers*).

An unknown selector drops its whole rule, and unknown syntax a whole script. Therefore selectors, at-rules and
functions of style sheets are allowed by name; newer syntax and interfaces of scripts are refused by name,
with the versions that introduced them (MDN). A browser ignores only the unknown property itself, so only
properties that the layout depends on are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

ROOT = Path(__file__).resolve().parent.parent
OLDEST = {"Chromium": 86, "Firefox": 91, "Safari": 16}
STYLES = sorted((ROOT / "static/css").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))
OTHERS_STYLES = ("js-lib-bootstrap5/css/bootstrap.min.css",)
OTHERS_SCRIPTS = ("django_htmx/htmx-2.min.js", "django_htmx/django-htmx.js", "echarts/echarts.esm.min.js")

PSEUDO_CLASSES = {
    *(
        "checked",
        "empty",
        "first-child",
        "focus",
        "focus-visible",
        "hover",
        "lang",
        "last-child",
        "last-of-type",
    ),
    *("link", "not", "nth-child", "root", "visited"),
}
PSEUDO_ELEMENTS = {"after", "backdrop", "before", "placeholder"}
OWN_RULES = {"-webkit-details-marker", "-webkit-progress-bar", "-webkit-progress-value", "-moz-progress-bar"}
"""Known to some browsers only: each stands in a rule of its own."""
AT_RULES = {"@media", "@page"}
FUNCTIONS = {
    *("attr", "calc", "env", "fit-content", "inset", "lang", "min", "minmax", "not", "nth-child", "repeat"),
    *("rgba", "var"),
}
NEWER_STYLE = {
    "inset: (Chromium 87)": r"(?<![\w-])inset(-block|-inline)?\s*:",
    "padding-inline and its like (Chromium 87)": r"(padding|margin)-(inline|block)\s*:",
    "aspect-ratio (Chromium 88)": r"aspect-ratio\s*:",
    "dvh, svh, lvh (Chromium 108)": r"\d[dsl]v[hw]\b",
    "nesting (Chromium 112)": r"&",
    "subgrid (Chromium 117)": r"\bsubgrid\b",
}
NEWER_SELECTORS = {
    ":has (Chromium 105, Firefox 121)": r":has\(",
    ":is, :where (Chromium 88)": r":(is|where)\(",
    ":not with a list (Chromium 88)": r":not\([^()]*,",
}
NEWER_SCRIPT = {
    "static blocks (Chromium 94)": r"\bstatic\s*\{",
    "#name in (Chromium 91)": r"#\w+ in\b",
    "flags d and v of expressions (Chromium 90, 112)": r"/[gimsuy]*[dv][gimsuy]*\.(test|exec)\(",
    "(?<= and (?<! (Safari 16.4)": r"\(\?<[=!]",
    ".at() (Chromium 92)": r"\.at\(",
    "structuredClone (Chromium 98)": r"\bstructuredClone\b",
    "Object.hasOwn, groupBy (Chromium 93, 117)": r"Object\.(hasOwn|groupBy)\b",
    "findLast, toSorted (Chromium 97, 110)": r"\.(findLast|findLastIndex|toSorted|toReversed|toSpliced)\(",
    "randomUUID (Chromium 92, secure origins only)": r"\brandomUUID\b",
    "AbortSignal.timeout, any (Chromium 103)": r"AbortSignal\.\w",
    "Promise.withResolvers (Chromium 119)": r"withResolvers",
    "showPicker, showPopover (Chromium 99, 114)": r"\.show(Picker|Popover)\(",
    "inert (Chromium 102)": r"\.inert\b",
    "replaceAll of nodes, canParse (Chromium 120)": r"\.canParse\(",
    **NEWER_SELECTORS,
}


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def preludes(text: str) -> Iterator[str]:
    """Yields the text before each `{`: a selector or an at-rule."""
    for found in re.finditer(r"[^{};]+(?=\{)", without_comments(text)):
        yield found[0].strip()


def unknown_in_style(text: str) -> list[str]:
    """Returns the parts of a style sheet that are not known to work in the oldest browsers."""
    found = [
        name
        for name, pattern in (NEWER_STYLE | NEWER_SELECTORS).items()
        if re.search(pattern, without_comments(text))
    ]
    found += sorted(set(re.findall(r"@[\w-]+", without_comments(text))) - AT_RULES)
    found += sorted(set(re.findall(r"([\w-]+)\(", without_comments(text))) - FUNCTIONS)
    for prelude in preludes(text):
        if prelude.startswith("@"):
            continue
        elements = set(re.findall(r"::([\w-]+)", prelude))
        classes = set(re.findall(r"(?<!:):([\w-]+)", prelude))
        found += sorted(classes - PSEUDO_CLASSES) + sorted(elements - PSEUDO_ELEMENTS - OWN_RULES)
        if elements & OWN_RULES and "," in prelude:
            found.append(f"{prelude}: not in a rule of its own")
    return found


def awaits_outside(code: str) -> list[str]:
    """Returns lines with an `await` outside an async function, judged by indentation."""
    found, above = [], []
    for line in code.splitlines():
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        above = [one for one in above if one[0] < depth]
        above.append((depth, line))
        if re.search(r"\bawait\b", line) and not any("async" in one for _depth, one in above):
            found.append(f"{line.strip()}: await outside a function (Chromium 89)")
    return found


def unknown_in_script(text: str) -> list[str]:
    code = re.sub(r"(?m)^\s*//.*$|\s//\s.*$", "", text)
    found = [name for name, pattern in NEWER_SCRIPT.items() if re.search(pattern, code)]
    found += awaits_outside(code)
    if ".showModal(" in code and not re.search(r"if \(!?\w+\.showModal\)", code):
        found.append("showModal without asking for it (Firefox 98)")
    return found


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.relative_to(ROOT / "static").as_posix())
def test_style_sheets_use_what_the_oldest_browsers_know(path):
    assert unknown_in_style(path.read_text()) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(ROOT / "static").as_posix())
def test_scripts_use_what_the_oldest_browsers_know(path):
    assert unknown_in_script(path.read_text()) == []


@pytest.mark.parametrize("name", OTHERS_STYLES)
def test_style_sheets_of_packages_have_no_newer_selectors(name):
    text = Path(finders.find(name)).read_text()

    assert [what for what, pattern in NEWER_SELECTORS.items() if re.search(pattern, text)] == []


@pytest.mark.parametrize("name", OTHERS_SCRIPTS)
def test_scripts_of_packages_have_no_newer_syntax(name):
    """Packages test for interfaces before use, but a browser must parse the whole file's syntax."""
    text = Path(finders.find(name)).read_text()

    assert [
        what
        for what in ("static blocks (Chromium 94)", "#name in (Chromium 91)")
        if re.search(NEWER_SCRIPT[what], text)
    ] == []


@pytest.mark.parametrize(
    "rule",
    [
        ".a, .btn:has(:checked) { color: red; }",
        ".a:is(.b, .c) { color: red; }",
        "td:not(.a, .b) { color: red; }",
        "@layer base { p { color: red; } }",
        "@container (width > 1px) { p { color: red; } }",
        "p { color: color-mix(in srgb, red, blue); }",
        "p { inset: 0; }",
        "p { height: 100dvh; }",
        "p { & b { color: red; } }",
        "p:user-valid { color: red; }",
        "a::-moz-progress-bar, a { color: red; }",
    ],
)
def test_newer_style_is_found(rule):
    assert unknown_in_style(rule)


@pytest.mark.parametrize(
    "code",
    [
        "const module = await import('x');",
        "await import('x');",
        "if (places.length) {\n  const module = await import('x');\n}",
        "last = all.at(-1);",
        "const copy = structuredClone(one);",
        "document.querySelector('label:has(input)');",
        "one.matches('input:not([a], [b])');",
        "dialog.showModal();",
        "crypto.randomUUID();",
    ],
)
def test_newer_script_is_found(code):
    assert unknown_in_script(code)


def test_every_page_asks_for_the_modern_engine():
    """360 and other browsers have a second, old engine and choose by this keyword."""
    frames = [path for path in (ROOT / "templates").rglob("*.html") if "<html" in path.read_text()]
    frames.append(ROOT / "templates/admin/base_site.html")

    assert len(frames) == 4
    assert [
        path.name for path in frames if '<meta name="renderer" content="webkit">' not in path.read_text()
    ] == []


@pytest.mark.parametrize("name", ["operations.md", "operations.zh-CN.md"])
def test_the_documentation_states_the_oldest_browsers(name):
    text = (ROOT / "docs" / name).read_text()

    assert [
        f"{browser} {version}" for browser, version in OLDEST.items() if f"{browser} {version}" not in text
    ] == []
