"""Owns telling why a test was tried again: what fails only now and then is mended sooner when its reason is seen."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print where and why each attempt failed that another one followed."""
    for report in terminalreporter.getreports("rerun"):
        crash = getattr(report.longrepr, "reprcrash", None)
        why = f"{crash.path}:{crash.lineno}: {crash.message}" if crash is not None else str(report.longrepr)
        terminalreporter.write_line(f"TRIED AGAIN {report.nodeid} ({report.when}) {why[:600]}")
