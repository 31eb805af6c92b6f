"""Owns what a room remembers over a restart of the server: chat, polls, stores, the pin, and who was let in.

Its chat is needed once more when the session is over: `chatlog` makes the log of it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from roomtape.errors import InvalidRequest
from roomtape.rooms.realtimekit import codec
from roomtape.rooms.realtimekit.polls import Poll
from roomtape.rooms.realtimekit.room import Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

log = structlog.get_logger()

VERSION = 1
MOST_OLDER = 64 << 20
"""Bytes of a session's older chat, beyond what its room keeps."""


def dump(room: Room) -> bytes:
    """Return what the room remembers as JSON; messages of the SDK in it are protobuf in base64."""
    return json.dumps(
        {
            "version": VERSION,
            "chat": [_packed(m) for m in room.chat.messages.values()],
            "polls": [asdict(p) for p in room.polls.polls.values()],
            "stores": {name: [_packed(i) for i in items.values()] for name, items in room.stores.stores.items()},
            "accepted": sorted(room.waiting.accepted),
            "pinned": room.pinned,
        },
        separators=(",", ":"),
    ).encode()


def restore(room: Room, data: bytes) -> None:
    """Fill a new room with what `dump` wrote. Raises ValueError for anything else, and the room stays as it is."""
    found = json.loads(data)
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise ValueError("written by another version")
    try:
        messages = [codec.parse(pb.ChatMessage, base64.b64decode(m)) for m in found["chat"]]
        polls = [_poll(p) for p in found["polls"]]
        stores = {
            name: [codec.parse(pb.PluginStoreItem, base64.b64decode(i)) for i in items]
            for name, items in found["stores"].items()
        }
        accepted, pinned = set(found["accepted"]), str(found["pinned"])
    except (KeyError, TypeError, AttributeError, InvalidRequest) as error:
        raise ValueError(f"damaged: {error!r}") from error
    for message in messages:
        room.chat.add(message)
    room.polls.polls = {p.id: p for p in polls}
    room.stores.put_back(stores)
    room.waiting.accepted, room.pinned = accepted, pinned


def _packed(message: pb.ChatMessage | pb.PluginStoreItem) -> str:
    return base64.b64encode(message.SerializeToString()).decode()


def _poll(values: dict[str, Any]) -> Poll:
    poll = Poll(**values)
    poll.votes = {user: (int(choice), str(name)) for user, (choice, name) in poll.votes.items()}
    return poll


class RoomFiles:
    """The files of all rooms: `<folder>/<session id>.json`, and beside it `.older`, chat that the room keeps no more.

    Methods read and write disks: call them in a thread.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, session_id: str, room: Room) -> None:
        """Fill a new room with what it remembers, if anything; a damaged file is told of and left aside."""
        file = self._file(session_id)
        try:
            restore(room, file.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            log.error("chat, polls and stores of this session are lost", file=str(file), error=str(error))

    def chat(self, session_id: str) -> Iterator[pb.ChatMessage]:
        """Return all chat of a session, the oldest first. Raises OSError and ValueError for what cannot be read."""
        room = Room("", "", 0)
        with contextlib.suppress(FileNotFoundError):
            restore(room, self._file(session_id).read_bytes())
        return self._in_order(session_id, room.chat.messages)

    def _in_order(self, session_id: str, kept: dict[str, pb.ChatMessage]) -> Iterator[pb.ChatMessage]:
        """A crash between the two files leaves a message in both, and one within a line leaves half of it."""
        seen = set(kept)
        with contextlib.suppress(FileNotFoundError), self._file(session_id, "older").open("rb") as older:
            for line in older:
                with contextlib.suppress(ValueError, InvalidRequest):
                    message = codec.parse(pb.ChatMessage, base64.b64decode(line, validate=False))
                    if message.chat_id not in seen:
                        seen.add(message.chat_id)
                        yield message
        yield from kept.values()

    def save(self, session_id: str, data: bytes, older: Sequence[pb.ChatMessage] = ()) -> None:
        """Replace a room's file, written aside, synced, renamed; before that, `older` is added to the other file.

        An error is told of, for a meeting goes on without.
        """
        file, aside = self._file(session_id), self._file(session_id, "new")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if older:
                self._add(session_id, older)
            with aside.open("wb") as writing:
                writing.write(data)
                writing.flush()
                os.fsync(writing.fileno())
            aside.rename(file)
        except OSError as error:
            log.error("chat, polls and stores are not kept over a restart", file=str(file), error=error.strerror)

    def _add(self, session_id: str, older: Sequence[pb.ChatMessage]) -> None:
        with self._file(session_id, "older").open("ab") as adding:
            if adding.tell() < MOST_OLDER:
                adding.writelines(f"{_packed(message)}\n".encode() for message in older)
                adding.flush()
                os.fsync(adding.fileno())

    def forget(self, session_id: str) -> None:
        """The session is over, and its chat is where it belongs."""
        for suffix in ("older", "new", "csv", "json"):
            self._file(session_id, suffix).unlink(missing_ok=True)

    def set_aside(self, session_id: str) -> None:
        """Keep a damaged file for a human, under a name that nobody reads again."""
        with contextlib.suppress(FileNotFoundError):
            self._file(session_id).rename(self._file(session_id, "damaged"))

    def sessions(self) -> list[str]:
        """Return the sessions of which there is a file."""
        files = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted({file.stem for file in files if file.suffix in (".json", ".older")})

    def _file(self, session_id: str, suffix: str = "json") -> Path:
        return self.folder / f"{session_id}.{suffix}"
