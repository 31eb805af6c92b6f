"""Owns reading the wire format out of the official SDK's own code: its messages and its event numbers.

The SDK's bundle describes each message as a list of `{ no, name, kind, T, ... }`, and each service's events as one
table of `name: number`.
"""

from __future__ import annotations

import re
from pathlib import Path

SCALARS = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool", 9: "string",
    12: "bytes", 13: "uint32", 15: "sfixed32", 16: "sfixed64", 17: "sint32", 18: "sint64",
}  # fmt: skip
"""Types of protobuf by their numbers, as descriptor.proto has them."""

_MESSAGE = re.compile(r'super\("([A-Za-z0-9_.]+)", \[(\]|.*?\n    \])', re.DOTALL)
_FIELD = re.compile(r"\{\s*no: \d+,.*?\}(?=,?\s*(?:\{|$))", re.DOTALL)
_TABLE = re.compile(r"\{\n((?:  \w+: \d+,?\n|  //.*\n)+)\}")
_ENTRY = re.compile(r"^  (\w+): (\d+)", re.MULTILINE)

Fields = dict[int, tuple[str, str, bool]]
"""Number → name, what it is (a scalar's type, "enum", "message" or "map"), and whether it is repeated."""


def messages(bundle: Path) -> dict[str, Fields]:
    """Return every message of the SDK's `index.es.js` by its short name. Raises ValueError when there are none."""
    found: dict[str, Fields] = {}
    for name, body in _MESSAGE.findall(bundle.read_text("utf-8")):
        if not name.startswith("google."):
            found[name.rsplit(".", 1)[1]] = dict(_field(text) for text in _FIELD.findall(body.rstrip("] \n")))
    if not found:
        raise ValueError(f"{bundle} describes no messages in the way known so far")
    return found


def _field(text: str) -> tuple[int, tuple[str, str, bool]]:
    number, name, kind = (_value(text, key) for key in ("no", "name", "kind"))
    what = SCALARS[int(_value(text, "T"))] if kind == "scalar" else kind
    return int(number), (name, what, "repeat: " in text)


def _value(text: str, key: str) -> str:
    match = re.search(rf'\b{key}: "?([\w.]+)"?', text)
    assert match, f"no {key} in {text}"
    return match.group(1)


def tables(bundle: Path) -> list[dict[str, int]]:
    """Return every table of `name: number` of the bundle, the events of each service among them."""
    return [{k: int(v) for k, v in _ENTRY.findall(body)} for body in _TABLE.findall(bundle.read_text("utf-8"))]
