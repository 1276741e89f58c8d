"""No cache stores personal data; only GET, HEAD and POST are allowed; only their owner can read files."""

import itertools
import stat
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from satisfaction.core.database_file import restrict_permissions
from tests.crawling import addresses, filled
from tests.factories import make_person
from tests.test_access_matrix import VALUES

pytestmark = pytest.mark.django_db
UNKNOWN_METHODS = ("put", "delete", "trace", "patch", "options")


@pytest.fixture
def admin(client):
    person = make_person("boss", "admin")
    client.force_login(person)
    return person


@pytest.mark.parametrize(
    "address", ["/", "/orders/", "/admin/accounts/user/", "/nowhere/", "/people/import/"]
)
def test_page_of_a_signed_in_person_is_stored_by_no_cache(client, admin, address):
    assert client.get(address)["Cache-Control"] == "private, no-store"


def test_static_file_stays_cacheable_for_a_signed_in_person(client, admin):
    response = client.get("/static/css/base.css")
    response.close()

    assert (response.status_code, "no-store" in response["Cache-Control"]) == (200, False)


@pytest.mark.parametrize("address", ["/accounts/login/", "/healthz"])
def test_devices_of_the_browser_stay_unused(client, address):
    assert "camera=(), " in client.get(address)["Permissions-Policy"]


def refused(client, one, method):
    response = getattr(client, method)(next(filled(one.route, {**VALUES, "app_label": ("axes",)})))
    return response.status_code, response.get("Allow")


def test_every_address_answers_405_to_methods_that_it_does_not_know(client):
    answers = {
        (one.route, method): refused(client, one, method) for one in addresses() for method in UNKNOWN_METHODS
    }

    assert len(answers) > 500
    assert {key: answer for key, answer in answers.items() if answer != (405, "GET, HEAD, POST")} == {}


def test_methods_that_nobody_knows_are_refused_to_signed_in_people_too(client, admin):
    """Each address once, with one of its methods."""
    methods = itertools.cycle(UNKNOWN_METHODS)

    assert {refused(client, one, next(methods)) for one in addresses()} == {(405, "GET, HEAD, POST")}


def test_path_prefix_is_refused_with_a_sentence(client):
    response = client.get("/", SCRIPT_NAME="/satisfaction")

    assert response.status_code == 500
    assert "不能放在子路径下" in response.text and "not under a path" in response.text


def test_upload_is_readable_by_its_owner_alone():
    name = default_storage.save("rejected/rows.xlsx", ContentFile(b"x"))

    path = Path(default_storage.path(name))
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]


def test_database_file_is_readable_by_its_owner_alone(tmp_path):
    database = tmp_path / "x.sqlite3"
    for end in ("", "-wal"):
        Path(f"{database}{end}").touch(0o644)
    fake = type("Connection", (), {"vendor": "sqlite", "settings_dict": {"NAME": database}})

    restrict_permissions(None, fake)

    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}


@pytest.mark.sqlite
def test_connection_keeps_its_database_private():
    assert stat.S_IMODE(Path(connection.settings_dict["NAME"]).stat().st_mode) == 0o600
