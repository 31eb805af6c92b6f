from __future__ import annotations

from pathlib import Path

import httpx

from roomtape.bench import latency
from roomtape.bench.meeting import Meeting
from roomtape.simulate.rest import MeetingAccess

ACCESS = MeetingAccess("http://h", "account", "app", "m", "token")


def meeting(states: list[str]) -> Meeting:
    def handle(request: httpx.Request) -> httpx.Response:
        status = states.pop(0) if request.method == "GET" else "STOPPING"
        times = {"invoked_time": "2026-01-01T00:00:00.100Z", "started_time": "2026-01-01T00:00:00.142Z"}
        return httpx.Response(200, json={"data": {"id": "r", "status": status, **times}})

    return Meeting(ACCESS, httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://h"), 1, Path())


async def test_a_start_is_measured_by_the_servers_times() -> None:
    assert round(await latency._start_ms(meeting(["RECORDING", "UPLOADING", "UPLOADED"]))) == 42


async def test_a_stop_lasts_until_the_upload_is_seen() -> None:
    states = ["RECORDING", *["UPLOADING"] * 5, "UPLOADED"]
    took = await latency._stop_ms(meeting(states), 0.5)
    assert 5 * latency._POLL_S * 1000 <= took < 500, "the recorded time does not count"
    assert not states
