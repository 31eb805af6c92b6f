"""Owns what schemathesis has to be told beyond the configuration of a run: how bodies that are plain text are sent."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def text(_context: Any, value: Any) -> bytes:
    """Return a body as the bytes that are sent."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
