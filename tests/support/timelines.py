"""Owns made-up capture folders for tests of the timeline: a session of two peers, and logs and files that grow."""

from __future__ import annotations

from pathlib import Path

from roomtape.capture import events as ev
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from tests.support.encoded import encoded_video
from tests.support.mjr import Timed, opus_packets, opus_silence, vp8_packets, write_events, write_mjr

T0 = 1_700_000_000_000_000
SEC = 1_000_000
A0, B0, B1 = TrackKey("a", 0), TrackKey("b", 0), TrackKey("b", 1)


def joined(peer: str, t: int, user: str | None = None) -> ev.PeerJoined:
    """Return the coming of a peer named after its id."""
    return ev.PeerJoined(t, peer, f"part-{peer}", user, peer.upper())


def opus(seconds: float, **more: object) -> list[Timed]:
    """Return packets of silence; more as for `opus_packets`."""
    return opus_packets([opus_silence()] * round(seconds * 50), **more)  # type: ignore[arg-type]


def write_session(folder: Path) -> None:
    """Ten seconds: a is there all the time, b comes at 3 s with sound and picture and leaves at 8 s."""
    write_mjr(folder / "a-1-audio-0.mjr", "audio", "opus", T0, opus(10))
    write_mjr(folder / "b-1-audio-0.mjr", "audio", "opus", T0 + 3 * SEC, opus(5))
    write_mjr(
        folder / "b-1-video-1.mjr", "video", "vp8", T0 + 3 * SEC, vp8_packets(encoded_video("vp8", frames=30) * 5)
    )
    write_events(
        folder,
        [
            ev.SessionStarted(T0 - SEC, "s", "m", "Title"),
            joined("a", T0, "alice"),
            ev.TrackPublished(T0, "a", 0, "audio", "peer", "opus"),
            ev.TakeStarted(T0, "a", "a-1"),
            ev.RecordingStarted(T0, "r"),
            ev.RecordingStarted(T0 + SEC, "only-a", ("alice",)),
            joined("b", T0 + 3 * SEC),
            ev.TrackPublished(T0 + 3 * SEC, "b", 0, "audio", "peer", "opus"),
            ev.TrackPublished(T0 + 3 * SEC, "b", 1, "video", "screenshare", "VP8"),
            ev.TakeStarted(T0 + 3 * SEC, "b", "b-1"),
            ev.TrackMuted(T0 + 4 * SEC, "b", 0),
            ev.PeerRenamed(T0 + 5 * SEC, "b", "Bea"),
            ev.TrackUnmuted(T0 + 6 * SEC, "b", 0),
            ev.TakeStopped(T0 + 8 * SEC, "b", "b-1"),
            ev.PeerLeft(T0 + 8 * SEC, "b", "left"),
            ev.RecordingStopped(T0 + 9 * SEC, "only-a"),
            ev.RecordingStopped(T0 + 10 * SEC, "r"),
            ev.TakeStopped(T0 + 10 * SEC, "a", "a-1"),
        ],
    )


def polled(folder: Path) -> Timeline:
    """Return the timeline of a folder as it is now."""
    timeline = Timeline(folder)
    timeline.poll()
    return timeline


def log(folder: Path, *events: ev.Event) -> None:
    """Append events to the log."""
    with (folder / "events.jsonl").open("ab") as out:
        for event in events:
            out.write(ev.dump(event))


def flushed(content: bytes, arrived: int) -> bytes:
    """What of a file is on the disk when `arrived` bytes went through a buffer of 4096."""
    return content[: arrived // 4096 * 4096]
