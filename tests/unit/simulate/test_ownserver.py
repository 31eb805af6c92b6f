from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from roomtape.errors import DestinationError
from roomtape.simulate import ownserver
from roomtape.simulate.rest import MeetingAccess

ACCESS = MeetingAccess("http://h:1", "acc", "app", "", "secret")


def api(*answers: httpx.Response) -> httpx.AsyncClient:
    left = list(answers)
    client = ownserver.client(ACCESS)
    client._transport = httpx.MockTransport(lambda request: left.pop(0))
    return client


def recording(status: str) -> httpx.Response:
    return httpx.Response(200, json={"data": {"id": "r", "status": status, "error": "no disk"}})


def test_paths_begin_below_the_app() -> None:
    client = ownserver.client(ACCESS)
    assert str(client.base_url) == "http://h:1/client/v4/accounts/acc/realtime/kit/app/"
    assert client.headers["authorization"] == "Bearer secret"


async def test_a_call_gives_data_and_a_refusal_in_words() -> None:
    client = api(recording("RECORDING"), httpx.Response(409, text="one runs already"))
    assert (await ownserver.call(client, "GET", "/recordings/r"))["status"] == "RECORDING"
    with pytest.raises(DestinationError, match="409: one runs already"):
        await ownserver.call(client, "POST", "/recordings", meeting_id="m")


async def test_a_state_is_waited_for() -> None:
    found = await ownserver.until(api(recording("INVOKED"), recording("RECORDING")), "r", "RECORDING", 5, 0.001)
    assert found["status"] == "RECORDING"


async def test_waiting_ends_with_a_failed_recording_and_with_the_time() -> None:
    with pytest.raises(DestinationError, match="no disk"):
        await ownserver.until(api(recording("ERRORED")), "r", "UPLOADED", 5)
    with pytest.raises(TimeoutError):
        await ownserver.until(api(*[recording("INVOKED")] * 99), "r", "UPLOADED", 0.02, 0.001)


async def test_a_server_that_does_not_start_is_told_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mute = tmp_path / "mute"
    mute.write_text(f"#!{sys.executable}\nprint('something else')\n")
    mute.chmod(0o700)
    monkeypatch.setattr(ownserver.sys, "executable", str(mute))
    with pytest.raises(DestinationError, match=r"server\.log"):
        async with ownserver.running(tmp_path):
            pass
