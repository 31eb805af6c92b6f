from __future__ import annotations

from roomtape.domain.presets import DEFAULTS
from roomtape.rooms.realtimekit.permissions import NOTHING, ChatPermissions, WaitingRoomType, read


def test_a_host_may_what_a_participant_may_not() -> None:
    host = read(DEFAULTS["group_call_host"]["permissions"])
    guest = read(DEFAULTS["group_call_participant"]["permissions"])
    for right in ("accept_waiting", "kick", "mute_audio", "mute_video", "stop_screenshare", "pin", "create_polls"):
        assert getattr(host, right), right
        assert not getattr(guest, right), right
    assert guest.vote
    assert guest.view_polls
    assert guest.rename
    assert guest.public_chat == ChatPermissions(send=True, text=True, files=True)
    assert guest.private_chat == ChatPermissions(send=True, receive=True, text=True, files=True)


def test_a_recorder_says_nothing() -> None:
    recorder = read(DEFAULTS["recorder_preset_v2"]["permissions"])
    assert recorder.recorder_type == "RECORDER"
    assert not recorder.public_chat.send


def test_what_is_missing_or_misshapen_allows_nothing() -> None:
    assert read({}) == NOTHING
    odd = {
        "chat": [],
        "polls": {"can_create": "yes"},
        "kick_participant": 1,
        "waiting_room_type": 7,
        "recorder_type": 3,
    }
    assert read(odd) == NOTHING


def test_waiting_room_types() -> None:
    assert read({"waiting_room_type": "SKIP_ON_ACCEPT"}).waiting_room is WaitingRoomType.SKIP_ON_ACCEPT
    assert read({"waiting_room_type": "NONE"}).waiting_room is WaitingRoomType.SKIP
