"""A real Janus with real publishers on loopback: captures, a server that vanishes and returns, a Janus that dies."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from roomtape.capture.paths import track_files
from roomtape.domain.ids import new_id
from roomtape.errors import InvalidRequest, SfuError, StorageError
from roomtape.settings import Settings
from roomtape.sfu.janus import capturefiles
from roomtape.sfu.janus.adapter import JanusSfu
from roomtape.sfu.janus.process import JanusProcess
from roomtape.sfu.port import Candidate, Down, Handle, Lost, Ready, Receiving, Up
from roomtape.simulate.participant import Media
from roomtape.simulate.stream import AUDIO_LEVEL_EXTENSION
from tests.support.janus import Publisher, Reports, eventually, settings

AUDIO = Media(video_codec=None, loop_seconds=1)


class House:
    """An SFU with one open room."""

    def __init__(self, config: Settings, silence_s: float = 3) -> None:
        self.config = config
        self.sfu = JanusSfu(config, silence_s)
        self.reports = Reports()
        self.room = new_id()
        self.captures = config.data_dir / "capture" / self.room

    async def open(self, claim: int | None = None) -> bool:
        claimed = await self.sfu.start(self.reports, claim)
        self.captures.mkdir(parents=True, exist_ok=True)
        await self.sfu.open_room(self.room, self.captures)
        return claimed

    def after_a_crash(self) -> House:
        """What a server started after this one's crash has: the same folder and room, nothing else."""
        house = House(self.config, silence_s=0.5)
        house.room, house.captures = self.room, self.captures
        return house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(settings(tmp_path, janus_reclaim_s=10))
    await made.open()
    yield made
    pid = made.sfu.pid
    await made.sfu.stop(keep_media=False)
    assert pid is None or not psutil.pid_exists(pid), "Janus outlived its stop"
    for left in psutil.process_iter(["cmdline"]):
        if str(tmp_path) in " ".join(left.info["cmdline"] or []):
            left.kill()
            pytest.fail(f"{left} was left behind")


def packets(file: Path) -> list[tuple[int, int]]:
    """Return (arrival in ms, sequence number) of every whole packet in a `.mjr` file as Janus 1.x writes it."""
    data = file.read_bytes()
    assert data[:8] == b"MJR00002"
    at = 10 + struct.unpack_from(">H", data, 8)[0]
    found = []
    while at + 10 <= len(data):
        assert data[at : at + 4] == b"MEET"
        ms, size = struct.unpack_from(">IH", data, at + 4)
        if at + 10 + size > len(data):
            break
        found.append((ms, struct.unpack_from(">H", data, at + 12)[0]))
        at += 10 + size
    assert at == len(data) or at + 10 > len(data) or found
    return found


def whole(file: Path) -> bool:
    """Tell whether the file ends with a whole packet."""
    data = file.read_bytes()
    at = 10 + struct.unpack_from(">H", data, 8)[0]
    while at + 10 <= len(data):
        at += 10 + struct.unpack_from(">H", data, at + 8)[0]
    return at == len(data)


async def test_a_publisher_is_captured_on_and_off_while_it_runs(house: House) -> None:
    async with Publisher(house.sfu, house.room, base="peer-1") as publisher:
        handle = publisher.published.handle
        assert [(t.mindex, t.kind, t.codec) for t in publisher.published.tracks] == [
            (0, "audio", "opus"),
            (1, "video", "vp8"),
        ]
        assert publisher.published.tracks[0].audio_level_id == AUDIO_LEVEL_EXTENSION
        assert "a=candidate" in publisher.published.answer
        assert (await house.reports.wait(Up)).handle == handle
        assert (await house.reports.wait(Receiving)).active
        assert await house.sfu.alive(handle)
        await asyncio.sleep(1)
        await house.sfu.stop_capture(handle)
        first = track_files(house.captures)
        assert [(f.base, f.kind, f.mindex) for f in first] == [("peer-1", "audio", 0), ("peer-1", "video", 1)]
        sizes = [f.path.stat().st_size for f in first]
        assert all(whole(f.path) for f in first), "stop_capture returned before the last bytes were there"
        assert packets(first[0].path)[0][1] <= 4, "the first packets are missing"

        await asyncio.sleep(0.3)
        assert [f.path.stat().st_size for f in first] == sizes, "packets were written in a pause"
        before = publisher.participant.sent("video").keyframe_requests
        await house.sfu.start_capture(handle, "peer-2")
        assert sum(f.base == "peer-2" for f in track_files(house.captures)) == 2
        await house.sfu.start_capture(handle, "peer-3")  # without a stop: the files change all the same
        await asyncio.sleep(0.5)
        assert publisher.participant.sent("video").keyframe_requests > before
        await house.sfu.stop_capture(handle)
        third = [f for f in track_files(house.captures) if f.base == "peer-3"]
        assert len(third) == 2
        assert all(whole(f.path) and len(packets(f.path)) > 5 for f in third)

        await house.sfu.unpublish(handle)
        await house.sfu.unpublish(handle)
        assert not await house.sfu.alive(handle)
        with pytest.raises(SfuError):
            await house.sfu.start_capture(handle, "peer-4")
        await house.sfu.stop_capture(handle)


