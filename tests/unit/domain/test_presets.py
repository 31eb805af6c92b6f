from __future__ import annotations

from roomtape.api.preset_bodies import PresetValues
from roomtape.clock import to_datetime
from roomtape.domain.meeting import Preset
from roomtape.domain.presets import DEFAULTS


def default(name: str) -> Preset:
    return Preset("id", "app", name, DEFAULTS[name], to_datetime(0), to_datetime(0))


def test_each_default_is_what_the_api_itself_would_take() -> None:
    for name, body in DEFAULTS.items():
        assert PresetValues.model_validate({"name": name, **body}).parts() == body


def test_what_each_role_may_do() -> None:
    host, guest = default("group_call_host"), default("group_call_participant")
    assert host.can_record
    assert host.permissions["kick_participant"]
    assert not guest.can_record
    assert not guest.permissions["kick_participant"]
    for role in (host, guest, default("webinar_presenter")):
        assert all(role.may_produce(kind) for kind in ("audio", "video", "screenshare"))
        assert not role.hidden


def test_the_recorder_is_hidden_and_makes_nothing() -> None:
    recorder = default("recorder_preset_v2")
    assert recorder.hidden
    assert recorder.permissions["is_recorder"]
    assert not any(recorder.may_produce(kind) for kind in ("audio", "video", "screenshare"))


def test_the_defaults_share_no_part() -> None:
    assert DEFAULTS["group_call_host"]["ui"] is not DEFAULTS["group_call_participant"]["ui"]
