"""Fixtures of the attacks: a centre on the morning after its orders were closed, and its clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from django.http import HttpResponse

from satisfaction.celery import app
from tests.worlds.attacked_centre import Centre, Moves
from tests.worlds.desk import NINE


@pytest.fixture
def clock(time_machine: Any) -> Moves:
    """Moves the centre's clock, which starts at 09:00."""
    time_machine.move_to(NINE, tick=False)
    return lambda moment: time_machine.move_to(moment, tick=False)


@pytest.fixture
def at_once(
    tasks_run_at_once: None, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[], HttpResponse]], HttpResponse]:
    """Runs a request and every task it queued."""
    app.loader.import_default_modules()

    def send(name: str, args: Any = (), **options: Any) -> None:
        if name in app.tasks and name != "portal.catch_up":
            app.tasks[name].apply(args=args)

    monkeypatch.setattr(current_app, "send_task", send)

    def run(call: Callable[[], HttpResponse]) -> HttpResponse:
        with django_capture_on_commit_callbacks(execute=True):
            return call()

    return run


@pytest.fixture
def centre(db: None, clock: Moves, at_once: Any) -> Centre:
    return Centre(at_once, clock)
