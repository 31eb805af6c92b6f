"""Owns the names of everything inside a capture folder, and how a `.mjr` file's name says what it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from roomtape.capture.events import MediaKind

EVENTS = "events.jsonl"
ASSETS = "assets"
"""Folder for what a render needs besides media: watermarks and pictures. Names in it are never a caller's."""
_MJR = re.compile(r"(?P<base>.+)-(?P<kind>audio|video)-(?P<mindex>\d+)\.mjr", re.ASCII)
_LATER_TRANSPORT = re.compile(r".+-\d+\.(?P<transport>\d+)", re.ASCII)
TRANSPORT_STRIDE = 1000
"""A peer's second, third... media transport counts its m-lines from 1000, 2000... on, so that none means two tracks."""


@dataclass(frozen=True)
class TrackFile:
    """A `.mjr` file by its name: `<base>-<kind>-<m-line>.mjr`, as Janus VideoRoom names the files of one take.

    `mindex` is the event log's: of a peer's later media transport, which its base tells, it is more than in the name.
    """

    path: Path
    base: str
    kind: MediaKind
    mindex: int


def capture_dir(data_dir: Path, session_id: str) -> Path:
    """Folder of one session's capture log."""
    return data_dir / "capture" / session_id


def take_base(peer_id: str, take: int, transport: int = 0) -> str:
    """Common beginning of the names of the files of one take of one peer; `take` counts from 1.

    `transport` counts the media transports that the peer had before this one.
    """
    return f"{peer_id}-{take}.{transport}" if transport else f"{peer_id}-{take}"


def track_path(folder: Path, base: str, kind: MediaKind, mindex: int) -> Path:
    """Where the SFU writes an m-line of a take; `mindex` is the event log's."""
    return folder / f"{base}-{kind}-{mindex % TRANSPORT_STRIDE}.mjr"


def track_files(folder: Path) -> list[TrackFile]:
    """Return the track files that lie in `folder` now, sorted by name; other names are left out."""
    found = []
    for path in sorted(folder.glob("*.mjr")):
        match = _MJR.fullmatch(path.name)
        if match:
            kind = cast("MediaKind", match["kind"])
            later = _LATER_TRANSPORT.fullmatch(match["base"])
            offset = int(later["transport"]) * TRANSPORT_STRIDE if later else 0
            found.append(TrackFile(path, match["base"], kind, offset + int(match["mindex"])))
    return found


_FOREIGN = re.compile(r"(?P<base>.+?)-(?P<kind>audio|video)", re.ASCII)


def foreign_track_file(path: Path) -> TrackFile:
    """Return what a `.mjr` file is by a name that Roomtape did not choose.

    Other Janus plugins write `<base>-audio.mjr`, or no kind at all, which then counts as audio.
    """
    match = _MJR.fullmatch(path.name)
    if match:
        return TrackFile(path, match["base"], cast("MediaKind", match["kind"]), int(match["mindex"]))
    match = _FOREIGN.fullmatch(path.stem)
    if match is None:
        return TrackFile(path, path.stem, "audio", 0)
    kind = cast("MediaKind", match["kind"])
    return TrackFile(path, match["base"], kind, 0 if kind == "audio" else 1)
