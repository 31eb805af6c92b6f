from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from roomtape.bench.meeting import ADDRESSES, Meeting, held
from roomtape.errors import DestinationError
from roomtape.simulate.participant import Media
from roomtape.simulate.rest import MeetingAccess

ACCESS = MeetingAccess("http://h", "account", "app", "m", "token")


async def test_media_goes_over_loopback_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESSES, "192.0.2.7")
    with pytest.raises(DestinationError, match="no loopback address"):
        async with held(tmp_path, [Media()]):
            pass
    assert not list(tmp_path.iterdir())


async def test_a_recording_of_either_kind_is_started_and_stopped() -> None:
    seen: list[tuple[str, str, bytes]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path, request.content))
        inner = {"id": "r", "status": "RECORDING"}
        return httpx.Response(200, json={"data": {"recording": inner} if "track" in request.url.path else inner})

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://h") as api:
        meeting = Meeting(ACCESS, api, 1, Path())
        assert await meeting.start() == "r"
        assert await meeting.start("/track") == "r"
        assert await meeting.start(allow_multiple_recordings=True) == "r"
        await meeting.stop("r")
    assert [s[:2] for s in seen if s[0] != "GET"] == [
        ("POST", "/recordings"),
        ("POST", "/recordings/track"),
        ("POST", "/recordings"),
        ("PUT", "/recordings/r"),
    ]
    assert b'"allow_multiple_recordings":true' in [s[2] for s in seen if s[0] == "POST"][2]
