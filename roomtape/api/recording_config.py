"""Owns how a recording's configuration comes about from request, meeting and app, and what answers show of it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import structlog

from roomtape.domain import storage_config
from roomtape.domain.meeting import App, Meeting
from roomtape.domain.recording import Kind, Recording
from roomtape.domain.recording_config import MADE, Layer, RecordingConfig, destinations, from_api, inherit
from roomtape.domain.rtmp import masked
from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import CallerError
from roomtape.recordings import page_url

log = structlog.get_logger()

_STREAM = "live_streaming_config"
_STORAGE = "storage_config"
_OWN_BUCKET = "realtimekit_bucket_config"


def resolve(*levels: dict[str, Any] | None) -> RecordingConfig:
    """Return the configuration of a composite; the levels (app, meeting, request) from the most general one on.

    Raises InvalidRequest for values that do not go together.
    """
    return from_api(inherit(*levels))


def for_meeting(app: App, meeting: Meeting) -> RecordingConfig:
    """Return the configuration of a meeting's own recording (record_on_start).

    Each level was right when it was given, but the app's may have changed since, and no longer go with the meeting's.
    A meeting recorded with another picture or sound than it was meant to have is better than one that is not recorded:
    the meeting's own is taken then, or the default. Where the files go, and for how long, stays as it was meant.
    """
    mine, apps = meeting.recording_config, app.recording_config
    try:
        return resolve(apps, mine)
    except CallerError as error:
        log.warning("recording defaults do not go together", app_id=app.id, meeting_id=meeting.id, error=str(error))
    meant = inherit(apps, mine)
    rest = {name: value for name, value in meant.items() if name not in (*MADE, _STORAGE, _OWN_BUCKET)}
    storage, own_bucket = destinations(meant, as_meant=True)
    config = _first_that_goes(rest, meant, mine or {})
    return replace(config, storage=storage, own_bucket=own_bucket)


def _first_that_goes(rest: dict[str, Any], *makers: dict[str, Any]) -> RecordingConfig:
    """Return the configuration `rest` with picture and sound of the first of `makers` that goes, else the default."""
    for maker in makers:
        try:
            return from_api(rest | {name: maker[name] for name in MADE if name in maker})
        except CallerError:
            continue
    return from_api(rest)


def for_tracks(
    app: App, meeting: Meeting, layers: tuple[Layer, ...], user_ids: tuple[str, ...] | None
) -> RecordingConfig:
    """Return the configuration of a track recording: where its files go, and for how long, is said by meeting and app.

    Raises InvalidRequest for a storage that is incomplete.
    """
    merged = inherit(app.recording_config, meeting.recording_config)
    storage, own_bucket = destinations(merged)
    return RecordingConfig(
        layers=layers,
        user_ids=user_ids,
        storage=storage,
        own_bucket=own_bucket,
        retention_days=merged.get("retention_days"),
    )


def effective(recording: Recording) -> dict[str, Any]:
    """Return what a recording is made with, as answers show it: all levels merged, the defaults filled in, no secrets.

    In the shape of a start request; what does not count for its kind is left out.
    """
    config = recording.config
    where = {
        _STORAGE: None if config.storage is None else config.storage.public(),
        _OWN_BUCKET: {"enabled": config.own_bucket},
        "retention_days": config.retention_days,
        "max_seconds": config.max_seconds,
    }
    if recording.kind is Kind.TRACK:
        layers = {
            layer.name: {"file_name_prefix": layer.file_name_prefix, "media_kind": layer.media_kind}
            for layer in config.layers
        }
        return {"layers": layers, "user_ids": None if config.user_ids is None else list(config.user_ids)} | where
    video, audio = asdict(config.video), asdict(config.audio)
    if recording.of_page:  # a page is recorded as it is shown
        video |= {"watermark": None, "layout": None}
    elif config.video.watermark is not None:
        mark = config.video.watermark
        size = {"width": mark.width, "height": mark.height}
        video["watermark"] = {"url": mark.url, "position": mark.position, "size": size}
    if config.video.codec != "H264":
        audio["codec"] = None
    return {
        "video_config": video,
        "audio_config": audio,
        "file_name_prefix": config.file_name_prefix,
        "url": None if config.page_url is None else page_url.shown(config.page_url),
        "rtmp_out_config": None if config.rtmp_url is None else {"rtmp_url": masked(config.rtmp_url)},
        "interactive_config": {"type": "ID3"} if config.interactive else None,
    } | where


def shown(config: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a meeting's or an app's `recording_config` as answers show it: nothing in it opens anything."""
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


def patched(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return `before` with what is given, field by field; null takes a field away (RFC 7396).

    Secrets of a storage stay only with the storage that they were given for.
    """
    after = dict(before)
    for name, value in given.items():
        if value is None:
            after.pop(name, None)
        elif name == _STORAGE:
            after[name] = storage_config.merged(after.get(name) or {}, value)
        elif isinstance(value, dict):
            after[name] = patched(after.get(name) or {}, value)
        else:
            after[name] = value
    return after
