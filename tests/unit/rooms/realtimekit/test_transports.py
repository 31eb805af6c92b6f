from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomtape.capture import events as ev
from roomtape.db import sessions as rows
from roomtape.domain.ids import new_id
from roomtape.errors import Conflict, InvalidRequest
from roomtape.rooms.realtimekit import sdk_peer
from roomtape.sfu.port import Down, Handle, Up
from tests.support.house import House
from tests.support.sdkworld import ALL, Sdk
from tests.support.wait import until


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.create()
    await made.rooms.start()
    yield made
    await made.rooms.stop()
    await made.db.close()


async def crashed(house: House) -> House:
    """The same house after kill -9."""
    await house.rooms.heartbeat.stop()
    again = house.again()
    await again.rooms.start()
    return again


async def test_a_peer_id_is_a_uuid_and_belongs_to_one(house: House) -> None:
    ann = Sdk(house, "ann")
    media = await ann.open()
    assert await ann.open() is media
    for bad in ("../etc/passwd", "", "x" * 36, new_id() + "-1"):
        with pytest.raises(InvalidRequest, match="UUID"):
            await house.rooms.sdk_media.open(media.session, house.admission("ann"), bad)
    with pytest.raises(Conflict, match="in use"):
        await house.rooms.sdk_media.open(media.session, house.admission("eve"), ann.id)
    await media.enter("ann")
    await media.close("left")
    with pytest.raises(Conflict, match="used before"):
        await house.rooms.sdk_media.open(media.session, house.admission("eve"), ann.id)
    assert house.rooms.sdk_media.get(ann.id) is None


async def test_a_client_comes_back_with_its_peer_id_in_the_next_session(house: House) -> None:
    ann = Sdk(house, "ann")
    await ann.enter()
    first = house.rooms.of_meeting("m1")
    assert first is not None
    await house.rooms.kick_all(first)
    await ann.enter()
    second = house.rooms.of_meeting("m1")
    assert second is not None
    assert second.id != first.id
    assert set(second.peers) == {ann.id}
    stays = [(await rows.peer(house.db, session.id, ann.id)) for session in (first, second)]
    assert [peer and peer.left_at is None for peer in stays] == [False, True]
    await house.rooms.stop()


async def test_a_client_that_leaves_and_comes_back_keeps_the_minutes_of_its_first_stay(house: House) -> None:
    ann = Sdk(house, "ann")
    media = await ann.enter()
    await media.close("left")
    first = await rows.peer(house.db, media.session.id, ann.id)
    assert first is not None
    assert first.left_at is not None
    again = await ann.enter()
    back = await rows.peer(house.db, again.session.id, ann.id)
    assert back is not None
    assert back.first_joined_at == first.joined_at < back.joined_at
    assert back.before_s == first.seconds_in(first.left_at) > 0
    await again.close("left")


async def test_an_ended_session_takes_nobody(house: House) -> None:
    ann = Sdk(house, "ann")
    media = await ann.open()
    await house.rooms.kick_all(media.session)
    assert media.closed
    with pytest.raises(Conflict, match="ended"):
        await house.rooms.sdk_media.open(media.session, house.admission("ann"), new_id())


async def test_reports_of_other_transports_are_not_taken(house: House) -> None:
    assert not house.rooms.sdk_media.on_event(Up(Handle(1, 9)))
    assert not house.rooms.sdk_media.on_event(Down(Handle(1, 9), "test"))


async def test_media_stands_after_a_crash_until_the_client_is_back(house: House) -> None:
    house.listener.wants = True
    ann, bob = Sdk(house, "ann"), Sdk(house, "bob")
    await ann.enter()
    await bob.enter()
    camera = await ann.produce("video")
    assert await bob.consume(camera) == {camera.producer_id: "2"}
    before = house
    house = ann.house = bob.house = await crashed(house)
    try:
        session = house.rooms.of_meeting("m1")
        assert session is not None
        assert set(session.peers) == {ann.id, bob.id}
        assert house.names(session.id)[-1] == "server_recovered"
        await ann.open()
        await bob.open()
        assert [m.has_transport(c) for m in (ann.media, bob.media) for c in (True, False)] == [True] * 4
        assert ann.media.producers() == [camera]
        bob.browser.take_answer(await bob.media.close_consumers(["2"], bob.browser.closing_offer({"2"})))
        mic = await ann.produce("audio")
        assert await bob.consume(camera, mic) == {camera.producer_id: "3", mic.producer_id: "4"}
        assert ann.media.peer.base == f"{ann.id}-1", "the take goes on"
        assert house.sfu.calls.count("start_capture") == 2
    finally:
        await house.rooms.stop()
        before.rooms.stopping = True


async def test_who_does_not_come_back_after_a_crash_has_left(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, waiting = Sdk(house, "ann"), Sdk(house, "bob")
    await ann.enter()
    await (await waiting.open()).create_transport(True, waiting.browser.first_offer())
    assert len(house.sfu.subscribers) == 2
    monkeypatch.setattr(sdk_peer, "GRACE_S", 0.05)
    house = await crashed(house)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    assert len(house.sfu.subscribers) == 1, "who had not joined makes new transports"
    assert set(await rows.media_of(house.db, session.id)) == {ann.id}
    await until(lambda: not session.peers)
    await until(lambda: any(isinstance(e, ev.PeerLeft) for e in house.events(session.id)))
    (left,) = [e for e in house.events(session.id) if isinstance(e, ev.PeerLeft)]
    assert left.reason == "media_lost"
    await house.rooms.stop()


async def test_a_new_sfu_leaves_the_peers_in_without_media(house: House) -> None:
    house.listener.wants = True
    ann = Sdk(house, "ann")
    await ann.enter()
    await ann.produce("audio")
    house.sfu.claimable = False
    house = ann.house = await crashed(house)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    media = await ann.open()
    assert media.entered
    assert [media.has_transport(c) for c in (True, False)] == [False, False]
    assert media.producers() == []
    assert house.names(session.id)[-3:] == ["server_recovered", "take_stopped", "track_unpublished"]
    row = await rows.peer(house.db, session.id, ann.id)
    assert row is not None
    assert row.transport == 1
    await house.rooms.stop()


async def test_half_a_negotiation_is_not_gone_on_with(house: House) -> None:
    ann, bob = Sdk(house, "ann"), Sdk(house, "bob")
    await ann.enter()
    await bob.enter()
    camera = await ann.produce("video")
    await bob.media.consume([(camera.producer_id, None)])
    await bob.media.save()
    house = bob.house = await crashed(house)
    media = await bob.open()
    assert not media.has_transport(True)
    assert media.has_transport(False)
    await house.rooms.stop()


async def test_everything_is_allowed_to_who_may(house: House) -> None:
    assert all(house.admission("x", **ALL).preset.may_produce(kind) for kind in ("audio", "video", "screenshare"))
