import subprocess
import sys
from importlib import metadata
from pathlib import Path

from typer.testing import CliRunner

from roomtape.cli import app


def test_every_command_explains_itself() -> None:
    runner = CliRunner()
    told = runner.invoke(app, ["--help"])
    assert told.exit_code == 0
    for command in ("serve", "demo", "render", "inspect", "simulate", "bench", "token"):
        assert command in told.output
        assert runner.invoke(app, [command, "--help"]).exit_code == 0


def test_the_server_comes_first_and_the_version_is_told() -> None:
    runner = CliRunner()
    told = runner.invoke(app, ["--help"]).output
    assert told.index(" serve ") < told.index(" demo ") < told.index(" render ") < told.index(" bench ")
    version = runner.invoke(app, ["--version"])
    assert (version.exit_code, version.output) == (0, f"roomtape {metadata.version('roomtape')}\n")


def test_a_wrong_setting_is_named_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "roomtape.toml").write_text("retention_days = -1\n")
    failed = CliRunner().invoke(app, ["serve", "--data-dir", str(tmp_path)])
    assert failed.exit_code == 1
    assert "retention_days" in str(failed.exception)


def test_looking_into_a_capture_does_not_load_the_server() -> None:
    code = (
        "import sys, roomtape.cli; print([m for m in ('fastapi', 'sqlalchemy', 'dbos', 'aiortc') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