@pytest.mark.parametrize("codec", ["vp9", "h264"])
async def test_the_chosen_codec_is_taken(house: House, codec: str) -> None:
    media = Media(tone_hz=None, video_codec=codec, width=320, height=180, loop_seconds=1)  # type: ignore[arg-type]
    async with Publisher(house.sfu, house.room, media, video_codec=codec, base="peer-1") as publisher:
        assert [(t.kind, t.codec) for t in publisher.published.tracks] == [("video", codec)]
        await eventually(lambda: (house.captures / "peer-1-video-0.mjr").stat().st_size > 4000)
        header = (house.captures / "peer-1-video-0.mjr").read_bytes()[10:]
        assert json.loads(header[: header.index(b"}") + 1])["c"] == codec


async def test_a_capture_may_be_wanted_before_the_media_is_up(house: House) -> None:
    async with asyncio.timeout(10):
        publisher = Publisher(house.sfu, house.room, AUDIO)
        door_publish = house.sfu.publish

        async def publish_and_capture(*how: object) -> object:
            published = await door_publish(*how)  # type: ignore[arg-type]
            await house.sfu.start_capture(published.handle, "early-1")
            return published

        house.sfu.publish = publish_and_capture  # type: ignore[method-assign,assignment]
        async with publisher:
            await asyncio.sleep(0.4)
            await house.sfu.stop_capture(publisher.published.handle)
            assert packets(house.captures / "early-1-audio-0.mjr")[0][1] <= 4, "the first packets are missing"


async def test_meetings_go_on_when_the_server_vanishes_and_returns(house: House) -> None:
    async with Publisher(house.sfu, house.room, AUDIO, base="peer-1") as publisher:
        handle = publisher.published.handle
        await house.reports.wait(Up)
        file = house.captures / "peer-1-audio-0.mjr"
        pid, session = house.sfu.pid, house.sfu.session
        crash(house.sfu)
        await asyncio.sleep(1)
        size = file.stat().st_size

        second = house.after_a_crash()
        assert await second.open(session), "the session was not claimed"
        assert second.sfu.pid == pid, "another Janus was started"
        assert await second.sfu.alive(handle)
        assert not await second.sfu.alive(Handle(handle.session, 12345))
        await eventually(lambda: file.stat().st_size > size)
        await second.sfu.stop_capture(handle)
        sequence = [number for _, number in packets(file)]
        assert sequence == list(range(sequence[0], sequence[0] + len(sequence))), "the file has a hole"
        assert len(sequence) >= publisher.participant.sent("audio").packets - 3
        await second.sfu.start_capture(handle, "peer-2")
        await second.sfu.stop_capture(handle)
        assert not [event for event in second.reports.events if isinstance(event, Lost | Down)]
        assert publisher.participant.connected
        publisher.participant.network_silence(60)
        assert (await second.reports.wait(Down)).handle == handle, "who vanishes after our crash is noticed too"
        await second.sfu.close_room(house.room)
        with pytest.raises(SfuError):
            await second.sfu.publish(house.room, new_id(), "late", "v=0", None, None)
        await second.sfu.stop(keep_media=False)


