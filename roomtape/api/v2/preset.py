"""Owns a preset in the shape that the official SDK 2.0.x takes, whoever wrote the preset."""

from __future__ import annotations

from typing import Any

from roomtape.domain.meeting import Preset
from roomtape.domain.presets import DEFAULTS
from roomtape.domain.recording_config import merge

LAYOUT = "2.0.0"
"""The version of the layout of presets, which the SDK reads."""

_NEEDED = DEFAULTS["group_call_participant"]

_NOT_OFFERED: dict[str, Any] = {
    "can_livestream": False,
    "transcription_enabled": False,
    "plugins": {"can_close": False, "can_start": False, "can_edit_config": False, "config": {}},
    "connected_meetings": {
        "can_alter_connected_meetings": False,
        "can_switch_connected_meetings": False,
        "can_switch_to_parent_meeting": False,
    },
}
"""Told as not allowed whatever the preset says, so that no button leads to a refusal."""


def for_sdk(preset: Preset) -> dict[str, Any]:
    """Return `data.preset` of participant-details.

    The SDK's `init` fails without `config.max_video_streams`, `permissions.media` and `permissions.plugins`, and its
    `join` without `permissions.media.screenshare`: what a preset lacks is that of `group_call_participant`.
    """
    permissions = merge(_NEEDED["permissions"], preset.permissions)
    return {
        "id": preset.id,
        "name": preset.name,
        "version": LAYOUT,
        "config": merge(_NEEDED["config"], preset.body.get("config", {})),
        "permissions": permissions | _NOT_OFFERED,
        "ui": merge(_NEEDED["ui"], preset.body.get("ui", {})),
    }
