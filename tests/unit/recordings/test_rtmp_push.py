from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound.guard import Barred, Guard, Target
from roomtape.recordings import rtmp_push
from roomtape.recordings.rtmp_push import Lost, checked, push
from tests.support.rtmpserver import free_port
from tests.support.wait import until

URL = "rtmp://live.example.com/live/the-secret"
FAKE = """
import json, socket, sys, time
order = json.loads(sys.stdin.readline())
assert "the-secret" not in " ".join(sys.argv)
open(sys.argv[1] + "/order", "w").write(json.dumps(order))
link = socket.create_connection(("127.0.0.1", order["port"]))
"""


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1) == b"x":
            writer.close()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    yield Target("rtmp", "live.example.com", server.sockets[0].getsockname()[1], "/", ("127.0.0.1",))
    server.close()


async def _pushed(work: Path, target: Target, rest: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    (work / "fake.py").write_text(FAKE + rest)
    await push(work, URL, target, 7, told.append, (sys.executable, str(work / "fake.py")))
    return told


async def test_it_hears_what_the_process_tells(tmp_path: Path, target: Target) -> None:
    told = await _pushed(tmp_path, target, 'print(json.dumps({"live": True})); print(json.dumps({"next": 8}))')
    assert told == [{"live": True}, {"next": 8}]
    order = (tmp_path / "order").read_text()
    assert '"first": 7' in order
    assert URL in order


async def test_a_refusal_is_told_in_the_servers_words_without_the_key(tmp_path: Path, target: Target) -> None:
    rest = 'print("[rtmp @ 0x1] Server error: the-secret is in use", file=sys.stderr); sys.exit(1)'
    with pytest.raises(Lost, match=r"^the server said: \*\*\* is in use$"):
        await _pushed(tmp_path, target, rest)


async def test_a_lost_connection_is_told_by_who_ended_it(tmp_path: Path, target: Target) -> None:
    with pytest.raises(Lost, match=r"^live\.example\.com ended the connection$"):
        await _pushed(
            tmp_path, target, 'link.send(b"x"); link.recv(1); print(json.dumps({"error": "EPIPE"})); sys.exit(1)'
        )


async def test_a_crash_is_a_loss_too_and_keeps_the_key_to_itself(
    tmp_path: Path, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Lost) as caught:
        await _pushed(tmp_path, target, "raise ValueError(order['url'])")
    assert "the-secret" not in str(caught.value)
    assert "the-secret" not in "".join(capsys.readouterr())


async def test_who_never_takes_the_stream_is_given_up(
    tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtmp_push, "TAKEN_WITHIN_S", 0.5)
    with pytest.raises(Lost, match=r"live\.example\.com was reached but did not take the stream"):
        await _pushed(tmp_path, target, "time.sleep(60)")
    assert not _children(tmp_path)


async def test_a_live_stream_may_last(tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtmp_push, "TAKEN_WITHIN_S", 0.7)
    told = await _pushed(tmp_path, target, 'print(json.dumps({"live": True}), flush=True); time.sleep(1)')
    assert told == [{"live": True}]


async def test_cancelled_it_leaves_no_process(tmp_path: Path, target: Target) -> None:
    running = asyncio.create_task(_pushed(tmp_path, target, "time.sleep(60)"))
    await until((tmp_path / "order").exists, 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not _children(tmp_path)


async def test_without_a_server_no_process_is_started(tmp_path: Path) -> None:
    nobody = Target("rtmp", "live.example.com", free_port(), "/", ("127.0.0.1",))
    with pytest.raises(Lost, match="connection refused"):
        await _pushed(tmp_path, nobody, "")
    assert not (tmp_path / "order").exists()


async def test_what_the_guard_says() -> None:
    async def nowhere(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Lost, match=r"no host live\.example\.com"):
        await checked(Guard((), nowhere).check, URL)
    with pytest.raises(Barred):
        await checked(Guard(()).check, "rtmp://127.0.0.1/live/k")
    with pytest.raises(InvalidRequest):
        await checked(Guard(()).check, "rtmp:///live/k")
    assert (await checked(Guard(("127.0.0.1",)).check, "rtmp://127.0.0.1/a/k")).port == 1935
    assert issubclass(Lost, DestinationError)


def _children(folder: Path) -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if str(folder) in " ".join(p.cmdline())]
