"""Owns Janus's subscribers: one handle that receives streams of many publishers and is renegotiated as they change.

Janus alone offers. With `autoupdate` off it does so only when asked, so that each offer has its answer before the next:
an unanswered one would put off all that follow ("updating", without SDP).
"""

from __future__ import annotations

from roomtape.errors import InvalidRequest, NotFound, SfuError
from roomtape.sfu.janus.client import (
    HANDLE_NOT_FOUND,
    INVALID_SDP,
    JOIN_FIRST,
    NO_SUCH_FEED,
    Jsep,
    Message,
    PluginReply,
)
from roomtape.sfu.janus.link import JanusLink
from roomtape.sfu.port import Handle, SubscribedStream, Subscription, Wish

PLACEHOLDERS: Message = {"dummy_publisher": True, "dummy_streams": [{"codec": "opus"}, {"codec": "vp8"}]}
"""What a room is made with so that somebody can subscribe before anybody publishes (VideoRoom, since 1.1.0)."""


async def open_in(link: JanusLink, room_id: str, handle: Handle) -> Subscription:
    """Subscribe a new handle to the room's placeholders. Raises SfuError."""
    listed = await link.rooms({"request": "listparticipants", "room": room_id})
    dummy = next((peer["id"] for peer in listed["participants"] if peer.get("dummy")), None)
    if dummy is None:
        raise SfuError(f"room {room_id} was made without placeholders; its meeting must begin anew")
    body: Message = {
        "request": "join",
        "ptype": "subscriber",
        "room": room_id,
        "autoupdate": False,
        "use_msid": False,
        "streams": [{"feed": dummy, "mid": "0"}, {"feed": dummy, "mid": "1"}],
    }
    return _subscription(handle, await link.plugin(handle.id, body))


async def subscribe(link: JanusLink, handle: Handle, wishes: list[Wish], drop: list[str]) -> Subscription:
    """See `Sfu.subscribe`. Janus takes off before it adds, and checks everything before either."""
    body: Message = {"request": "update", "subscribe": [_wish(wish) for wish in wishes]}
    if drop:
        body["unsubscribe"] = [{"sub_mid": mid} for mid in drop]
    try:
        reply = await link.plugin(handle.id, body)
    except SfuError as error:
        if error.sfu_code == NO_SUCH_FEED:
            raise NotFound(f"a wished track is not there (any more): {error}") from error
        raise
    return _subscription(handle, reply)


async def unsubscribe(link: JanusLink, handle: Handle, mids: list[str]) -> Subscription:
    """See `Sfu.unsubscribe`."""
    body: Message = {"request": "unsubscribe", "streams": [{"sub_mid": mid} for mid in mids]}
    return _subscription(handle, await link.plugin(handle.id, body))


async def answer(link: JanusLink, handle: Handle, sdp: str) -> None:
    """See `Sfu.answer_subscriber`."""
    try:
        await link.plugin(handle.id, {"request": "start"}, Jsep("answer", sdp))
    except SfuError as error:
        if error.sfu_code in INVALID_SDP:
            raise InvalidRequest(f"this SDP answer cannot be used; {error}", status=400) from error
        raise


async def choose_layer(link: JanusLink, handle: Handle, mid: str, layer: int) -> None:
    """See `Sfu.choose_layer`."""
    await link.plugin(handle.id, {"request": "configure", "streams": [{"mid": mid, "substream": layer}]})


async def room_of(link: JanusLink, handle: Handle) -> str | None:
    """Return the room of a subscriber, None when it is gone: a `configure` that changes nothing is refused then."""
    try:
        return str((await link.plugin(handle.id, {"request": "configure"})).data["room"])
    except SfuError as error:
        if error.sfu_code in (HANDLE_NOT_FOUND, JOIN_FIRST):
            return None
        raise


def _wish(wish: Wish) -> Message:
    stream: Message = {"feed": wish.peer_id, "mid": wish.mid}
    if wish.layer is not None:
        stream["substream"] = wish.layer
    return stream


def _subscription(handle: Handle, reply: PluginReply) -> Subscription:
    if reply.data.get("videoroom") == "updating":
        raise SfuError("the last offer to this subscriber has not been answered yet")
    streams = tuple(
        SubscribedStream(str(stream["mid"]), stream.get("feed_id"), stream.get("feed_mid"))
        for stream in reply.data.get("streams", [])
    )
    return Subscription(handle, reply.sdp, streams)
