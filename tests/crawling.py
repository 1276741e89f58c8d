"""Opens every page of the product: addresses from the URLconf, then links from the pages."""

from __future__ import annotations

import html
import io
import itertools
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

WALKS_ALL = os.environ.get("WALKS") == "all"
"""Whether long walks take every combination instead of a sample (`make nightly`)."""
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
LINK = re.compile(r'(?:href|hx-get|data-url|action)="([^"]+)"')
FORM = re.compile(r'<form(?![^>]*method="post")[^>]*>.*?</form>', re.S | re.I)
SELECT = re.compile(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', re.S)
OPTION = re.compile(r'<option[^>]*value="([^"]*)"')
# Text that differs between answers without meaning.
PASSING = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": ?"[^"]*"|data-csrf="[^"]*"'
    r"|[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
)
Answer = tuple[Any, ...]


@dataclass(frozen=True)
class Address:
    """A pattern of the URLconf: its name with namespace, full route and view."""

    name: str
    route: str
    view: Any

    @property
    def is_admins(self) -> bool:
        return self.name.startswith("admin:")

    @property
    def roles(self) -> frozenset[str] | None:
        """The roles that the view admits; None if it is open to all."""
        return frozenset(self.view.roles) if getattr(self.view, "login_required", True) else None


def addresses(within: Any = None, route: str = "", space: str = "") -> Iterator[Address]:
    """Yields every address, including the admin site's except its two regular expressions."""
    for pattern in get_resolver().url_patterns if within is None else within:
        whole = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, whole, inner)
        elif isinstance(pattern, URLPattern) and isinstance(pattern.pattern, RoutePattern):
            yield Address(f"{space}{pattern.name or ''}", whole, pattern.callback)


def filled(route: str, values: Mapping[str, Iterable[Any]]) -> Iterator[str]:
    """Yields the route's addresses for every value of its parameters."""
    names = [name for _kind, name in PARAMETER.findall(route)]
    for chosen in itertools.product(*(values[name] for name in names)):
        pieces = iter(chosen)
        yield "/" + PARAMETER.sub(lambda _found: str(next(pieces)), route)  # noqa: B023


def links(address: str, text: str) -> Iterator[str]:
    """Yields the product's addresses linked from a page, and one per choice of its search forms."""
    for found in LINK.findall(text):
        target = urlsplit(urljoin(address, html.unescape(found)))
        if not target.netloc and not target.path.startswith("/static/"):
            yield target._replace(fragment="").geturl()
    for form in FORM.findall(text):
        for name, options in SELECT.findall(form):
            for value in OPTION.findall(options):
                yield f"{urlsplit(address).path}?{urlencode({name: html.unescape(value)})}"


def told(response: Any) -> Answer:
    """Returns what an answer reveals: status, redirect target, validators and content."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            text = "".join(f"{name}\n{book.read(name).decode()}" for name in sorted(book.namelist()))
    else:
        text = content.decode(errors="replace")
    headers = tuple(response.get(name, "") for name in ("Location", "ETag", "Last-Modified", "HX-Redirect"))
    return response.status_code, *headers, PASSING.sub("", text)


def kind_of(address: str) -> tuple[str, tuple[str, ...]]:
    """Returns a key shared by addresses of the same page with different numbers."""
    parts = urlsplit(address)
    names = tuple(sorted(pair.partition("=")[0] for pair in parts.query.split("&") if pair))
    return re.sub(r"\d+", "0", parts.path), names


def crawl(
    client: Client, start: Iterable[str], *, alike: int = 2, most: int = 1000, skip: Iterable[str] = ()
) -> dict[str, Answer]:
    """Follows links from `start`. Returns address → answer, at most `alike` per kind and `most` in total."""
    waiting = list(dict.fromkeys(start))
    seen, kinds, answers = set(waiting), Counter[Any](), dict[str, Answer]()
    while waiting and len(answers) < most:
        address = waiting.pop(0)
        response = client.get(address)
        answers[address] = told(response)
        if response.status_code != 200:
            continue
        for link in links(address, answers[address][-1]):
            kind = kind_of(link)
            if link not in seen and kinds[kind] < alike and not any(part in link for part in skip):
                seen.add(link)
                kinds[kind] += 1
                waiting.append(link)
    return answers
