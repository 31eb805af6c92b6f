"""Owns the check of finished files against the log: nothing is delivered that does not hold what was recorded."""

from __future__ import annotations

import json
from pathlib import Path

from roomtape.capture.timeline import Timeline
from roomtape.errors import RenderError
from roomtape.media.probe import FileProbe, StreamProbe, probe
from roomtape.render import hls
from roomtape.render.job import RenderedFile, RenderJob, RenderResult
from roomtape.render.package_check import check_package
from roomtape.render.presence import recorded_peers, recorded_tracks
from roomtape.render.trackfile import Entry
from roomtape.render.tracks import LEDGER

TOLERANCE_US = 100_000
"""So much may the length of a track's file differ from the log. A composed one may by a frame and a packet of sound."""

_TICK_US = 1000  # of WebM
_PACKET_US = 24_000  # the longest packet of sound, MP3's
_CODEC_NAMES = {"H264": "h264", "VP8": "vp8", "VP9": "vp9"}
_SOUND_FILES = {".m4a": "aac", ".mp3": "mp3", ".ogg": "vorbis"}


def verify(job: RenderJob, result: RenderResult, out: Path, timeline: Timeline) -> list[str]:
    """Read every file of `result` in `out` to its end and compare it with the log; return warnings about the log.

    Raises RenderError, naming the file and what is wrong with it.
    """
    recorded_us = sum(i.duration_us for i in timeline.intervals(job.recording_id))
    ledger = _ledger(out.parent) if any(f.role == "track" for f in result.files) else {}
    for file in result.files:
        path = out / file.name
        if not path.is_file() or path.stat().st_size != file.size:
            raise RenderError(f"{file.name} is not there with its {file.size} bytes; it has to be rendered again")
        if file.role == "package" or file.content_type == hls.ARCHIVE_TYPE:
            continue  # all together, below
        found = probe(path)
        _readable(file, found)
        if file.role == "track":
            _check_track(file, found, ledger.get(file.name), recorded_us)
        elif file.role in ("composite", "audio"):
            _check_composed(job, file, found, recorded_us)
    if job.config.interactive and not job.stream_only:
        check_package(job, result, out, timeline)
    return _damage(job, timeline)


def _readable(file: RenderedFile, found: FileProbe) -> None:
    if not found.streams:
        raise RenderError(f"{file.name} holds neither sound nor picture")
    for stream in found.streams:
        if not stream.packets or not stream.decoded:
            raise RenderError(f"{file.name}: its {stream.kind} ({stream.codec}) cannot be decoded")
    if found.duration_us is None:
        raise RenderError(f"{file.name} does not say how long it is, so that players could not seek in it")


def _check_track(file: RenderedFile, found: FileProbe, entry: Entry | None, recorded_us: int) -> None:
    if entry is None or len(found.streams) != 1:
        raise RenderError(f"{file.name} is not the file of one track that was read from the log")
    stream = found.streams[0]
    if stream.packets != entry.packets:
        raise RenderError(f"{file.name} holds {stream.packets} packets where the log has {entry.packets}")
    if stream.first_us != 0 or abs(stream.last_us - entry.last_ms * 1000) > _TICK_US:
        raise RenderError(
            f"{file.name}: its packets lie from {stream.first_us / 1e6:.3f} to {stream.last_us / 1e6:.3f} s "
            f"where the log has 0 to {entry.last_ms / 1000:.3f} s"
        )
    if abs(stream.end_us - entry.end_ms * 1000) > TOLERANCE_US or stream.end_us > recorded_us + TOLERANCE_US:
        raise RenderError(f"{file.name} lasts {stream.end_us / 1e6:.3f} s, {recorded_us / 1e6:.3f} s were recorded")


def _check_composed(job: RenderJob, file: RenderedFile, found: FileProbe, recorded_us: int) -> None:
    kinds = ("audio",) if file.role == "audio" else ("video", "audio")
    allowed_us = 1_000_000 // job.config.video.fps + _PACKET_US + _TICK_US
    for kind in kinds:
        streams = found.of(kind)
        if len(streams) != 1 or len(found.streams) != len(kinds):
            raise RenderError(f"{file.name} holds {len(streams)} {kind} streams of {len(found.streams)} instead of one")
        if abs(streams[0].end_us - recorded_us) > allowed_us:
            raise RenderError(
                f"{file.name}: its {kind} lasts {streams[0].end_us / 1e6:.3f} s "
                f"where {recorded_us / 1e6:.3f} s were recorded"
            )
    _check_sound(job, file, found.of("audio")[0])
    if file.role == "composite":
        _check_picture(job, file, found.of("video")[0], recorded_us)


def _check_sound(job: RenderJob, file: RenderedFile, sound: StreamProbe) -> None:
    with_video = "aac" if job.config.video.codec == "H264" else "vorbis"
    wanted = with_video if file.role == "composite" else _SOUND_FILES.get(Path(file.name).suffix)
    channels = 2 if job.config.audio.channel == "stereo" else 1
    if (sound.codec, sound.channels) != (wanted, channels):
        raise RenderError(
            f"{file.name} holds {sound.codec} of {sound.channels} channels instead of {wanted} of {channels}"
        )


def _check_picture(job: RenderJob, file: RenderedFile, picture: StreamProbe, recorded_us: int) -> None:
    wanted = job.config.video
    is_like = (picture.codec, picture.width, picture.height)
    if is_like != (_CODEC_NAMES[wanted.codec], wanted.width, wanted.height):
        raise RenderError(
            f"{file.name} holds {picture.codec} of {picture.width}x{picture.height} "
            f"instead of {wanted.codec} of {wanted.width}x{wanted.height}"
        )
    frames = max(1, -(-recorded_us * wanted.fps // 1_000_000))
    if picture.packets != frames:
        raise RenderError(f"{file.name} holds {picture.packets} pictures instead of {frames}")


def _ledger(work: Path) -> dict[str, Entry]:
    body = json.loads((work / LEDGER).read_bytes())
    return {name: Entry(**entry) for name, entry in body.items()}


def _damage(job: RenderJob, timeline: Timeline) -> list[str]:
    peers = recorded_peers(timeline, job.recording_id)
    found = [text for track in recorded_tracks(timeline, job).values() for text in track.stats.damage]
    for key in timeline.guessing(job.recording_id) if job.recording_id else ():
        if key.peer_id in peers:
            found.append(
                f"{peers[key.peer_id].name or key.peer_id} fell silent and is captured on for another recording: up to "
                f"4 KiB of {timeline.tracks[key].kind} sent right before that may come to the disk only later"
            )
    if timeline.damaged_events:
        found.append(f"{timeline.damaged_events} lines of the event log cannot be read")
    return found
