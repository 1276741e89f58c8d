"""Logs: one line for each record on standard error, for our code and all libraries."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, ExcInfo, Processor, WrappedLogger

from .environment import refuse

LOG_FORMATS = ("console", "json")


def strip_query(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Removes the query string: it may hold names and phones from a search form."""
    if isinstance(event.get("request"), str):
        event["request"] = event["request"].partition("?")[0]
    return event


DETAIL = re.compile(
    r"^(DETAIL|CONTEXT|WHERE):.*?(?=^(?:The above exception was|During handling of|Traceback )|\Z)",
    re.M | re.S,
)


def strip_row_values(text: str) -> str:
    """Removes the lines of a PostgreSQL error that quote a row: they may hold phones."""
    return DETAIL.sub(r"\1:  left out\n", text)


def strip_details(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Removes values of database rows from all texts of the record, including exceptions."""
    for name, value in event.items():
        if isinstance(value, BaseException):
            event[name] = strip_row_values(str(value))
        elif isinstance(value, str):
            event[name] = strip_row_values(value)
    return event


def format_traceback(out: TextIO, exc_info: ExcInfo) -> None:
    """Writes the traceback without values of database rows, for the console."""
    text = StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    out.write(strip_row_values(text.getvalue()))


SHARED_PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.StackInfoRenderer(),
    strip_query,
]


def renderers(form: str) -> list[Processor]:
    """Returns the processors that format a record: for the console or as JSON for a log store."""
    if form == "json":
        return [
            structlog.processors.format_exc_info,
            strip_details,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        strip_details,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=format_traceback, pad_event_to=0),
    ]


def logging_settings(*, level: str, form: str) -> dict[str, Any]:
    """Returns the LOGGING setting; refuses an unknown level or form."""
    level = level.upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        refuse(f"环境变量 LOG_LEVEL 无法识别 / cannot read LOG_LEVEL: {level}")
    if form not in LOG_FORMATS:
        refuse(f"环境变量 LOG_FORMAT 只能是 / LOG_FORMAT must be one of: {', '.join(LOG_FORMATS)}")
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers(form)],
        "foreign_pre_chain": SHARED_PROCESSORS,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "axes": {"level": "ERROR"},
            # django_structlog already writes one line for each request.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        },
    }


def configure() -> None:
    """Makes structlog pass its records to the standard library, which writes all of them."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
