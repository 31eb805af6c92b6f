"""Owns what a message to an interactive recording becomes: text, or bytes; its size has a limit."""

from __future__ import annotations

import base64
import json
from typing import Any, Literal

from roomtape.errors import InvalidRequest

LARGEST = 60_000
"""Bytes of a message: with the frame around it, it fits into one packet of the stream (PES, 64 KiB)."""

Content = tuple[Literal["text", "bytes"], str]
"""Form and data as `capture.events.MessageSent` has them: text, or bytes in base64."""


def content(value: Any) -> Content:
    """Return what a JSON value (or bytes) becomes: a string its text, a Uint8Array its bytes, anything else its JSON.

    `JSON.stringify(new Uint8Array([1, 2]))` is `{"0":1,"1":2}`: an object whose names count from 0 and whose values are
    0 to 255. Other JSON is written anew, without spaces, so that the same value is the same text whichever way it came.

    Raises InvalidRequest for a message that is too large or nested too deeply.
    """
    found = value if isinstance(value, bytes) else _array(value)
    if found is not None:
        _check(len(found))
        return "bytes", base64.b64encode(found).decode()
    text = value if isinstance(value, str) else _json(value)
    # Half a surrogate pair is valid JSON, and no text.
    encoded = text.encode("utf-8", "replace")
    _check(len(encoded))
    return "text", encoded.decode()


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError as error:
        raise InvalidRequest("this is nested too deeply; send it as a string", "data") from error


def _array(value: Any) -> bytes | None:
    """Return the bytes of a Uint8Array that went through JSON, None for anything else."""
    if not isinstance(value, dict) or not value:
        return None
    if any(name != str(index) for index, name in enumerate(value)):
        return None
    numbers = list(value.values())
    return bytes(numbers) if all(type(n) is int and 0 <= n <= 255 for n in numbers) else None


def _check(size: int) -> None:
    if size > LARGEST:
        raise InvalidRequest(f"a message has {LARGEST} bytes at most, this one has {size}", "data")
