"""Owns one request of a client while it is answered: what was asked, by whom, and how answers and errors look."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

from roomtape.errors import Conflict, Forbidden, InvalidRequest, NotFound, RoomtapeError, SfuError
from roomtape.rooms.realtimekit import codec, events
from roomtape.rooms.realtimekit.actions import Action, Do, Send, Work
from roomtape.rooms.realtimekit.events import Media
from roomtape.rooms.realtimekit.member import Member
from roomtape.rooms.realtimekit.room import Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

M = TypeVar("M", bound=Message)

_REBUILD = "Backend error"
_RECEIVING = frozenset({Media.CONSUME, Media.RENEGOTIATE_SESSION_DESCRIPTION, Media.CLOSE_CONSUMER})


@dataclass(slots=True)
class Ask(Generic[M]):
    """A request; `message` is decoded, `now_ms` is the wall clock in ms since the Unix epoch."""

    room: Room
    member: Member
    event: int
    id: str
    message: M
    now_ms: int

    def reply(self, message: Message | None = None, event: int | None = None) -> list[Action]:
        """Return the answer: the request's event and id."""
        return [Send(self.member.peer_id, codec.encode(self.event if event is None else event, message, self.id))]

    def error(self, error: RoomtapeError) -> list[Action]:
        """Return the answer to a request that failed."""
        return [Send(self.member.peer_id, error_frame(self.event, self.id, error))]

    def do(self, work: Work, then: Callable[[Any], list[Action]]) -> list[Action]:
        """Return work whose result `then` answers, and whose error is told."""
        return [Do(work, then, self.error)]

    def check(self, allowed: bool, what: str) -> None:
        """Raises Forbidden unless the preset allows `what`."""
        if not allowed:
            raise Forbidden(f"your preset does not let you {what}")


def error_frame(event: int, request_id: str, error: RoomtapeError) -> bytes:
    """Return the answer to a request that failed.

    The SDK reads every error as an ErrorResponse first, whichever event carries it, and does not look at wire types;
    so an ErrorMessage (whose first field is a number) would be read as garbage.
    """
    if not events.is_media(event):
        return codec.encode(events.ERROR, pb.ErrorResponse(error_message=str(error), event_id=event), request_id)
    code, described = _media_code(event, error)
    text = json.dumps({"errorCode": code, "errorDescription": described})
    return codec.encode(Media.ERROR_RESPONSE, pb.ErrorResponse(error_message=text, event_id=event), request_id)


def _media_code(event: int, error: RoomtapeError) -> tuple[str, str]:
    """Two of these make the SDK build its receive transport anew; they are used when that can help."""
    if event in _RECEIVING and str(error).startswith(_REBUILD):
        return "internal_error", _REBUILD
    if isinstance(error, InvalidRequest):
        return "invalid_session_description", str(error)
    if isinstance(error, SfuError):
        return "internal_error", _REBUILD if event in _RECEIVING else str(error)
    for kind, code in ((NotFound, "not_found"), (Forbidden, "forbidden"), (Conflict, "conflict")):
        if isinstance(error, kind):
            return code, str(error)
    return "internal_error", str(error)
