"""Settings from the environment: a missing or wrong value is refused with one sentence."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from satisfaction.environment import Environment, demonstration_key, secret_key, site_url


def test_demonstration_key_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    path = tmp_path / "var" / "secret_key"

    first, second = demonstration_key(path), demonstration_key(path)

    assert first == second == path.read_text()
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]


def test_demonstration_keys_differ(tmp_path):
    assert demonstration_key(tmp_path / "one") != demonstration_key(tmp_path / "two")


def test_secret_key_given_wins_over_the_demonstrations(tmp_path):
    key = secret_key("given", demonstration=True, path=tmp_path / "key", argv=["manage.py", "serve"])

    assert (key, list(tmp_path.iterdir())) == ("given", [])


@pytest.mark.parametrize(
    "argv",
    [["manage.py", "serve"], ["manage.py", "runserver"], ["manage.py", "check"], ["gunicorn"], ["celery"]],
)
def test_secret_key_missing_starts_nothing_even_where_the_demonstration_ran(tmp_path, argv, capsys):
    path = tmp_path / "key"
    demonstration_key(path)

    with pytest.raises(SystemExit) as exit:
        secret_key("", demonstration=False, path=path, argv=argv)

    assert exit.value.code == 2
    assert "SECRET_KEY" in capsys.readouterr().err


def test_secret_key_missing_lets_commands_work_on_the_demonstrations_data(tmp_path):
    path = tmp_path / "key"
    made = demonstration_key(path)

    assert secret_key("", demonstration=False, path=path, argv=["./manage.py", "score_day"]) == made


def test_secret_key_missing_refuses_commands_where_no_demonstration_ran(tmp_path):
    with pytest.raises(SystemExit):
        secret_key("", demonstration=False, path=tmp_path / "key", argv=["manage.py", "score_day"])

    assert list(tmp_path.iterdir()) == []


def environment(**values):
    class Isolated(Environment):
        ENVIRON = values

    return Isolated()


def test_environment_counts_an_empty_variable_as_absent():
    env = environment(SIZE="", URL="")

    assert (env.int("SIZE", default=7), env.str("URL", default="here")) == (7, "here")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("SIZE", lambda env: env.int("SIZE", default=7)),
        ("URL", lambda env: env.database("URL", otherwise=Path("x"))),
    ],
)
def test_environment_refuses_what_it_cannot_read_by_name(name, read, capsys):
    with pytest.raises(SystemExit) as exit:
        read(environment(**{name: "nonsense"}))

    assert exit.value.code == 2
    assert capsys.readouterr().err.startswith(f"环境变量 {name} ")


def test_environment_database_is_the_sqlite_file_when_no_url_is_given():
    path = Path("/srv/工单 +1/x.sqlite3")

    assert environment().database("URL", otherwise=path) == {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
    }


def test_environment_database_reads_a_url():
    database = environment(URL="postgres://u:p@db:5433/n").database("URL", otherwise=Path("x"))

    assert {key: database[key] for key in ("ENGINE", "USER", "PASSWORD", "HOST", "PORT", "NAME")} == {
        "ENGINE": "django.db.backends.postgresql",
        "USER": "u",
        "PASSWORD": "p",
        "HOST": "db",
        "PORT": 5433,
        "NAME": "n",
    }


def run_manage(base_dir, *arguments, **environment):
    """Runs manage.py as an operator does; an empty SECRET_KEY also hides a .env beside it."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=base_dir,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_program_without_secret_key_ends_with_one_sentence(base_dir):
    outcome = run_manage(base_dir, "check", DEMO="0")

    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert len(outcome.stderr.splitlines()) == 1
    assert "SECRET_KEY" in outcome.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml"), ("WEB_THREADS", "many"), ("DATABASE_URL", "nonsense")],
)
def test_program_with_an_unreadable_setting_names_it_in_one_sentence(base_dir, name, value):
    outcome = run_manage(base_dir, "check", SECRET_KEY="x", **{name: value})

    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert len(outcome.stderr.splitlines()) == 1
    assert name in outcome.stderr


def test_example_names_every_variable_and_no_other(base_dir):
    settings = (base_dir / "satisfaction" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    of_tests = {"REQUIRE_SERVICES", "CHROMIUM"}

    named = re.findall(r"^#?([A-Z_]+)=", (base_dir / ".env.example").read_text(), re.MULTILINE)

    assert sorted(named) == sorted(read | of_tests)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://centre.example/satisfaction/", "不能放在子路径下"),
        ("centre.example", "SITE_URL"),
        ("ftp://centre.example", "SITE_URL"),
    ],
)
def test_site_url_that_is_no_root_is_refused(url, sentence, capsys):
    with pytest.raises(SystemExit):
        site_url(url)

    assert sentence in capsys.readouterr().err


def test_site_url_loses_its_slash():
    assert site_url("https://centre.example:8443/") == "https://centre.example:8443"


def test_path_prefix_of_the_process_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("SCRIPT_NAME", "/satisfaction")

    with pytest.raises(SystemExit):
        site_url("https://centre.example")

    assert "not under a path" in capsys.readouterr().err


@pytest.mark.parametrize("subdomains", ["0", "1"])
def test_deployment_check_is_clean_with_https(base_dir, tmp_path, subdomains):
    outcome = run_manage(
        base_dir,
        *("check", "--deploy", "--fail-level", "WARNING"),
        SECRET_KEY="".join(map(chr, range(48, 123))),
        HTTPS="1",
        HSTS_SUBDOMAINS=subdomains,
        DEBUG="0",
        DEMO="0",
        DATABASE_URL=f"sqlite:///{tmp_path}/x.sqlite3",
        ALLOWED_HOSTS="centre.example",
    )

    assert (outcome.returncode, outcome.stderr) == (0, "")
