"""Owns made-up meetings for tests: a capture folder with talking, moving participants and their events."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle, islice
from pathlib import Path

from roomtape.capture.events import (
    Event,
    PeerJoined,
    PeerLeft,
    RecordingStarted,
    RecordingStopped,
    SessionEnded,
    SessionStarted,
    TakeStarted,
    TakeStopped,
    TrackPublished,
)
from roomtape.media.testsignal import VideoCodec, audio_loop, video_loop
from tests.support.mjr import h264_packets, opus_packets, vp8_packets, vp9_packets, write_events, write_mjr

EPOCH_US = 1_760_000_000_000_000
_PACKETS = {"vp8": vp8_packets, "vp9": vp9_packets, "h264": h264_packets}


def write_peer(
    folder: Path,
    peer_id: str,
    *,
    identity: int = 0,
    tone: int | None = 440,
    codec: VideoCodec | None = "vp8",
    size: tuple[int, int] = (320, 180),
    start_s: float = 0,
    seconds: float = 6,
    name: str | None = None,
    lose_audio: Iterable[int] = (),
    lose_video: Iterable[int] = (),
    hidden: bool = False,
) -> list[Event]:
    """Write one peer's files: a tone with beeps and the counted test picture at 30/s, both beginning at `start_s`.

    Return its events; the peer comes 100 ms before its media and leaves with it. `lose_*` are packet indices.
    """
    start_us = EPOCH_US + round(start_s * 1_000_000)
    end_us = start_us + round(seconds * 1_000_000)
    base = f"{peer_id}-1"
    events: list[Event] = [
        PeerJoined(
            start_us - 100_000, peer_id, f"participant-{peer_id}", f"user-{peer_id}", name or peer_id, None, hidden
        )
    ]
    if tone is not None:
        packets = islice(cycle(audio_loop(tone).packets), round(seconds * 50))
        events.append(TrackPublished(start_us - 90_000, peer_id, 0, "audio", "peer", "opus"))
        write_mjr(folder / f"{base}-audio-0.mjr", "audio", "opus", start_us, opus_packets(packets, drop=lose_audio))
    if codec is not None:
        loop = video_loop(codec, *size, identity=identity)
        frames = islice(cycle(loop.frames), round(seconds * 30))
        events.append(TrackPublished(start_us - 90_000, peer_id, 1, "video", "peer", codec))
        packed = _PACKETS[codec](frames, drop=lose_video)
        write_mjr(folder / f"{base}-video-1.mjr", "video", codec, start_us, packed)
    events += [
        TakeStarted(start_us - 80_000, peer_id, base),
        TakeStopped(end_us, peer_id, base),
        PeerLeft(end_us, peer_id, "left"),
    ]
    return events


def write_meeting(
    folder: Path,
    events: Iterable[Event],
    start_s: float,
    end_s: float,
    recording: str = "rec",
    user_ids: tuple[str, ...] | None = None,
) -> None:
    """Write the event log: a session around `events`, and a recording (of `user_ids`) from `start_s` to `end_s`."""
    at = [EPOCH_US + round(s * 1_000_000) for s in (start_s, end_s)]
    whole: list[Event] = [
        SessionStarted(EPOCH_US - 5_000_000, "session", "meeting", "A meeting"),
        RecordingStarted(at[0], recording, user_ids),
        RecordingStopped(at[1], recording),
        *events,
    ]
    last = max(e.t for e in whole)
    write_events(folder, sorted([*whole, SessionEnded(last + 1000)], key=lambda e: e.t))
