"""Owns what a participant may do in a room, as the preset says it; every step on the socket asks here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class WaitingRoomType(StrEnum):
    """When somebody has to wait before they are let in."""

    SKIP = "SKIP"
    ON_PRIVILEGED_USER_ENTRY = "ON_PRIVILEGED_USER_ENTRY"
    SKIP_ON_ACCEPT = "SKIP_ON_ACCEPT"


@dataclass(frozen=True)
class ChatPermissions:
    """`receive` matters for private chat only: everybody in the room reads its public chat."""

    send: bool = False
    receive: bool = False
    text: bool = False
    files: bool = False


@dataclass(frozen=True)
class Permissions:
    """A preset's permissions. Nothing is allowed that the preset does not allow."""

    accept_waiting: bool = False
    kick: bool = False
    mute_audio: bool = False
    mute_video: bool = False
    stop_screenshare: bool = False
    pin: bool = False
    rename: bool = False
    show_list: bool = True
    waiting_room: WaitingRoomType = WaitingRoomType.SKIP
    recorder_type: str = "NONE"
    public_chat: ChatPermissions = ChatPermissions()
    private_chat: ChatPermissions = ChatPermissions()
    create_polls: bool = False
    vote: bool = False
    view_polls: bool = False


NOTHING = Permissions()
"""Of those who have no socket and so ask for nothing: WHIP publishers."""


def read(permissions: dict[str, Any]) -> Permissions:
    """Return the permissions in a preset's `permissions`, whatever is missing or misshapen in it."""
    chat, polls = _dict(permissions, "chat"), _dict(permissions, "polls")
    return Permissions(
        accept_waiting=_is(permissions, "accept_waiting_requests"),
        kick=_is(permissions, "kick_participant"),
        mute_audio=_is(permissions, "disable_participant_audio"),
        mute_video=_is(permissions, "disable_participant_video"),
        stop_screenshare=_is(permissions, "disable_participant_screensharing"),
        pin=_is(permissions, "pin_participant"),
        rename=_is(permissions, "can_edit_display_name"),
        show_list=permissions.get("show_participant_list") is not False,
        waiting_room=_waiting(permissions.get("waiting_room_type")),
        recorder_type=_recorder(permissions.get("recorder_type")),
        public_chat=_chat(_dict(chat, "public")),
        private_chat=_chat(_dict(chat, "private")),
        create_polls=_is(polls, "can_create"),
        vote=_is(polls, "can_vote"),
        view_polls=_is(polls, "can_view"),
    )


def _chat(found: dict[str, Any]) -> ChatPermissions:
    return ChatPermissions(
        send=_is(found, "can_send"),
        receive=_is(found, "can_receive"),
        text=_is(found, "text"),
        files=_is(found, "files"),
    )


def _dict(found: dict[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def _is(found: dict[str, Any], name: str) -> bool:
    return found.get(name) is True


def _waiting(value: Any) -> WaitingRoomType:
    try:
        return WaitingRoomType(value)
    except ValueError:
        return WaitingRoomType.SKIP


def _recorder(value: Any) -> str:
    return value if value in ("RECORDER", "LIVESTREAMER") else "NONE"
