from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from roomtape.errors import InvalidRequest, SfuError, StorageError
from roomtape.settings import Settings
from roomtape.sfu.janus import capturefiles, interfaces
from roomtape.sfu.janus.adapter import JanusSfu
from roomtape.sfu.port import Candidate, Down, Handle, Lost, PublishedTrack, Ready, Receiving, Sfu, SfuEvent, Up
from tests.support.fakejanus import FakeJanus
from tests.support.wait import until

ANSWER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=recvonly\r\na=mid:a\r\na=rtpmap:111 opus/48000/2\r\n"


class Videoroom:
    """The plugin behind the fake: makes a take's file as Janus does, and refuses what it is told to."""

    def __init__(self) -> None:
        self.folder = Path("/nowhere")
        self.error: tuple[int, str] | None = None
        self.makes_files = True
        self.participants: list[dict[str, Any]] = []

    def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.error is not None:
            return {"videoroom": "event", "error_code": self.error[0], "error": self.error[1]}
        if body.get("record") and self.makes_files:
            (self.folder / f"{body['filename']}-audio-0.mjr").touch()
        if body["request"] == "listparticipants":
            return {"videoroom": "participants", "participants": self.participants}
        return {"videoroom": "event", "room": "room", "configured": "ok"}


class House:
    def __init__(self, janus: FakeJanus, plugin: Videoroom, folder: Path) -> None:
        self.janus, self.plugin, self.folder = janus, plugin, folder
        self.events: list[SfuEvent] = []
        self.sfu = JanusSfu(Settings(data_dir=folder, janus_url=janus.url, janus_api_secret="theirs"), silence_s=0.1)

    async def publish(self, **how: Any) -> Handle:
        values = {"video_codec": None, "capture_base": None} | how
        return (await self.sfu.publish("room", "peer", "Ann", "v=0 offer", **values)).handle

    async def push(self, name: str, handle: Handle, **more: Any) -> None:
        await self.janus.push({"janus": name, "session_id": handle.session, "sender": handle.id, **more})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    plugin = Videoroom()
    async with FakeJanus(plugin) as janus:
        janus.answer = ANSWER
        made = House(janus, plugin, tmp_path)
        plugin.folder = tmp_path
        assert not await made.sfu.start(made.events.append, None)
        await made.sfu.open_room("room", tmp_path)
        yield made
        await made.sfu.stop(keep_media=False)


def test_it_is_an_sfu(tmp_path: Path) -> None:
    sfu: Sfu = JanusSfu(Settings(data_dir=tmp_path))
    assert sfu.session is None


async def test_a_janus_elsewhere_is_asked_with_its_own_secret(house: House) -> None:
    assert {message["apisecret"] for message in house.janus.received} == {"theirs"}
    (create,) = house.janus.requests("create")[1:]
    assert create["body"]["rec_dir"] == str(house.folder)
    assert create["body"]["videocodec"] == "vp8,vp9,h264"
    assert "admin_key" not in create["body"]
    assert house.sfu.pid is None


async def test_rooms_may_be_there_already_or_be_gone(house: House) -> None:
    house.plugin.error = (427, "Room exists")
    await house.sfu.open_room("room", house.folder)
    house.plugin.error = (426, "No such room")
    await house.sfu.close_room("room")
    house.plugin.error = (433, "Unauthorized")
    with pytest.raises(SfuError):
        await house.sfu.close_room("room")
    with pytest.raises(SfuError):
        await house.sfu.open_room("room", house.folder)


async def test_publishing_asks_for_what_is_wanted(house: House) -> None:
    published = await house.sfu.publish("room", "peer", "Ann", "v=0 offer", "h264", "peer-1")
    assert published.answer == ANSWER
    assert published.tracks == (PublishedTrack(0, "a", "audio", "opus"),)
    (join,) = house.janus.requests("joinandconfigure")
    assert join["jsep"] == {"type": "offer", "sdp": "v=0 offer"}
    body = join["body"]
    assert (body["id"], body["videocodec"], body["record"], body["filename"]) == ("peer", "h264", True, "peer-1")
    await house.publish()
    plain = house.janus.requests("joinandconfigure")[1]["body"]
    assert not {"videocodec", "record", "filename"} & set(plain)


