"""Upload → preview → confirm → links, for admins."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from satisfaction.accounts.models import User
from tests.factories import make_person

pytestmark = pytest.mark.django_db
UPLOAD, CONFIRM = "/people/import/", "/people/import/confirm/"
DONE, LINKS = "/people/import/done/", "/people/import/links/"
FILE = "用户名,姓名,角色,工班,工号,备注\nzhang,张工,维修人,甲班,W017,x\nbad,坏,皇帝,,,\n"


@pytest.fixture
def boss(client):
    person = make_person("boss", "admin", name="管理")
    client.force_login(person)
    return person


def upload(client, content=FILE, name="people.csv"):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content.encode())})


def test_preview_shows_what_would_become_of_each_row_and_stores_nothing(client, boss):
    page = upload(client)

    assert (page.status_code, User.objects.count()) == (200, 1)
    assert [word in page.text for word in ("导入 1 人", "不认识角色", "备注", "张工")] == [True] * 4


def test_confirm_stores_what_the_preview_showed(client, boss):
    payload = upload(client).context["payload"]

    response = client.post(CONFIRM, {"payload": payload})

    person = User.objects.get(username="zhang")
    assert (response["Location"], person.roles, person.technician.employee_no) == (
        DONE,
        {"technician"},
        "W017",
    )
    assert person.history.last().history_user == boss


def test_confirm_twice_changes_nothing_more(client, boss):
    payload = upload(client).context["payload"]
    client.post(CONFIRM, {"payload": payload})

    page = client.post(CONFIRM, {"payload": payload}, follow=True).text

    assert ("新增 0 人" in page, User.objects.count()) == (True, 2)


@pytest.mark.parametrize("payload", ["", "forged:payload", "eyJyb3dzIjpbXX0:1abc:forged"])
def test_confirm_refuses_what_no_preview_made(client, boss, payload):
    response = client.post(CONFIRM, {"payload": payload})

    assert (response.status_code, User.objects.count()) == (422, 1)
    assert "请重新上传文件" in response.text


def test_links_are_downloaded_for_those_without_a_password(client, boss):
    client.post(CONFIRM, {"payload": upload(client).context["payload"]})

    page, links = client.get(DONE).text, client.post(LINKS)

    assert "张工 · zhang" in page
    assert links["Content-Disposition"] == 'attachment; filename="links.csv"'
    lines = links.content.decode("utf-8-sig").splitlines()
    assert (lines[0], len(lines)) == ("username,name,link", 2)
    assert lines[1].startswith("zhang,张工,http://testserver/accounts/password/")


def test_unreadable_file_is_named_on_the_form(client, boss):
    page = upload(client, "姓名\n张\n")

    assert (page.status_code, "没有表头" in page.text) == (200, True)


@pytest.mark.parametrize("role", ["technician", "foreman", "dispatcher", "lead", "manager", "head"])
@pytest.mark.parametrize("address", [UPLOAD, DONE])
def test_people_import_is_for_admins(client, role, address):
    client.force_login(make_person("someone", role))

    assert client.get(address).status_code == 403


@pytest.mark.parametrize("address", [CONFIRM, LINKS])
def test_confirm_and_links_are_post_only(client, boss, address):
    assert client.get(address).status_code == 405


def test_outsider_is_asked_to_sign_in(client):
    assert client.get(UPLOAD)["Location"] == f"/accounts/login/?next={UPLOAD}"
