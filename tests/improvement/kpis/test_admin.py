"""KPI targets in the admin site: valid from a month on, never for a settled one, with history (domain §10, §12)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction as F

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from improvement.enums import Kpi
from improvement.kpis.forms import KpiTargetForm
from improvement.kpis.rules import TargetValues
from improvement.kpis.targets import TargetsByMonth
from improvement.models import KpiTarget
from tests.factories import make_person
from tests.worlds.crew import settle

pytestmark = pytest.mark.django_db
APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)


def form(key: str = "satisfied", begins_on: object = JUNE, **numbers: object) -> KpiTargetForm:
    given = {"key": key, "begins_on": begins_on, "target": 96, "stretch": 99, "weight": 15} | numbers
    return KpiTargetForm(given)


def test_every_kpi_has_a_target_to_begin_with_and_the_weights_make_a_hundred() -> None:
    targets = TargetsByMonth(KpiTarget.objects.all())(MAY)

    assert set(targets) == set(Kpi)
    assert sum(target.weight for target in targets.values()) == 100
    assert targets[Kpi.SATISFIED] == TargetValues(F(95, 100), F(98, 100), F(15))
    assert targets[Kpi.POINTS] == TargetValues(F(18), F(19), F(3))


def test_the_list_says_targets_with_their_units(client: Client) -> None:
    client.force_login(make_person("admin", "admin"))

    page = client.get(reverse("admin:improvement_kpitarget_changelist")).content.decode()

    shown = re.findall(r'<td class="field-(target|stretch)_in_words">([^<]*)</td>', page)
    assert {("target", "95 %"), ("stretch", "± 1 %"), ("target", "18"), ("stretch", "1.5 %")} <= set(shown)


def test_admin_changes_a_target_from_a_month_on(client: Client) -> None:
    client.force_login(make_person("admin", "admin"))

    response = client.post(
        reverse("admin:improvement_kpitarget_add"),
        {"key": "satisfied", "begins_on": "2026-06-01", "target": "96", "stretch": "99", "weight": "20"},
    )

    assert response.status_code == 302
    book = TargetsByMonth(KpiTarget.objects.all())
    assert [book(month)[Kpi.SATISFIED] for month in (MAY, JUNE, date(2027, 1, 1))] == [
        TargetValues(F(95, 100), F(98, 100), F(15)),
        *[TargetValues(F(96, 100), F(99, 100), F(20))] * 2,
    ]
    assert KpiTarget.history.latest().history_user.username == "admin"


def test_change_of_a_target_that_a_settled_month_had_is_refused_in_words(client: Client) -> None:
    settle(MAY)
    client.force_login(make_person("admin", "admin"))
    target = KpiTarget.objects.get(key="satisfied")

    response = client.post(
        reverse("admin:improvement_kpitarget_change", args=[target.pk]),
        {"target": "90", "stretch": "99", "weight": "20"},
    )

    assert "2026-05已结算" in response.content.decode()
    assert KpiTarget.objects.get(pk=target.pk).target == 95


def test_nobody_deletes_a_target(client: Client) -> None:
    client.force_login(make_person("admin", "admin"))
    target = KpiTarget.objects.get(key="satisfied")

    assert client.post(reverse("admin:improvement_kpitarget_delete", args=[target.pk])).status_code == 403


@pytest.mark.parametrize("role", ["head", "lead", "manager", "dispatcher", "foreman", "technician"])
def test_targets_are_an_admins(client: Client, role: str) -> None:
    client.force_login(make_person("other", role))

    assert client.get(reverse("admin:improvement_kpitarget_changelist")).status_code != 200


def test_settled_month_keeps_its_targets() -> None:
    settle(MAY)
    KpiTarget.objects.create(key="repeat", begins_on=JUNE, target=3, stretch=2, weight=8)
    first = KpiTarget.objects.get(key="satisfied")

    valid = {
        "from April": form(begins_on=APRIL).is_valid(),
        "from May": form(begins_on=MAY).is_valid(),
        "from June": form(begins_on=JUNE).is_valid(),
        "the first one changed": KpiTargetForm(
            {"key": "satisfied", "begins_on": first.begins_on, "target": 90, "stretch": 99, "weight": 1},
            instance=first,
        ).is_valid(),
        "before the settled month, until after it": form("repeat", APRIL, target=3, stretch=2).is_valid(),
    }

    assert valid == {
        "from April": False,
        "from May": False,
        "from June": True,
        "the first one changed": False,
        "before the settled month, until after it": False,
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"begins_on": date(2026, 6, 2)}, "begins_on"),
        ({"stretch": 95}, "stretch"),
        ({"key": "dissatisfied", "target": 3, "stretch": 4}, "stretch"),
        ({"target": -1}, "target"),
        ({"weight": -1}, "weight"),
    ],
)
def test_target_without_sense_is_refused_at_its_field(given: dict, field: str) -> None:
    refused = form(**given)

    assert refused.is_valid() is False
    assert next(iter(refused.errors)) == field


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "satisfied", "begins_on": date(2000, 1, 1)},
        {"key": "unknown"},
        {"begins_on": date(2026, 6, 2)},
        {"weight": Decimal("-1")},
        {"stretch": Decimal(1)},
        {"key": "dissatisfied", "target": Decimal(1)},
    ],
)
def test_constraints_keep_what_no_target_may_be(fields: dict) -> None:
    whole = {
        "key": "satisfied",
        "begins_on": JUNE,
        "target": Decimal(95),
        "stretch": Decimal(98),
        "weight": Decimal(1),
    }

    with pytest.raises(IntegrityError), transaction.atomic():
        KpiTarget.objects.create(**(whole | fields))
