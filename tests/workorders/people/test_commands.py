"""The import_people command: exit codes, JSON, links (contract: import_people)."""

import csv
import json
import stat

import pytest
from django.core.management import CommandError, call_command

from satisfaction.accounts.models import User
from satisfaction.sheets.writing import ExportColumn, ExportSheet, write_workbook
from workorders.models import Crew

pytestmark = pytest.mark.django_db
GOOD = "username,name,roles,crew,employee_no,phone,email\nzhang,张工,technician,甲班,W017,,\nlu,陆,lead,,,,\n"


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(GOOD, encoding="utf-8")
    return path


def run(capsys, *arguments):
    """Returns (exit code, the single document on standard output)."""
    code = 0
    try:
        call_command("import_people", *map(str, arguments), "--json")
    except SystemExit as ended:
        code = ended.code
    return code, json.loads(capsys.readouterr().out)


def test_import_people_prints_one_document_and_ends_with_0(people, capsys):
    code, document = run(capsys, people)

    expected = {"rows": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0, "errors": []}
    assert (code, document) == (0, expected)


def test_import_people_twice_changes_nothing(people, capsys):
    run(capsys, people)

    code, document = run(capsys, people)

    assert (code, document["unchanged"], document["created"]) == (0, 2, 0)


def test_import_people_in_part_ends_with_1(people, capsys):
    people.write_text(GOOD + "x,,,,,,\n", encoding="gb18030")

    code, document = run(capsys, people)

    assert (code, document["created"], document["rejected"]) == (1, 2, 1)
    assert [(error["row"], error["column"]) for error in document["errors"]] == [(4, "name")]


def test_import_people_reads_a_workbook(tmp_path, capsys):
    path = tmp_path / "people.xlsx"
    columns = [ExportColumn(title) for title in ("用户名", "姓名", "角色", "工班", "工号")]
    write_workbook(path, [ExportSheet("人员", columns, [("zhang", "张工", "工长,维修人", "甲班", "W017")])])

    code, document = run(capsys, path)

    assert (code, document["created"], Crew.objects.get().leads.get().person.username) == (0, 1, "zhang")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "找不到文件"),
        (b"", "是空的"),
        (b"\x00\x01\x02", "不是能读懂的表格"),
        ("姓名,角色\n张,工长\n".encode(), "没有表头"),
    ],
)
def test_import_people_refuses_what_cannot_be_read(tmp_path, content, sentence):
    path = tmp_path / "people.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("import_people", str(path))

    assert refused.value.returncode == 2


def test_links_are_for_their_owner_only_and_hold_no_password(people, tmp_path, capsys, settings):
    settings.SITE_URL = "https://centre.example"
    links = tmp_path / "links.csv"

    run(capsys, people, "--links", links)

    rows = list(csv.DictReader(links.read_text("utf-8").splitlines()))
    assert [(row["username"], row["name"]) for row in rows] == [("zhang", "张工"), ("lu", "陆")]
    assert all(row["link"].startswith("https://centre.example/accounts/password/") for row in rows)
    assert (stat.S_IMODE(links.stat().st_mode), list(rows[0])) == (0o600, ["username", "name", "link"])
    assert b"\r" not in links.read_bytes()  # the last column is an address, for shells too


def test_links_replace_a_file_that_others_could_read(people, tmp_path, capsys):
    links = tmp_path / "links.csv"
    links.write_text("old")
    links.chmod(0o644)

    run(capsys, people, "--links", links)

    assert stat.S_IMODE(links.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["links.csv", "people.csv"]


def test_link_of_the_file_sets_the_password(people, tmp_path, capsys, client, settings):
    settings.SITE_URL = "http://testserver"
    links = tmp_path / "links.csv"
    run(capsys, people, "--links", links)
    link = next(csv.DictReader(links.read_text("utf-8").splitlines()))["link"]

    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"new_password1": "brand new 1", "new_password2": "brand new 1"})

    assert User.objects.get(username="zhang").check_password("brand new 1")


@pytest.mark.parametrize("target", [".", "missing/links.csv", "长" * 200])
def test_links_that_cannot_be_written_refuse_before_anything_is_stored(people, tmp_path, target):
    with pytest.raises(CommandError) as refused:
        call_command("import_people", str(people), "--links", str(tmp_path / target))

    assert (refused.value.returncode, User.objects.count()) == (2, 0)
