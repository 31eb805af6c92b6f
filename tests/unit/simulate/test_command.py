from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import pytest
import typer
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typer.testing import CliRunner

from roomtape.simulate.command import simulate
from tests.support.whip_sink import WhipSink, serve

app = typer.Typer()
app.command()(simulate)
RUN = "import typer; from roomtape.simulate.command import simulate; typer.run(simulate)"


@pytest.fixture
async def sink() -> AsyncIterator[tuple[WhipSink, str]]:
    made = WhipSink(token="good")
    async with serve(made) as url:
        yield made, url


async def start(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, *arguments, stdout=pipe, stderr=pipe)


async def test_it_publishes_until_ctrl_c_and_takes_its_leave(sink: tuple[WhipSink, str]) -> None:
    server, url = sink
    process = await start("--url", url, "--token", "good", "--token", "good", "--audio-only", "--tone", "500")
    try:
        for _ in range(500):
            if len(server.publications) == 2 and all(len(p.of("opus")) > 10 for p in server.publications):
                break
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 10)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err
    assert [p.deleted for p in server.publications] == [True, True]
    assert b"Simulated 2" in out
    one, two = (p.of("opus")[5].packet.payload for p in server.publications)
    assert one != two


async def test_it_adds_participants_by_the_api_and_leaves_when_time_is_up(sink: tuple[WhipSink, str]) -> None:
    server, url = sink
    added: list[str] = []

    async def add(request: Request) -> JSONResponse:
        added.append((await request.json())["name"])
        return JSONResponse({"success": True, "data": {"token": "good"}}, 201)

    path = "/client/v4/accounts/acc/realtime/kit/app/meetings/meet/participants"
    server.more_routes.append(Route(path, add, methods=["POST"]))
    access = ["--api-token", "secret", "--account-id", "acc", "--app-id", "app", "--meeting-id", "meet"]
    video = ["--video-codec", "H264", "--size", "320x180", "--fps", "10"]
    process = await start("--url", url, *access, *video, "--count", "3", "--seconds", "1.5")
    _, err = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 0, err
    assert added == ["Simulated 1", "Simulated 2", "Simulated 3"]
    assert [p.deleted for p in server.publications] == [True] * 3
    assert all(p.of("h264") and p.of("opus") for p in server.publications)


async def test_a_refusal_ends_it_with_the_reason(sink: tuple[WhipSink, str]) -> None:
    _, url = sink
    process = await start("--url", url, "--token", "bad", "--audio-only")
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 1
    assert b"401" in out
    assert err.strip() == b"roomtape: 1 of 1 participants could not join"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give --token, or all of"),
        (["--token", "t", "--size", "big"], "--size big is not WIDTHxHEIGHT"),
        (["--token", "t", "--video-codec", "av2"], "not one of vp8, vp9, h264"),
    ],
)
def test_bad_arguments_are_told_in_words(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["--url", "http://127.0.0.1:9", *arguments])
    assert result.exit_code == 1
    assert words in result.output


def test_a_server_that_is_away() -> None:
    result = CliRunner().invoke(app, ["--url", "http://127.0.0.1:9", "--token", "t", "--audio-only"])
    assert result.exit_code == 1
    assert "could not join" in result.output
