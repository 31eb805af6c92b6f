"""Owns what all tests share: how their logs look, and telling why one was tried again, so that it is mended sooner."""

from __future__ import annotations

import gc

import pytest
import structlog

# What is loaded and collected stays: looking through it for garbage again and again is a twentieth of all the work.
gc.disable()

# Unless it is configured, structlog draws tracebacks with all variables in colour: up to half a second for each.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print where and why each attempt failed that another one followed."""
    for report in terminalreporter.getreports("rerun"):
        crash = getattr(report.longrepr, "reprcrash", None)
        why = f"{crash.path}:{crash.lineno}: {crash.message}" if crash is not None else str(report.longrepr)
        terminalreporter.write_line(f"TRIED AGAIN {report.nodeid} ({report.when}) {why[:600]}")


def pytest_collection_finish() -> None:
    """Look for garbage from here on, but not in what is here already."""
    gc.freeze()
    gc.enable()
