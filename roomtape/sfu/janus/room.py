"""Owns what a VideoRoom of ours is like: codecs, secrets, where its captures go, its placeholders."""

from __future__ import annotations

from pathlib import Path

from roomtape.errors import SfuError
from roomtape.sfu.janus.client import NO_SUCH_ROOM, ROOM_EXISTS, Message
from roomtape.sfu.janus.link import JanusLink
from roomtape.sfu.janus.subscriber import PLACEHOLDERS

VIDEO_CODECS = "vp8,vp9,h264"
_MOST_PUBLISHERS = 1000


async def make(link: JanusLink, room_id: str, capture_dir: Path, secret: str, admin_key: str | None) -> None:
    """Make the room; one that is there already stays as it is. Raises SfuError."""
    body: Message = {
        "request": "create",
        "room": room_id,
        "secret": secret,
        "is_private": True,
        "permanent": False,
        "publishers": _MOST_PUBLISHERS,
        "bitrate": 0,
        "fir_freq": 0,  # keyframes cost bandwidth: recordings ask for theirs (recordings/keyframes.py)
        "audiocodec": "opus",
        "videocodec": VIDEO_CODECS,
        "transport_wide_cc_ext": True,
        "record": False,
        "rec_dir": str(capture_dir),
        "notify_joining": False,
        "require_pvtid": False,
        **PLACEHOLDERS,
    }
    if admin_key is not None:
        body["admin_key"] = admin_key
    try:
        await link.rooms(body)
    except SfuError as error:
        if error.sfu_code != ROOM_EXISTS:
            raise


async def destroy(link: JanusLink, room_id: str, secret: str) -> None:
    """Remove the room and put everybody out; one that is not there is no error. Raises SfuError."""
    try:
        await link.rooms({"request": "destroy", "room": room_id, "secret": secret, "permanent": False})
    except SfuError as error:
        if error.sfu_code != NO_SUCH_ROOM:
            raise
