from __future__ import annotations

import asyncio
import signal
import sys

import pytest
import typer
from typer.testing import CliRunner

from roomtape.simulate.command import simulate
from tests.support.whip_sink import WhipSink, serve

app = typer.Typer()
app.command()(simulate)
RUN = "import typer; from roomtape.simulate.command import simulate; typer.run(simulate)"
PATIENCE_S = 50  # a new process takes seconds to start on a machine that is busy with other tests


async def test_it_publishes_until_ctrl_c_and_takes_its_leave() -> None:
    server, pipe = WhipSink(token="good"), asyncio.subprocess.PIPE
    async with serve(server) as url:
        arguments = ["--url", url, "--token", "good", "--token", "good", "--audio-only", "--tone", "500"]
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, *arguments, stdout=pipe, stderr=pipe)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(server.publications) < 2 or not all(p.of("opus") for p in server.publications):
                    await asyncio.sleep(0.05)
                process.send_signal(signal.SIGINT)
                out, err = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
    assert process.returncode == 0, err
    assert [p.deleted for p in server.publications] == [True, True]
    assert b"Simulated 2" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give --token, or all of"),
        (["--api-token", "x", "--app-id", "y"], "give --token, or all of"),
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


def test_a_url_that_is_none() -> None:
    result = CliRunner().invoke(app, ["--url", "localhost", "--token", "t", "--audio-only"])
    assert result.exit_code == 1
    assert "no http(s) URL" in result.output
