"""One line per record, from our code and libraries alike; no personal data from addresses."""

import json
import logging
import logging.config

import pytest
import structlog

from satisfaction.logs import configure, logging_settings, strip_query


@pytest.fixture
def lines(settings, capsys):
    """Switches to a log format and returns what is written to standard error; restores the tests' own format."""

    def written(form, say):
        logging.config.dictConfig(logging_settings(level="INFO", form=form))
        configure()
        say()
        return capsys.readouterr().err.splitlines()

    yield written
    logging.config.dictConfig(settings.LOGGING)


def test_without_query_drops_what_was_searched_for():
    event = {"event": "request_finished", "request": "GET /orders?q=13800001111", "code": 200}

    assert strip_query(None, "info", event) == {
        "event": "request_finished",
        "request": "GET /orders",
        "code": 200,
    }


def test_json_form_writes_one_document_a_line_for_both_kinds_of_logger(lines):
    def say():
        structlog.get_logger("ours").info("imported", rows=3)
        logging.getLogger("theirs").warning("done %d", 2)

    ours, theirs = (json.loads(line) for line in lines("json", say))

    assert {key: ours[key] for key in ("event", "rows", "level", "logger")} == {
        "event": "imported",
        "rows": 3,
        "level": "info",
        "logger": "ours",
    }
    assert {key: theirs[key] for key in ("event", "level", "logger")} == {
        "event": "done 2",
        "level": "warning",
        "logger": "theirs",
    }


def test_console_form_is_one_line_without_colours(lines):
    (line,) = lines("console", lambda: logging.getLogger("theirs").info("done"))

    assert line.endswith("[info     ] done [theirs]")


@pytest.mark.parametrize("form", ["json", "console"])
def test_error_of_the_database_is_written_without_the_row(lines, form):
    """PostgreSQL quotes the row it refuses."""
    phone = f"1370000{5000}"  # no line of the traceback contains it

    def say():
        try:
            try:
                raise ValueError(f"duplicate key\nDETAIL:  Key (phone_key)=({phone}) exists.\n\n{phone}")
            except ValueError as error:
                raise RuntimeError(f"failed\nDETAIL:  Failing row contains (1,\n\n{phone}).") from error
        except RuntimeError as error:
            logging.getLogger("ours").exception("failed: %s", error, extra={})
            structlog.get_logger("ours").error("failed", error=error)

    text = "\n".join(lines(form, say))

    assert (phone in text, "duplicate key" in text, "RuntimeError" in text) == (False, True, True)


def test_level_hides_what_is_below(lines):
    assert lines("json", lambda: structlog.get_logger("ours").debug("detail")) == []


@pytest.mark.parametrize("wrong", [{"level": "LOUD", "form": "json"}, {"level": "INFO", "form": "xml"}])
def test_logging_settings_refuse_what_they_do_not_know(wrong):
    with pytest.raises(SystemExit) as exit:
        logging_settings(**wrong)

    assert exit.value.code == 2
