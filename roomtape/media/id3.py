"""Owns ID3 tags: the bytes of the one tag that a message becomes in an interactive recording (docs/interactive.md).

Source: ID3v2.4.0, structure (3.1 header, 4 frames, 6.2 synchsafe integers) and native frames (4.2.6 TXXX, 4.27 PRIV).
"""

from __future__ import annotations

_UTF_8 = b"\x03"
_VERSION_2_4 = b"\x04\x00"
_NO_FLAGS = b"\x00"


def text_tag(description: str, text: str) -> bytes:
    """Return a tag with one TXXX frame in UTF-8; the text is not terminated, so that it may hold anything."""
    return _tag(b"TXXX", _UTF_8 + _name(description) + text.encode("utf-8", "replace"))


def private_tag(owner: str, data: bytes) -> bytes:
    """Return a tag with one PRIV frame."""
    return _tag(b"PRIV", _name(owner) + data)


def _tag(frame_id: bytes, content: bytes) -> bytes:
    frame = frame_id + _synchsafe(len(content)) + _NO_FLAGS * 2 + content
    return b"ID3" + _VERSION_2_4 + _NO_FLAGS + _synchsafe(len(frame)) + frame


def _name(name: str) -> bytes:
    return name.encode("utf-8", "replace").replace(b"\0", b"") + b"\0"


def _synchsafe(number: int) -> bytes:
    """28 bits in four bytes whose highest bit is 0."""
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))
