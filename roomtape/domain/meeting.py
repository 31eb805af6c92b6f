"""Owns the values around a meeting: app, preset, meeting, participant, and the sessions and peers of its live times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class App:
    """A tenant: meetings, presets and recordings belong to exactly one app, an app to one account.

    `recording_config` has the defaults of its recordings, in the shape of a meeting's.
    """

    id: str
    account_id: str
    name: str
    created_at: datetime
    recording_config: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Preset:
    """A named role. `body` has the public API's shape: config, permissions, ui."""

    id: str
    app_id: str
    name: str
    body: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    @property
    def permissions(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("permissions", {})
        return found

    @property
    def can_record(self) -> bool:
        return self.permissions.get("can_record") is True

    @property
    def hidden(self) -> bool:
        return self.recorder or self.permissions.get("hidden_participant") is True

    @property
    def recorder(self) -> bool:
        """Whether those who have this role are there to record: hidden, and nobody who would keep a meeting going."""
        return self.permissions.get("is_recorder") is True

    def may_produce(self, kind: str) -> bool:
        """Tell whether the role may publish `kind`: audio, video or screenshare."""
        media: dict[str, Any] = self.permissions.get("media", {})
        return bool(media.get(kind, {}).get("can_produce") == "ALLOWED")


class MeetingStatus(StrEnum):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


@dataclass(frozen=True)
class Meeting:
    """`options` holds the public API's other fields as given (persist_chat, ai_config, ...)."""

    id: str
    app_id: str
    title: str | None
    status: MeetingStatus
    record_on_start: bool
    keep_alive_s: float | None
    recording_config: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Participant:
    """Somebody who may join a meeting; becomes a peer each time that they do.

    `recorder_of` is the recording of a page for whose sake the server made this one; lists do not show it.
    """

    id: str
    meeting_id: str
    custom_participant_id: str
    name: str | None
    picture: str | None
    preset_name: str
    created_at: datetime
    updated_at: datetime
    recorder_of: str | None = None


class SessionStatus(StrEnum):
    LIVE = "LIVE"
    ENDED = "ENDED"


@dataclass(frozen=True)
class Session:
    """One live time of a meeting, from the first peer (or recording) to the last one's leaving plus keep-alive."""

    id: str
    app_id: str
    meeting_id: str
    title: str
    status: SessionStatus
    started_at: datetime
    ended_at: datetime | None
    empty_since: datetime | None
    live_participants: int
    max_concurrent_participants: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Peer:
    """One client of a participant in a session; it may leave and come back, and a participant may have several.

    `joined_at` and `left_at` are those of its present or last stay. Of the stays before that `first_joined_at` is when
    the first one began (None: there was none) and `before_s` how many seconds they lasted together.

    `sfu_session` and `sfu_handle` find the publisher again after a restart. `take` counts its captures, `capturing`
    tells whether one runs. `tracks` are the fields of `rooms.live.LiveTrack`. `transport` counts the media transports
    that it had before this one. `recorder`: it is hidden and does not count as somebody who is in.
    """

    id: str
    session_id: str
    participant_id: str
    custom_participant_id: str | None
    name: str
    picture: str | None
    preset_name: str
    hidden: bool
    joined_at: datetime
    left_at: datetime | None
    leave_reason: str | None
    sfu_session: int | None
    sfu_handle: int | None
    take: int
    capturing: bool
    tracks: tuple[dict[str, Any], ...] = ()
    transport: int = 0
    recorder: bool = False
    first_joined_at: datetime | None = None
    before_s: float = 0.0

    def seconds_in(self, now: datetime) -> float:
        """Return how long it was in, over all its stays, up to `now`."""
        return self.before_s + ((self.left_at or now) - self.joined_at).total_seconds()
