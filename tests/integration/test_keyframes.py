"""A real server, and a sender that makes keyframes on request alone: damage of a captured picture ends soon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Frame
from roomtape.simulate.participant import Media, SimulatedParticipant
from roomtape.simulate.stream import RtpStream
from tests.support.server import Server, running


class _KeyframesOnRequest(Sequence[Sequence[bytes]]):
    """The units of a stream's loop of one second, its keyframe given once for each request that came."""

    def __init__(self, stream: RtpStream) -> None:
        self._stream = stream
        self._key, *self._others = stream.units
        self._answered = -1  # the first one comes unasked

    @overload
    def __getitem__(self, index: int) -> Sequence[bytes]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[bytes]]: ...
    def __getitem__(self, index: Any) -> Any:
        if self._stream.sent.keyframe_requests > self._answered:
            self._answered = self._stream.sent.keyframe_requests
            return self._key
        return self._others[index % len(self._others)]

    def __len__(self) -> int:
        return 30


async def _join(server: Server, meeting: str, name: str) -> tuple[SimulatedParticipant, RtpStream]:
    who = await server.participant(meeting, name)
    media = Media(width=320, height=180, loop_seconds=1)
    participant = SimulatedParticipant(server.base_url, who.token, media, local_addresses=("127.0.0.2",))
    await participant.join()
    stream = participant._stream("video")
    stream.units = _KeyframesOnRequest(stream)
    return participant, stream


async def _lose(participant: SimulatedParticipant) -> float:
    """Lose three pictures for good; return when the next one goes out."""
    participant.network_silence(0.1)
    await asyncio.sleep(0.1)
    return time.time()


async def _asked(stream: RtpStream, before: int, within_s: float) -> float:
    async with asyncio.timeout(within_s):
        while stream.sent.keyframe_requests == before:
            await asyncio.sleep(0.01)
    return time.time()


async def test_a_keyframe_comes_soon_after_a_loss_and_nobody_is_asked_without_a_recording(tmp_path: Path) -> None:
    async with running(tmp_path / "data", ROOMTAPE_CAPTURE_RETENTION_HOURS="1") as server:
        idle, recorded = await server.meeting(), await server.meeting()
        (bystander, unasked), (participant, stream) = (
            await _join(server, idle, "bob"),
            await _join(server, recorded, "ann"),
        )
        answer = await server.kit.recordings.start_track_recording(
            server.app_id, **server.ids, meeting_id=recorded, layers={"video": {"media_kind": "video"}}
        )
        recording = answer.data.recording
        await server.until(recording.id, "RECORDING", 8)
        await asyncio.sleep(2.5)  # the keyframes that a recording begins with
        quiet, idle_before = stream.sent.keyframe_requests, unasked.sent.keyframe_requests
        await _lose(bystander)
        await asyncio.sleep(1.5)
        assert stream.sent.keyframe_requests == quiet, "asked without a reason"

        lost = await _lose(participant)
        first = await _asked(stream, quiet, 1.5)
        assert first - lost > 0.3, "asked before a retransmission could come"
        await asyncio.sleep(0.3)
        once = stream.sent.keyframe_requests
        assert once == quiet + 1
        await _lose(participant)
        second = await _asked(stream, once, 3)
        assert second - first > 1.8, "asked too often"
        await asyncio.sleep(0.8)
        assert unasked.sent.keyframe_requests == idle_before, "keyframes cost bandwidth, and nobody records"
        await server.kit.recordings.pause_resume_stop_recording(
            recording.id, **server.ids, app_id=server.app_id, action="stop"
        )
        await server.until(recording.id, "UPLOADED", 30)
        frames = _frames(server.data_dir / "capture")
        await participant.leave()
        await bystander.leave()
    losses = [f.time_us for f in frames if f.lost_before and f.time_us / 1e6 > lost - 1]
    assert len(losses) == 2
    ends = [min(f.time_us for f in frames if f.keyframe and f.time_us >= at) for at in losses]
    assert ends[0] - losses[0] < 1_500_000


def _frames(captures: Path) -> list[Frame]:
    """Return the pictures of the one captured track."""
    (file,) = captures.glob("*/*-video-*.mjr")
    timeline = Timeline(file.parent)
    timeline.poll()
    (track,) = (track for track in timeline.tracks.values() if track.kind == "video")
    return track.read(2**62)
