"""Owns the frames on the SDK's socket: one binary WebSocket frame is one protobuf SocketMessage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from roomtape.errors import InvalidRequest
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

LARGEST_FRAME = 256 * 1024
"""Bytes of a frame from a client; the largest thing in one is an SDP with many sections."""
LONGEST_ID = 128
PING, PONG = "2", "3"

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame: event number, the request's id ("" when there is none), and the undecoded message."""

    event: int
    id: str
    payload: bytes


def decode(data: bytes) -> Frame:
    """Return the frame in `data`. Raises InvalidRequest when it is too large or no SocketMessage."""
    if len(data) > LARGEST_FRAME:
        raise InvalidRequest(f"a frame may have {LARGEST_FRAME} bytes at most, this one has {len(data)}")
    message = parse(pb.SocketMessage, data)
    if len(message.id) > LONGEST_ID:
        raise InvalidRequest(f"a request's id may have {LONGEST_ID} characters at most")
    return Frame(message.event, message.id, message.payload)


def parse(kind: type[M], data: bytes) -> M:
    """Return the message of type `kind` in `data`. Raises InvalidRequest when it is none."""
    message = kind()
    try:
        message.ParseFromString(data)
    except (DecodeError, RecursionError) as error:
        raise InvalidRequest(f"these {len(data)} bytes are no {kind.DESCRIPTOR.name}") from error
    return message


def encode(event: int, message: Message | None = None, request_id: str = "") -> bytes:
    """Return the frame of a push, or of the answer to the request with `request_id`."""
    frame = pb.SocketMessage(event=event, payload=message.SerializeToString() if message is not None else b"")
    if request_id:
        frame.id = request_id
    return frame.SerializeToString()
