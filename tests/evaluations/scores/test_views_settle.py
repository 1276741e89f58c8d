"""Only a head settles, reopens, names winners and records bonuses, by POST (domain §12)."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import Award, Settlement
from evaluations.scores.awards import record_decision
from evaluations.scores.settle import reopen, settle
from satisfaction.accounts.models import User
from tests.factories import make_person
from tests.worlds.months import AFTER, MAY, evaluated, technician
from workorders.models import Technician

pytestmark = pytest.mark.django_db
SETTLE, REOPEN = (reverse(f"evaluations:{name}", args=[MAY]) for name in ("settle", "reopen"))
NAME_STAR = reverse("evaluations:name_star", args=[MAY])
MONTH = reverse("evaluations:month", args=[MAY])


@pytest.fixture(autouse=True)
def after(time_machine) -> None:
    time_machine.move_to(AFTER, tick=False)


@pytest.fixture
def head(client: Client) -> User:
    person = make_person("head", "head")
    client.force_login(person)
    return person


@pytest.fixture
def shared() -> list[Technician]:
    """Two technicians sharing the first place."""
    caller = make_person("caller", "dispatcher")
    people = [technician("W1", "甲"), technician("W2", "甲")]
    for who in people:
        evaluated(who, 10, 10, caller)
    return people


def test_head_settles(client: Client, head: User, shared: list[Technician]) -> None:
    response = client.post(SETTLE)

    assert (response.status_code, response["Location"]) == (302, MONTH)
    assert Settlement.objects.get().settled_by == head


def test_settling_too_early_is_a_sentence(
    client: Client, head: User, shared: list[Technician], time_machine
) -> None:
    time_machine.move_to("2026-05-20T09:00:00+08:00", tick=False)

    response = client.post(SETTLE)

    assert (response.status_code, Settlement.objects.count()) == (422, 0)
    assert "还没有过完" in response.content.decode()


def test_button_is_off_and_says_why(
    client: Client, head: User, shared: list[Technician], time_machine
) -> None:
    time_machine.move_to("2026-05-20T09:00:00+08:00", tick=False)

    page = client.get(MONTH).content.decode()

    assert ("这个月还没有过完" in page, "disabled" in page) == (True, True)


def test_head_reopens_with_a_reason(client: Client, head: User, shared: list[Technician]) -> None:
    settle(MAY, by=head, now=AFTER)

    asked, empty = client.get(REOPEN), client.post(REOPEN, {"reason": ""})
    done = client.post(REOPEN, {"reason": "漏单"})

    assert (asked.status_code, empty.status_code, done["Location"]) == (200, 200, MONTH)
    assert Settlement.objects.get().reopen_reason == "漏单"
    assert client.get(REOPEN)["Location"] == MONTH  # another head was faster


def test_head_names_one_of_the_first(client: Client, head: User, shared: list[Technician]) -> None:
    settle(MAY, by=head, now=AFTER)
    page = client.get(NAME_STAR).content.decode()

    wrong = client.post(NAME_STAR, {"winner": shared[1].pk + 10**9, "reason": "好"})
    done = client.post(NAME_STAR, {"winner": shared[1].pk, "reason": "全月无投诉"})

    assert ("师傅W1" in page, "checked" in page) == (True, False)
    assert (wrong.status_code, done.status_code) == (200, 302)
    assert Award.objects.get(kind="star").technician == shared[1]
    assert "全月无投诉" in client.get(MONTH).content.decode()


def test_head_records_the_committees_decision(client: Client, head: User, shared: list[Technician]) -> None:
    award = settle(MAY, by=head, now=AFTER).awards.get()
    url = reverse("evaluations:record_decision", args=[award.pk])

    asked = client.get(url)
    done = client.post(url, {"state": "credited", "decided_on": "2026-06-06", "reference": "绩字6号"})

    award.refresh_from_db()
    assert (asked.status_code, done.status_code) == (200, 302)
    assert (award.bonus_state, award.decided_on, award.reference) == ("credited", date(2026, 6, 6), "绩字6号")
    assert "绩字6号" in client.get(MONTH).content.decode()


@pytest.mark.parametrize("role", ["manager", "foreman", "lead", "admin", "technician"])
def test_others_may_not(client: Client, shared: list[Technician], role: str) -> None:
    award = settle(MAY, by=None, now=AFTER).awards.get()
    client.force_login(make_person("other", role))
    urls = [SETTLE, REOPEN, NAME_STAR, reverse("evaluations:record_decision", args=[award.pk])]

    assert [client.post(url, {"reason": "x"}).status_code for url in urls] == [403] * 4


def test_settling_is_no_get(client: Client, head: User) -> None:
    assert client.get(SETTLE).status_code == 405


def test_month_settled_anew_meanwhile_is_not_reopened_from_an_old_page(
    client: Client, head: User, shared: list[Technician]
) -> None:
    settle(MAY, by=head, now=AFTER)
    seen = client.get(REOPEN).context["form"]["settlement"].value()
    reopen(MAY, by=make_person("other", "head"), reason="漏单", now=AFTER)
    settle(MAY, by=head, now=AFTER)

    stale = client.post(REOPEN, {"reason": "漏单", "settlement": seen})

    assert (stale.status_code, Settlement.objects.in_force().count()) == (422, 1)
    assert "重新结算" in stale.content.decode()


def test_reopening_twice_leads_to_the_month_and_keeps_the_first_reason(
    client: Client, head: User, shared: list[Technician]
) -> None:
    settle(MAY, by=head, now=AFTER)

    answers = [client.post(REOPEN, {"reason": reason})["Location"] for reason in ("漏单", "又一次")]

    assert (answers, Settlement.objects.get().reopen_reason) == ([MONTH, MONTH], "漏单")


def test_naming_in_a_month_reopened_meanwhile_is_a_sentence(
    client: Client, head: User, shared: list[Technician]
) -> None:
    settle(MAY, by=head, now=AFTER)
    reopen(MAY, by=head, reason="漏单", now=AFTER)

    answer = client.post(NAME_STAR, {"winner": shared[0].pk, "reason": "全月无投诉"})

    assert (answer.status_code, Award.objects.filter(kind="star").count()) == (422, 0)
    assert "已重开" in answer.content.decode()


def test_month_never_settled_has_nothing_to_reopen_or_name(client: Client, head: User) -> None:
    assert [client.get(url).status_code for url in (REOPEN, NAME_STAR)] == [404, 404]


def test_awards_of_an_earlier_settling_stay_in_sight(client: Client, head: User) -> None:
    caller = make_person("caller", "dispatcher")
    evaluated(technician("W1", "甲"), 10, 8, caller)
    settle(MAY, by=head, now=AFTER)
    reopen(MAY, by=head, reason="漏单", now=AFTER)
    evaluated(technician("W2", "乙"), 10, 10, caller)
    settle(MAY, by=head, now=AFTER)

    page = client.get(MONTH)

    assert [row["employee_no"] for row in page.context["month"].stars] == ["W2"]
    assert "维修之星 师傅W1" in " ".join(page.content.decode().split())


def test_credited_bonus_names_the_year_it_counts_for(
    client: Client, head: User, shared: list[Technician]
) -> None:
    award = settle(MAY, by=head, now=AFTER).awards.get()
    record_decision(
        award, state="credited", decided_on=date(2026, 6, 6), reference="绩字6号", by=head, now=AFTER
    )

    assert "计入 2027 年" in client.get(MONTH).content.decode()
