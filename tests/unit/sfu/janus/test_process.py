from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

import psutil
import pytest

from roomtape.errors import SfuError
from roomtape.settings import Settings
from roomtape.sfu.janus import process as module
from roomtape.sfu.janus.process import JanusProcess
from tests.support.wait import until

STAND_IN = """#!{python}
# Reads its port from the configuration and answers as Janus does, or misbehaves as MODE says.
import asyncio, json, pathlib, re, signal, sys
from websockets.asyncio.server import serve
home = pathlib.Path(sys.argv[1].split("=", 1)[1])
mode = (home / "MODE").read_text() if (home / "MODE").exists() else ""
if mode == "ends":
    sys.exit("the stand-in is told to end")
if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
port = int(re.search(r"ws_port = (\\d+)", (home / "janus.transport.websockets.jcfg").read_text())[1])
async def talk(connection):
    async for text in connection:
        await connection.send(json.dumps({{"janus": "pong", "transaction": json.loads(text)["transaction"]}}))
async def main():
    async with serve(talk, "127.0.0.1", port, subprotocols=["janus-protocol"]):
        print("serving", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    binary = tmp_path / "stand-in"
    binary.write_text(STAND_IN.format(python=sys.executable))
    binary.chmod(0o755)
    (tmp_path / "data" / "janus").mkdir(parents=True)
    return Settings(data_dir=tmp_path / "data", janus_binary=str(binary))


async def test_it_is_started_apart_from_us_taken_over_and_stopped(settings: Settings) -> None:
    first = JanusProcess(settings)
    await first.start()
    pid, url = first.pid, await first.url()
    assert pid is not None
    assert os.getsid(pid) == pid
    assert Path(f"/proc/{pid}/fd/1").readlink() == settings.data_dir / "janus" / "janus.log"
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    assert soft == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))
    first.release()
    second = JanusProcess(settings)
    await second.start()
    assert (second.pid, await second.url()) == (pid, url)
    await second.stop()
    first._reap()
    assert not psutil.pid_exists(pid)
    assert second.pid is None


async def test_one_without_a_note_is_replaced(settings: Settings) -> None:
    first = JanusProcess(settings)
    await first.start()
    pid = first.pid
    assert pid is not None
    first.release()
    (settings.data_dir / "janus" / "state.json").write_text("torn")
    second = JanusProcess(settings)
    await second.start()
    assert second.pid != pid
    first._reap()
    assert not psutil.pid_exists(pid)
    await second.stop()


async def test_one_that_dies_is_started_again(settings: Settings) -> None:
    exits: list[int] = []
    process = JanusProcess(settings, on_exit=lambda: exits.append(1))
    await process.start()
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: exits)
    assert (await process.url()).startswith("ws://127.0.0.1:")
    assert process.pid not in (None, pid)
    await process.stop()
    assert exits == [1]


async def test_one_that_does_not_stop_is_killed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_WITHIN_S", 0.1)
    (settings.data_dir / "janus" / "MODE").write_text("stubborn")
    process = JanusProcess(settings)
    await process.start()
    pid = process.pid
    assert pid is not None
    await process.stop()
    assert not psutil.pid_exists(pid)


async def test_one_that_ends_at_once_is_an_error_with_its_words(settings: Settings) -> None:
    (settings.data_dir / "janus" / "MODE").write_text("ends")
    with pytest.raises(SfuError, match="told to end"):
        await JanusProcess(settings).start()


async def test_a_restart_that_fails_is_tried_again(settings: Settings) -> None:
    process = JanusProcess(settings)
    await process.start()
    mode = settings.data_dir / "janus" / "MODE"
    mode.write_text("ends")
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.sleep(0.5)
    assert process.pid is None
    mode.unlink()
    await until(lambda: process.pid)
    await process.stop()


async def test_a_missing_binary_is_said(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, janus_binary="no-such-janus")
    with pytest.raises(SfuError, match=r"not installed.*no-such-janus.*ROOMTAPE_JANUS_URL"):
        await JanusProcess(settings).start()


async def test_a_binary_that_is_no_program_is_said(tmp_path: Path) -> None:
    binary = tmp_path / "broken"
    binary.write_bytes(b"\x7fELF, but no more")
    binary.chmod(0o755)
    with pytest.raises(SfuError, match=r"broken cannot be run"):
        await JanusProcess(Settings(data_dir=tmp_path, janus_binary=str(binary))).start()


async def test_waiting_for_one_that_is_away_has_a_bound(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UP_WITHIN_S", 0.05)
    with pytest.raises(SfuError, match="not running"):
        await JanusProcess(settings).url()


async def test_it_does_not_start_where_media_would_use_what_was_not_named(settings: Settings) -> None:
    process = JanusProcess(settings.model_copy(update={"ice_addresses": ("192.0.2.254",)}))
    with pytest.raises(SfuError, match=r"no 192\.0\.2\.254"):
        await process.start()
    assert process.pid is None
