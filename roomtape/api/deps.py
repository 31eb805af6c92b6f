"""Owns what the API is given to work with, and how a request gets at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends, Request

from roomtape.capture.events import MessageSent
from roomtape.db.database import Database
from roomtape.domain.meeting import App, Meeting
from roomtape.domain.recording import Caller, Kind, Recording, StartCause, StopCause
from roomtape.domain.recording_config import RecordingConfig
from roomtape.domain.storage_config import StorageConfig
from roomtape.rooms.service import Rooms
from roomtape.rooms.tokens import TokenIssuer
from roomtape.settings import Settings
from roomtape.storage.chatfiles import ChatFiles
from roomtape.storage.port import Bucket


class RecordingControl(Protocol):
    """What the API asks of recordings (`recordings.service.Recordings`)."""

    async def start(
        self,
        app: App,
        meeting: Meeting,
        config: RecordingConfig,
        kind: Kind,
        *,
        allow_multiple: bool,
        cause: StartCause,
        caller: Caller | None,
    ) -> Recording:
        """Start a recording. Raises Conflict, SfuError, StorageError."""

    async def pause(self, recording_id: str) -> Recording:
        """Raises Conflict, StorageError."""

    async def resume(self, recording_id: str) -> Recording:
        """Raises Conflict, SfuError, StorageError."""

    async def stop(self, recording_id: str, *, cause: StopCause, caller: Caller | None) -> Recording:
        """Raises Conflict."""


class Streams(Protocol):
    """What the API asks of live streams (`recordings.rtmp.RtmpStreams`)."""

    def check(self, url: str, where: str) -> None:
        """Refuse an address that can lead nowhere. Raises InvalidRequest for the field `where`."""

    def state(self, recording: Recording) -> dict[str, Any] | None:
        """Return `{state, since, error, sent_s}`, None for a recording that is not streamed."""


class Pages(Protocol):
    """What the API asks of the addresses of recorded pages (`recordings.page_url.Addresses`)."""

    async def check(self, url: str, where: str) -> None:
        """Refuse a page that must not be opened or is not found. Raises InvalidRequest, DestinationError."""


class Webhooks(Protocol):
    """What the API asks of the telling of webhooks (`webhooks.dispatch.Dispatcher`)."""

    public_key: str
    patience: timedelta

    def check(self, url: str) -> None:
        """Refuse a URL where plainly nothing can be sent. Raises InvalidRequest for the field `url`."""

    def wake(self) -> None:
        """Look at once for what is due."""


class Deliveries(Protocol):
    """What the API asks of the external storages (`recordings.delivery.Delivery`)."""

    def check(self, storage: StorageConfig) -> None:
        """Refuse a storage that can lead nowhere. Raises InvalidRequest."""

    async def test(self, storage: StorageConfig) -> str | None:
        """Write, read and delete a small object there; return None, or in a sentence what failed."""

    async def correct(self, recording_id: str, storage: StorageConfig) -> Recording:
        """Let a recording go to another storage, now. Raises InvalidRequest, Conflict."""


class Messages(Protocol):
    """What the API asks of the messages to interactive recordings (`recordings.messages.Messages`)."""

    async def send(self, recording: Recording, form: Literal["text", "bytes"], data: str) -> MessageSent:
        """Give a recording a message; bytes are in base64. Raises Conflict, StorageError."""


@dataclass(frozen=True)
class Deps:
    """Everything that the routes use. `routers` are further doors, such as WHIP.

    `ready` tells the state of each part by name, for example `{"janus": "ok"}`; whatever is not `ok` makes the whole
    server unready. `renders` tells how many renders are running and how many wait. `may_wait` is as `ready`, for parts
    without which the server works all the same, such as a bucket that is away.
    """

    settings: Settings
    db: Database
    rooms: Rooms
    recordings: RecordingControl
    issuer: TokenIssuer
    bucket: Bucket
    chat_files: ChatFiles
    streams: Streams
    deliveries: Deliveries
    webhooks: Webhooks
    messages: Messages
    pages: Pages
    ready: Callable[[], dict[str, Any]]
    routers: tuple[APIRouter, ...] = ()
    renders: Callable[[], tuple[int, int]] = lambda: (0, 0)
    may_wait: Callable[[], dict[str, str]] = dict


def deps_of(request: Request) -> Deps:
    """Return the dependencies that `create_app` was given."""
    found: Deps = request.app.state.deps
    return found


FromDeps = Annotated[Deps, Depends(deps_of)]
