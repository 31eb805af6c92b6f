"""Owns made-up capture folders for render tests: peers with tones or test pictures, and recordings over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from roomtape.capture.events import (
    Event,
    PeerJoined,
    PeerLeft,
    RecordingPaused,
    RecordingResumed,
    RecordingStarted,
    RecordingStopped,
    SessionStarted,
    TakeStarted,
    TakeStopped,
    TrackPublished,
    dump,
)
from roomtape.media.testsignal import audio_loop, video_loop
from tests.support.mjr import Timed, h264_packets, opus_packets, vp8_packets, vp9_packets, write_events, write_mjr

START_US = 1_760_000_000_000_000
"""When every made-up session starts, in µs since the Unix epoch."""


def at(seconds: float) -> int:
    """Return the moment `seconds` after the session's start."""
    return START_US + round(seconds * 1_000_000)


@dataclass
class Capture:
    """A capture folder in the making; `write` completes its event log."""

    folder: Path
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.events.append(SessionStarted(START_US, "session", "meeting", "A meeting"))

    def peer(
        self, peer_id: str, start: float, end: float | None, user: str | None = None, hidden: bool = False
    ) -> None:
        """A peer that is there from `start` to `end`, and its take."""
        name = peer_id.capitalize()
        self.events.append(PeerJoined(at(start), peer_id, f"{peer_id}-participant", user, name, None, hidden))
        self.events.append(TakeStarted(at(start), peer_id, f"{peer_id}-1"))
        if end is not None:
            self.events.append(TakeStopped(at(end), peer_id, f"{peer_id}-1"))
            self.events.append(PeerLeft(at(end), peer_id, "left"))

    def tone(
        self, peer_id: str, hz: int, start: float, end: float, hole: tuple[float, float] | None = None, mindex: int = 0
    ) -> list[Timed]:
        """Opus of a tone from `start` to `end` (s after the session's start); packets in `hole` are lost."""
        loop = audio_loop(hz)
        count = round((end - start) * 50)
        lost = range(round((hole[0] - start) * 50), round((hole[1] - start) * 50)) if hole else ()
        packets = opus_packets((loop.packets[i % 50] for i in range(count)), drop=lost)
        self.events.append(TrackPublished(at(start), peer_id, mindex, "audio", "peer", "opus"))
        write_mjr(self.folder / f"{peer_id}-1-audio-{mindex}.mjr", "audio", "opus", at(start), packets)
        return packets

    def picture(self, peer_id: str, codec: str, start: float, seconds: int, skip: int = 0, mindex: int = 1) -> None:
        """A test picture of 320x180 at 10 frames a second; the first `skip` frames are not in the file."""
        frames = video_loop(codec, 320, 180, 10, seconds).frames[skip:]
        make: Callable[..., list[Timed]] = {"vp8": vp8_packets, "vp9": vp9_packets, "h264": h264_packets}[codec]
        self.events.append(TrackPublished(at(start), peer_id, mindex, "video", "peer", codec))
        path = self.folder / f"{peer_id}-1-video-{mindex}.mjr"
        write_mjr(path, "video", codec, at(start + skip / 10), make(frames, fps=10))

    def recording(
        self,
        recording_id: str,
        start: float,
        end: float | None,
        pauses: Iterable[tuple[float, float]] = (),
        user_ids: tuple[str, ...] | None = None,
    ) -> None:
        """A recording from `start` to `end` (None: it goes on) with its pauses."""
        self.events.append(RecordingStarted(at(start), recording_id, user_ids))
        for pause, resume in pauses:
            self.events.append(RecordingPaused(at(pause), recording_id))
            self.events.append(RecordingResumed(at(resume), recording_id))
        if end is not None:
            self.events.append(RecordingStopped(at(end), recording_id))

    def write(self) -> Path:
        """Write the event log, in order of time; returns the folder."""
        write_events(self.folder, sorted(self.events, key=lambda e: e.t))
        return self.folder

    def append(self, *events: Event) -> None:
        """Add events to a log that is written already."""
        with (self.folder / "events.jsonl").open("ab") as log:
            log.write(b"".join(map(dump, events)))
