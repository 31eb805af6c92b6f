"""Owns what a room remembers over a restart of the server: chat, polls, stores, the pin, and who was let in."""

from __future__ import annotations

import base64
import json
import os
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
    """The files of all rooms, `<folder>/<session id>.json`. Methods read and write disks: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, session_id: str, room: Room) -> None:
        """Fill a new room with what it remembers, if anything; a damaged file is told of and left aside."""
        file = self._file(session_id)
        try:
            restore(room, file.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            log.error("chat, polls and stores of this session are lost", file=str(file), error=str(error))

    def save(self, session_id: str, data: bytes) -> None:
        """Replace a room's file: written aside, synced, renamed. An error is told of, for a meeting goes on without."""
        file = self._file(session_id)
        aside = file.with_suffix(".new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with aside.open("wb") as writing:
                writing.write(data)
                writing.flush()
                os.fsync(writing.fileno())
            aside.rename(file)
        except OSError as error:
            log.error("chat, polls and stores are not kept over a restart", file=str(file), error=error.strerror)

    def forget(self, session_id: str) -> None:
        """The session is over."""
        for file in (self._file(session_id), self._file(session_id).with_suffix(".new")):
            file.unlink(missing_ok=True)

    def keep_only(self, session_ids: set[str]) -> None:
        """Forget the rooms of all sessions but these: they ended while the server was away."""
        for file in self._folder.glob("*.json") if self._folder.is_dir() else ():
            if file.stem not in session_ids:
                self.forget(file.stem)

    def _file(self, session_id: str) -> Path:
        return self._folder / f"{session_id}.json"