@pytest.mark.parametrize(
    ("code", "kind"), [(437, InvalidRequest), (465, InvalidRequest), (436, SfuError), (432, SfuError)]
)
async def test_a_refused_publisher_leaves_nothing_behind(house: House, code: int, kind: type[Exception]) -> None:
    house.plugin.error = (code, "Janus's words")
    with pytest.raises(kind, match="Janus's words"):
        await house.publish()
    assert len(house.janus.requests("detach")) == 1


async def test_an_answer_that_takes_nothing_is_the_callers_fault(house: House) -> None:
    house.janus.answer = ANSWER.replace("audio 9", "audio 0")
    with pytest.raises(InvalidRequest) as refused:
        await house.publish()
    assert refused.value.http_status == 400
    house.janus.answer = None
    with pytest.raises(SfuError, match="no answer"):
        await house.publish()


async def test_a_capture_that_janus_did_not_open_is_found_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capturefiles, "APPEAR_WITHIN_S", 0.05)
    handle = await house.publish()
    house.plugin.makes_files = False
    await house.sfu.start_capture(handle, "early-1")  # not up: nothing can be there yet
    await house.push("webrtcup", handle)
    await until(lambda: house.events == [Up(handle)])
    with pytest.raises(StorageError, match="made no capture files"):
        await house.sfu.start_capture(handle, "peer-1")
    assert [m["body"].get("record") for m in house.janus.requests("configure")][-3:] == [False, True, False]
    with pytest.raises(StorageError):
        await house.publish(capture_base="peer-2")
    assert len(house.janus.requests("detach")) == 1
    house.plugin.makes_files = True
    await house.sfu.start_capture(handle, "peer-3")
    await house.sfu.stop_capture(handle)
    assert house.janus.received[-1]["body"] == {"request": "configure", "record": False}


async def test_stopping_what_is_gone_is_no_error(house: House) -> None:
    handle = await house.publish()
    house.janus.handles.discard(handle.id)
    await house.sfu.stop_capture(handle)
    await house.sfu.unpublish(handle)
    assert not await house.sfu.alive(handle)
    with pytest.raises(SfuError, match="No such handle"):
        await house.sfu.request_keyframe(handle)


async def test_handles_of_another_session_are_void(house: House) -> None:
    old = Handle(7, 8)
    for refused in (house.sfu.start_capture(old, "x"), house.sfu.trickle(old, []), house.sfu.request_keyframe(old)):
        with pytest.raises(SfuError, match="publish again"):
            await refused
    await house.sfu.stop_capture(old)
    await house.sfu.unpublish(old)
    assert not await house.sfu.alive(old)


async def test_alive_is_what_janus_lists_as_publishing(house: House) -> None:
    handle = await house.publish()
    shown = house.janus.requests("joinandconfigure")[0]["body"]["display"]
    assert not await house.sfu.alive(handle)
    house.plugin.participants = [{"id": "other", "display": "Ann #1", "publisher": True}]
    assert not await house.sfu.alive(handle)
    house.plugin.participants.append({"id": "peer", "display": shown, "publisher": False})
    assert not await house.sfu.alive(handle)
    house.plugin.participants[-1]["publisher"] = True
    assert await house.sfu.alive(handle)
    house.plugin.error = (499, "broken")
    with pytest.raises(SfuError):
        await house.sfu.alive(handle)


async def test_what_janus_reports_is_passed_on(house: House) -> None:
    handle = await house.publish()
    await house.push("webrtcup", handle)
    await house.push("media", handle, mid="a", type="audio", receiving=True)
    await house.push("slowlink", handle)
    await house.push("hangup", handle, reason="DTLS alert")
    expected = [Up(handle), Receiving(handle, "a", "audio", True), Down(handle, "DTLS alert")]
    await until(lambda: len(house.events) == 3)
    assert house.events == expected


async def test_a_publisher_that_vanished_is_down(house: House) -> None:
    handle = await house.publish()
    await house.push("webrtcup", handle)
    await house.push("media", handle, mid="a", type="audio", receiving=True)
    await asyncio.sleep(0.15)
    await house.push("media", handle, mid="a", type="audio", receiving=False)
    await until(lambda: isinstance(house.events[-1], Down))


