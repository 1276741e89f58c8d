"""The workbook as a download (domain §11, §12)."""

import io
from datetime import date

import openpyxl
import pytest

from tests.factories import CrewFactory, OrderFactory, make_lead, make_person

pytestmark = pytest.mark.django_db
PAGE = "/exports/"


def numbers(response) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    return [row[0] for row in book.worksheets[0].iter_rows(min_row=3, values_only=True)]


@pytest.fixture
def orders():
    crew = CrewFactory()
    return OrderFactory(number="A", technician__crew=crew), OrderFactory(number="B", day=date(2026, 5, 12))


@pytest.mark.parametrize("role", ["lead", "manager", "head", "admin"])
def test_office_downloads_the_days_asked_for(client, orders, role):
    client.force_login(make_person("p", role))

    one = client.get(PAGE, {"first": "2026-05-11"})
    both = client.get(PAGE, {"first": "2026-05-11", "last": "2026-05-12"})

    assert (numbers(one), numbers(both)) == (["A"], ["A", "B"])
    assert "2026-05-11.xlsx" in one["Content-Disposition"]


@pytest.mark.parametrize("kind", ["foreman", "deputy"])
def test_crew_leads_download_their_own_crew(client, orders, kind):
    person = make_person("f", kind)
    make_lead(orders[0].crew, person, kind)
    client.force_login(person)

    assert numbers(client.get(PAGE, {"first": "2026-05-11", "last": "2026-05-12"})) == ["A"]


@pytest.mark.parametrize("role", ["dispatcher", "technician"])
def test_others_may_not_export(client, role):
    client.force_login(make_person("p", role))

    assert client.get(PAGE, {"first": "2026-05-11"}).status_code == 403


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"first": "2026-05-11", "last": "2026-05-10"}, "结束日期早于开始日期"),
        ({"first": "2026-01-01", "last": "2026-05-10"}, "一次最多导出 92 天"),
        ({"first": "x"}, "日期"),
        ({"first": "9999-12-31"}, "年份 9999 不在 1970—2100 之间"),
        ({"first": "2026-05-11", "last": "0001-01-01"}, "年份 1 不在 1970—2100 之间"),
    ],
)
def test_wrong_days_are_explained_on_the_page(client, days, sentence):
    client.force_login(make_person("p", "admin"))

    page = client.get(PAGE, days)

    assert (page.status_code, sentence in page.text) == (200, True)


def test_page_offers_common_periods_and_takes_no_post(client):
    client.force_login(make_person("p", "head"))

    assert "?first=" in client.get(PAGE).text
    assert client.post(PAGE).status_code == 405
