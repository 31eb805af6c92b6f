"""Owns the bodies about recordings as the public API defines them, each value checked on its own."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from roomtape.api.bodies import LONGEST_TEXT, Body, ExactPart, Whole
from roomtape.domain.filenames import check_prefix
from roomtape.domain.recording_config import (
    MADE,
    MAX_SECONDS_HIGHEST,
    MAX_SECONDS_LOWEST,
    MAX_USER_IDS,
    SIDE_HIGHEST,
    SIDE_LOWEST,
    Layer,
    LayoutName,
)
from roomtape.errors import InvalidRequest

MOST_LAYERS = 10
LONGEST_RETENTION_DAYS = 36_500
_LAYER_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _prefix(value: str) -> str:
    try:
        return check_prefix(value)
    except InvalidRequest as error:
        raise ValueError(error.message.removeprefix(f"{error.field}: ")) from error


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("must be even, because colours are kept for 2 by 2 pixels")
    return value


def _starts_with(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        if not value.lower().startswith(schemes) or len(value.split("://", 1)[1]) == 0:
            raise ValueError(f"must be a URL that begins with {' or '.join(schemes)}")
        return value

    return AfterValidator(check)


Prefix = Annotated[str, AfterValidator(_prefix)]
Side = Annotated[Whole, Field(ge=SIDE_LOWEST, le=SIDE_HIGHEST), AfterValidator(_even)]
_HTTP = {"format": "uri", "pattern": "^[hH][tT][tT][pP][sS]?://."}
_RTMP = {"format": "uri", "pattern": "^[rR][tT][mM][pP][sS]?://."}
WebUrl = Annotated[str, Field(max_length=LONGEST_TEXT, json_schema_extra=_HTTP), _starts_with("http://", "https://")]
RtmpUrl = Annotated[str, Field(max_length=LONGEST_TEXT, json_schema_extra=_RTMP), _starts_with("rtmp://", "rtmps://")]


_NO_PICTURES = frozenset(
    {
        *(".gif", ".svg", ".bmp", ".tif", ".tiff", ".ico", ".avif", ".heic", ".pdf", ".txt", ".htm", ".html"),
        *(".json", ".xml", ".zip", ".mp3", ".m4a", ".mp4", ".mov", ".webm"),
    }
)
"""Endings that say that a watermark is none. Any other, or none at all, may be a program's that sends a picture."""


def _may_be_a_picture(url: str) -> str:
    if PurePosixPath(urlsplit(url).path).suffix.lower() in _NO_PICTURES:
        raise ValueError("must be a PNG, JPEG or WebP picture")
    return url


class WatermarkSize(ExactPart):
    width: Annotated[Whole, Field(ge=1, le=SIDE_HIGHEST)] | None = None
    height: Annotated[Whole, Field(ge=1, le=SIDE_HIGHEST)] | None = None


class Watermark(ExactPart):
    url: Annotated[WebUrl, AfterValidator(_may_be_a_picture)] | None = None
    position: Literal["left top", "right top", "left bottom", "right bottom"] | None = None
    size: WatermarkSize | None = None


class Video(ExactPart):
    """The composed picture. `layout` is an extension: the public API has none."""

    codec: Literal["H264", "VP8", "VP9"] | None = None
    width: Side | None = None
    height: Side | None = None
    export_file: bool | None = None
    watermark: Watermark | None = None
    layout: LayoutName | None = None


class Audio(ExactPart):
    codec: Literal["AAC", "MP3"] | None = None
    channel: Literal["mono", "stereo"] | None = None
    export_file: bool | None = None


class OwnBucket(ExactPart):
    enabled: bool


class RtmpOut(ExactPart):
    rtmp_url: RtmpUrl


class Interactive(ExactPart):
    type: Literal["ID3"]


class Storage(ExactPart):
    """Where files go besides the own bucket; what each type needs is checked once all levels are merged."""

    type: Literal["aws", "azure", "digitalocean", "gcs", "sftp", "cloudflare"]
    access_key: str | None = None
    account_id: str | None = None
    auth_method: Literal["KEY", "PASSWORD"] | None = None
    bucket: str | None = None
    host: str | None = None
    password: str | None = None
    path: str | None = None
    port: Annotated[Whole, Field(ge=1, le=65535)] | None = None
    private_key: str | None = None
    region: str | None = None
    secret: str | None = None
    username: str | None = None


class RecordingOptions(ExactPart):
    """What start requests and a meeting's `recording_config` have in common."""

    audio_config: Audio | None = None
    video_config: Video | None = None
    file_name_prefix: Prefix | None = None
    max_seconds: Annotated[Whole, Field(ge=MAX_SECONDS_LOWEST, le=MAX_SECONDS_HIGHEST)] | None = None
    realtimekit_bucket_config: OwnBucket | None = None
    storage_config: Storage | None = None


class MeetingRecordingConfig(RecordingOptions):
    """`recording_config` of a meeting."""

    live_streaming_config: RtmpOut | None = None

    def values(self) -> dict[str, Any]:
        """Return what was given, as it is merged with other levels."""
        return self.model_dump(exclude_none=True)


class AppRecordingConfig(Body, MeetingRecordingConfig):
    """Body of PUT and PATCH …/recording-config: an app's defaults. `retention_days`: null is what the server says."""

    retention_days: Annotated[float, Field(gt=0, le=LONGEST_RETENTION_DAYS)] | None = None


class StartRecording(Body, RecordingOptions):
    """Body of POST …/recordings."""

    meeting_id: str
    allow_multiple_recordings: bool = False
    interactive_config: Interactive | None = None
    rtmp_out_config: RtmpOut | None = None
    url: WebUrl | None = None

    def values(self) -> dict[str, Any]:
        """Return the configuration that was given, as it is merged with other levels; a codec that is null too."""
        said = self.model_dump(exclude_none=True, exclude={"meeting_id", "allow_multiple_recordings"})
        for name in MADE:
            part = getattr(self, name)
            if part is not None and part.codec is None and "codec" in part.model_fields_set:
                said[name]["codec"] = None
        return said


class TrackLayer(ExactPart):
    """One named set of files. `video` is an extension: the public API has audio only."""

    file_name_prefix: Prefix | None = None
    media_kind: Literal["audio", "video"] = "audio"


class StartTracks(Body, ExactPart):
    """Body of POST …/recordings/track."""

    meeting_id: str
    layers: Annotated[dict[str, TrackLayer], Field(max_length=MOST_LAYERS)] | None = None
    user_ids: (
        Annotated[
            list[Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]],
            Field(min_length=1, max_length=MAX_USER_IDS),
        ]
        | None
    ) = None

    def to_layers(self) -> tuple[Layer, ...]:
        """Return the layers, one named `default` when none are given; a layer's prefix is its name unless it says one.

        Raises InvalidRequest for a name that cannot be used, and for layers whose files would have the same names.
        """
        layers: list[Layer] = []
        for name, given in (self.layers or {}).items():
            if _LAYER_NAME.fullmatch(name) is None:
                raise InvalidRequest("name a layer with 1 to 64 letters, digits, '_' and '-'", f"layers.{name[:80]}")
            layer = Layer(name, given.file_name_prefix or name.replace("-", "_"), given.media_kind)
            if any((layer.file_name_prefix, layer.media_kind) == (o.file_name_prefix, o.media_kind) for o in layers):
                raise InvalidRequest("another layer makes files of the same names", f"layers.{name}.file_name_prefix")
            layers.append(layer)
        return tuple(layers) or (Layer(),)


class RecordingAction(Body):
    """Body of PUT …/recordings/{recording_id}."""

    action: Literal["stop", "pause", "resume"]
