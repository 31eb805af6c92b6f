"""Owns the default presets: the roles that every app is born with, in the public API's shape."""

from __future__ import annotations

import copy
from typing import Any

_ALLOWED, _DENIED = {"can_produce": "ALLOWED"}, {"can_produce": "NOT_ALLOWED"}

_UI: dict[str, Any] = {
    "design_tokens": {
        "border_radius": "rounded",
        "border_width": "thin",
        "spacing_base": 4,
        "theme": "dark",
        "logo": "",
        "colors": {
            "brand": {"300": "#497CFD", "400": "#356EFD", "500": "#2160FD", "600": "#0D51FD", "700": "#0246FD"},
            "background": {"600": "#666666", "700": "#4c4c4c", "800": "#333333", "900": "#1a1a1a", "1000": "#080808"},
            "danger": "#FF2D2D",
            "text": "#EEEEEE",
            "text_on_brand": "#EEEEEE",
            "success": "#62A504",
            "video_bg": "#191919",
            "warning": "#FFCD07",
        },
    },
    "config_diff": {},
}

_CONFIG: dict[str, Any] = {
    "view_type": "GROUP_CALL",
    "media": {
        "audio": {"enable_stereo": False, "enable_high_bitrate": False},
        "video": {"quality": "vga", "frame_rate": 30, "simulcast": False},
        "screenshare": {"quality": "hd", "frame_rate": 5},
    },
    "max_video_streams": {"mobile": 6, "desktop": 6},
    "max_screenshare_count": 1,
}

_PERMISSIONS: dict[str, Any] = {
    "accept_waiting_requests": False,
    "can_accept_production_requests": False,
    "can_change_participant_permissions": False,
    "can_edit_display_name": True,
    "can_livestream": False,
    "can_record": False,
    "can_spotlight": False,
    "chat": {
        "public": {"can_send": True, "text": True, "files": True},
        "private": {"can_send": True, "can_receive": True, "text": True, "files": True},
    },
    "connected_meetings": {
        "can_alter_connected_meetings": False,
        "can_switch_connected_meetings": False,
        "can_switch_to_parent_meeting": False,
    },
    "disable_participant_audio": False,
    "disable_participant_screensharing": False,
    "disable_participant_video": False,
    "hidden_participant": False,
    "is_recorder": False,
    "kick_participant": False,
    "media": {"audio": _ALLOWED, "video": _ALLOWED, "screenshare": _ALLOWED},
    "pin_participant": False,
    "plugins": {"can_close": False, "can_start": False, "can_edit_config": False, "config": {}},
    "polls": {"can_create": False, "can_vote": True, "can_view": True},
    "recorder_type": "NONE",
    "show_participant_list": True,
    "stage_enabled": False,
    "accept_stage_requests": False,
    "transcription_enabled": False,
    "waiting_room_type": "SKIP",
}

_HOST: dict[str, Any] = {
    "accept_waiting_requests": True,
    "can_accept_production_requests": True,
    "can_record": True,
    "can_spotlight": True,
    "disable_participant_audio": True,
    "disable_participant_screensharing": True,
    "disable_participant_video": True,
    "kick_participant": True,
    "pin_participant": True,
    "plugins": {"can_close": True, "can_start": True, "can_edit_config": False, "config": {}},
    "polls": {"can_create": True, "can_vote": True, "can_view": True},
}

_RECORDER: dict[str, Any] = {
    "can_edit_display_name": False,
    "chat": {
        "public": {"can_send": False, "text": False, "files": False},
        "private": {"can_send": False, "can_receive": False, "text": False, "files": False},
    },
    "hidden_participant": True,
    "is_recorder": True,
    "media": {"audio": _DENIED, "video": _DENIED, "screenshare": _DENIED},
    "polls": {"can_create": False, "can_vote": False, "can_view": True},
    "recorder_type": "RECORDER",
}


def _preset(permissions: dict[str, Any], config: dict[str, Any] | None = None) -> dict[str, Any]:
    body = {"config": _CONFIG | (config or {}), "permissions": _PERMISSIONS | permissions, "ui": _UI}
    return copy.deepcopy(body)


DEFAULTS: dict[str, dict[str, Any]] = {
    "group_call_host": _preset(_HOST),
    "group_call_participant": _preset({}),
    "webinar_presenter": _preset(
        _HOST | {"stage_enabled": True, "stage_access": "ALLOWED", "accept_stage_requests": True},
        {"view_type": "WEBINAR"},
    ),
    "recorder_preset_v2": _preset(_RECORDER),
}
"""Name → `{config, permissions, ui}`."""
