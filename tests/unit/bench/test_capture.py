from __future__ import annotations

import os

import psutil
import pytest

from roomtape.bench import capture
from roomtape.errors import DestinationError


class FakeProcess:
    def __init__(self, pid: int, name: str = "python") -> None:
        self.pid, self._name = pid, name

    def name(self) -> str:
        return self._name

    def children(self, recursive: bool) -> list[FakeProcess]:
        assert recursive
        return [FakeProcess(11, "janus"), FakeProcess(12), FakeProcess(13)]


def test_processes_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "Process", FakeProcess)
    assert [capture.part(name, 10) for name in capture.PARTS] == [[11], [10]]


def test_a_janus_elsewhere_cannot_be_measured() -> None:
    with pytest.raises(DestinationError, match="ROOMTAPE_JANUS_URL"):
        capture.part("janus", os.getpid())


def test_what_a_publisher_costs_is_the_difference() -> None:
    off = [{"janus": 4.0, "server": 1.0}, {"janus": 5.0, "server": 1.0}]
    on = [{"janus": 5.0, "server": 1.5}, {"janus": 5.0, "server": 2.0}]
    figures = {f.name: f for f in capture._figures(off, on, 2)}
    assert list(figures) == ["capture_janus", "capture_server", "capture_publisher"]
    assert figures["capture_publisher"].runs == ((0.75,), (0.5,))
    assert figures["capture_janus"].runs == ((5.0, 4.0), (5.0, 5.0))
    assert figures["capture_janus"].ratio is not None
