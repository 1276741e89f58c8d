"""The lock that allows one process per database."""

from pathlib import Path

import pytest

from satisfaction import embedded
from satisfaction.core.errors import Refused


@pytest.fixture(autouse=True)
def released():
    """Releases the locks that a test claimed."""
    yield
    while embedded._lock_files:
        embedded._lock_files.pop().close()


def test_lock_stands_beside_the_sqlite_file():
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/data.sqlite3"}

    assert embedded.lock_path(database) == Path("/srv/data.sqlite3.lock")


def test_lock_of_a_database_on_a_server_depends_on_place_and_name(settings):
    def path(name):
        server = {"ENGINE": "django.db.backends.postgresql", "HOST": "db", "PORT": 5432, "NAME": name}
        return embedded.lock_path(server)

    assert path("one") == path("one") != path("two")
    assert path("one").parent == settings.VAR_DIR


def test_claim_twice_is_refused_until_the_first_is_gone(tmp_path):
    path = tmp_path / "lock"
    embedded.acquire_process_lock(path=path)
    with pytest.raises(Refused):
        embedded.acquire_process_lock(path=path)

    embedded._lock_files.pop().close()
    embedded.acquire_process_lock(path=path)

    assert len(embedded._lock_files) == 1


def test_claim_for_more_than_one_process_is_refused(tmp_path):
    with pytest.raises(Refused) as refusal:
        embedded.acquire_process_lock(processes=3, path=tmp_path / "lock")

    assert "3" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []
