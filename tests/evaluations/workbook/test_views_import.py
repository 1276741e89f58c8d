"""Upload → preview → confirm → workbook of rejected rows (domain §11, §12)."""

from pathlib import Path

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from evaluations.models import SelfEvaluation
from evaluations.workbook.views_import import note_of
from satisfaction.audit.models import AuditEvent
from satisfaction.celery import app
from satisfaction.jobs.models import Job, JobState
from tests.factories import CrewFactory, TechnicianFactory, make_person
from tests.worlds.workbooks import as_csv, evaluated, order, take
from workorders.models import Crew, WorkOrder

pytestmark = pytest.mark.django_db
UPLOAD = "/imports/"


@pytest.fixture
def at_once(tasks_run_at_once, django_capture_on_commit_callbacks, monkeypatch):
    """Jobs are finished when the page responds."""
    app.loader.import_default_modules()  # otherwise a task that nobody has used yet is not registered

    def send(name, args=(), **options):
        if name in app.tasks and name != "portal.catch_up":
            app.tasks[name].apply(args=args)

    monkeypatch.setattr(current_app, "send_task", send)

    def run(call):
        with django_capture_on_commit_callbacks(execute=True):
            return call()

    return run


def sign_in(client, *roles):
    person = make_person("p", *roles)
    client.force_login(person)
    return person


def upload(client, *rows, **data):
    file = SimpleUploadedFile("日报.csv", as_csv(*rows))
    return client.post(UPLOAD, {"file": file, **data})


def test_preview_shows_what_would_come_in_and_stores_nothing(client, at_once):
    sign_in(client, "admin")

    response = at_once(
        lambda: upload(client, order(), order("WX-2", 关闭时间="?", 备注="x"), create_people="on")
    )

    page = client.get(response["Location"])
    assert page.context["counts"] == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "incomplete": 0,
        "waiting": 0,
    }
    assert [
        word in page.text for word in ("预览", "工班甲", "李四 0042", "备注", "关闭时间", "导入 1 张工单")
    ] == [True] * 6
    assert (WorkOrder.objects.count(), Crew.objects.count()) == (0, 0)


def test_confirm_takes_in_what_was_shown_once(client, at_once):
    person = sign_in(client, "admin")
    preview = at_once(lambda: upload(client, evaluated(), create_people="on"))["Location"]

    first = at_once(lambda: client.post(f"{preview}confirm/"))
    second = at_once(lambda: client.post(f"{preview}confirm/"))

    page = client.get(first["Location"])
    assert first["Location"] == second["Location"]
    assert (page.context["counts"]["created"], "导入完成" in page.text) == (1, True)
    assert SelfEvaluation.objects.get().order.number == "WX-1"
    assert Crew.history.get().history_user == person


def test_preview_whose_file_is_gone_is_refused_with_a_sentence(client, at_once):
    sign_in(client, "admin")
    preview = at_once(lambda: upload(client, order()))["Location"]
    Path(Job.objects.get().input.path).unlink()

    answer = client.post(f"{preview}confirm/")

    assert (answer.status_code, "没有导入。请重新上传文件" in answer.text, Job.objects.count()) == (
        422,
        True,
        1,
    )


def test_rejected_rows_are_downloaded_by_who_imported_them(client, at_once):
    sign_in(client, "admin")
    preview = at_once(lambda: upload(client, order(关闭时间="?")))["Location"]
    result = at_once(lambda: client.post(f"{preview}confirm/"))["Location"]

    response = client.get(f"{result}rejected/")
    client.force_login(make_person("other", "admin"))

    assert b"".join(response.streaming_content).startswith(b"PK")
    assert client.get(f"{preview}rejected/").status_code == 404
    assert [client.get(address).status_code for address in (preview, result, f"{result}rejected/")] == [
        404
    ] * 3


def test_dispatchers_bring_orders_alone_and_no_people(client, at_once):
    CrewFactory(name="工班甲")
    TechnicianFactory(employee_no="0042", name="李四")
    sign_in(client, "dispatcher")
    rows = evaluated(), order("WX-2", 所属工班="新班")

    preview = at_once(lambda: upload(client, *rows, create_people="on"))["Location"]
    page = client.get(preview)
    at_once(lambda: client.post(f"{preview}confirm/"))

    assert "1 行带有评价,没有采用" in page.text
    assert list(WorkOrder.objects.values_list("number", flat=True)) == ["WX-1"]
    assert (SelfEvaluation.objects.count(), Crew.objects.filter(name="新班").exists()) == (0, False)


