"""Owns small made-up captures for the golden scenes: who is there, says and shows what, and what is damaged on the way.

Times are seconds of the session, which begins at `START_US`; media arrive without delay, so that everything that is
sent at a moment lies at that moment of the session.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.video.frame import PictureType

from roomtape.capture.events import (
    Event,
    PageHappened,
    PeerJoined,
    PeerLeft,
    PeerPictured,
    RecordingPaused,
    RecordingResumed,
    RecordingStarted,
    RecordingStopped,
    SessionEnded,
    SessionStarted,
    StreamKind,
    TakeStarted,
    TakeStopped,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
    WatermarkStored,
)
from roomtape.capture.paths import ASSETS, take_base
from roomtape.media.testpicture import COLOURS, TestPicture
from roomtape.media.testsignal import VideoCodec, audio_loop, video_loop
from tests.support.mjr import Timed, h264_packets, rtp, vp8_packets, vp9_packets, write_events, write_mjr

START_US = 1_760_000_000_000_000
RECORDING = "rec"
FPS = 15
"""Pictures a second of the cameras, and of the scenes."""

_LEVEL_ID, _ORIENTATION_ID = 1, 3
_LEVEL = {_LEVEL_ID: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"}
_ORIENTATION = {_ORIENTATION_ID: "urn:3gpp:video-orientation"}
_PACKETS: dict[VideoCodec, Callable[..., list[Timed]]] = {
    "vp8": vp8_packets,
    "vp9": vp9_packets,
    "h264": h264_packets,
}
_QUARTERS = {0: 0, 90: 1, 180: 2, 270: 3}

Spans = Sequence[tuple[float, float]]


def us(seconds: float) -> int:
    """Return a moment of the session in µs since the epoch."""
    return START_US + round(seconds * 1_000_000)


def shots(
    codec: VideoCodec, identity: int, seconds: int, size: tuple[int, int] = (192, 108), bitrate: int = 60_000
) -> tuple[bytes, ...]:
    """Return the encoded test picture of one participant: FPS frames a second, a keyframe each second."""
    return video_loop(codec, *size, FPS, seconds, identity, None, bitrate).frames


def held(identity: int, turned: Sequence[int], size: tuple[int, int] = (192, 108)) -> tuple[bytes, ...]:
    """Return VP8 frames of a camera that is held turned: a second each in which it has to be turned by so many degrees
    clockwise to be upright. `size` is that of the sensor, which the frames have all the time."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.bit_rate, encoder.thread_count = Fraction(1, FPS), 60_000, 1
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0"}
    frames: list[bytes] = []
    for second, degrees in enumerate(turned):
        upright = size if degrees % 180 == 0 else (size[1], size[0])
        picture = TestPicture(*upright, FPS, identity, COLOURS[identity % len(COLOURS)])
        for counter in range(second * FPS, (second + 1) * FPS):
            planes = [np.rot90(plane, degrees // 90).ravel() for plane in picture.planes(counter)]
            whole = np.concatenate(planes).reshape(-1, size[0])
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(whole), format="yuv420p")
            frame.pts = counter
            frame.pict_type = PictureType.I if counter % FPS == 0 else PictureType.NONE
            frames += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(frames)


@dataclass
class Scenery:
    """A capture of `length` s in the making in `folder`; `write` completes it."""

    folder: Path
    length: float
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.events.append(SessionStarted(us(-2), "session", "meeting", "A scene"))

    def peer(
        self,
        peer_id: str,
        start: float = 0,
        end: float | None = None,
        *,
        name: str | None = None,
        takes: Spans | None = None,
        tape: bool = False,
    ) -> None:
        """A peer that is there from `start` to `end` (None: as long as the session); `takes` are what was captured. A
        `tape` brings the page of the recording."""
        shown = peer_id.capitalize() if name is None else name
        until = self.length if end is None else end
        who = PeerJoined(us(start), peer_id, f"{peer_id}-participant", f"{peer_id}-user", shown)
        self.events.append(replace(who, participant_id=RECORDING, hidden=True) if tape else who)
        for number, (begin, over) in enumerate(takes or [(start, until)], start=1):
            self.events.append(TakeStarted(us(begin), peer_id, take_base(peer_id, number)))
            self.events.append(TakeStopped(us(over), peer_id, take_base(peer_id, number)))
        if end is not None:
            self.events.append(PeerLeft(us(end), peer_id, "left"))

    def voice(
        self,
        peer_id: str,
        hz: int,
        beep_hz: int = 2500,
        *,
        start: float = 0,
        end: float | None = None,
        talks: Spans | None = None,
        lost: Spans = (),
        jump: tuple[float, float] | None = None,
        take: int = 1,
    ) -> None:
        """A tone, with a beep on each second, while the peer `talks` (default: always), else silence.

        Packets sent in `lost` are missing; `jump` (when, by how many s) is of the sender's clock.
        """
        loop = audio_loop(hz, beep_hz, 16_000)
        until = self.length if end is None else end
        packets: list[Timed] = []
        for number in range(round((until - start) * 50)):
            t = start + number / 50
            speaking = talks is None or _within(t, talks)
            at = round(t * 50) % 50
            payload, level = (loop.packets[at], loop.levels[at]) if speaking else (loop.silence, 127)
            packets.append((number * 20, rtp(number + 1, number * 960, payload, audio_level=level)))
        packets = _jumped(_without(packets, start, lost), start, jump, 48_000)
        if take == 1:
            self.events.append(TrackPublished(us(start), peer_id, 0, "audio", "peer", "opus", _LEVEL_ID))
        self._write(peer_id, take, "audio", 0, "opus", start, packets, _LEVEL)

    def camera(
        self,
        peer_id: str,
        codec: VideoCodec,
        frames: Sequence[bytes],
        *,
        start: float = 0,
        source: StreamKind = "peer",
        mindex: int = 1,
        lost: Spans = (),
        jump: tuple[float, float] | None = None,
        turned: Sequence[tuple[float, int]] = (),
        spoilt: Callable[[float, bytes], bytes] | None = None,
        take: int = 1,
    ) -> None:
        """Frames, one every 1/FPS s from `start` on. `turned` (when, degrees) is how the sender holds its camera.

        `spoilt` is given the time and the payload of each packet and returns what lies on disk instead.
        """
        packets = _PACKETS[codec](frames, fps=FPS)
        if spoilt is not None:
            packets = [(ms, p[:12] + spoilt(start + ms / 1000, p[12:])) for ms, p in packets]
        packets = _jumped(_without(packets, start, lost), start, jump, 90_000)
        if turned:
            packets = [(ms, _with_orientation(p, _turn(start + ms / 1000, turned))) for ms, p in packets]
        if take == 1:
            orientation = _ORIENTATION_ID if turned else None
            self.events.append(TrackPublished(us(start), peer_id, mindex, "video", source, codec, None, orientation))
        self._write(peer_id, take, "video", mindex, codec, start, packets, _ORIENTATION if turned else None)

    def hide(self, peer_id: str, mindex: int, t: float) -> None:
        """The track ends."""
        self.events.append(TrackUnpublished(us(t), peer_id, mindex))

    def mute(self, peer_id: str, mindex: int, start: float, end: float) -> None:
        """The track is muted for a while."""
        self.events += [TrackMuted(us(start), peer_id, mindex), TrackUnmuted(us(end), peer_id, mindex)]

    def page(self, what: str, t: float, detail: str = "") -> None:
        """Something happens to the page."""
        self.events.append(PageHappened(us(t), RECORDING, what, detail))

    def portrait(self, peer_id: str, file: str, content: bytes) -> None:
        """The peer's own picture has been fetched."""
        self._asset(file, content)
        self.events.append(PeerPictured(us(-1), peer_id, file))

    def watermark(self, file: str, content: bytes) -> None:
        """The recording's watermark has been fetched."""
        self._asset(file, content)
        self.events.append(WatermarkStored(us(-1), RECORDING, file))

    def recorded(self, start: float, end: float, pauses: Spans = (), *, page: bool = False) -> None:
        """The recording, of a page or of the meeting, and its pauses."""
        self.events.append(RecordingStarted(us(start), RECORDING, None, page))
        for pause, resume in pauses:
            self.events += [RecordingPaused(us(pause), RECORDING), RecordingResumed(us(resume), RECORDING)]
        self.events.append(RecordingStopped(us(end), RECORDING))

    def write(self) -> None:
        """Write the event log, in order of time."""
        self.events.append(SessionEnded(us(self.length)))
        write_events(self.folder, sorted(self.events, key=lambda e: e.t))

    def file(self, peer_id: str, kind: Literal["audio", "video"], mindex: int, take: int = 1) -> Path:
        """Return where a track's file lies."""
        return self.folder / f"{take_base(peer_id, take)}-{kind}-{mindex}.mjr"

    def _write(
        self,
        peer_id: str,
        take: int,
        kind: Literal["audio", "video"],
        mindex: int,
        codec: str,
        start: float,
        packets: Iterable[Timed],
        extensions: dict[int, str] | None,
    ) -> None:
        path = self.file(peer_id, kind, mindex, take)
        write_mjr(path, kind, codec, us(start), packets, extensions=extensions)

    def _asset(self, file: str, content: bytes) -> None:
        (self.folder / ASSETS).mkdir(exist_ok=True)
        (self.folder / ASSETS / file).write_bytes(content)


def _within(t: float, spans: Spans) -> bool:
    return any(a - 1e-6 <= t < b - 1e-6 for a, b in spans)


def _without(packets: list[Timed], start: float, lost: Spans) -> list[Timed]:
    return [(ms, p) for ms, p in packets if not _within(start + ms / 1000, lost)]


def _jumped(packets: list[Timed], start: float, jump: tuple[float, float] | None, rate: int) -> list[Timed]:
    if jump is None:
        return packets
    when, by = jump
    step = round(by * rate)
    return [(ms, _moved(p, step) if start + ms / 1000 >= when - 1e-6 else p) for ms, p in packets]


def _moved(packet: bytes, ticks: int) -> bytes:
    (timestamp,) = struct.unpack_from(">I", packet, 4)
    return packet[:4] + struct.pack(">I", (timestamp + ticks) & 0xFFFFFFFF) + packet[8:]


def _turn(t: float, turned: Sequence[tuple[float, int]]) -> int:
    return next((degrees for when, degrees in reversed(turned) if t >= when - 1e-3), 0)


def _with_orientation(packet: bytes, degrees: int) -> bytes:
    """Add the extension of 3GPP TS 26.114, 7.4.5, which a sender puts on the last packet of a frame."""
    if not packet[1] & 0x80:
        return packet
    block = struct.pack(">HHBBxx", 0xBEDE, 1, _ORIENTATION_ID << 4, _QUARTERS[degrees])
    return bytes([packet[0] | 0x10]) + packet[1:12] + block + packet[12:]
