from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomtape.sfu.janus import state


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose command line says what Janus's would."""
    command = [sys.executable, "-c", "import time; time.sleep(30)", f"--configs-folder={tmp_path}"]
    with subprocess.Popen(command) as child:
        yield child
        child.kill()


def test_a_process_is_recognised_while_it_lives(process: subprocess.Popen[bytes], tmp_path: Path) -> None:
    running = state.note(process.pid, 4711, "digest")
    assert running.url == "ws://127.0.0.1:4711"
    state.write(tmp_path / "state.json", running)
    assert state.read(tmp_path / "state.json") == running
    assert state.is_alive(running, tmp_path)
    assert state.strays(tmp_path) == [process.pid]
    assert not state.is_alive(running, tmp_path / "another")
    assert not state.is_alive(dataclasses.replace(running, start_ticks=1), tmp_path)
    assert not state.is_alive(dataclasses.replace(running, boot_id="another boot"), tmp_path)
    assert not state.is_alive(dataclasses.replace(running, pid=os.getpid()), tmp_path)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not state.is_alive(running, tmp_path), "a zombie lives no more"
    process.wait()
    assert not state.is_alive(running, tmp_path)
    with pytest.raises(ProcessLookupError):
        state.note(process.pid, 4711, "digest")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "null"])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert state.read(tmp_path / "state.json") is None
    assert state.read(tmp_path / "missing") is None