def test_people_are_offered_to_admins_alone(client):
    sign_in(client, "dispatcher")

    assert "create_people" not in client.get(UPLOAD).text


def test_unreadable_file_ends_with_a_sentence(client, at_once):
    sign_in(client, "admin")
    file = SimpleUploadedFile("x.xlsx", b"PK\x03\x04 broken")

    response = at_once(lambda: client.post(UPLOAD, {"file": file}))

    assert "已损坏" in client.get(response["Location"]).text
    assert Job.objects.get().state == JobState.FAILED


def test_upload_without_a_file_says_what_is_missing(client):
    sign_in(client, "dispatcher")

    assert "必填项" in client.post(UPLOAD, b"", content_type="text/plain").text


def test_file_too_large_is_refused_at_the_form(client, settings):
    settings.SHEET_MAX_BYTES = 10
    sign_in(client, "admin")

    page = upload(client, order())

    assert (page.status_code, "分成几个文件" in page.text, Job.objects.count()) == (200, True, 0)


def test_page_polls_while_the_job_waits_and_reloads_when_it_ended(client):
    sign_in(client, "admin")
    address = upload(client, order())["Location"]

    waiting = client.get(address, headers={"HX-Request": "true"})
    Job.objects.update(state=JobState.DONE, result={})
    ended = client.get(address, headers={"HX-Request": "true"})

    assert f'hx-get="{address}"' in waiting.text
    assert ended["HX-Refresh"] == "true"


@pytest.mark.parametrize("role", ["foreman", "deputy", "manager", "head", "technician"])
def test_others_may_not_import(client, role):
    sign_in(client, role)

    assert [client.get(UPLOAD).status_code, upload(client, order()).status_code] == [403, 403]


def test_confirming_takes_a_post_of_a_preview(client, at_once):
    sign_in(client, "admin")
    preview = at_once(lambda: upload(client, order()))["Location"]
    result = at_once(lambda: client.post(f"{preview}confirm/"))["Location"]

    assert client.get(f"{preview}confirm/").status_code == 405
    assert client.post(f"{result}confirm/").status_code == 404


def test_preview_names_rows_left_out_and_tells_waiting_from_unchanged(client, at_once):
    take(order())
    sign_in(client, "lead", "dispatcher")
    changed, total = order(报修人电话="13900009999"), dict.fromkeys(order(), "") | {"工单号": "合计"}

    preview = at_once(lambda: upload(client, changed, total))["Location"]
    page = client.get(preview)
    done = client.get(at_once(lambda: client.post(f"{preview}confirm/"))["Location"])

    assert (page.context["counts"]["unchanged"], page.context["counts"]["waiting"]) == (0, 1)
    assert page.context["left_out"] == ["第 3 行“合计”"]
    assert "交调度长确认" in page.text
    assert f'<a href="{reverse("orders:pending")}">待确认的更改</a>' in done.text


def test_row_left_out_names_its_sheet_when_several_were_read():
    assert note_of({"row": "工班甲!7", "value": "合计"}) == "表“工班甲”第 7 行“合计”"


def test_preview_says_that_orders_are_near_identical(client, at_once):
    sign_in(client, "admin")
    rows = [order(f"WX-{n}") for n in range(3)]

    response = at_once(lambda: upload(client, *rows, create_people="on"))

    page = client.get(response["Location"])
    assert page.context["result"]["near_identical"] == 3
    assert "3 张工单彼此近似" in page.content.decode()


def test_import_and_download_leave_events(client, at_once):
    person = sign_in(client, "admin")
    preview = at_once(lambda: upload(client, order(), order("WX-2", 关闭时间="?"), create_people="on"))
    result = at_once(lambda: client.post(f"{preview['Location']}confirm/"))
    b"".join(client.get(f"{result['Location']}rejected/").streaming_content)

    found = AuditEvent.objects.exclude(kind="sign_in").order_by("pk").values_list("kind", "by", "details")
    assert list(found) == [
        (
            "imported",
            person.pk,
            {
                "rows": 2,
                "created": 1,
                "updated": 0,
                "unchanged": 0,
                "rejected": 1,
                "incomplete": 0,
                "waiting": 0,
                "near_identical": 0,
            },
        ),
        ("downloaded", person.pk, {"rows": 1}),
    ]