async def test_a_dropped_connection_is_mended_and_what_happened_meanwhile_is_found(house: House) -> None:
    async with Publisher(house.sfu, house.room, AUDIO) as stays, Publisher(house.sfu, house.room, AUDIO) as goes:
        await eventually(lambda: sum(isinstance(event, Up) for event in house.reports.events) == 2)
        session, seen = house.sfu.session, len(house.reports.events)
        client = house.sfu._link._client
        assert client is not None
        house.sfu._process._up.clear()  # type: ignore[union-attr]  # Janus out of reach for a while
        client._socket.transport.abort()
        await client.closed.wait()
        await goes.participant.leave()
        await asyncio.sleep(0.5)
        house.sfu._process._up.set()  # type: ignore[union-attr]
        await house.reports.wait(Ready, after=seen)
        assert house.sfu.session == session
        assert (await house.reports.wait(Down, after=seen)).handle == goes.published.handle
        assert not any(isinstance(event, Lost) for event in house.reports.events)
        assert await house.sfu.alive(stays.published.handle)


async def test_a_janus_that_dies_is_lost_and_started_again(house: House) -> None:
    async with Publisher(house.sfu, house.room, AUDIO, base="peer-1") as publisher:
        handle, pid, session = publisher.published.handle, house.sfu.pid, house.sfu.session
        await house.reports.wait(Up)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await house.reports.wait(Lost)
        await house.reports.wait(Ready)
        names = [type(event) for event in house.reports.events if isinstance(event, Lost | Ready)]
        assert names == [Lost, Ready]
        assert house.sfu.pid not in (None, pid)
        assert house.sfu.session not in (None, session)
        assert not await house.sfu.alive(handle)
        with pytest.raises(SfuError, match="publish again"):
            await house.sfu.start_capture(handle, "peer-2")
        await house.sfu.unpublish(handle)
    await house.sfu.open_room(house.room, house.captures)
    async with Publisher(house.sfu, house.room, AUDIO, base="again-1"):
        await eventually(lambda: (house.captures / "again-1-audio-0.mjr").stat().st_size > 0)


async def test_a_publisher_that_hangs_up_is_down_and_its_files_are_whole(house: House) -> None:
    async with Publisher(house.sfu, house.room, AUDIO, base="peer-1") as publisher:
        await house.reports.wait(Up)
        await asyncio.sleep(0.5)
    down = await house.reports.wait(Down)
    assert down.handle == publisher.published.handle
    await house.sfu.stop_capture(down.handle)
    file = house.captures / "peer-1-audio-0.mjr"
    assert whole(file)
    assert len(packets(file)) >= publisher.participant.sent("audio").packets - 3
    assert not await house.sfu.alive(down.handle)


async def test_a_publisher_that_vanishes_is_down_but_one_that_stutters_is_not(house: House) -> None:
    async with Publisher(house.sfu, house.room, AUDIO) as vanishes, Publisher(house.sfu, house.room, AUDIO) as stutters:
        await eventually(lambda: sum(isinstance(event, Up) for event in house.reports.events) == 2)
        vanishes.participant.network_silence(60)
        stutters.participant.network_silence(3)
        assert (await house.reports.wait(Down)).handle == vanishes.published.handle
        await asyncio.sleep(0.5)
        assert sum(isinstance(event, Down) for event in house.reports.events) == 1
        seen = [
            e.active for e in house.reports.events if isinstance(e, Receiving) and e.handle != vanishes.published.handle
        ]
        assert seen == [True, False, True]


async def test_what_cannot_be_written_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Publisher(house.sfu, house.room, AUDIO) as publisher:
        handle = publisher.published.handle
        await house.reports.wait(Up)
        # Janus confirms a capture into a file that it cannot open; only the folder shows it.
        (house.captures / "taken-1-audio-0.mjr").mkdir()
        monkeypatch.setattr(capturefiles, "APPEAR_WITHIN_S", 0.2)
        with pytest.raises(StorageError, match="made no capture files"):
            await house.sfu.start_capture(handle, "taken-1")
        house.captures.rename(house.captures.with_name("moved"))
        house.captures.touch()
        with pytest.raises(StorageError, match="File exists"):
            await house.sfu.start_capture(handle, "peer-1")
        with pytest.raises(StorageError):
            await Publisher(house.sfu, house.room, AUDIO, base="peer-1").participant.join()
        assert await house.sfu.alive(handle), "a capture that fails must not disturb the meeting"


