"""A real Janus, and bare connections in a browser that negotiate as the official SDK does: what flows, what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from roomtape.capture import events as ev
from roomtape.capture.paths import track_files
from roomtape.capture.timeline import Timeline
from roomtape.domain.ids import new_id
from roomtape.rooms.live import LiveSession
from roomtape.rooms.service import Rooms
from roomtape.sfu.janus.adapter import JanusSfu
from tests.support.house import House, Listener
from tests.support.janus import settings
from tests.support.sdkpeer import Client, browser_page, client

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = {"media": {kind: {"can_produce": "ALLOWED"} for kind in ("audio", "video", "screenshare")}}


class Building(House):
    """A house over a real Janus."""

    sfu: JanusSfu  # type: ignore[assignment]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.settings = settings(folder, janus_reclaim_s=30)
        self._live()

    def _live(self) -> None:
        self.sfu = JanusSfu(self.settings)
        self.listener = Listener()
        self.rooms = Rooms(self.settings, self.db, self.sfu)
        self.rooms.listener = self.listener

    async def crash_and_start(self) -> None:
        """End as after kill -9, leaving Janus as it is, and start anew."""
        wants = self.listener.wants
        await self.rooms.heartbeat.stop()
        await self.sfu.stop(keep_media=True)
        self._live()
        self.listener.wants = wants
        await self.rooms.start()

    async def enter(self, page: Page, name: str) -> Client:
        session = await self.rooms.open(self.meeting)
        media = await self.rooms.sdk_media.open(session, self.admission(name, **ALL), new_id())
        made = await client(page, media)
        await made.connect()
        await media.enter(name)
        return made

    @property
    def session(self) -> LiveSession:
        found = self.rooms.of_meeting("m1")
        assert found is not None
        return found


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path) -> AsyncIterator[Building]:
    made = Building(tmp_path)
    await made.create()
    await made.rooms.start()
    yield made
    await made.rooms.stop()
    await made.db.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def page() -> AsyncIterator[Page]:
    async with browser_page() as made:
        yield made


def vp8_size(frame: bytes) -> tuple[int, int]:
    """Return width and height of a VP8 keyframe (RFC 6386, section 9.1)."""
    return tuple(int.from_bytes(frame[at : at + 2], "little") & 0x3FFF for at in (6, 8))  # type: ignore[return-value]


async def test_two_peers_see_and_hear_each_other_and_churn_breaks_nothing(house: Building, page: Page) -> None:
    ann = await house.enter(page, "ann")
    bob = await house.enter(page, "bob")
    mic, camera = await ann.produce("audio"), await ann.produce("video", hue=100)
    mids = await bob.consume(mic, camera)
    await bob.flows(mids[mic.producer_id])
    await bob.flows(mids[camera.producer_id])

    theirs = await bob.produce("video", hue=200)
    await ann.flows((await ann.consume(theirs))[theirs.producer_id])

    for _ in range(3):
        share = await ann.produce("video", share=True, width=480, height=270)
        assert share.source == "screenshare"
        at = (await bob.consume(share))[share.producer_id]
        await bob.flows(at)
        await ann.stop(share)
        await bob.unconsume(at, mids[camera.producer_id])
        again = await bob.consume(camera)
        mids |= again
        await bob.flows(again[camera.producer_id])
    await bob.flows(mids[mic.producer_id])
    assert await bob.states() == ["connected", "connected"]


async def test_tracks_that_come_and_go_are_captured_under_their_own_names(house: Building, page: Page) -> None:
    house.listener.wants = True
    ann = await house.enter(page, "ann")
    mic = await ann.produce("audio")
    await asyncio.sleep(0.5)
    share = await ann.produce("video", share=True)
    await asyncio.sleep(1.5)
    await ann.stop(share)
    camera = await ann.produce("video", width=640, height=360, simulcast=True)
    await asyncio.sleep(3)
    await ann.media.toggle(mic.producer_id, True)
    await ann.media.toggle(mic.producer_id, False)
    session = house.session
    await ann.media.close("left")
    names = [(f.base, f.kind, f.mindex) for f in track_files(session.capture_dir)]
    base = f"{ann.media.peer.id}-1"
    assert names == [(base, "audio", 2), (base, "video", 3), (base, "video", 4)]
    told = [
        (e.NAME, getattr(e, "mindex", None), getattr(e, "source", None))
        for e in house.events(session.id)
        if e.NAME.startswith("track")
    ]
    assert told == [
        ("track_published", 2, "peer"),
        ("track_published", 3, "screenshare"),
        ("track_unpublished", 3, None),
        ("track_published", 4, "peer"),
        ("track_muted", 2, None),
        ("track_unmuted", 2, None),
    ]
    timeline = Timeline(session.capture_dir)
    timeline.poll()
    stats = {key.mindex: track.stats for key, track in timeline.tracks.items()}
    assert stats[2].frames > 150
    assert stats[3].frames > 15
    assert stats[4].frames > 30
    frames = next(track for key, track in timeline.tracks.items() if key.mindex == 4).read(2**62)
    assert [vp8_size(f.data) for f in frames if f.keyframe][-1] == (640, 360), "not the highest layer"
    assert camera.kind == "video"


async def test_a_simulcast_is_received_in_the_layer_that_is_asked_for(house: Building, page: Page) -> None:
    ann, bob = await house.enter(page, "ann"), await house.enter(page, "bob")
    camera = await ann.produce("video", width=640, height=360, simulcast=True)
    at = (await bob.consume(camera, rid="h"))[camera.producer_id]
    await bob.flows(at)
    assert (await bob.inbound(at))["width"] == 320
    await bob.media.prefer_layers([(camera.producer_id, "f")])
    async with asyncio.timeout(10):
        while (await bob.inbound(at))["width"] != 640:
            await asyncio.sleep(0.1)


async def test_media_outlives_a_crash_of_the_server(house: Building, page: Page) -> None:
    house.listener.wants = True
    ann, bob = await house.enter(page, "ann"), await house.enter(page, "bob")
    camera = await ann.produce("video")
    at = (await bob.consume(camera))[camera.producer_id]
    await bob.flows(at)
    before = house.session.id
    await house.crash_and_start()
    session = house.session
    assert session.id == before
    assert set(session.peers) == {ann.media.peer.id, bob.media.peer.id}
    await bob.flows(at)

    for one, name in ((ann, "ann"), (bob, "bob")):
        one.media = await house.rooms.sdk_media.open(session, house.admission(name, **ALL), one.media.peer.id)
        assert one.media.has_transport(True)
        assert one.media.has_transport(False)
    closed = await ann.media.close_producers()
    assert [p.producer_id for p in closed] == [camera.producer_id]
    again = await ann.produce("video", hue=50)
    await bob.flows((await bob.consume(again))[again.producer_id])
    assert await bob.states() == ["connected", "connected"]
    mindexes = [e.mindex for e in house.events(session.id) if isinstance(e, ev.TrackPublished)]
    assert mindexes == [2, 3]
    assert sorted(f.mindex for f in track_files(session.capture_dir)) == [2, 3]


async def test_a_new_transport_takes_the_place_of_a_lost_one(house: Building, page: Page) -> None:
    house.listener.wants = True
    ann, bob = await house.enter(page, "ann"), await house.enter(page, "bob")
    camera = await ann.produce("video")
    await bob.flows((await bob.consume(camera))[camera.producer_id])
    await ann.js("renew(false)")
    await ann.connect(False)
    again = await ann.produce("video", hue=90)
    await bob.flows((await bob.consume(again))[again.producer_id])
    published = [e.mindex for e in house.events(house.session.id) if isinstance(e, ev.TrackPublished)]
    assert published == [2, 1002]
    assert sorted(f.mindex for f in track_files(house.session.capture_dir)) == [2, 1002]
