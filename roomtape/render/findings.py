"""Owns what only the rendering of a composite finds out: who was to be seen when, and what was damaged or concealed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from roomtape.capture.events import StreamKind
from roomtape.capture.values import TrackKey
from roomtape.render.job import write_json

NAME = "findings.json"


@dataclass(frozen=True)
class Seen:
    """A tile: whose, and whether it is the camera (or avatar) or the screen."""

    peer_id: str
    source: StreamKind


@dataclass(frozen=True)
class LayoutChange:
    """From `at_us` of session time on the picture is `layout` (grid, speaker, single_speaker, screen): `large` are the
    tiles in the large places, `shown` all tiles in their order; `hidden` counts those there is no room for."""

    at_us: int
    layout: str
    large: tuple[Seen, ...]
    shown: tuple[Seen, ...]
    hidden: int = 0


@dataclass(frozen=True)
class Findings:
    """`counts` has a track's numbers by their name, such as `damaged_frames`; empty for what renders no composite."""

    layout: tuple[LayoutChange, ...] = ()
    counts: dict[TrackKey, dict[str, int]] | None = None

    def write(self, work: Path) -> None:
        """Write `findings.json` into `work`; to be done before the files are complete."""
        write_json(work / NAME, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `from_json` gives back equal findings."""
        counts = [[key.peer_id, key.mindex, numbers] for key, numbers in (self.counts or {}).items()]
        return {"layout": [asdict(change) for change in self.layout], "counts": counts}

    @staticmethod
    def read(work: Path) -> Findings:
        """Return the findings in `work`, empty ones when there are none."""
        try:
            return Findings.from_json(json.loads((work / NAME).read_bytes()))
        except FileNotFoundError:
            return Findings()

    @staticmethod
    def from_json(body: dict[str, Any]) -> Findings:
        """Inverse of `to_json`."""
        changes = tuple(
            LayoutChange(
                change["at_us"],
                change["layout"],
                tuple(Seen(**seen) for seen in change["large"]),
                tuple(Seen(**seen) for seen in change["shown"]),
                change["hidden"],
            )
            for change in body["layout"]
        )
        return Findings(changes, {TrackKey(peer, mindex): numbers for peer, mindex, numbers in body["counts"]})
