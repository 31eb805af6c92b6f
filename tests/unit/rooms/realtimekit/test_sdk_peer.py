from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import ANY

import pytest

from roomtape.capture import events as ev
from roomtape.db import sessions as rows
from roomtape.errors import Conflict, Forbidden, InvalidRequest, NotFound, SfuError
from roomtape.rooms import publishing
from roomtape.rooms.realtimekit import producers
from roomtape.rooms.realtimekit import sdk_peer as module
from roomtape.sfu.port import Up
from tests.support.house import House
from tests.support.sdkoffer import send_offer
from tests.support.sdkworld import Sdk, Told
from tests.support.wait import until


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.create()
    await made.rooms.start()
    yield made
    await made.rooms.stop()
    await made.db.close()


@pytest.fixture
async def told(house: House) -> Told:
    told = Told()
    (await house.rooms.open(house.meeting)).observers.append(told)
    return told


async def test_a_peer_is_not_in_before_it_enters(house: House, told: Told) -> None:
    ann = Sdk(house, "ann")
    media = await ann.open()
    await media.create_transport(False, send_offer())
    assert (media.entered, media.has_transport(False), media.has_transport(True)) == (False, True, False)
    session = media.session
    assert session.peers == {}
    assert house.names(session.id) == ["session_started"]
    with pytest.raises(Conflict, match="join first"):
        await ann.produce("audio")
    await media.enter("Ann A.")
    assert media.entered
    assert told.words == ["joined Ann A."]
    assert house.listener.told == ["session_started", "filled"]
    assert session.lobby == set()
    await media.enter("Ann B.")
    assert told.words[1:] == ["renamed Ann B."]
    (row,) = await rows.peers(house.db, session.id, only_present=True)
    assert (row.id, row.name, row.sfu_handle) == (ann.id, "Ann B.", 100)


async def test_who_waits_in_the_lobby_keeps_the_session_open(house: House, told: Told) -> None:
    session = house.rooms.of_meeting("m1")
    assert session is not None
    session.keep_alive_s = 0.01
    media = await Sdk(house, "ann").open()
    house.rooms.schedule_end(session)
    await asyncio.sleep(0.05)
    assert not session.ended
    await media.close("left")
    await until(lambda: told.words == ["ended empty"])


async def test_a_recorder_in_the_lobby_or_in_keeps_nothing_open(house: House, told: Told) -> None:
    session = house.rooms.of_meeting("m1")
    assert session is not None
    session.keep_alive_s = 0.05
    waits = await Sdk(house, "waits", is_recorder=True).open()
    comes = await Sdk(house, "comes", is_recorder=True).open()
    await comes.enter("Recorder")
    assert (comes.peer.recorder, comes.peer.tape) == (True, False)
    house.rooms.schedule_end(session)
    await until(lambda: session.ended and waits.closed and comes.closed)
    assert told.words[0] == "joined Recorder", "its own door has to know that it is in"


async def test_tracks_come_are_muted_and_go(house: House, told: Told) -> None:
    ann = Sdk(house, "ann")
    media = await ann.enter()
    mic = await ann.produce("audio", paused=True)
    share = await ann.produce("video", share=True)
    assert (mic.kind, mic.source, mic.paused, mic.mime_type) == ("audio", "peer", True, "audio/opus")
    assert share.transport_id == "send-100"
    assert (await media.toggle(mic.producer_id, False)).paused is False
    await media.toggle(mic.producer_id, False)
    offer = send_offer(("audio", "2", "sendonly"), ("video", "3", "inactive"))
    ended, answer = await media.close_producer(share.producer_id, offer)
    assert (ended.producer_id, answer) == (share.producer_id, ANY)
    assert media.producers() == [mic.__class__(**{**vars(mic), "paused": False})]
    assert told.words == [
        "joined ann",
        "added peer audio",
        "added screenshare video",
        "changed audio paused=False",
        "changed audio paused=False",
        "removed screenshare video",
    ]
    told_log = [e for e in house.events(media.session.id) if e.NAME.startswith("track")]
    assert [(e.NAME, e.mindex) for e in told_log] == [  # type: ignore[attr-defined]
        ("track_published", 2),
        ("track_muted", 2),
        ("track_published", 3),
        ("track_unmuted", 2),
        ("track_unpublished", 3),
    ]
    with pytest.raises(NotFound):
        await media.close_producer(share.producer_id, None)
    with pytest.raises(NotFound):
        await media.toggle(share.producer_id, True)


