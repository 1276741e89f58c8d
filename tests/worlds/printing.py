"""A page as Chromium prints it: the answer of a view, its style sheets from where they lie, to PDF and text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from django.contrib.staticfiles import finders

FLAGS = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-sync".split()


def printed(html: str, *, chromium: str, folder: Path) -> Path:
    """The PDF of a page that was answered."""
    page, pdf = folder / "page.html", folder / "page.pdf"
    page.write_text(re.sub(r'"/static/([^"]+)"', lambda m: f'"file://{finders.find(m[1])}"', html))
    subprocess.run(
        [
            chromium,
            *FLAGS,
            f"--user-data-dir={folder / 'profile'}",
            "--allow-file-access-from-files",
            "--no-pdf-header-footer",
            f"--print-to-pdf={pdf}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return pdf


def text_of(pdf: Path) -> str:
    """What stands on the page, in reading order, without white space."""
    out = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True, text=True)
    return re.sub(r"\s+", "", out.stdout)


def facts_of(pdf: Path) -> dict[str, str]:
    """Pages, Page size … as pdfinfo tells."""
    out = subprocess.run(["pdfinfo", str(pdf)], check=True, capture_output=True, text=True)
    return {
        key.strip(): value.strip()
        for key, _, value in (line.partition(":") for line in out.stdout.splitlines())
    }
