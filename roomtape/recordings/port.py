"""Owns what recordings ask of rooms and of the render runner; `rooms.service.Rooms` and `RenderRunner` offer it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from roomtape.capture.events import Event
from roomtape.domain.meeting import Meeting
from roomtape.render.job import RenderResult
from roomtape.rooms.live import LiveSession
from roomtape.sfu.port import Handle


class Rooms(Protocol):
    """The live sessions."""

    sessions: dict[str, LiveSession]

    def of_meeting(self, meeting_id: str) -> LiveSession | None:
        """Return the meeting's live session, or None."""

    async def open(self, meeting: Meeting) -> LiveSession:
        """Return the meeting's live session, a new one if there is none. Raises SfuError, StorageError."""

    async def capture(self, session: LiveSession, peer_id: str, on: bool) -> None:
        """Switch the writing of a peer's packets. Raises SfuError, StorageError."""

    async def request_keyframe(self, handle: Handle, mid: str) -> None:
        """Ask a publisher for a keyframe of the video track at `mid`. Raises SfuError."""

    def hold(self, session: LiveSession, who: str) -> None:
        """Keep the session from ending until `let_go`."""

    async def let_go(self, session: LiveSession, who: str) -> None:
        """Hold the session no longer; one that is empty is given its time anew."""

    async def kick(self, session: LiveSession, peer_ids: list[str]) -> None:
        """Put peers out of the session."""

    async def note(self, session: LiveSession, *events: Event) -> None:
        """As `log`, but what cannot be written now is kept until it can be."""

    async def log(self, session: LiveSession, *events: Event) -> None:
        """Append to the session's event log, durably. Raises StorageError."""

    def jot(self, session: LiveSession, *events: Event) -> None:
        """Have events appended soon, before whatever is logged after this call."""


class Runner(Protocol):
    """The render processes, one for each work folder."""

    async def run(self, work: Path) -> RenderResult:
        """Start or join the render of `work`; return its result. Raises RenderError."""

    def start_following(self, work: Path) -> None:
        """Start the render of a recording that is still running, in the background."""
