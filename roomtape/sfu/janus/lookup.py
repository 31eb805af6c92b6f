"""Owns asking Janus about a publisher: whether it publishes, in which room, and which m-lines it has."""

from __future__ import annotations

from dataclasses import dataclass

from roomtape.errors import SfuError
from roomtape.sfu.janus.client import HANDLE_NOT_FOUND, JOIN_FIRST, NO_SUCH_ROOM, Message
from roomtape.sfu.janus.link import JanusLink
from roomtape.sfu.port import Handle

_GONE = frozenset({HANDLE_NOT_FOUND, JOIN_FIRST, NO_SUCH_ROOM})


@dataclass(frozen=True)
class Found:
    """A publisher whose media is up; `peer_id` is the id it joined `room_id` with."""

    room_id: str
    peer_id: str


def display(name: str, handle: Handle) -> str:
    """Return the display name for Janus: the handle's number at its end is all that ties a handle to a listed peer."""
    return f"{name} #{handle.id}"


async def find(link: JanusLink, handle: Handle) -> Found | None:
    """Return the publisher behind a handle of our session, None when it is gone or its media is not up.

    Raises SfuError when Janus is away.
    """
    try:
        room_id = str((await link.plugin(handle.id, {"request": "configure"})).data["room"])
        listed = await link.rooms({"request": "listparticipants", "room": room_id})
    except SfuError as error:
        if error.sfu_code in _GONE:
            return None
        raise
    mark = display("", handle)
    for peer in listed["participants"]:
        if peer.get("publisher") and peer.get("display", "").endswith(mark):
            return Found(room_id, str(peer["id"]))
    return None


async def mids(link: JanusLink, found: Found) -> frozenset[str]:
    """Return the mids of a publisher's m-lines; empty when Janus does not say.

    Only who subscribes is told, so that this subscribes, and leaves before any media flows.
    """
    body: Message = {
        "request": "join",
        "ptype": "subscriber",
        "room": found.room_id,
        "streams": [{"feed": found.peer_id}],
    }
    async with link.probe() as handle:
        try:
            streams = (await link.plugin(handle.id, body)).data.get("streams", [])
        except SfuError:
            return frozenset()
    return frozenset(str(stream["feed_mid"]) for stream in streams if "feed_mid" in stream)
