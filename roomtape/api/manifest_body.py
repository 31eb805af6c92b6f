"""Owns the shape of a recording's manifest as callers get it; docs/manifest.md tells what it means."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from roomtape.capture.values import GapCause


class _Exact(BaseModel):
    """Nothing may be in a manifest that is not described here."""

    model_config = ConfigDict(extra="forbid")


class Span(_Exact):
    """A stretch: in µs since the Unix epoch, and in ms of output time, where pauses are cut out."""

    start_us: int
    end_us: int
    from_ms: int
    to_ms: int


class Gap(Span):
    """A stretch of a track without media."""

    cause: GapCause
    lost_packets: int


class Software(_Exact):
    name: Literal["roomtape"]
    version: str


class Renamed(_Exact):
    at_us: int
    name: str


class ManifestParticipant(_Exact):
    peer_id: str
    participant_id: str
    custom_participant_id: str | None
    name: str
    renamed: list[Renamed]
    presence: list[Span]


class Captured(_Exact):
    """What lies on disk of a track. `late_packets` came after they were given up; `lost_packets` never came."""

    packets: int
    lost_packets: int
    late_packets: int
    duplicate_packets: int
    loss_percent: float
    frames: int
    incomplete_frames: int
    bytes: int


class Sync(_Exact):
    """How far media were placed from where they should lie, as known afterwards, in ms; None without media."""

    p95_ms: float | None
    max_ms: float | None
    drift_ppm: float | None
    jumps: int


class ManifestTrack(_Exact):
    """`decoded` counts what rendering met, None for what was not decoded."""

    peer_id: str
    mindex: int
    kind: Literal["audio", "video"]
    source: Literal["peer", "screenshare"]
    codec: str | None
    first_us: int | None
    last_us: int | None
    captured: Captured
    sync: Sync
    decoded: dict[str, int] | None
    muted: list[Span]
    gaps: list[Gap]
    damage: list[str]


class Seen(_Exact):
    peer_id: str
    source: Literal["peer", "screenshare"]


class LayoutChange(_Exact):
    at_us: int
    at_ms: int
    layout: str
    large: list[Seen]
    shown: list[Seen]
    hidden: int


class ManifestFile(_Exact):
    name: str
    role: Literal["composite", "audio", "track", "package"]
    content_type: str
    size: int
    sha256: str
    start_us: int
    duration_ms: int
    layer: str | None
    peer_id: str | None


class MessageTold(_Exact):
    """A message that became a tag; `size` in bytes, `peer_id` None for one that a back end sent."""

    at_us: int
    at_ms: int
    name: str
    form: Literal["text", "bytes"]
    size: int
    origin: Literal["broadcast", "api", "page"]
    peer_id: str | None


class ManifestMessages(_Exact):
    """The messages of an interactive recording: how many, and the first thousands of them."""

    count: int
    told: list[MessageTold]


class PageTrouble(_Exact):
    """Something that happened to the page; `back_…` is when it was shown again, None if never, or if it stayed."""

    at_us: int
    at_ms: int
    what: str
    detail: str
    back_us: int | None
    back_ms: int | None


class ManifestPage(_Exact):
    """The recorded page; `gaps` are the stretches in which no picture of it came."""

    address: str | None
    happened: list[PageTrouble]
    gaps: list[Gap]


class Manifest(_Exact):
    """What a recording was made from."""

    version: int
    software: Software
    recording_id: str | None
    kind: Literal["COMPOSITE", "TRACK"]
    session_id: str | None
    meeting_id: str | None
    title: str | None
    start_us: int
    end_us: int
    duration_ms: int
    intervals: list[Span]
    server_down: list[Span]
    made: dict[str, Any]
    page: ManifestPage | None
    participants: list[ManifestParticipant]
    tracks: list[ManifestTrack]
    layout: list[LayoutChange]
    messages: ManifestMessages | None
    files: list[ManifestFile]
    warnings: list[str]


class ManifestAnswer(BaseModel):
    success: Literal[True]
    data: Manifest
