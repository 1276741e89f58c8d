"""Runs the product as real processes, for tests that kill them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

BASE_DIR = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
VARIABLES = re.findall(
    r"^#?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
)
PATIENCE = 180.0  # seconds; reached only if the event never happens


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(holds: Callable[[], Any]) -> Any:
    """Returns the first true value of `holds`. Raises AssertionError: none within `PATIENCE`."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := holds():
            return value
        time.sleep(0.1)
    raise AssertionError(f"never came true: {holds}")


@dataclass
class House:
    """A separate installation: database, static files and port under a folder, and its processes."""

    folder: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen] = field(default_factory=list)

    @property
    def database(self) -> Path:
        return self.folder / "data.sqlite3"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Inherits only the path to programs; empty variables hide a `.env`."""
        return {
            "PATH": os.environ["PATH"],
            **dict.fromkeys(VARIABLES, ""),
            "SECRET_KEY": "a house of the tests",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "STATIC_ROOT": str(self.folder / "static"),
            "MEDIA_ROOT": str(self.folder / "media"),
            "BIND": f"127.0.0.1:{self.port}",
            "SITE_URL": self.url,
            **self.settings,
        }

    def start(self, program: str, *arguments: str) -> subprocess.Popen:
        log = (self.folder / f"{len(self.processes)}.log").open("w")
        process = subprocess.Popen(
            [str(BIN / program), *arguments],
            cwd=BASE_DIR,
            env=self.environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        return process

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(BIN / program), *arguments],
            cwd=BASE_DIR,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Queries the database directly, not through the product."""
        url = self.environment()["DATABASE_URL"]
        is_file = url.startswith("sqlite")
        connection: Any = sqlite3.connect(self.database, timeout=20) if is_file else psycopg.connect(url)
        with closing(connection):
            return connection.execute(statement).fetchall()

    def serve(self) -> subprocess.Popen:
        return self.start("python", "manage.py", "serve")

    def health(self) -> dict[str, Any] | None:
        """Returns the answer of /healthz, None if there is none."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except OSError:
            return None

    def healthy(self) -> dict[str, Any] | None:
        """Returns the answer if everything is ok, including the beat."""
        health = self.health()
        return health if health and health["status"] == health["beat"] == "ok" else None

    def until_healthy(self) -> dict[str, Any]:
        """Waits until healthy. Raises AssertionError with the log: a process ended."""

        def healthy() -> dict[str, Any] | None:
            for number, process in enumerate(self.processes):
                assert process.poll() in (None, -signal.SIGKILL, 0), self.log(number)
            return self.healthy()

        return until(healthy)

    def log(self, number: int = -1) -> str:
        return (self.folder / f"{number % len(self.processes)}.log").read_text()

    def kill(self, process: subprocess.Popen) -> None:
        """Kills the whole process group at once, like a power cut."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)
