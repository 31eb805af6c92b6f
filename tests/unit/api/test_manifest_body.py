from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from roomtape.api.manifest_body import Manifest
from roomtape.render.manifest import VERSION

DOCS = Path(__file__).parents[3] / "docs" / "manifest.md"


@pytest.fixture
def example() -> dict[str, Any]:
    """The manifest that the documentation shows."""
    text = DOCS.read_text().partition("```json\n")[2].partition("```")[0]
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_documented_example_has_the_shape(example: dict[str, Any]) -> None:
    assert Manifest.model_validate(example).model_dump() == example
    assert example["version"] == VERSION


def test_the_documentation_names_every_field(example: dict[str, Any]) -> None:
    text = DOCS.read_text()
    names = {*example, *example["tracks"][0], *example["tracks"][0]["captured"], *example["layout"][0]}
    assert [name for name in sorted(names) if f"`{name}`" not in text and not name.startswith("at_")] == []


def test_nothing_undescribed_goes_out(example: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="rtmp_url"):
        Manifest.model_validate(example | {"rtmp_url": "rtmp://a/key"})
    example["tracks"][0]["gaps"] = [{"start_us": 0, "end_us": 1, "from_ms": 0, "to_ms": 0, "cause": "gremlins"}]
    with pytest.raises(ValidationError, match="cause"):
        Manifest.model_validate(example)
