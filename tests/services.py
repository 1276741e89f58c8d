"""Finds PostgreSQL, Redis, Chromium and Node by environment variable, else in the usual places."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import psycopg
import redis

POSTGRES = (
    "postgres://postgres@127.0.0.1:5432/postgres",
    "postgres://postgres:postgres@127.0.0.1:5432/postgres",
)
REDIS = "redis://127.0.0.1:6379/0"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NAMES = {"postgres": "PostgreSQL", "redis": "Redis", "browser": "Chromium", "node": "Node.js 18"}


def required() -> bool:
    """Whether REQUIRE_SERVICES=1 makes a skipped test fail."""
    return os.environ.get("REQUIRE_SERVICES", "") not in ("", "0")


def given(name: str) -> str:
    """Returns a variable as set by the caller of the tests; tests/settings.py hides it from the product."""
    return os.environ.get(f"GIVEN_{name}", os.environ.get(name, ""))


@cache
def postgres() -> str | None:
    url = given("DATABASE_URL")
    for candidate in (url,) if url.startswith("postgres") else POSTGRES:
        try:
            psycopg.connect(candidate, connect_timeout=2).close()
        except psycopg.OperationalError:
            continue
        return candidate
    return None


@cache
def redis_server() -> str | None:
    url = given("REDIS_URL") or REDIS
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=2) as client:
            client.ping()
    except redis.RedisError:
        return None
    return url


@cache
def chromium() -> str | None:
    path = os.environ.get("CHROMIUM", "")
    return shutil.which(path) if path else next(filter(None, map(shutil.which, BROWSERS)), None)


@cache
def node() -> str | None:
    """Node.js 18 or newer: earlier ones have no test runner."""
    path = shutil.which("node")
    if path is None:
        return None
    version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout  # v18.20.4
    return path if int(version.removeprefix("v").partition(".")[0]) >= 18 else None


def found() -> dict[str, str | None]:
    """Returns marker → address or path of the required service, None if it is missing."""
    return {"postgres": postgres(), "redis": redis_server(), "browser": chromium(), "node": node()}
