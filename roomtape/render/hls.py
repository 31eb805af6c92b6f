"""Owns the package of an interactive recording: MPEG-TS segments with tags, their playlist, and the tar of all of them.

The files lie plain in a folder beside the tar, which holds them under the folder's name (docs/interactive.md).
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from roomtape.capture.messages import Message
from roomtape.capture.values import Interval
from roomtape.domain import filenames
from roomtape.media import mux_ts
from roomtape.media.id3 import private_tag, text_tag
from roomtape.media.mux_ts import Tag
from roomtape.media.segment_nut import SegmentFormat
from roomtape.media.ts_packets import Counters
from roomtape.render.cut import Cut
from roomtape.render.job import sync_folder

SECONDS = 10
"""About so long is a segment of the package: as many of the composite's as come closest."""
ARCHIVE_TYPE, PLAYLIST_TYPE = "application/x-tar", "application/vnd.apple.mpegurl"
ROLE = "package"
"""Of a plain file; the tar is the composite."""
_VERSION = 6  # of the playlist format: EXT-X-INDEPENDENT-SEGMENTS (RFC 8216, section 7)
_MODE, _FOLDER_MODE = 0o644, 0o755


def tags(messages: Sequence[Message], intervals: Sequence[Interval]) -> list[Tag]:
    """Return the tags of messages that lie in the recorded intervals, on the output's clock, in order."""
    cut = Cut(intervals)
    made = []
    for message in messages:
        at_us = cut.at(message.t)
        if at_us is not None:
            made.append(Tag(at_us, _tag(message)))
    return made


def _tag(message: Message) -> bytes:
    if message.form == "bytes":
        return private_tag(message.name, message.data)
    return text_tag(message.name, message.data.decode("utf-8", "replace"))


def write_files(folder: Path, segments: Sequence[Path], form: SegmentFormat, told: Sequence[Tag]) -> None:
    """Write segments and playlist into `folder`, which is there with all of them or not at all.

    `segments` are the composite's, `told` the tags in order.
    """
    aside = folder.with_name(folder.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    counters, lengths = Counters(), []
    rest = iter(told)
    waiting = next(rest, None)
    group = max(1, round(SECONDS * form.fps / form.frames))
    for number, first in enumerate(range(0, len(segments), group)):
        sources = segments[first : first + group]
        after = segments[first + group] if first + group < len(segments) else None
        end_us = (first + group) * form.frames * 1_000_000 // form.fps
        own = []
        while waiting is not None and (after is None or waiting.at_us < end_us):
            own.append(waiting)
            waiting = next(rest, None)
        path = aside / _name(number)
        pictures = mux_ts.write(path, sources, after, form.fps, own, counters)
        lengths.append(pictures / form.fps)
        _sync(path)
    (aside / filenames.PLAYLIST).write_text(playlist(lengths), encoding="ascii")
    _sync(aside / filenames.PLAYLIST)
    sync_folder(aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.replace(folder)
    sync_folder(folder.parent)


def playlist(lengths: Sequence[float]) -> str:
    """Return a playlist (RFC 8216) of segments that last `lengths` seconds."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{max(1, round(max(lengths, default=0)))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for number, seconds in enumerate(lengths):
        lines += [f"#EXTINF:{seconds:.6f},", _name(number)]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def files_of(folder: Path) -> list[Path]:
    """Return the package's files in their order: the playlist, then the segments."""
    return [folder / filenames.PLAYLIST, *sorted(folder.glob("segment-*.ts"))]


def lengths_of(folder: Path) -> Iterator[float]:
    """Yield how long each segment is by the playlist, in s."""
    for line in (folder / filenames.PLAYLIST).read_text(encoding="ascii").splitlines():
        if line.startswith("#EXTINF:"):
            yield float(line.removeprefix("#EXTINF:").rstrip(","))


def write_archive(path: Path, folder: Path) -> None:
    """Write the tar of the package in `folder`: the same bytes for the same files, whenever and by whomever made.

    A name that is too long for a plain ustar (100 characters, 155 of folders) is in a pax header.
    """
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        top = tarfile.TarInfo(folder.name)
        top.type, top.mode = tarfile.DIRTYPE, _FOLDER_MODE
        archive.addfile(top, io.BytesIO())
        for file in files_of(folder):
            entry = tarfile.TarInfo(f"{folder.name}/{file.name}")
            entry.size, entry.mode = file.stat().st_size, _MODE
            with file.open("rb") as content:
                archive.addfile(entry, content)


def _name(number: int) -> str:
    return f"segment-{number:05}.ts"


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
