"""Owns the segments of a composite on disk: which are whole, and how one becomes whole at once or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from roomtape.capture.values import TrackKey
from roomtape.render.child import hold
from roomtape.render.findings import Findings, LayoutChange

SECONDS = 4
"""Length of a segment. It is what a killed render loses at most; longer ones compress little better (a keyframe costs
about as much as half a second of talking heads), shorter ones make players seek and the joining work more."""

Place = Sequence[int]
"""Numbers that say which session time a segment shows and sounds; equal ones, the same time."""


class Segments:
    """The folder of a recording's segments. A file under its final name is whole: it was written aside and synced."""

    def __init__(self, folder: Path, seconds: int = SECONDS) -> None:
        self._folder = folder
        self.seconds = seconds
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def folder(self) -> Path:
        """Where they lie, and whatever goes when they go."""
        return self._folder

    def path(self, index: int) -> Path:
        """Return where segment `index` (from 0) lies or will lie."""
        return self._folder / f"seg-{index:06}.nut"

    def whole(self, index: int) -> bool:
        """Tell whether segment `index` is there."""
        return self.path(index).exists()

    def missing(self, count: int) -> list[int]:
        """Return which of the first `count` segments are not whole, in order."""
        there = {entry.name for entry in os.scandir(self._folder)}
        return [index for index in range(count) if self.path(index).name not in there]

    def claim(self, index: int) -> AbstractContextManager[bool]:
        """Hold segment `index` for this process; yields False where another one makes it. Death lets go of it."""
        return hold(self.path(index).with_suffix(".claim"))

    def make(self, index: int, write: Callable[[Path], None]) -> None:
        """Let `write` write segment `index`, unless it is whole already."""
        if not self.whole(index):
            publish(self.path(index), write)

    def note(self, index: int, guesses: Mapping[TrackKey, int]) -> None:
        """Keep what segment `index` was made of where that was a guess: track → a number that stands for its media.

        To be called before the segment is there under its name. Without guesses an older note is removed.
        """
        path = self._note(index)
        if guesses:
            body = json.dumps([[key.peer_id, key.mindex, digest] for key, digest in guesses.items()])
            publish(path, lambda out: out.write_text(body))
        else:
            path.unlink(missing_ok=True)

    def notes(self) -> dict[int, dict[TrackKey, int]]:
        """Return the notes of all segments that are there, in order."""
        found = {}
        for path in sorted(self._folder.glob("seg-*.guess")):
            index = int(path.stem.removeprefix("seg-"))
            if self.whole(index):
                found[index] = {TrackKey(peer_id, mindex): d for peer_id, mindex, d in json.loads(path.read_bytes())}
        return found

    def find(self, index: int, findings: Findings, place: Place = ()) -> None:
        """Keep what the making of segment `index` found out, and its place; the segment itself comes after this."""
        body = json.dumps({**findings.to_json(), "place": place})
        publish(self._findings(index), lambda out: out.write_text(body))

    def places(self) -> dict[int, Place]:
        """Return the places of all segments that are there, in order."""
        found: dict[int, Place] = {}
        for path in sorted(self._folder.glob("seg-*.found")):
            index = int(path.stem.removeprefix("seg-"))
            if self.whole(index):
                found[index] = tuple(json.loads(path.read_bytes())["place"])
        return found

    def findings(self) -> Findings:
        """Return what the making of all segments that are there found out: changes in order, counts added up."""
        layout: list[LayoutChange] = []
        counts: dict[TrackKey, Counter[str]] = {}
        for path in sorted(self._folder.glob("seg-*.found")):
            if not path.with_suffix(".nut").exists():
                continue
            found = Findings.from_json(json.loads(path.read_bytes()))
            for change in found.layout:
                if not layout or replace(change, at_us=layout[-1].at_us) != layout[-1]:
                    layout.append(change)
            for key, numbers in (found.counts or {}).items():
                counts.setdefault(key, Counter()).update(numbers)
        return Findings(tuple(layout), {key: dict(numbers) for key, numbers in sorted(counts.items())})

    def drop(self, indices: Iterable[int]) -> None:
        """Remove segments; their notes go when they are made anew."""
        for index in indices:
            self.path(index).unlink(missing_ok=True)

    def _note(self, index: int) -> Path:
        return self.path(index).with_suffix(".guess")

    def _findings(self, index: int) -> Path:
        return self.path(index).with_suffix(".found")

    def remove(self) -> None:
        """Remove all segments."""
        shutil.rmtree(self._folder, ignore_errors=True)


def publish(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` write a file that appears as `path` only when all of it is on the disk.

    What `write` raises is passed on; `path` is then as it was.
    """
    aside = path.with_name(path.name + ".part")
    try:
        write(aside)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        # On a full disk the half file would be in the way of whatever could still be saved.
        aside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
