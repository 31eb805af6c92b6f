from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomtape.db import sessions as rows
from roomtape.domain.ids import new_id
from roomtape.errors import Conflict, NotFound
from roomtape.rooms import publishing, tracks
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.sfu.port import Published
from tests.support.house import House
from tests.support.sdkoffer import send_offer

NEW = tracks.NewTrack("2", "video", "screenshare", "prod", True, "{}")
OFFER = send_offer(("video", "2", "sendonly")).replace("a=sendonly", "a=inactive", 2)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.create()
    await made.rooms.start()
    yield made
    await made.rooms.stop()
    await made.db.close()


async def entered(house: House) -> tuple[LiveSession, LivePeer]:
    session = await house.rooms.open(house.meeting)
    peer = publishing.new_peer(house.admission("ann"), new_id())
    published = await house.rooms.sfu.publish(session.id, peer.id, "ann", OFFER, None, None, presence=False)
    await tracks.take_transport(house.rooms, session, peer, published.handle)
    await publishing.enter(house.rooms, session, peer)
    return session, peer


async def test_a_track_is_in_the_log_and_in_the_database(house: House) -> None:
    session, peer = await entered(house)
    track, answer = await tracks.publish(house.rooms, session, peer, OFFER, NEW)
    assert (track.mindex, track.codec, track.source, track.paused) == (2, "vp8", "screenshare", True)
    assert answer.startswith("v=0")
    (row,) = await rows.peers(house.db, session.id)
    assert [(t["mindex"], t["producer_id"], t["source"]) for t in row.tracks] == [(2, "prod", "screenshare")]
    ended, _ = await tracks.unpublish(house.rooms, session, peer, send_offer(), {"2"})
    assert ended == [track]
    assert house.names(session.id)[-3:] == ["track_published", "track_muted", "track_unpublished"]
    assert (await rows.peers(house.db, session.id))[0].tracks == ()


async def test_muting_twice_is_one_event(house: House) -> None:
    session, peer = await entered(house)
    await tracks.publish(house.rooms, session, peer, OFFER, NEW)
    for muted in (True, False, False):
        assert (await tracks.mute(house.rooms, session, peer, "prod", muted)).paused == muted
    assert house.names(session.id)[-2:] == ["track_muted", "track_unmuted"]
    with pytest.raises(NotFound):
        await tracks.mute(house.rooms, session, peer, "other", True)


async def test_a_capture_that_does_not_take_the_new_track_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, peer = await entered(house)
    good = house.sfu.republish

    async def bad(*args: object) -> Published:
        found = await good(*args)  # type: ignore[arg-type]
        return Published(found.handle, found.answer, found.tracks, "the disk is full")

    monkeypatch.setattr(house.sfu, "republish", bad)
    await tracks.publish(house.rooms, session, peer, OFFER, NEW)
    assert house.listener.told[-1] == "capture_failed: the disk is full"
    assert peer.tracks


async def test_a_name_is_changed_once(house: House) -> None:
    session, peer = await entered(house)
    await tracks.rename(house.rooms, session, peer, "Anna")
    await tracks.rename(house.rooms, session, peer, "Anna")
    assert house.names(session.id).count("peer_renamed") == 1
    assert (await rows.peers(house.db, session.id))[0].name == "Anna"
    await publishing.leave(house.rooms, session, peer, "left")
    with pytest.raises(Conflict):
        await tracks.rename(house.rooms, session, peer, "Nan")


async def test_a_lost_transport_takes_its_tracks_and_its_take_along(house: House) -> None:
    house.listener.wants = True
    session, peer = await entered(house)
    await tracks.publish(house.rooms, session, peer, OFFER, NEW)
    assert peer.base is not None
    house.sfu.failing.add("stop_capture")
    (ended,) = await tracks.lose_transport(house.rooms, session, peer)
    assert ended.producer_id == "prod"
    assert await tracks.lose_transport(house.rooms, session, peer) == []
    assert house.names(session.id)[-2:] == ["take_stopped", "track_unpublished"]
    row = await rows.peer(house.db, session.id, peer.id)
    assert row is not None
    assert (row.sfu_handle, row.capturing, row.transport, row.tracks) == (None, False, 1, ())
    with pytest.raises(Conflict, match="send transport"):
        await tracks.publish(house.rooms, session, peer, OFFER, NEW)
    assert house.sfu.published == {}
