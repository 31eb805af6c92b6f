"""Owns the sound that has to be encoded in one go (Vorbis): it grows with the segments, and is made anew if need be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from roomtape.media import encode_flac, segment_nut
from roomtape.media.encode_vorbis import VorbisWriter


class ContinuousSound:
    """An Ogg file in `folder`, made of the FLAC in the segments; one process at a time makes it.

    A live render hands each segment over as it becomes whole, so that nothing is left to do after the stop. What the
    file was made of is remembered; a process that was started anew, or a segment that was, makes it be encoded again.
    """

    def __init__(self, folder: Path, channels: int) -> None:
        self._path = folder / "sound.ogg"
        self._channels = channels
        self._writer: VorbisWriter | None = None
        self._taken: list[tuple[int, int, int]] = []

    def took(self, index: int, segment: Path) -> None:
        """Go on with segment `index`, which is whole; one that is not the next one is left for `finish`."""
        if index != len(self._taken):
            return
        if self._writer is None:
            self._writer = VorbisWriter(self._path, self._channels)
        identity = _identity(segment)
        with segment_nut.open_for_reading(segment) as source:
            self._writer.write(encode_flac.decode(source))
        self._taken.append(identity)

    def finish(self, segments: Sequence[Path]) -> Path:
        """Return the Ogg file of all `segments`, complete."""
        if self._taken != [_identity(segment) for segment in segments[: len(self._taken)]]:
            self._drop()
        for index in range(len(self._taken), len(segments)):
            self.took(index, segments[index])
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        return self._path

    def _drop(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        self._taken.clear()


def _identity(segment: Path) -> tuple[int, int, int]:
    found = segment.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
