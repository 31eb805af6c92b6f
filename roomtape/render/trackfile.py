"""Owns one file of a track recording: it begins at the first frame that stands alone, and is named after that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from roomtape.capture.values import Frame, PeerSpan, TrackInfo, TrackKey
from roomtape.domain import filenames
from roomtape.domain.recording_config import Layer
from roomtape.errors import RenderError
from roomtape.media.remux import CONTENT_TYPES, Remuxer, extension
from roomtape.render.cut import Cut
from roomtape.render.job import RenderedFile


@dataclass(frozen=True)
class Entry:
    """What a track file must hold: its packets, the last one's time in the file and its end, in ms."""

    packets: int
    last_ms: int
    end_ms: int


class TrackFile:
    """One file to be: a track in a layer, the job's `index`-th. Until it is finished it lies at `path`."""

    def __init__(self, index: int, layer: Layer, peer: PeerSpan, info: TrackInfo, path: Path) -> None:
        self._path = path
        self._layer, self._peer, self._info = layer, peer, info
        self._index = index
        self._remuxer: Remuxer | None = None
        self._zero_us = 0  # output time of the first frame
        self._last_ms = 0
        self.first_us = 0  # session time of the first frame

    @property
    def begun(self) -> bool:
        """Tell whether there is anything to finish."""
        return self._remuxer is not None

    @property
    def order(self) -> tuple[int, int, TrackKey]:
        """Key by which the files of a job are sorted."""
        return self._index, self.first_us, self._info.key

    def take(self, frames: Iterable[Frame], cut: Cut) -> None:
        """Add those of the track's next frames that lie inside the cut."""
        for frame in frames:
            at = cut.at(frame.time_us, frame.duration_us)
            if at is None or not frame.data:
                continue
            if self._remuxer is None:
                self._begin(frame, at)
            else:
                self._last_ms = self._remuxer.write(at - self._zero_us, frame.duration_us, frame.data, frame.keyframe)

    def _begin(self, frame: Frame, at: int) -> None:
        if not frame.keyframe:
            return
        remuxer = Remuxer(self._path, self._info.codec, frame.time_us)
        try:
            remuxer.write(0, frame.duration_us, frame.data, True)
        except RenderError:
            remuxer.discard()  # a damaged keyframe: the next one is the beginning
            return
        self._remuxer, self._zero_us, self.first_us = remuxer, at, frame.time_us

    def finish(self, out: Path, taken: set[str]) -> tuple[RenderedFile, Entry]:
        """Complete the file and move it into `out` under a name that is not in `taken`, which gets it."""
        assert self._remuxer is not None
        self._remuxer.finish()
        ending = extension(self._info.codec)
        name = self._name(self.first_us // 1000, ending, taken)
        target = out / name
        self._path.replace(target)
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        rendered = RenderedFile(
            name=name,
            role="track",
            content_type=CONTENT_TYPES[self._info.kind, ending],
            size=target.stat().st_size,
            sha256=digest,
            duration_ms=self._remuxer.end_ms,
            start_us=self.first_us,
            layer=self._layer.name,
            peer_id=self._peer.peer_id,
        )
        return rendered, Entry(self._remuxer.packets, self._last_ms, self._remuxer.end_ms)

    def _name(self, unix_ms: int, ending: str, taken: set[str]) -> str:
        user = self._peer.custom_participant_id or self._peer.participant_id
        while True:  # two tracks of one peer and source may begin in the same millisecond
            name = filenames.track(
                self._layer.file_name_prefix,
                user,
                self._peer.peer_id,
                self._info.source,
                self._info.kind,
                unix_ms,
                ending,
            )
            if name not in taken:
                taken.add(name)
                return name
            unix_ms += 1

    def discard(self) -> None:
        """Give the file up; after `finish` it does nothing."""
        if self._remuxer is not None:
            self._remuxer.discard()
