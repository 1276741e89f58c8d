"""The commands of the draw as in docs/contract.md: one JSON document, register, exit codes, repeatable output."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from evaluations.models import Callback, Settlement
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import OrderFactory, TechnicianFactory, make_person

pytestmark = pytest.mark.django_db
DAY = "2026-05-11"


@pytest.fixture(autouse=True)
def the_morning_after(time_machine) -> None:
    time_machine.move_to(days.moment_at(date(2026, 5, 12), days.time(9)), tick=False)


@pytest.fixture
def orders() -> list:
    for username, role in (("d1", "dispatcher"), ("d2", "dispatcher"), ("m1", "manager")):
        make_person(username, role)
    return OrderFactory.create_batch(
        10, technician=TechnicianFactory(employee_no="W1"), day=date(2026, 5, 11)
    )


def told(*arguments: str) -> dict:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def written(path: Path, month: str = "2026-05") -> list[dict[str, str]]:
    call_command("assignments", "--month", month, "--output", str(path), stdout=StringIO())
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_assign_callbacks_draws_the_day_and_again_changes_nothing(orders):
    first, callbacks = told("assign_callbacks", DAY), list(Callback.objects.values())
    again = told("assign_callbacks", DAY)

    seed = first.pop("seed_sha256")
    assert (len(seed), sum(first.pop("dispatchers").values())) == (64, 9)
    assert first == {
        "day": DAY,
        "orders": 10,
        "assigned": 10,
        "unassigned": 0,
        "managers": {"m1": 1},
        "committed": False,
        "worst_crew_deviation": "0.00",
        "worst_technician_deviation": "0.00",
    }
    nothing = dict.fromkeys(
        ("committed", "seed_sha256", "worst_crew_deviation", "worst_technician_deviation")
    )
    people = {"dispatchers": {}, "managers": {}}
    assert again == {"day": DAY, "orders": 10, "assigned": 0, "unassigned": 0, **people, **nothing}
    assert list(Callback.objects.values()) == callbacks


def test_assign_callbacks_ends_in_part_when_orders_wait_for_a_caller(orders):
    User.objects.update(is_active=False)
    out = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("assign_callbacks", DAY, "--json", stdout=out)

    document = json.loads(out.getvalue())
    assert (ended.value.code, document["assigned"], document["unassigned"]) == (1, 0, 10)


@pytest.mark.parametrize("day", ["2026-05-12", "2026-05-13", "2026-04-30", "11.5.2026"])
def test_assign_callbacks_refuses_a_day_not_over_settled_or_unreadable(orders, day):
    at = days.moment_at(date(2026, 5, 7), days.time(18))
    Settlement.objects.create(month=date(2026, 4, 1), snapshot={}, policy={}, settled_at=at)

    with pytest.raises(CommandError) as refusal:
        call_command("assign_callbacks", day, stdout=StringIO())

    assert (refusal.value.returncode, len(str(refusal.value).splitlines())) == (2, 1)
    assert not Callback.objects.exists()


def test_register_has_every_drawn_order_once_as_drawn(orders, tmp_path):
    told("assign_callbacks", DAY)
    rows = written(tmp_path / "register.csv")

    assert list(rows[0]) == ["number", "day", "crew", "technician", "caller", "group"]
    assert [row["number"] for row in rows] == sorted(order.number for order in orders)
    assert {(row["day"], row["crew"], row["technician"]) for row in rows} == {
        (DAY, orders[0].crew.name, "W1")
    }
    assert Counter(row["group"] for row in rows) == {"dispatcher": 9, "manager": 1}
    assert b"\r" not in (tmp_path / "register.csv").read_bytes()  # one record per line, for shells too


def test_register_of_a_month_without_a_draw_is_its_header(tmp_path):
    assert written(tmp_path / "register.csv", "2026-03") == []
    assert (tmp_path / "register.csv").read_text() == "number,day,crew,technician,caller,group\n"


def test_verify_assignment_finds_the_day_equal_and_names_what_was_tampered_with(orders):
    told("assign_callbacks", DAY)
    equal = told("verify_assignment", DAY)
    changed = Callback.objects.filter(drawn_group="manager").select_related("order").get()
    Callback.objects.filter(pk=changed.pk).update(drawn_group="dispatcher")
    out = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("verify_assignment", DAY, "--json", stdout=out)

    assert equal == {"day": DAY, "runs": 1, "orders": 10, "equal": True, "differing": []}
    assert ended.value.code == 1
    assert json.loads(out.getvalue()) == {**equal, "equal": False, "differing": [changed.order.number]}
