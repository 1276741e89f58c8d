"""The client's address: REMOTE_ADDR, or the address that trusted proxies report (setting PROXY_COUNT)."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ClientAddressMiddleware:
    """Writes the client's address to REMOTE_ADDR for the sign-in limits, the request log and the audit.

    Each of the PROXY_COUNT trusted proxies appends the address of its peer to X-Forwarded-For. The client is
    therefore the PROXY_COUNT-th entry from the right; entries left of it come from the client and prove
    nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = client_address(
            request.META.get("REMOTE_ADDR", ""), forwarded, proxies=settings.PROXY_COUNT
        )
        return self.get_response(request)


def client_address(peer: str, forwarded: str, *, proxies: int) -> str:
    """Returns the client's address; `peer` if an entry is missing or unreadable."""
    entries = [entry.strip() for entry in forwarded.split(",")]
    if not 0 < proxies <= len(entries):
        return peer
    try:
        return str(ip_address(without_port(entries[-proxies])))
    except ValueError:
        return peer


def without_port(entry: str) -> str:
    """Removes the port that some proxies append: `10.0.0.5:4711`, `[fd00::1]:4711`."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def address_of(request: HttpRequest) -> str | None:
    """Returns the client's address for an audit event; None behind a Unix socket without a proxy."""
    return request.META.get("REMOTE_ADDR") or None
