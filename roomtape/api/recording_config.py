"""Owns how a composite's configuration comes about, and which parts of the public API it may not use yet."""

from __future__ import annotations

from typing import Any

from roomtape.domain.meeting import Meeting
from roomtape.domain.recording_config import RecordingConfig, from_api, merge
from roomtape.domain.rtmp import masked
from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import NotOffered

_NOT_OFFERED = ("url", "interactive_config")

_STREAM = "live_streaming_config"
_STORAGE = "storage_config"


def resolve(meeting_config: dict[str, Any] | None, request: dict[str, Any]) -> RecordingConfig:
    """Return the configuration of a composite: the request's values win over the meeting's, those over the defaults.

    Raises InvalidRequest for values that do not go together, then NotOffered for what this version does not offer.
    """
    merged = merge(meeting_config, request)
    config = from_api(merged)
    _check_offered(merged)
    return config


def for_meeting(meeting: Meeting) -> RecordingConfig:
    """Return the configuration of a meeting's own recording (record_on_start). Raises as `resolve` does."""
    return resolve(meeting.recording_config, {})


def shown(config: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a meeting's `recording_config` as answers show it: nothing in it opens a stream or a storage."""
    if config is None:
        return None
    stream, storage = config.get(_STREAM), config.get(_STORAGE)
    seen = dict(config)
    if stream and stream.get("rtmp_url"):
        seen[_STREAM] = {"rtmp_url": masked(stream["rtmp_url"])}
    if storage:
        seen[_STORAGE] = StorageConfig(**storage).public()
    return seen


def with_kept_secrets(given: dict[str, Any] | None, before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the `recording_config` that was sent; what answers show in the place of secrets stands for the known ones.

    So a client that reads a meeting, changes something and sends it back loses no key. A storage's secrets stay only
    with the storage that they were given for.
    """
    seen, kept = shown(before) or {}, dict(given or {})
    if kept.get(_STREAM) and kept[_STREAM] == seen.get(_STREAM):
        kept[_STREAM] = (before or {})[_STREAM]
    if kept.get(_STORAGE) and kept[_STORAGE] == seen.get(_STORAGE):
        kept[_STORAGE] = (before or {})[_STORAGE]
    return None if given is None else kept


def _check_offered(merged: dict[str, Any]) -> None:
    for field in _NOT_OFFERED:
        if field in merged:
            raise NotOffered(f"{field}: this version of Roomtape does not offer it")
