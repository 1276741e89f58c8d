"""The interface shared by every command of docs/contract.md."""

import io
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, base, call_command
from django.db import DatabaseError

from satisfaction.core.commands import CommandResult, ContractCommand, existing_file, output_file
from satisfaction.core.errors import Refused

DOCUMENT = {"day": date(2026, 5, 11), "名": "值", "nothing": None}


class Sample(ContractCommand):
    """Does what its argument names."""

    def contract_arguments(self, parser):
        parser.add_argument("what")

    def perform(self, *, what, **options):
        if what == "refuse":
            raise Refused("不行,请改天再来。")
        if what == "break":
            raise ZeroDivisionError
        if what == "database":
            raise DatabaseError("disk I/O error")
        self.progress("half way")
        return CommandResult(DOCUMENT, in_part=what == "part", summary="做完了")


def run(*arguments):
    """Returns (exit code, standard output, standard error), as an operator sees them."""
    out, err = io.StringIO(), io.StringIO()
    command = Sample(stdout=out, stderr=err, no_color=True)
    command.requires_system_checks = []
    code = 0
    try:
        command.run_from_argv(["manage.py", "sample", *arguments])
    except SystemExit as ended:
        code = ended.code
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def connections_stay_open(monkeypatch):
    """A command closes the connections it used; the tests' own connections must stay usable."""

    class Kept:
        def close_all(self):
            pass

    monkeypatch.setattr(base, "connections", Kept())


def test_done_is_0_with_the_summary():
    assert run("all") == (0, "做完了\n", "half way\n")


def test_json_is_one_document_alone_on_standard_output():
    assert run("all", "--json") == (0, '{"day": "2026-05-11", "名": "值", "nothing": null}\n', "half way\n")


def test_done_in_part_is_1_and_says_what_was_done():
    assert run("part") == (1, "做完了\n", "half way\n")


def test_refused_is_2_with_one_sentence_and_nothing_on_standard_output():
    assert run("refuse", "--json") == (2, "", "不行,请改天再来。\n")


@pytest.mark.parametrize("arguments", [(), ("all", "more"), ("all", "--unknown"), ("--json",)])
def test_wrong_arguments_are_2_with_one_sentence(arguments):
    code, out, err = run(*arguments)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("参数有误(")


def test_defect_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run("break")


@pytest.mark.django_db
def test_failing_database_is_not_hidden():
    with pytest.raises(DatabaseError, match="disk"):
        run("database")


def test_call_from_python_raises_what_the_operator_would_see():
    with pytest.raises(CommandError, match="请改天再来") as refused:
        call_command(Sample(), "refuse")
    with pytest.raises(SystemExit) as in_part:
        call_command(Sample(stdout=io.StringIO(), stderr=io.StringIO()), "part")

    assert (refused.value.returncode, in_part.value.code) == (2, 1)


def test_document_with_a_number_that_is_no_integer_is_a_defect():
    class Wrong(ContractCommand):
        def perform(self, **options):
            return CommandResult({"mean": Decimal("18.125")})

    with pytest.raises(TypeError, match="Decimal"):
        call_command(Wrong(stdout=io.StringIO()), "--json")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (".", "是一个目录,请写出文件名"),
        ("none.csv", "找不到文件“none.csv”,请检查路径"),
        ("长" * 200, "用不了"),
    ],
)
def test_existing_file_refuses_what_is_none(tmp_path, monkeypatch, name, sentence):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Refused, match=sentence):
        existing_file(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "是一个目录"),
        (".", "是一个目录"),
        ("/", "是一个目录"),
        ("none/out.xlsx", "没有目录“none”"),
        ("长" * 200, "用不了"),
    ],
)
def test_output_file_refuses_what_can_be_none(tmp_path, monkeypatch, name, sentence):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Refused, match=sentence):
        output_file(name)


@pytest.mark.parametrize(
    "url", ["sqlite:////no such folder/x.sqlite3", "postgres://postgres@127.0.0.1:1/none?connect_timeout=2"]
)
def test_database_that_is_away_is_refused_with_one_sentence(url):
    ended = subprocess.run(
        [sys.executable, "manage.py", "score_day", "2026-05-11", "--json"],
        cwd=Path(__file__).parents[3],
        env=os.environ
        | {"SECRET_KEY": "x", "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "satisfaction.settings"},
        capture_output=True,
        text=True,
    )

    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert ended.stderr.startswith("数据库连接不上或正忙(")


def test_database_without_tables_is_refused_with_one_sentence_also_by_what_works_step_by_step(tmp_path):
    environment = os.environ | {"SECRET_KEY": "x", "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3"}

    ended = subprocess.run(
        [sys.executable, "manage.py", "catch_up", "--json"],
        cwd=Path(__file__).parents[3],
        env=environment | {"DJANGO_SETTINGS_MODULE": "satisfaction.settings"},
        capture_output=True,
        text=True,
    )

    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (
        2,
        "",
        "数据库还没有建好或不是最新的:请先运行 manage.py migrate。",
    )
