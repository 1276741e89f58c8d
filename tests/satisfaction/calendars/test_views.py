"""Upload, preview, confirm: admins only."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from evaluations.models import EvaluationPolicy
from satisfaction.calendars.enums import CalendarKind
from satisfaction.calendars.models import CalendarOverride
from satisfaction.calendars.overrides import read_overrides
from satisfaction.core.roles import Role
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    person = make_person("boss", "admin")
    client.force_login(person)
    return person


def upload(client, content: str):
    return client.post("/calendar/", {"file": SimpleUploadedFile("calendar.csv", content.encode())})


def test_file_is_shown_then_taken_in(client, admin):
    preview = upload(client, "日期,是服务日,说明\n2027-02-06,否,春节\nrubbish,否,\n")
    before = CalendarOverride.objects.count()
    done = client.post("/calendar/confirm/", {"payload": preview.context["payload"]}, follow=True)

    assert (preview.status_code, before) == (200, 0)
    assert "导入 1 天" in preview.text
    assert "新增 1 天,更新 0 天,未变 0 天,拒绝 1 行。" in done.text
    assert [(f"{row.day}", row.entered_by) for row in CalendarOverride.objects.all()] == [
        ("2027-02-06", admin)
    ]


def test_confirming_twice_changes_nothing(client, admin):
    payload = upload(client, "日期,是服务日\n2027-02-06,否\n").context["payload"]
    client.post("/calendar/confirm/", {"payload": payload})

    again = client.post("/calendar/confirm/", {"payload": payload}, follow=True)

    assert "新增 0 天,更新 0 天,未变 1 天" in again.text


def test_forged_preview_is_refused(client, admin):
    answer = client.post("/calendar/confirm/", {"payload": "forged"})

    assert answer.status_code == 422
    assert not CalendarOverride.objects.exists()


def test_file_that_is_none_is_told_on_the_form(client, admin):
    answer = upload(client, "nothing of the kind")

    assert answer.context["form"].errors["file"]


def test_export_is_a_template(client, admin):
    CalendarOverride.objects.create(day="2027-02-06", is_service_day=False, name="春节")

    content = b"".join(client.get("/calendar/calendar.xlsx").streaming_content)

    rows = read_overrides(BytesIO(content).getvalue(), filename="calendar.xlsx").rows
    assert [(row.day, row.is_service_day, row.name) for row in rows] == [("2027-02-06", False, "春节")]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_nobody_else_may(client, role):
    client.force_login(make_person("p", role))

    answers = [
        client.get("/calendar/"),
        client.post("/calendar/confirm/"),
        client.get("/calendar/calendar.xlsx"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_confirming_is_a_post(client, admin):
    assert client.get("/calendar/confirm/").status_code == 405


def test_admin_site_leads_there(client, admin):
    assert 'href="/calendar/"' in client.get("/admin/calendars/calendaroverride/").text


@pytest.mark.parametrize(("today", "warns"), [("2089-09-30", False), ("2089-10-01", True)])
def test_page_warns_of_a_year_without_make_up_days(client, admin, time_machine, today, warns):
    time_machine.move_to(f"{today}T09:00:00+08:00", tick=False)
    CalendarOverride.objects.create(day="2089-01-08", is_service_day=True)
    client.force_login(admin)

    page = client.get("/calendar/").text

    assert ("2090 年还没有登记调休上班日" in page) is warns


@pytest.mark.parametrize("kind", CalendarKind.values)
def test_admins_home_warns_where_working_days_count(client, admin, time_machine, kind):
    time_machine.move_to("2089-10-01T09:00:00+08:00", tick=False)
    EvaluationPolicy.objects.update(calendar=kind)
    client.force_login(admin)

    page = client.get("/home/admin/").text

    assert ("2090 年还没有登记调休上班日" in page) is (kind == CalendarKind.WORKING_DAYS)
