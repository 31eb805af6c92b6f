"""Owns how logs look: one JSON object a line on standard error."""

from __future__ import annotations

import logging
import re
import sys

import structlog

_TOKEN = re.compile(r"(authToken=)[^&\s\"]+")
"""The official clients can send their token in the socket's address only, and uvicorn logs addresses."""


def configure(level: str) -> None:
    """Send structlog's and the standard library's records from `level` up to standard error as JSON lines."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(ensure_ascii=False),
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, _without_tokens],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for noisy in ("httpx", "httpcore", "websockets", "aiosqlite", "alembic", "uvicorn.access", "dbos"):
        logging.getLogger(noisy).setLevel(max(threshold, logging.WARNING))


def _without_tokens(_logger: object, _method: str, record: structlog.types.EventDict) -> structlog.types.EventDict:
    event = record.get("event")
    if isinstance(event, str) and "authToken=" in event:
        record["event"] = _TOKEN.sub(r"\1...", event)
    return record
