from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from roomtape.api.preset_bodies import PresetChange, PresetValues
from roomtape.domain.presets import DEFAULTS


def whole() -> dict[str, Any]:
    return {"name": "x", **copy.deepcopy(DEFAULTS["group_call_host"])}


def test_colours_keep_their_official_names() -> None:
    colors = PresetValues.model_validate(whole()).parts()["ui"]["design_tokens"]["colors"]
    assert colors["background"]["1000"] == "#080808"
    assert "c1000" not in colors["background"]


def test_unknown_values_are_kept_and_missing_ones_named() -> None:
    body = whole()
    body["permissions"]["new_right"] = {"a": [1]}
    assert PresetValues.model_validate(body).parts()["permissions"]["new_right"] == {"a": [1]}
    del body["permissions"]["media"]["screenshare"]
    with pytest.raises(ValidationError, match=r"permissions\.media\.screenshare"):
        PresetValues.model_validate(body)


def test_a_change_may_be_any_part() -> None:
    assert PresetChange.model_validate({}).model_dump(exclude_none=True) == {}
    with pytest.raises(ValidationError):
        PresetChange.model_validate({"config": []})
