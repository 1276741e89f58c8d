"""Static files are collected only when something changed."""

import re

import brotli
import pytest

from satisfaction.core import static_files
from satisfaction.core.static_files import FastCompressor

HASHED = re.compile(r"\.[0-9a-f]{12}\.")


@pytest.fixture
def sources(settings, tmp_path):
    """Two files of our own, stored as in production."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "app.css").write_text("body { color: black }" * 50)
    (folder / "app.css.map").write_text("{}" * 500)
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "satisfaction.core.static_files.HashedStaticStorage"},
    }
    return folder


def test_collect_a_second_time_has_nothing_to_do(sources):
    assert (static_files.collect_if_changed(), static_files.collect_if_changed()) == (True, False)


def test_collect_takes_up_a_changed_file_and_drops_the_old_one(sources, settings):
    static_files.collect_if_changed()
    (sources / "app.css").write_text("body { color: blue }" * 50)

    changed = static_files.collect_if_changed()

    hashed = list(settings.STATIC_ROOT.glob("app.????????????.css"))
    assert (changed, [file.read_text()[:20] for file in hashed]) == (True, ["body { color: blue }"])


def test_collect_compresses_what_pages_ask_for_but_no_source_maps(sources, settings):
    static_files.collect_if_changed()

    names = {file.name for file in settings.STATIC_ROOT.iterdir()}
    assert {"app.css", "app.css.br", "app.css.gz", "app.css.map"} <= names
    assert not {"app.css.map.br", "app.css.map.gz"} & names


def test_collect_rewrites_imports_of_modules_to_hashed_names(sources, settings):
    (sources / "js/page").mkdir(parents=True)
    (sources / "js/page/main.js").write_text(
        'import "../log.js";\nimport { sum } from "./sum.js";\nsum(1, 2);\n'
    )
    (sources / "js/log.js").write_text("console.log(1);\n")
    (sources / "js/page/sum.js").write_text("export const sum = (a, b) => a + b;\n")

    static_files.collect_if_changed()

    [main] = settings.STATIC_ROOT.glob("js/page/main.????????????.js")
    [module] = settings.STATIC_ROOT.glob("js/page/sum.????????????.js")
    [log] = settings.STATIC_ROOT.glob("js/log.????????????.js")
    assert main.read_text().splitlines()[:2] == [
        f'import "../{log.name}";',
        f'import {{ sum }} from "./{module.name}";',
    ]


def test_our_modules_import_hashed_files_that_exist(sources, settings, base_dir):
    settings.STATICFILES_DIRS = [base_dir / "static"]

    static_files.collect_if_changed()

    modules = [path for path in settings.STATIC_ROOT.rglob("*.js") if HASHED.search(path.name)]
    imported = {
        (path.parent / name).resolve()
        for path in modules
        for name in re.findall(r'\b(?:from|import) "([^"]+)"', path.read_text())
    }
    assert len(imported) > 10
    assert imported <= {path.resolve() for path in modules}


def test_compressed_file_is_the_file():
    text = b"body { color: black }" * 50

    assert brotli.decompress(FastCompressor.compress_brotli(text)) == text
