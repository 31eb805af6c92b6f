"""Owns the life of a recording: its states, the steps between them, and who caused a start or a stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from roomtape.domain import filenames
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Conflict


class Status(StrEnum):
    """The states as the public API spells them."""

    INVOKED = "INVOKED"
    RECORDING = "RECORDING"
    PAUSED = "PAUSED"
    UPLOADING = "UPLOADING"
    UPLOADED = "UPLOADED"
    ERRORED = "ERRORED"


class Step(StrEnum):
    """What can happen to a recording."""

    CONFIRM = "confirm"  # the SFU has confirmed that packets are being written
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    DELIVER = "deliver"  # every file is verified and lies in its bucket
    FAIL = "fail"  # nothing at all could be saved
    REDELIVER = "redeliver"  # the own bucket has it; the storage that had not taken it is tried again


LIFECYCLE: dict[tuple[Status, Step], Status] = {
    (Status.INVOKED, Step.CONFIRM): Status.RECORDING,
    (Status.INVOKED, Step.STOP): Status.UPLOADING,
    (Status.INVOKED, Step.FAIL): Status.ERRORED,
    (Status.RECORDING, Step.PAUSE): Status.PAUSED,
    (Status.RECORDING, Step.STOP): Status.UPLOADING,
    (Status.RECORDING, Step.FAIL): Status.ERRORED,
    (Status.PAUSED, Step.RESUME): Status.RECORDING,
    (Status.PAUSED, Step.STOP): Status.UPLOADING,
    (Status.PAUSED, Step.FAIL): Status.ERRORED,
    (Status.UPLOADING, Step.DELIVER): Status.UPLOADED,
    (Status.UPLOADING, Step.FAIL): Status.ERRORED,
    (Status.UPLOADED, Step.REDELIVER): Status.UPLOADING,
}

ASKED = frozenset({Step.PAUSE, Step.RESUME, Step.STOP})
"""What callers ask for; the other steps are the server's own."""

_OVER = {Status.UPLOADING: "it has been stopped", Status.UPLOADED: "it is finished", Status.ERRORED: "it has failed"}

ACTIVE = frozenset({Status.INVOKED, Status.RECORDING, Status.PAUSED})
"""States in which a recording is live: it has neither been stopped nor failed."""


def advance(status: Status, step: Step) -> Status:
    """Return the state after `step`.

    Raises Conflict, naming the state and what callers can do in it, when the table has no such step.
    """
    after = LIFECYCLE.get((status, step))
    if after is None:
        possible = sorted(s.value for (state, s) in LIFECYCLE if state is status and s in ASKED)
        hint = _OVER.get(status) or f"possible now: {', '.join(possible)}"
        raise Conflict(f"a recording that is {status.value} cannot {step.value}; {hint}")
    return after


class Kind(StrEnum):
    """What a recording makes."""

    COMPOSITE = "COMPOSITE"
    TRACK = "TRACK"


class StartCause(StrEnum):
    """`start_reason.reason` of the public API."""

    API_CALL = "API_CALL"
    RECORD_ON_START = "RECORD_ON_START"


class StopCause(StrEnum):
    """`stop_reason.reason` of the public API.

    Reaching `max_seconds` counts as API_CALL by the caller who set that limit; the API has no value of its own for it.
    """

    API_CALL = "API_CALL"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    ALL_PEERS_LEFT = "ALL_PEERS_LEFT"


class CallerType(StrEnum):
    ORGANIZATION = "ORGANIZATION"
    USER = "USER"


@dataclass(frozen=True)
class Caller:
    """Who asked: an organization by its API token, or a participant by name and id."""

    type: CallerType
    name: str
    user_id: str


@dataclass(frozen=True)
class Recording:
    """A recording's row. `download` and `audio_download` say where in the bucket the files lie, None until UPLOADED.

    For tracks `download` is a list of layers: `{layer_name, paths: {file name: path}}`.

    `error` and `warnings` are sentences for a human. `duration_ms` leaves pauses out.
    """

    id: str
    app_id: str
    meeting_id: str
    session_id: str
    kind: Kind
    status: Status
    config: RecordingConfig
    allow_multiple: bool
    output_file_name: str
    invoked_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None
    start_cause: StartCause
    start_caller: Caller | None
    stop_cause: StopCause | None
    stop_caller: Caller | None
    duration_ms: int | None
    file_size: int | None
    download: Any
    audio_download: str | None
    expires_at: datetime | None
    expired: bool
    error: str | None
    warnings: tuple[str, ...]

    @property
    def of_page(self) -> bool:
        """Whether it records a web page instead of the meeting's participants."""
        return self.config.page_url is not None

    @property
    def links_until(self) -> datetime | None:
        """When its links end or ended; None where there are none, though the bucket may have what is to leave it."""
        return self.expires_at if self.expired or self.has_links else None

    @property
    def has_links(self) -> bool:
        """Whether the own bucket has files of it that are to be there."""
        return self.download is not None or self.audio_download is not None

    @property
    def bucket_folder(self) -> str:
        """Where in the bucket its files lie."""
        return f"{self.app_id}/{self.id}"

    @property
    def manifest_path(self) -> str:
        """Where in the bucket its manifest lies once it is UPLOADED."""
        composed = self.output_file_name if self.kind is Kind.COMPOSITE else ""
        return f"{self.bucket_folder}/{filenames.manifest(composed, self.id)}"
