"""Tests of what a message becomes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from roomtape.domain.metadata import LARGEST, content
from roomtape.errors import InvalidRequest


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hällo", "hällo"),
        ("", ""),
        ({"score": [1, 2.5, None]}, '{"score":[1,2.5,null]}'),
        ([1, 2], "[1,2]"),
        (7, "7"),
        (False, "false"),
        (None, "null"),
        ({}, "{}"),
        ({"0": 1, "2": 3}, '{"0":1,"2":3}'),
        ({"1": 1, "0": 2}, '{"1":1,"0":2}'),
        ({"0": 256}, '{"0":256}'),
        ({"0": True}, '{"0":true}'),
        ("half \ud83d of a pair", "half ? of a pair"),
    ],
)
def test_text_and_json_are_text(value: Any, text: str) -> None:
    assert content(value) == ("text", text)


def test_a_uint8array_is_bytes() -> None:
    sent = json.loads('{"0":0,"1":255,"2":16}')
    assert content(sent) == content(b"\x00\xff\x10") == ("bytes", base64.b64encode(b"\x00\xff\x10").decode())


def test_there_is_a_limit() -> None:
    assert len(content("x" * LARGEST)[1]) == LARGEST
    for large in ("x" * (LARGEST + 1), "ü" * (LARGEST // 2 + 1), bytes(LARGEST + 1), ["x" * LARGEST]):
        with pytest.raises(InvalidRequest, match="60000 bytes"):
            content(large)


def test_what_is_nested_without_an_end_is_refused() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(InvalidRequest, match="nested"):
        content(nested)
