"""People see only their own notices; marking one as read is a POST."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from satisfaction.core.roles import Role
from satisfaction.notices.models import Notice, NoticePreference
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client):
    person = make_person("d0", "dispatcher", name="调度甲")
    client.force_login(person)
    return person


def notice(person, kind="callbacks_overdue", n=2, period="2026-05-12", **fields) -> Notice:
    return Notice.objects.create(
        person=person,
        kind=kind,
        period=period,
        params={"n": n},
        url="/orders/",
        created_at=timezone.now(),
        **fields,
    )


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_page_of_notices(client, role):
    client.force_login(make_person("p", role))

    page = client.get("/notices/")

    assert page.status_code == 200
    assert "没有提醒" in page.text


def test_page_shows_own_notices_unread_first_and_counts_them(client, person):
    notice(person, n=7, ended_at=timezone.now(), period="2026-05-10")
    notice(person, n=8, read_at=timezone.now(), period="2026-05-11")
    notice(person, n=9)
    notice(person, "callbacks_waiting", n=10)
    notice(make_person("d1", "dispatcher"), n=33)

    page = client.get("/notices/")

    shown = [row.params["n"] for row in page.context["page"]]
    assert (shown, page.context["unread"]) == ([9, 10, 8, 7], 2)
    assert "您有 9 张工单的回访已逾期。" in page.text


def test_count_stands_in_the_navigation(client, person):
    notice(person)
    notice(person, "callbacks_waiting")
    notice(person, "steps_overdue", read_at=timezone.now())

    items = client.get("/notices/").context["navigation"].items

    assert [item.count for item in items if item.place.key == "notices"] == [2]


def test_reading_one_goes_on_to_where_it_is_dealt_with(client, person):
    one = notice(person)

    answer = client.post(f"/notices/{one.pk}/read/", {"go": "1"})

    one.refresh_from_db()
    assert answer.url == "/orders/"
    assert one.read_at is not None


def test_reading_all_twice_changes_nothing_more(client, person):
    one = notice(person, period="a")
    client.post("/notices/read/")
    first = Notice.objects.get(pk=one.pk).read_at

    answer = client.post("/notices/read/")

    assert answer.url == "/notices/"
    assert Notice.objects.get(pk=one.pk).read_at == first


def test_notice_of_somebody_else_is_not_found(client, person):
    other = notice(make_person("d1", "dispatcher"))

    assert client.post(f"/notices/{other.pk}/read/").status_code == 404
    assert Notice.objects.get().read_at is None


@pytest.mark.parametrize("address", ["/notices/read/", "/notices/settings/", "/notices/1/read/"])
def test_changes_are_posted(client, person, address):
    assert client.get(address).status_code == 405


@pytest.mark.parametrize("address", ["/notices/", "/notices/read/", "/notices/settings/"])
def test_outsiders_sign_in_first(client, address):
    answer = client.post(address) if address != "/notices/" else client.get(address)

    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")


def test_daily_mail_is_turned_off_and_on(client, person):
    client.post("/notices/settings/", {"language": "en"})
    off = NoticePreference.objects.values_list("wants_digest", "language").get()
    client.post("/notices/settings/", {"wants_digest": "on", "language": ""})

    assert off == (False, "en")
    assert NoticePreference.objects.values_list("wants_digest", "language").get() == (True, "")


def test_unknown_language_is_refused(client, person):
    client.post("/notices/settings/", {"language": "xx"})

    assert not NoticePreference.objects.exists()


def test_number_of_queries_does_not_grow_with_the_rows(client, person, django_assert_num_queries):
    notice(person)
    client.get("/notices/")
    with CountQueries() as one:
        client.get("/notices/")
    for n in range(29):
        notice(person, period=f"p{n}")

    with django_assert_num_queries(one.count):
        client.get("/notices/")


class CountQueries:
    def __enter__(self):
        self.context = CaptureQueriesContext(connection)
        self.context.__enter__()
        return self

    def __exit__(self, *problem):
        self.context.__exit__(*problem)
        self.count = len(self.context)


def test_admin_reads_who_was_reminded_not_of_what(client):
    notice(make_person("d0", "lead"), "unpublished_overdue", n=4711)
    client.force_login(make_person("boss", "admin"))
    row = Notice.objects.get()

    pages = [client.get("/admin/notices/notice/"), client.get(f"/admin/notices/notice/{row.pk}/change/")]

    assert [page.status_code for page in pages] == [200, 200]
    assert not any("4711" in page.text for page in pages)
    assert client.post(f"/admin/notices/notice/{row.pk}/delete/").status_code == 403


def test_notice_of_a_kind_that_is_no_more_shows_its_name(person):
    assert notice(person, "former_kind").text == "former_kind"
    assert timezone.now() - Notice.objects.get().created_at < timedelta(minutes=1)
