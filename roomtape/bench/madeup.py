"""Owns the made-up capture that renders are measured with: real encoded media, and the event log that goes with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    dump,
)
from roomtape.capture.paths import EVENTS, take_base
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig
from roomtape.media.remux import Remuxer
from roomtape.media.testsignal import PACKET_US, AudioLoop, VideoLoop, audio_loop, video_loop
from roomtape.render.child import COMMAND
from roomtape.render.job import RenderJob
from roomtape.simulate.mjrfile import write_mjr
from roomtape.simulate.offer import PAYLOAD_TYPES
from roomtape.simulate.stream import audio_stream, video_stream

START_US = 1_760_000_000_000_000
"""When every made-up session starts, in µs since the Unix epoch."""
RECORDING, OUTPUT = "bench", "bench.mp4"

_AUDIO_RATE = 1_000_000 // PACKET_US
_NAMES = (
    *("Ann", "Bob", "Cat", "Dan", "Eve", "Fay", "Gus", "Hal"),
    *("Ida", "Jon", "Kim", "Leo", "Mia", "Ned", "Oli", "Pam"),
)


@dataclass(frozen=True)
class Person:
    """A made-up participant: a tone, and a picture unless `video` is None."""

    peer_id: str
    name: str
    audio: AudioLoop
    video: VideoLoop | None = None


def people(count: int, pictures: bool) -> list[Person]:
    """Return up to sixteen participants, their pictures in VP8 at 30 frames/s: 640x360 with 500 kbit/s.

    One alone has 1280x720 with 1.5 Mbit/s, as senders and SFU do it for who is seen large.
    """
    large = {"width": 1280, "height": 720, "bitrate": 1_500_000} if count == 1 else {}
    return [
        Person(
            f"peer{i}",
            name,
            audio_loop(440 + 110 * i),
            video_loop("vp8", identity=i, **large) if pictures else None,
        )
        for i, name in enumerate(_NAMES[:count])
    ]


def write_capture(folder: Path, everybody: Iterable[Person], seconds: int) -> None:
    """Write a capture of everybody being there and recorded for `seconds`."""
    folder.mkdir(parents=True)
    end_us = START_US + seconds * 1_000_000
    events: list[Event] = [SessionStarted(START_US, "session", "meeting", "Bench")]
    over: list[Event] = [RecordingStopped(end_us, RECORDING)]
    for person in everybody:
        base = take_base(person.peer_id, 1)
        events.append(PeerJoined(START_US, person.peer_id, person.peer_id, None, person.name))
        events.append(TrackPublished(START_US, person.peer_id, 0, "audio", "peer", "opus"))
        sound = audio_stream(person.audio, PAYLOAD_TYPES["opus"])
        write_mjr(folder / f"{base}-audio-0.mjr", sound, "opus", START_US, seconds)
        if (video := person.video) is not None:
            events.append(TrackPublished(START_US, person.peer_id, 1, "video", "peer", video.codec))
            picture = video_stream(video, PAYLOAD_TYPES[video.codec])
            write_mjr(folder / f"{base}-video-1.mjr", picture, video.codec, START_US, seconds)
        events.append(TakeStarted(START_US, person.peer_id, base))
        over += [TakeStopped(end_us, person.peer_id, base), PeerLeft(end_us, person.peer_id, "left")]
    events.append(RecordingStarted(START_US, RECORDING))
    (folder / EVENTS).write_bytes(b"".join(map(dump, (*events, *over, SessionEnded(end_us)))))


def write_webm(folder: Path, everybody: Iterable[Person], seconds: int) -> list[Path]:
    """Write the same media as WebM files, one a track: what a tool that reads no capture is given."""
    folder.mkdir(parents=True)
    paths = []
    for person in everybody:
        path = folder / f"{person.peer_id}-audio.webm"
        _remux(path, "opus", person.audio.packets, [True], _AUDIO_RATE, seconds)
        paths.append(path)
        if (video := person.video) is not None:
            path = folder / f"{person.peer_id}-video.webm"
            _remux(path, video.codec, video.frames, video.keyframes, video.fps, seconds)
            paths.append(path)
    return paths


def render_command(capture: Path, work: Path, kind: Kind, config: RecordingConfig | None = None) -> list[str]:
    """Prepare `work` for a render of the capture's recording, offline, and return the command that does it."""
    job = RenderJob(str(capture), kind, config or RecordingConfig(), RECORDING, OUTPUT)
    job.write(work)
    return [*COMMAND, str(work)]


def _remux(path: Path, codec: str, units: Sequence[bytes], keyframes: Sequence[bool], rate: int, seconds: int) -> None:
    """Write a loop of units, `rate` of them a second."""
    with Remuxer(path, codec, START_US) as out:
        for number in range(seconds * rate):
            at_us = number * 1_000_000 // rate
            length_us = (number + 1) * 1_000_000 // rate - at_us
            out.write(at_us, length_us, units[number % len(units)], keyframes[number % len(keyframes)])
        out.finish()
