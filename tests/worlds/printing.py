"""Prints a view's answer with Chromium, with its style sheets from the source folders, to PDF and text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from django.contrib.staticfiles import finders

FLAGS = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-sync".split()


def printed(html: str, *, chromium: str, folder: Path) -> Path:
    """Prints the page. Returns the path of the PDF."""
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
    """Returns the text in reading order, without white space."""
    out = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True, text=True)
    return re.sub(r"\s+", "", out.stdout)


def facts_of(pdf: Path) -> dict[str, str]:
    """Returns the values reported by pdfinfo: Pages, Page size …"""
    out = subprocess.run(["pdfinfo", str(pdf)], check=True, capture_output=True, text=True)
    return {
        key.strip(): value.strip()
        for key, _, value in (line.partition(":") for line in out.stdout.splitlines())
    }