async def test_a_destroyed_room_lets_go_of_publishers_of_an_earlier_run(house: House) -> None:
    await house.push("event", Handle(house.sfu.session or 0, 77), plugindata={"data": {"videoroom": "destroyed"}})
    await until(lambda: house.janus.requests("detach"))
    assert house.janus.requests("detach")[0]["handle_id"] == 77


async def test_a_lost_session_is_said_and_a_new_one_stands(house: House) -> None:
    handle = await house.publish()
    house.janus.sessions.clear()
    house.janus.drop()
    await until(lambda: house.events == [Lost(), Ready()])
    assert house.sfu.session not in (None, handle.session)
    with pytest.raises(SfuError, match="not open"):
        await house.publish()


async def test_who_went_while_the_connection_was_broken_is_down(house: House) -> None:
    handle = await house.publish()
    await house.push("webrtcup", handle)
    await until(lambda: house.events)
    house.janus.drop()
    await until(lambda: any(isinstance(event, Down) for event in house.events))
    assert house.events == [Up(handle), Ready(), Down(handle, "ended while Janus was out of reach")]


async def test_candidates_are_put_in_januss_words(house: House) -> None:
    handle = await house.publish()
    await house.sfu.trickle(handle, [])
    assert not house.janus.requests("trickle")
    await house.sfu.trickle(
        handle,
        [Candidate("c1", "a", 0), Candidate("c2", "a", None), Candidate("c3", None, None), Candidate("", "a", 0)],
    )
    assert house.janus.received[-1]["candidates"] == [
        {"candidate": "c1", "sdpMid": "a", "sdpMLineIndex": 0},
        {"candidate": "c2", "sdpMid": "a"},
        {"candidate": "c3", "sdpMLineIndex": 0},
        {"completed": True},
    ]


async def test_stopping_keeps_or_gives_up_the_session(tmp_path: Path) -> None:
    async with FakeJanus() as janus:
        settings = Settings(data_dir=tmp_path, janus_url=janus.url)
        first, second = JanusSfu(settings), JanusSfu(settings)
        await first.start(lambda event: None, None)
        session = first.session
        await first.stop(keep_media=True)
        assert await second.start(lambda event: None, session)
        await second.stop(keep_media=False)
        assert janus.sessions == set()


async def test_a_new_offer_of_a_publisher_goes_into_the_take_that_runs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capturefiles, "APPEAR_WITHIN_S", 0.05)
    handle = await house.publish(presence=False)
    await house.push("webrtcup", handle)
    await until(lambda: any(isinstance(e, Up) for e in house.events))
    (house.folder / "take-1-audio-0.mjr").touch()
    published = await house.sfu.republish(handle, "v=0 again", "take-1")
    assert (published.tracks[0].mid, published.capture_error) == ("a", None)
    assert house.janus.requests("configure")[-1]["jsep"] == {"type": "offer", "sdp": "v=0 again"}
    failed = await house.sfu.republish(handle, "v=0 again", "take-2")
    assert "made no capture files" in (failed.capture_error or "")


async def test_the_silence_of_a_peer_whose_presence_is_known_otherwise_says_nothing(house: House) -> None:
    handle = await house.publish(presence=False)
    await house.push("webrtcup", handle)
    await until(lambda: any(isinstance(e, Up) for e in house.events))
    await asyncio.sleep(0.2)
    assert not any(isinstance(e, Down) for e in house.events)


async def test_a_known_publisher_found_again_is_not_watched_either(house: House) -> None:
    handle = await house.publish(presence=False)
    other = JanusSfu(Settings(data_dir=house.folder, janus_url=house.janus.url, janus_api_secret="theirs"), 0.05)
    events: list[SfuEvent] = []
    assert await other.start(events.append, handle.session)
    house.plugin.participants = [{"id": "peer", "display": f"Ann #{handle.id}", "publisher": True}]
    assert await other.alive(handle, (PublishedTrack(0, "a", "audio", "opus"),))
    assert not house.janus.requests("join"), "its m-lines need not be asked for"
    await asyncio.sleep(0.1)
    assert events == []
    await other.stop(keep_media=True)


async def test_janus_without_an_address_says_so_in_our_words(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces, "trouble", lambda settings: "this machine has no network")
    house.plugin.error = (490, "Error setting ICE locally")
    with pytest.raises(SfuError, match="no network"):
        await house.publish()
