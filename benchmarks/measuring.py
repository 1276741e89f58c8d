"""Measuring time and memory in a separate process, so that peaks do not add up."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """`floor_seconds`: lower bound for the same work, measured in the same run; `ratio` = seconds ÷ floor."""

    name: str
    seconds: float
    peak_mb: float
    floor_seconds: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.seconds / self.floor_seconds if self.floor_seconds else None


def measure(work: Callable[..., Any], *arguments: Any) -> tuple[float, float]:
    """Returns (seconds, peak memory of the process in MB).

    If `work` returns a function, `work` was the preparation and the function is measured.
    """
    return measure_in_process(_timed, work, arguments)


def measure_in_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """Returns what `work` returns in a process of its own."""
    from django.db import connections

    connections.close_all()  # a forked process would close the inherited connections, which are also ours
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, work, arguments))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        raise SystemExit(f"{work.__name__} failed, see above") from None
    finally:
        process.join()


def _run(sender: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    from django.db import connections

    found = work(*arguments)
    connections.close_all()
    sender.send(found)


def _timed(work: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[float, float]:
    begun = time.perf_counter()
    prepared = work(*arguments)
    if callable(prepared):
        begun = time.perf_counter()
        prepared()
    seconds = time.perf_counter() - begun
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
