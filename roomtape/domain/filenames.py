"""Owns the names of delivered files."""

from __future__ import annotations

import re

from roomtape.errors import InvalidRequest

_PREFIX = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")


def check_prefix(prefix: str, field: str = "file_name_prefix") -> str:
    """Return `prefix` if it is made of 1 to 64 letters, digits and underscores.

    Raises InvalidRequest naming `field` otherwise.
    """
    if _PREFIX.fullmatch(prefix) is None:
        raise InvalidRequest("use 1 to 64 letters, digits and underscores only", field)
    return prefix


def safe(text: str, longest: int = 80) -> str:
    """Return `text` with every run of characters that do not belong in a file name replaced by one `-`."""
    return _UNSAFE.sub("-", text).strip("-")[:longest] or "x"


def composite(prefix: str | None, room_name: str, unix_ms: int, extension: str) -> str:
    """Name of a composed file: `prefix_roomname_timestamp.extension`, without a prefix `roomname_timestamp`."""
    head = f"{prefix}_" if prefix else ""
    return f"{head}{safe(room_name)}_{unix_ms}.{extension}"


def track(
    prefix: str, user_id: str, peer_id: str, stream_kind: str, media_kind: str, unix_ms: int, extension: str = "webm"
) -> str:
    """Name of a participant's file; `unix_ms` is the wall time of its first packet, where its clock reads zero."""
    return f"{prefix}_{safe(user_id)}_{safe(peer_id)}_{stream_kind}_{media_kind}_{unix_ms}.{extension}"


def track_pattern(prefix: str, media_kind: str) -> str:
    """What a track recording answers as `output_file_name` before its files exist."""
    return f"{prefix}_{{user_id}}_{{peer_id}}_{{stream_kind}}_{media_kind}_{{timestamp}}.webm"


PLAYLIST = "index.m3u8"


def package(archive: str) -> str:
    """Name of the folder with the files that `archive` (a `.tar`) holds, beside it."""
    return archive.removesuffix(".tar")


def manifest(composed: str, recording_id: str | None) -> str:
    """Name of the manifest: that of the composed file with its own ending; of track files (`composed` is ""), which
    are several, the recording's id."""
    return f"{composed.rpartition('.')[0] or composed or recording_id or 'manifest'}.json"