async def test_offers_that_cannot_be_taken_are_the_callers_fault(house: House) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await house.sfu.publish(house.room, new_id(), "x", "this is no SDP", None, None)
    assert refused.value.http_status == 400
    g722 = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 9\r\nc=IN IP4 0.0.0.0\r\n"
    g722 += "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\na=mid:0\r\na=sendonly\r\n"
    g722 += "a=fingerprint:sha-256 " + ":".join(["00"] * 32) + "\r\na=rtcp-mux\r\na=rtpmap:9 G722/8000\r\n"
    with pytest.raises(InvalidRequest):
        await house.sfu.publish(house.room, new_id(), "x", g722, None, None)
    with pytest.raises(SfuError, match="not open"):
        await house.sfu.publish(new_id(), new_id(), "x", g722, None, None)


async def test_candidates_and_keyframes_are_passed_on(house: House) -> None:
    async with Publisher(house.sfu, house.room) as publisher:
        handle = publisher.published.handle
        line = "candidate:1 1 udp 2015363583 127.0.0.2 9 typ host"
        await house.sfu.trickle(handle, [Candidate(line, "0", 0), Candidate(line, None, None), Candidate("", "0", 0)])
        await house.reports.wait(Up)
        before = publisher.participant.sent("video").keyframe_requests
        await house.sfu.request_keyframe(handle)
        await eventually(lambda: publisher.participant.sent("video").keyframe_requests > before)


async def test_janus_outlives_a_killed_server(tmp_path: Path) -> None:
    config = settings(tmp_path)
    program = (
        "import asyncio, sys\n"
        "from roomtape.settings import Settings\n"
        "from roomtape.sfu.janus.adapter import JanusSfu\n"
        "async def main():\n"
        "    sfu = JanusSfu(Settings(data_dir=sys.argv[1], ice_addresses=('127.0.0.2',)))\n"
        "    await sfu.start(print, None)\n"
        "    print(sfu.pid, sfu.session, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(tmp_path), stdout=pipe)
    assert server.stdout is not None
    async with asyncio.timeout(20):
        while not (numbers := [word for word in (await server.stdout.readline()).split() if word.isdigit()]):
            pass
    pid, session = map(int, numbers)
    server.kill()
    await server.wait()
    await asyncio.sleep(0.3)
    reports, sfu = Reports(), JanusSfu(config)
    assert await sfu.start(reports, session)
    assert sfu.pid == pid
    await sfu.stop(keep_media=True)
    assert psutil.Process(pid).is_running()
    again = JanusSfu(config)
    assert await again.start(reports, session)
    await again.stop(keep_media=False)
    await eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


async def test_janus_is_found_again_by_the_next_server_and_stops_for_good(tmp_path: Path) -> None:
    first = JanusProcess(settings(tmp_path))
    await first.start()
    pid, url = first.pid, await first.url()
    first.release()
    other = settings(tmp_path, janus_reclaim_s=20)
    second = JanusProcess(other)
    await second.start()
    assert (second.pid, await second.url()) == (pid, url)
    assert pid is not None
    assert os.getsid(pid) == pid, "Janus shares our session and would die with the terminal"
    second.release()
    (tmp_path / "janus" / "secret").unlink()  # nobody knows this Janus's secret any more
    third = JanusProcess(other)
    await third.start()
    assert third.pid != pid
    await eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    third_pid = third.pid
    await third.stop()
    assert third_pid is not None
    assert not psutil.pid_exists(third_pid)
    assert not (tmp_path / "janus" / "state.json").exists()
    await third.stop()


def crash(sfu: JanusSfu) -> None:
    """Leave as a killed server does: nothing is said to Janus, the connection is just gone."""
    link, process = sfu._link, sfu._process
    assert link._task is not None
    assert link._client is not None
    assert process is not None
    link._task.cancel()
    process.release()
    link._client._socket.transport.abort()
