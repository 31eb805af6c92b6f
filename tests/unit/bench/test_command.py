from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from roomtape.bench import command
from roomtape.bench.figure import Figure, alone
from roomtape.bench.plan import QUICK, Plan, Say
from roomtape.errors import DestinationError

app = typer.Typer()
app.command()(command.bench)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Plan]]:
    """Replaces every measurement by one that says what it was asked; capture fails."""
    calls: list[tuple[str, Plan]] = []

    def measurement(name: command.Name) -> command.Measure:
        def measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
            calls.append((name, plan))
            assert not folder.exists()
            assert folder.parent.is_dir()
            say("on it")
            if name is command.Name.CAPTURE:
                raise DestinationError("no loopback address")
            return [alone(name, name, "s", [1])]

        return measure

    monkeypatch.setattr(command, "_measurement", measurement)
    return calls


def test_only_what_is_asked_for_runs(tmp_path: Path, ran: list[tuple[str, Plan]]) -> None:
    out = tmp_path / "r.json"
    result = CliRunner().invoke(app, ["--only", "latency", "--only", "remux", "--quick", "--output", str(out)])
    assert result.exit_code == 0, result.output
    assert ran == [("remux", QUICK), ("latency", QUICK)]
    assert [f["name"] for f in json.loads(out.read_text())["figures"]] == ["remux", "latency"]


def test_a_failure_keeps_what_was_measured_before_it(tmp_path: Path, ran: list[tuple[str, Plan]]) -> None:
    out = tmp_path / "r.json"
    result = CliRunner().invoke(app, ["--output", str(out)])
    assert result.exit_code != 0
    assert "no loopback address" in result.output
    assert "Traceback" not in result.output
    assert [name for name, _ in ran] == ["composite", "page", "remux", "capture"]
    assert ran[0][1] == Plan()
    assert [f["name"] for f in json.loads(out.read_text())["figures"]] == ["composite", "page", "remux"]


def test_every_name_has_its_measurement() -> None:
    found = {command._measurement(name).__module__ for name in command.Name}
    assert found == {f"roomtape.bench.{name}" for name in command.Name}
