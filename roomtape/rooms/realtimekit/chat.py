"""Owns the chat of a session: its messages, who may read each, and what a message may be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from urllib.parse import urlsplit

from roomtape.domain.ids import new_id
from roomtape.errors import Forbidden, InvalidRequest, NotFound
from roomtape.rooms.realtimekit.permissions import ChatPermissions
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

LONGEST_MESSAGE = 16 * 1024
"""Characters of a message's payload."""
MOST_MESSAGES = 2000
MOST_BYTES = 4 * 1024 * 1024
"""Kept of one session; the oldest go first."""
LARGEST_PAGE = 200

ChatMessage = pb.ChatMessage


class Type(IntEnum):
    """What a message's payload is: text; an image's link; JSON with link, name, size; JSON with several of these."""

    TEXT = 0
    IMAGE = 1
    FILE = 2
    CUSTOM = 3


@dataclass
class Chat:
    """The messages of a session, the oldest first, by id; `size` is about their bytes.

    `older` are public ones that had to go, for the session's chat log; whoever saves them takes them away.
    """

    messages: dict[str, pb.ChatMessage] = field(default_factory=dict)
    size: int = 0
    older: list[pb.ChatMessage] = field(default_factory=list)

    def add(self, message: pb.ChatMessage) -> None:
        """Keep a message; the oldest go when there are too many."""
        self.messages[message.chat_id] = message
        self.size += _size(message)
        while len(self.messages) > MOST_MESSAGES or self.size > MOST_BYTES:
            oldest = next(iter(self.messages.values()))
            self.remove(oldest.chat_id)
            if is_public(oldest):
                self.older.append(oldest)

    def remove(self, chat_id: str) -> None:
        """Forget a message."""
        self.size -= _size(self.messages.pop(chat_id))

    def change(self, message: pb.ChatMessage, kind: int, payload: str) -> None:
        """Give a message another payload."""
        self.size -= _size(message)
        message.payload_type, message.payload, message.is_edited = kind, payload, True
        self.size += _size(message)

    def readable(self, user_id: str) -> list[pb.ChatMessage]:
        """Return what a user may read: public messages, and private ones from or to them."""
        return [m for m in self.messages.values() if may_read(m, user_id)]

    def page(self, user_id: str, request: pb.GetPaginatedChatMessageRoomRequest) -> tuple[list[pb.ChatMessage], bool]:
        """Return a page of what a user may read, the oldest first, and whether there is more in that direction.

        `time_stamp` is in ms; `reversed` asks for what came before it, else for what came after.
        """
        want = _filter(request, user_id)
        found = [m for m in self.readable(user_id) if want(m)]
        size = min(max(request.size, 1), LARGEST_PAGE)
        if request.reversed:
            before = [m for m in found if m.created_at_ms < request.time_stamp]
            return before[-size:], len(before) > size
        after = [m for m in found if m.created_at_ms > request.time_stamp]
        return after[:size], len(after) > size

    def search(self, user_id: str, term: str, size: int) -> list[pb.ChatMessage]:
        """Return the text messages with `term` in them that a user may read, at most `size`, the newest ones."""
        term = term.casefold()
        found = [m for m in self.readable(user_id) if m.payload_type == Type.TEXT and term in m.payload.casefold()]
        return found[-min(max(size, 1), LARGEST_PAGE) :]

    def own(self, chat_id: str, user_id: str) -> pb.ChatMessage:
        """Return a message of the user's own. Raises NotFound, and Forbidden for somebody else's."""
        message = self.of(chat_id, user_id)
        if message.user_id != user_id:
            raise Forbidden("only who wrote a message can change it")
        return message

    def of(self, chat_id: str, user_id: str) -> pb.ChatMessage:
        """Return a message that the user may read. Raises NotFound."""
        message = self.messages.get(chat_id)
        if message is None or not may_read(message, user_id):
            raise NotFound(f"there is no chat message {chat_id[:64]!r}")
        return message


def new_message(peer_id: str, user_id: str, name: str, kind: int, payload: str, now_ms: int) -> pb.ChatMessage:
    """Return a public message; `created_at` is in s, `created_at_ms` in ms."""
    return ChatMessage(
        chat_id=new_id(),
        peer_id=peer_id,
        user_id=user_id,
        display_name=name,
        payload_type=kind,
        payload=payload,
        created_at=now_ms // 1000,
        created_at_ms=now_ms,
    )


def _size(message: pb.ChatMessage) -> int:
    return len(message.payload) + 200 + 36 * len(message.target_user_ids)


def is_public(message: pb.ChatMessage) -> bool:
    """Tell whether everybody in the session may read a message."""
    return not message.target_user_ids


def may_read(message: pb.ChatMessage, user_id: str) -> bool:
    """Tell whether a user may read a message."""
    return is_public(message) or user_id == message.user_id or user_id in message.target_user_ids


def check(allowed: ChatPermissions, kind: int, payload: str) -> None:
    """Check a message that somebody wants to send.

    Raises Forbidden when the preset does not let them, InvalidRequest for a payload that other clients could not
    show: they parse file messages as JSON, and would fail on the whole history.
    """
    needs_text, needs_files = kind in (Type.TEXT, Type.CUSTOM), kind != Type.TEXT
    if not allowed.send or (needs_text and not allowed.text) or (needs_files and not allowed.files):
        raise Forbidden("your preset does not let you send this kind of chat message")
    if len(payload) > LONGEST_MESSAGE:
        raise InvalidRequest(f"a chat message has {LONGEST_MESSAGE} characters at most")
    if kind == Type.TEXT:
        return
    if kind == Type.IMAGE:
        _check_link(payload)
    elif kind == Type.FILE:
        _check_link(_object(payload).get("link"))
    elif kind == Type.CUSTOM:
        _object(payload)
    else:
        raise InvalidRequest(f"there is no chat message of type {kind}; there are 0 to 3")


def _object(payload: str) -> dict[str, object]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidRequest("a file message is a JSON object with link, name and size")
    return found


def _check_link(link: object) -> None:
    """Others click on it: a `javascript:` address would run in their page."""
    try:
        good = isinstance(link, str) and urlsplit(link).scheme in ("http", "https")
    except ValueError:
        good = False
    if not good:
        raise InvalidRequest("the link of a file message is an http or https address")


def _filter(request: pb.GetPaginatedChatMessageRoomRequest, user_id: str) -> Callable[[pb.ChatMessage], bool]:
    match request.filters.WhichOneof("filters"):
        case "pinned":
            return lambda m: m.pinned == request.filters.pinned
        case "user_id":
            other = request.filters.user_id
            pair = {other, user_id}
            return lambda m: bool(m.target_user_ids) and {m.user_id, *m.target_user_ids} <= pair
        case _:
            return lambda m: not m.target_user_ids
