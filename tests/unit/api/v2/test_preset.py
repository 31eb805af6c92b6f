from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from roomtape.api.v2.preset import for_sdk
from roomtape.domain.meeting import Preset
from roomtape.domain.presets import DEFAULTS

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def preset(body: dict[str, Any]) -> Preset:
    return Preset("p-1", "app-1", "host", body, NOW, NOW)


@pytest.mark.parametrize("body", [{}, {"config": {}, "permissions": {}, "ui": {}}, *DEFAULTS.values()])
def test_what_the_sdk_cannot_do_without_is_always_there(body: dict[str, Any]) -> None:
    made = for_sdk(preset(body))
    assert (made["id"], made["name"], made["version"]) == ("p-1", "host", "2.0.0")
    assert set(made["config"]["max_video_streams"]) == {"mobile", "desktop"}
    assert set(made["permissions"]["media"]) == {"audio", "video", "screenshare"}
    assert "config" in made["permissions"]["plugins"]
    assert made["ui"]["design_tokens"]["colors"]["brand"]


def test_the_presets_own_values_win_and_nothing_of_it_is_changed() -> None:
    body = {"permissions": {"can_record": True, "media": {"audio": {"can_produce": "NOT_ALLOWED"}}}, "x": 1}
    made = for_sdk(preset(body))
    assert made["permissions"]["can_record"] is True
    assert made["permissions"]["media"]["audio"]["can_produce"] == "NOT_ALLOWED"
    assert made["permissions"]["media"]["video"]["can_produce"] == "ALLOWED"
    assert body == {"permissions": {"can_record": True, "media": {"audio": {"can_produce": "NOT_ALLOWED"}}}, "x": 1}


def test_what_is_not_offered_has_no_button() -> None:
    body = {
        "permissions": {"can_livestream": True, "transcription_enabled": True, "plugins": {"can_start": True}},
    }
    permissions = for_sdk(preset(body))["permissions"]
    assert permissions["can_livestream"] is False
    assert permissions["transcription_enabled"] is False
    assert permissions["plugins"]["can_start"] is False