async def test_a_role_decides_what_may_be_produced(house: House) -> None:
    listener = Sdk(house, "bob", media={"audio": {"can_produce": "ALLOWED"}})
    media = await listener.enter()
    with pytest.raises(Forbidden, match="video"):
        await listener.produce("video")
    with pytest.raises(Forbidden, match="screenshare"):
        await media.produce(send_offer(), "audio", None, True, False, "{}", "")
    with pytest.raises(InvalidRequest):
        await media.produce(send_offer(), "data", None, False, False, "{}", "")
    with pytest.raises(InvalidRequest, match="no m-line"):
        await media.produce("v=0\r\n", "audio", None, False, False, "{}", "")
    assert media.producers() == []


async def test_a_track_the_sfu_does_not_take_is_refused(house: House) -> None:
    media = await Sdk(house, "ann").enter()
    with pytest.raises(InvalidRequest, match="takes no audio"):
        await media.produce(send_offer(("audio", "2", "inactive")), "audio", "2", False, False, "{}", "")


async def test_a_producer_is_announced_only_once_it_can_be_consumed(
    house: House, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.sfu.comes_up = False
    ann = Sdk(house, "ann")
    media = await ann.enter()
    producing = asyncio.create_task(ann.produce("audio"))
    await asyncio.sleep(0.02)
    assert not producing.done()
    assert told.words == ["joined ann"]
    assert media.peer.handle is not None
    house.sfu.report(Up(media.peer.handle))
    await producing
    assert told.words[1:] == ["added peer audio"]

    monkeypatch.setattr(module, "UP_WITHIN_S", 0.02)
    bob = Sdk(house, "bob")
    await bob.enter()
    with pytest.raises(SfuError, match="does not come up"):
        await bob.produce("audio")
    assert bob.media.producers() == []


async def test_consuming_each_other_and_whip(house: House, told: Told) -> None:
    ann, bob = Sdk(house, "ann"), Sdk(house, "bob")
    await ann.enter()
    await bob.enter()
    camera = await ann.produce("video")
    mids, missing, offer = await bob.media.consume([(camera.producer_id, "h"), ("nothing", None)])
    assert (mids, missing) == ({camera.producer_id: "2"}, ["nothing"])
    assert offer is not None
    await bob.media.renegotiate(bob.browser.answer(offer))
    await bob.media.prefer_layers([(camera.producer_id, "q"), ("nothing", "f")])
    assert house.sfu.layers == [("2", 0)]
    whip, _ = await publishing.join(house.rooms, house.admission("wim"), "offer", None)
    assert whip.handle is not None
    assert told.words[-1] == "joined wim"
    house.sfu.report(Up(whip.handle))
    assert told.words[-1] == "added peer audio"
    (theirs,) = producers.of_peer(whip)
    assert await bob.consume(theirs) == {f"{whip.id}-0": "3"}
    bob.browser.take_answer(await bob.media.close_consumers(["2"], bob.browser.closing_offer({"2"})))
    await publishing.leave(house.rooms, bob.media.session, whip, "left")
    assert told.words[-2:] == ["removed peer audio", "left wim left"]


async def test_leaving_ends_everything(house: House, told: Told) -> None:
    ann = Sdk(house, "ann")
    media = await ann.enter()
    await ann.produce("audio")
    await media.close("left")
    await media.close("left")
    assert told.words[-2:] == ["removed peer audio", "left ann left"]
    await until(lambda: not house.sfu.subscribers and not house.sfu.published)
    with pytest.raises(Conflict, match="left"):
        await ann.produce("video")
    with pytest.raises(Conflict, match="left"):
        await media.consume([("x", None)])
    assert house.rooms.sdk_media.get(ann.id) is None
    async with asyncio.timeout(20):
        while await rows.media_of(house.db, media.session.id):
            await asyncio.sleep(0.01)


async def test_kicking_all_does_not_wait_for_what_the_peers_are_doing(house: House, told: Told) -> None:
    house.sfu.comes_up = False
    ann = Sdk(house, "ann")
    media = await ann.enter()
    producing = asyncio.create_task(ann.produce("audio"))
    await asyncio.sleep(0.02)
    lobby = await Sdk(house, "bob").open()
    async with asyncio.timeout(10):
        await house.rooms.kick_all(media.session)
    assert told.words[-2:] == ["left ann session_ended", "ended kicked_all"]
    assert lobby.closed
    producing.cancel()


async def test_a_socket_that_stays_away_is_a_leaving(house: House, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.03)
    ann = Sdk(house, "ann")
    media = await ann.enter()
    media.socket_lost()
    assert await ann.open() is media, "back in time: all is as it was"
    await asyncio.sleep(0.05)
    assert media.entered
    media.socket_lost()
    await until(lambda: told.words[-1] == "left ann media_lost")

    again = await ann.enter()
    assert again is not media
    await ann.produce("audio")
    published = [e.mindex for e in house.events(media.session.id) if isinstance(e, ev.TrackPublished)]
    assert published == [1002], "one m-line is one track, whichever transport it was of"


async def test_who_comes_back_closes_its_producers_and_makes_them_anew(house: House, told: Told) -> None:
    house.listener.wants = True
    ann = Sdk(house, "ann")
    media = await ann.enter()
    mic = await ann.produce("audio")
    assert [p.producer_id for p in await media.close_producers()] == [mic.producer_id]
    assert await media.close_producers() == []
    again = await ann.produce("audio")
    assert again.producer_id != mic.producer_id
    files = sorted(p.name for p in media.session.capture_dir.glob("*.mjr"))
    assert files == [f"{ann.id}-1-audio-0.mjr", f"{ann.id}-1-audio-2.mjr", f"{ann.id}-1-audio-3.mjr"]
    assert "start_capture" in house.sfu.calls
    assert house.sfu.calls.count("start_capture") == 1, "a track that is added goes into the take that runs"


async def test_a_lost_send_transport_ends_its_tracks_and_a_new_one_begins_a_new_take(house: House, told: Told) -> None:
    house.listener.wants = True
    ann = Sdk(house, "ann")
    media = await ann.enter()
    await ann.produce("audio")
    assert media.peer.handle is not None
    house.sfu.hang_up(media.peer.handle)
    await until(lambda: not media.has_transport(False))
    assert media.entered
    await until(lambda: told.words[-1] == "removed peer audio")
    ann.tracks.clear()
    await media.create_transport(False, send_offer())
    await ann.produce("audio")
    takes = [(e.NAME, e.base) for e in house.events(media.session.id) if isinstance(e, ev.TakeStarted | ev.TakeStopped)]
    assert takes == [
        ("take_started", f"{ann.id}-1"),
        ("take_stopped", f"{ann.id}-1"),
        ("take_started", f"{ann.id}-2.1"),
    ]


async def test_a_lost_receive_transport_asks_for_a_new_one(house: House) -> None:
    ann = Sdk(house, "ann")
    media = await ann.enter()
    assert media.receive is not None
    house.sfu.hang_up(media.receive.handle)
    await until(lambda: not media.has_transport(True))
    with pytest.raises(Conflict, match="Backend error"):
        await media.consume([("x", None)])
    ann.browser = type(ann.browser)()
    await media.create_transport(True, ann.browser.first_offer())
    assert media.has_transport(True)


async def test_an_sfu_that_lost_everything_leaves_the_peers_in(house: House, told: Told) -> None:
    ann = Sdk(house, "ann")
    media = await ann.enter()
    await ann.produce("audio")
    await house.rooms._sfu_lost()
    assert media.entered
    assert (media.has_transport(True), media.has_transport(False)) == (False, False)
    assert told.words[-1] == "removed peer audio"
