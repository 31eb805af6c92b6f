from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from rich.console import Console
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from roomtape.simulate.participant import SimulatedParticipant
from roomtape.simulate.rest import MeetingAccess
from roomtape.simulate.run import SHOWN, Run, Seat, media_for, publish, tokens_for
from tests.support.whip_sink import WhipSink, serve


@pytest.fixture
async def sink() -> AsyncIterator[tuple[WhipSink, str]]:
    made = WhipSink(token="good")
    async with serve(made) as url:
        yield made, url


async def test_they_join_send_and_leave_when_time_is_up(sink: tuple[WhipSink, str]) -> None:
    server, url = sink
    media = [media_for(i, False, "H264", "320x180", 10, 440) for i in range(3)]
    run = await publish(url, ["good"] * 3, media, seconds=1.5)
    assert run.failed == 0
    assert [p.deleted for p in server.publications] == [True] * 3
    assert all(p.of("h264") and p.of("opus") for p in server.publications)
    assert len({p.of("opus")[5].packet.payload for p in server.publications}) == 3


async def test_who_is_refused_says_why_and_the_others_go_on(sink: tuple[WhipSink, str]) -> None:
    server, url = sink
    media = [media_for(i, True, "vp8", "640x360", 30, 440) for i in range(2)]
    run = await publish(url, ["bad", "good"], media, seconds=0.8)
    assert run.failed == 1
    assert "401" in run.seats[0].state
    assert len(server.publications[0].of("opus")) > 10


async def test_when_nobody_can_join_it_ends_at_once(sink: tuple[WhipSink, str]) -> None:
    _, url = sink
    run = await publish(url, ["bad"], [media_for(0, True, "vp8", "640x360", 30, 440)], seconds=3600)
    assert run.failed == 1


async def test_participants_are_added_by_the_api(sink: tuple[WhipSink, str]) -> None:
    server, url = sink
    added: list[str] = []

    async def add(request: Request) -> JSONResponse:
        added.append((await request.json())["name"])
        return JSONResponse({"success": True, "data": {"token": f"token {len(added)}"}}, 201)

    path = "/client/v4/accounts/acc/realtime/kit/app/meetings/meet/participants"
    server.more_routes.append(Route(path, add, methods=["POST"]))
    tokens = await tokens_for(MeetingAccess(url, "acc", "app", "meet", "secret"), 2, "group_call_participant")
    assert added == ["Simulated 1", "Simulated 2"]
    assert tokens == ["token 1", "token 2"]


def test_tones_and_looks_of_neighbours_differ() -> None:
    media = [media_for(i, False, "vp9", "640x360", 30, 440) for i in range(9)]
    assert [m.tone_hz for m in media[:3]] == [440, 550, 660]
    assert [m.identity for m in media] == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    assert media_for(0, True, "vp8", "640x360", 30, 440).video_codec is None


def test_a_long_table_is_cut_short() -> None:
    seats = [Seat(SimulatedParticipant("http://h", "t", name=f"Simulated {i + 1}")) for i in range(SHOWN + 5)]
    console = Console(width=100, record=True)
    console.print(Run(seats).table())
    text = console.export_text()
    assert "Simulated 20" in text
    assert "Simulated 21" not in text
    assert "and 5 more" in text
