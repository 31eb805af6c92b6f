"""Official SDK clients outlive a lost socket and a killed server: behind TLS, with their real host names."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support import detect, scene
from tests.support.forwarder import Forwarder, forwarder
from tests.support.meetpage import open_page
from tests.support.sdk import SdkBrowser, SdkPeer
from tests.support.sdkmeeting import HOST, TONES, SdkMeeting, perceives
from tests.support.server import Server, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTS = ("api", "api-silos", "da-collector", "location", "location-legacy", "socket-edge")
CONNECTED = "meeting => meeting.meta.socketState.state === 'connected'"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door() -> Any:
    async with forwarder(["*.rtk.test", "rtk.test"]) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(door: Forwarder, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("server") / "data"
    async with running(folder, ROOMTAPE_BASE_URI=f"rtk.test:{door.port}") as started:
        door.target = int(started.base_url.rsplit(":", 1)[1])
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def meeting(server: Server, browser: SdkBrowser, door: Forwarder) -> Any:
    async with SdkMeeting(server, browser, await server.meeting()) as made:
        for name, preset in (("ann", HOST), ("bob", "group_call_participant")):
            await made.join(name, preset, f"https://app.rtk.test:{door.port}", base=f"rtk.test:{door.port}")
        yield made


async def test_a_socket_cut_for_ten_seconds_costs_nothing(
    meeting: SdkMeeting, server: Server, door: Forwarder, tmp_path: Path
) -> None:
    ann, bob = meeting.people["ann"], meeting.people["bob"]
    await perceives(ann, "bob", bob.id)
    await perceives(bob, "ann", ann.id)
    await ann.start_recording()
    await bob.until("meeting => meeting.recording.recordingState === 'RECORDING'")
    recording = (await bob.me())["recordings"][0]["id"]
    await asyncio.sleep(1)
    cut = time.time()
    await door.cut()
    for who in (ann, bob):
        await who.until("meeting => meeting.meta.socketState.state !== 'connected'")
    before = await ann.received(bob.id, "video")
    await asyncio.sleep(max(0.0, cut + 10 - time.time()))
    assert (await ann.received(bob.id, "video"))["frames"] > before["frames"] + 50, "media flows without the socket"
    await door.open()
    opened = time.time()
    await _back(ann, bob)
    await asyncio.sleep(1)
    await ann.stop_recording()
    video = await _file_of(server, recording, tmp_path)
    began = (await server.recording(recording)).started_time.timestamp()
    at = [moment - began for moment in (cut, opened)]
    for name in ("ann", "bob"):
        await scene.check_tone(video, TONES[name], at[0] - 0.5, at[1])
        # The SDK makes new media transports then, which takes a starved machine more than a second.
        assert detect.hole(video, TONES[name]) < 2, f"{name} comes back at once"


async def test_a_server_killed_and_started_again_finds_its_clients(
    meeting: SdkMeeting, server: Server, tmp_path: Path
) -> None:
    ann, bob = meeting.people["ann"], meeting.people["bob"]
    await ann.start_recording()
    await bob.until("meeting => meeting.recording.recordingState === 'RECORDING'")
    recording = (await bob.me())["recordings"][0]["id"]
    await asyncio.sleep(1)
    await server.kill()
    for who in (ann, bob):
        await who.until("meeting => meeting.meta.socketState.state !== 'connected'")
    await server.restart()
    await _back(ann, bob)
    assert await ann.run("meeting => meeting.chat.sendTextMessage('still here')") is None
    await bob.until("meeting => meeting.chat.messages.some(m => m.message === 'still here')")
    assert (await bob.me())["recording"] == "RECORDING"
    await ann.stop_recording()
    video = await _file_of(server, recording, tmp_path)
    for name in ("ann", "bob"):
        assert detect.hole(video, TONES[name]) < (1 if scene.STRICT else 2), f"{name} is heard while the server is away"


async def test_the_meeting_page_behind_tls_asks_the_real_host_names(
    server: Server, browser: SdkBrowser, door: Forwarder
) -> None:
    meeting = await server.meeting()
    token = (await server.participant(meeting, "cat", HOST)).token
    base = f"rtk.test:{door.port}"
    room = await open_page(browser, f"https://{base}/meet/{meeting}?authToken={token}")
    await room.join()
    await room.sees_tiles({"cat"})
    room.nothing_went_wrong({f"https://{base}", *(f"https://{host}.{base}" for host in HOSTS)})
    assert f"https://api.{base}/v2/internals/participant-details" in room.log.requested
    await room.page.context.close()


async def _file_of(server: Server, recording_id: str, folder: Path) -> Path:
    done = await server.until(recording_id, "UPLOADED", 60)
    return await server.download(done.download_url, folder / "recording.mp4")


async def _back(ann: SdkPeer, bob: SdkPeer) -> None:
    """Wait until both are back, as the same peers over the same media connections."""
    ids = (ann.id, bob.id)
    for who in (ann, bob):
        await who.until(CONNECTED, within_s=30)
    await ann.until_other(bob.id, 15, audio=True, video=True)
    await bob.until_other(ann.id, 15, audio=True, video=True)
    await perceives(ann, "bob", bob.id)
    await perceives(bob, "ann", ann.id)
    assert ((await ann.me())["id"], (await bob.me())["id"]) == ids
    for who in (ann, bob):
        assert await who.page.evaluate("media.connections.length") == 2, "no media connection was made anew"
        assert await who.events("joined", "participantLeft") == []
