"""The draw's pages: seeds, runs, register, replay (domain §5.5)."""

import contextlib
import html
import io
import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from evaluations.draw.queries import ManagerDebt
from evaluations.draw.run import draw_day
from evaluations.draw.seeds import day_secret, make_seeds, reveal_seeds
from evaluations.models import Callback, DaySeed, Settlement
from satisfaction.calendars import days
from tests.factories import OrderFactory, TechnicianFactory, make_lead, make_person

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 11)
NOW = days.moment_at(date(2026, 5, 12), days.time(9, 0))


@pytest.fixture
def dispatcher():
    return make_person("d0", "dispatcher")


@pytest.fixture
def drawn(dispatcher):
    make_person("m0", "manager")
    OrderFactory.create_batch(3, technician=TechnicianFactory(), day=DAY)
    return draw_day(DAY, now=NOW)


def test_month_shows_runs_and_keeps_the_seed_until_settled(client, drawn, dispatcher):
    client.force_login(dispatcher)
    address = reverse("evaluations:draw_month", args=[DAY])

    before = client.get(address).content.decode()
    Settlement.objects.create(month=date(2026, 5, 1), snapshot={}, policy={}, settled_at=NOW)
    reveal_seeds(date(2026, 5, 1))
    after = client.get(address).content.decode()

    secret = day_secret(drawn.run.seed)
    assert drawn.run.seed.sha256[:16] in before
    assert secret not in before
    assert secret in after


def test_day_names_who_brought_in_the_orders_of_later_runs(client, drawn, dispatcher):
    OrderFactory.create_batch(2, technician=TechnicianFactory(), day=DAY, entered_by=dispatcher)
    OrderFactory(technician=TechnicianFactory(), day=DAY)
    draw_day(DAY, now=NOW + timedelta(hours=1))
    client.force_login(dispatcher)

    page = client.get(reverse("evaluations:draw_day", args=[DAY]))

    assert [run.brought_in for run in page.context["runs"]] == [[], [(dispatcher.name, 2), ("", 1)]]
    assert f"带入人:{dispatcher.name} 2、命令 1" in re.sub(r"<[^>]+>", "", page.content.decode())


def test_month_names_what_managers_owe_and_that_it_lapses_but_not_to_the_crew(
    client, dispatcher, time_machine
):
    technician = TechnicianFactory()
    OrderFactory.create_batch(21, technician=technician, day=DAY)
    draw_day(DAY, now=NOW)
    client.force_login(dispatcher)
    address = reverse("evaluations:draw_month", args=[DAY])

    time_machine.move_to(NOW)
    current = client.get(address)
    time_machine.move_to(NOW + timedelta(days=30))
    lapsed = client.get(address)
    make_lead(technician.crew, dispatcher)
    hidden = client.get(address)

    assert current.context["owed"] == [ManagerDebt(technician.crew.name, 21, 0, 2)]
    assert "尚欠管理人员的回访" in current.content.decode()
    assert "月底仍欠管理人员的回访(已失效)" in lapsed.content.decode()
    assert hidden.context["owed"] == []


def test_day_replays_the_draw(client, drawn, dispatcher):
    client.force_login(dispatcher)
    address = reverse("evaluations:draw_day", args=[DAY])

    equal = client.get(address, {"replay": 1}).content.decode()
    changed = Callback.objects.order_by("order__number").first()
    Callback.objects.filter(pk=changed.pk).update(drawn_group="manager", drawn_caller=None)
    differs = client.get(address, {"replay": 1}).content.decode()

    assert "每张都与登记册相同" in equal
    assert "不一致" in differs


def test_day_keeps_callers_from_who_leads_the_crew(client, drawn, dispatcher):
    order = Callback.objects.first().order
    make_lead(order.crew, dispatcher)
    client.force_login(dispatcher)

    content = client.get(reverse("evaluations:draw_day", args=[DAY])).content.decode()

    assert order.number not in content


@pytest.mark.parametrize("role", ["foreman", "technician"])
def test_crews_see_the_fingerprints_and_no_runs(client, drawn, role):
    client.force_login(make_person("x", role))

    page = client.get(reverse("evaluations:draw_month", args=[DAY])).content.decode()

    assert drawn.run.seed.sha256 in page
    assert day_secret(drawn.run.seed) not in page
    assert reverse("evaluations:draw_day", args=[DAY]) not in page
    assert client.get(reverse("evaluations:draw_day", args=[DAY])).status_code == 403


@pytest.mark.parametrize(
    "when", [date(2026, 5, 10), DAY, date(2026, 5, 12)], ids=["before", "on the day", "after"]
)
def test_fingerprint_of_a_day_is_shown_before_on_and_after_it(client, dispatcher, time_machine, when):
    make_seeds(now=days.moment_at(date(2026, 5, 8), days.time(9)))
    seed = DaySeed.objects.get(day=DAY)
    time_machine.move_to(days.moment_at(when, days.time(9)))
    client.force_login(dispatcher)

    page = client.get(reverse("evaluations:draw")).content.decode()

    assert (page.count(seed.sha256), day_secret(seed) in page) == (1, False)


def test_month_shows_fingerprints_of_the_coming_days_of_the_next_month(client, dispatcher, time_machine):
    time_machine.move_to(days.moment_at(date(2026, 5, 29), days.time(9)))
    make_seeds(now=timezone.now())
    client.force_login(dispatcher)

    shown = [seed.day for seed in client.get(reverse("evaluations:draw")).context["seeds"]]

    assert shown == [date(2026, 6, n) for n in range(5, 0, -1)] + [date(2026, 5, 31), date(2026, 5, 30)]


def test_line_of_python_shown_prints_the_fingerprint(client, drawn, dispatcher):
    Settlement.objects.create(month=date(2026, 5, 1), snapshot={}, policy={}, settled_at=NOW)
    reveal_seeds(date(2026, 5, 1))
    client.force_login(dispatcher)

    page = html.unescape(client.get(reverse("evaluations:draw_day", args=[DAY])).content.decode())

    [line] = re.findall(r'python3 -c "(.+?)"</code>', page)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(line, {})
    assert printed.getvalue().strip() == drawn.run.seed.sha256


def test_day_takes_the_same_queries_for_3_and_30_orders(
    client, drawn, dispatcher, django_assert_max_num_queries
):
    client.force_login(dispatcher)

    with django_assert_max_num_queries(15):
        client.get(reverse("evaluations:draw_day", args=[DAY]))
