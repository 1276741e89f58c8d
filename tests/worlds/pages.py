"""Visits one page of each kind that a person can reach by links, and finds Chinese text on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from django.apps import apps
from django.db.models import CharField, JSONField, TextField
from django.http import HttpResponse
from django.test import Client

NUMBERS = re.compile(r"[A-Z]+-[\w-]*\d|\d{4}-\d\d(-\d\d)?|\d+")
NO_PAGE = re.compile(r"^/(admin|static)/|\.(xlsx|csv)|/excel/|/logout/")
HAN = re.compile(r"[\u4e00-\u9fff]+")
SPOKEN = re.compile(r'(?:aria-label|title|placeholder|alt|value|data-[\w-]+)="([^"]*)"')
IN_ITS_OWN_LANGUAGE = re.compile(r'<(\w+)[^>]*\blang="[^>]*>[^<]*</\1>')


def walked(client: Client) -> Iterator[tuple[str, HttpResponse]]:
    """Follows links from the home page, each kind of page once. Yields (address, answer)."""
    todo, kinds = ["/"], {"/"}
    for address in todo:
        answer = client.get(address)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            answer.getvalue()  # reads a file to its end and closes it
            continue
        yield address, answer
        for link in map(unescape, re.findall(r'href="(/[^"#]*)', answer.text)):
            kind = NUMBERS.sub("#", link.partition("?")[0])
            if kind not in kinds and not NO_PAGE.search(link):
                kinds.add(kind)
                todo.append(link)


def written() -> str:
    """Returns all Chinese text in the database: names, faults, reporters' words."""
    texts: set[str] = set()
    for model in apps.get_models():
        fields = [
            one.name for one in model._meta.fields if isinstance(one, CharField | TextField | JSONField)
        ]
        for row in model._default_manager.values_list(*fields).iterator() if fields else ():
            texts.update(text for value in row if value and HAN.search(text := str(value)))
    return "\n".join(texts)


def said_in_chinese(page: str, *, written: str) -> list[str]:
    """Returns the page's Chinese text that is not user data (`written`)."""
    body = IN_ITS_OWN_LANGUAGE.sub("", page.partition("<body")[2])
    words = unescape(" ".join([re.sub(r"<[^>]*>", " ", body), *SPOKEN.findall(body)]))
    return sorted({run for run in HAN.findall(words) if run not in written})
