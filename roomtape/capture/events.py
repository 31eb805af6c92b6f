"""Owns the vocabulary of a session's event log: every event, its fields, and its one-line JSON form.

Times (`t`) are wall-clock microseconds since the Unix epoch, the same clock that Janus puts into the `u` of a
`.mjr` header. See docs/capture-log.md.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal

MediaKind = Literal["audio", "video"]
StreamKind = Literal["peer", "screenshare"]


@dataclass(frozen=True)
class Event:
    """Base of all events; `t` is when it happened, in µs since the Unix epoch."""

    NAME: ClassVar[str] = ""
    t: int


@dataclass(frozen=True)
class SessionStarted(Event):
    NAME = "session_started"
    session_id: str
    meeting_id: str
    title: str


@dataclass(frozen=True)
class SessionEnded(Event):
    NAME = "session_ended"


@dataclass(frozen=True)
class PeerJoined(Event):
    """A participant came in. One participant may be several peers, one after another or at once."""

    NAME = "peer_joined"
    peer_id: str
    participant_id: str
    custom_participant_id: str | None
    name: str
    picture: str | None = None
    hidden: bool = False


@dataclass(frozen=True)
class PeerLeft(Event):
    """`reason`: left, kicked, media_lost, sfu_lost, server_down or session_ended."""

    NAME = "peer_left"
    peer_id: str
    reason: str


@dataclass(frozen=True)
class PeerRenamed(Event):
    NAME = "peer_renamed"
    peer_id: str
    name: str


@dataclass(frozen=True)
class TrackPublished(Event):
    """`mindex` is the m-line index in the publisher's SDP; it ends the name of the track's `.mjr` file.

    `audio_level_id` (RFC 6464), `orientation_id` (3GPP TS 26.114, 7.4.5) and `capture_time_id` (abs-capture-time) are
    the ids under which the packets on disk carry these header extensions, None where they do not.
    """

    NAME = "track_published"
    peer_id: str
    mindex: int
    kind: MediaKind
    source: StreamKind
    codec: str
    audio_level_id: int | None = None
    orientation_id: int | None = None
    capture_time_id: int | None = None


@dataclass(frozen=True)
class TrackUnpublished(Event):
    NAME = "track_unpublished"
    peer_id: str
    mindex: int


@dataclass(frozen=True)
class TrackMuted(Event):
    NAME = "track_muted"
    peer_id: str
    mindex: int


@dataclass(frozen=True)
class TrackUnmuted(Event):
    NAME = "track_unmuted"
    peer_id: str
    mindex: int


@dataclass(frozen=True)
class TakeStarted(Event):
    """The SFU was told to write the peer's packets to `<base>-<kind>-<mindex>.mjr` and agreed."""

    NAME = "take_started"
    peer_id: str
    base: str


@dataclass(frozen=True)
class TakeStopped(Event):
    """The files of `base` get no more packets."""

    NAME = "take_stopped"
    peer_id: str
    base: str


@dataclass(frozen=True)
class RecordingStarted(Event):
    """`user_ids` is the recording's allowlist, None for everybody. `page`: it is of a page, brought by hidden peers."""

    NAME = "recording_started"
    recording_id: str
    user_ids: tuple[str, ...] | None = None
    page: bool = False


@dataclass(frozen=True)
class RecordingPaused(Event):
    NAME = "recording_paused"
    recording_id: str


@dataclass(frozen=True)
class RecordingResumed(Event):
    NAME = "recording_resumed"
    recording_id: str


@dataclass(frozen=True)
class RecordingStopped(Event):
    NAME = "recording_stopped"
    recording_id: str


@dataclass(frozen=True)
class PeerPictured(Event):
    """The peer's picture has been fetched into the file `file` of the capture's `assets` folder."""

    NAME = "peer_pictured"
    peer_id: str
    file: str


@dataclass(frozen=True)
class WatermarkStored(Event):
    """The recording's watermark has been fetched into the file `file` of the capture's `assets` folder."""

    NAME = "watermark_stored"
    recording_id: str
    file: str


@dataclass(frozen=True)
class WatermarkMissing(Event):
    """The recording is made without its watermark; `reason` says why."""

    NAME = "watermark_missing"
    recording_id: str
    reason: str


@dataclass(frozen=True)
class PageHappened(Event):
    """Something happened to the page that the recording shows. `what`: one of `browser.journal`'s words, such as
    crashed, hung, blank, back, navigated, refused; `detail` is a sentence or an address without its query."""

    NAME = "page_happened"
    recording_id: str
    what: str
    detail: str = ""


@dataclass(frozen=True)
class MessageSent(Event):
    """A message that becomes a tag in interactive recordings: `data` is text, or bytes in base64 (`form`).

    `recording_id` None: it was broadcast in the meeting by `peer_id`, and counts for every interactive recording that
    runs. `origin`: `broadcast` by a client, `api` for one recording, `page` as a recorded page forwarded it.
    """

    NAME = "message_sent"
    name: str
    data: str
    form: Literal["text", "bytes"] = "text"
    peer_id: str | None = None
    recording_id: str | None = None
    origin: Literal["broadcast", "api", "page"] = "broadcast"


@dataclass(frozen=True)
class ServerRecovered(Event):
    """The server is back after a crash; what it would have noticed since `down_since` (µs) may be missing."""

    NAME = "server_recovered"
    down_since: int


_TYPES: dict[str, type[Event]] = {cls.NAME: cls for cls in Event.__subclasses__()}


def dump(event: Event) -> bytes:
    """Return the event as one line of JSON in UTF-8, newline included."""
    body: dict[str, Any] = {"e": event.NAME, **asdict(event)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def parse(line: bytes) -> Event | None:
    """Return the event in `line`; None if its name is unknown (written by a newer version) or the line is damaged.

    Unknown fields are ignored, so that an older reader can read a newer log.
    """
    try:
        body = json.loads(line)
        kind = _TYPES.get(body["e"])
        if kind is None:
            return None
        known = {f.name for f in fields(kind)}
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in body.items() if k in known}
        return kind(**values)
    except (ValueError, KeyError, TypeError):
        return None
