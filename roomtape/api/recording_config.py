"""Owns how a composite's configuration comes about, and which parts of the public API it may not use yet."""

from __future__ import annotations

from typing import Any

from roomtape.domain.meeting import Meeting
from roomtape.domain.recording_config import RecordingConfig, from_api, merge
from roomtape.domain.rtmp import masked
from roomtape.errors import InvalidRequest, NotOffered

_NOT_OFFERED = {"storage_config": "files stay in the own bucket", "url": "", "interactive_config": ""}

_STREAM = "live_streaming_config"


def resolve(meeting_config: dict[str, Any] | None, request: dict[str, Any]) -> RecordingConfig:
    """Return the configuration of a composite: the request's values win over the meeting's, those over the defaults.

    Raises InvalidRequest for values that do not go together, then NotOffered for what this version does not offer.
    """
    merged = merge(meeting_config, request)
    config = from_api(merged)
    if merged.get("realtimekit_bucket_config", {}).get("enabled") is False and "storage_config" not in merged:
        raise InvalidRequest(
            "without the own bucket the files need a storage_config to go to", "realtimekit_bucket_config.enabled"
        )
    _check_offered(merged)
    return config


def for_meeting(meeting: Meeting) -> RecordingConfig:
    """Return the configuration of a meeting's own recording (record_on_start). Raises as `resolve` does."""
    return resolve(meeting.recording_config, {})


def shown(config: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a meeting's `recording_config` as answers show it: of an RTMP address only the host."""
    stream = (config or {}).get(_STREAM)
    if config is None or not stream or not stream.get("rtmp_url"):
        return config
    return config | {_STREAM: {"rtmp_url": masked(stream["rtmp_url"])}}


def with_kept_key(given: dict[str, Any] | None, before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the `recording_config` that was sent; the masked address of an answer stands for the one that is known.

    So a client that reads a meeting, changes something and sends it back does not lose the stream's key.
    """
    if given and given.get(_STREAM) and given[_STREAM] == ((shown(before) or {}).get(_STREAM)):
        return given | {_STREAM: (before or {})[_STREAM]}
    return given


def _check_offered(merged: dict[str, Any]) -> None:
    for field, hint in _NOT_OFFERED.items():
        if field in merged:
            raise _refused(field, hint)
    if merged.get("realtimekit_bucket_config", {}).get("enabled") is False:
        raise _refused("realtimekit_bucket_config.enabled: false", "leave it out")


def _refused(field: str, hint: str) -> NotOffered:
    return NotOffered(f"{field}: this version of Roomtape does not offer it" + (f"; {hint}" if hint else ""))
