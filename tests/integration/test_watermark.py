"""Watermarks and participants' pictures end to end: a real server fetches them from a web server on loopback."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from roomtape.simulate.participant import Media, SimulatedParticipant
from tests.support.images import png
from tests.support.server import Server, running
from tests.support.webserver import Answer, WebServer, content, dripping, endless, redirect, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDTH, HEIGHT = 320, 180
MARGIN = 4
FORBIDDEN = "127.0.0.3"


def mark() -> bytes:
    """Left half white, right half transparent red: 64 x 32."""
    image = Image.new("RGBA", (64, 32), (255, 0, 0, 0))
    image.paste((255, 255, 255, 255), (0, 0, 32, 32))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


ANSWERS: dict[str, Answer] = {
    "/mark.png": content(mark()),
    "/to-mark": redirect("/mark.png"),
    "/inside": redirect(f"http://{FORBIDDEN}/mark.png"),
    "/page": content(b"<html></html>"),
    "/slow": dripping(),
    "/large": endless(),
    "/face.png": content(png("white", 50, 50)),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web() -> AsyncIterator[WebServer]:
    async with serving(ANSWERS) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with running(tmp_path_factory.mktemp("server") / "data", ROOMTAPE_OUTBOUND_ALLOW="127.0.0.1") as started:
        yield started


async def start(server: Server, meeting: str, **video: Any) -> str:
    started = await server.kit.recordings.start_recordings(
        server.app_id, **server.ids, meeting_id=meeting, video_config={"width": WIDTH, "height": HEIGHT, **video}
    )
    return str(started.data.id)


async def recorded(server: Server, url: str, seconds: float = 2.5, **mark: Any) -> Any:
    """Record a meeting without anybody in it, with the watermark `url`; return the finished recording."""
    recording = await start(server, await server.meeting(), watermark={"url": url, **mark})
    await server.until(recording, "RECORDING", 5)
    await asyncio.sleep(seconds)
    await server.kit.recordings.pause_resume_stop_recording(
        recording, **server.ids, app_id=server.app_id, action="stop"
    )
    return await server.until(recording, "UPLOADED", 60)


async def warnings(server: Server, recording_id: str) -> list[str]:
    answer = await server.http.get(f"{server.prefix}/recordings/{recording_id}")
    return list(answer.json()["data"]["warnings"])


async def frames(server: Server, done: Any, folder: Path) -> list[np.ndarray]:
    """The luma of every frame."""
    file = await server.download(done.download_url, folder / f"{done.id}.mp4")
    with av.open(str(file)) as box:
        return [np.asarray(f.to_ndarray(format="gray"))[:HEIGHT, :WIDTH] for f in box.decode(video=0)]


async def test_the_mark_is_there_from_the_first_frame_to_the_last(
    server: Server, web: WebServer, tmp_path: Path
) -> None:
    corner, asked = await asyncio.gather(
        recorded(server, web.url("/mark.png")),
        recorded(server, web.url("/to-mark"), position="right bottom", size={"width": 80, "height": 20}),
    )
    for done, left, top, width, height in (
        (corner, MARGIN, MARGIN, 64, 32),
        (asked, WIDTH - MARGIN - 80, HEIGHT - MARGIN - 20, 80, 20),
    ):
        seen = await frames(server, done, tmp_path)
        assert len(seen) > 60
        for luma in seen:
            white = luma > 130
            rows, columns = np.flatnonzero(white.any(axis=1)), np.flatnonzero(white.any(axis=0))
            assert abs(columns[0] - left) <= 1
            assert abs(columns[-1] + 1 - (left + width // 2)) <= 1
            assert abs(rows[0] - top) <= 1
            assert abs(rows[-1] + 1 - (top + height)) <= 1
        assert await warnings(server, done.id) == []


async def test_what_cannot_be_had_is_a_warning_and_the_recording_is_whole(
    server: Server, web: WebServer, tmp_path: Path
) -> None:
    reasons = {
        web.url("/missing.png"): "127.0.0.1 answered 404 Not Found",
        web.url("/inside"): f"{FORBIDDEN} is not a public address",
        f"http://{FORBIDDEN}/mark.png": f"{FORBIDDEN} is not a public address",
        web.url("/page"): "the file is no picture",
        web.url("/slow"): "it was not received within 15 s",
        web.url("/large"): "it is larger than the 10 MiB that are accepted",
    }
    done = await asyncio.gather(*(recorded(server, url) for url in reasons))
    for recording, reason in zip(done, reasons.values(), strict=True):
        (told,) = await warnings(server, recording.id)
        assert told.startswith(f"the watermark is left out: {reason}")
    seen = await frames(server, done[0], tmp_path)
    assert len(seen) > 60
    assert max(int(luma.max()) for luma in seen) < 60


async def test_a_participants_picture_is_the_avatar(server: Server, web: WebServer, tmp_path: Path) -> None:
    meeting = await server.meeting()
    answer = await server.kit.meetings.add_participant(
        meeting, **server.ids, app_id=server.app_id, name="ann", preset_name="group_call_participant",
        custom_participant_id="custom-ann", picture=web.url("/face.png"),
    )  # fmt: skip
    ann = SimulatedParticipant(
        server.base_url, answer.data.token, Media(video_codec=None), name="ann", local_addresses=("127.0.0.2",)
    )
    recording = await start(server, meeting)
    async with ann:
        await server.until(recording, "RECORDING", 5)
        await asyncio.sleep(3)
    await server.kit.recordings.pause_resume_stop_recording(
        recording, **server.ids, app_id=server.app_id, action="stop"
    )
    done = await server.until(recording, "UPLOADED", 60)
    seen = await frames(server, done, tmp_path)
    assert any((luma[80:100, 150:170] > 220).all() for luma in seen)
    assert [path for path, _ in web.asked].count("/face.png") == 1


async def test_a_watermark_survives_a_crash_while_it_is_fetched(tmp_path: Path) -> None:
    answers = {"/mark.png": dripping()}
    async with serving(answers) as web, running(tmp_path / "data", ROOMTAPE_OUTBOUND_ALLOW="127.0.0.1") as server:
        recording = await start(server, await server.meeting(), watermark={"url": web.url("/mark.png")})
        await server.until(recording, "RECORDING", 5)
        while not web.asked:
            await asyncio.sleep(0.05)
        await server.kill()
        answers["/mark.png"] = content(mark())
        await server.restart()
        await server.kit.recordings.pause_resume_stop_recording(
            recording, **server.ids, app_id=server.app_id, action="stop"
        )
        done = await server.until(recording, "UPLOADED", 60)
        seen = await frames(server, done, tmp_path)
        assert all((luma[8:32, 8:32] > 220).all() for luma in seen)
        assert await warnings(server, recording) == []
