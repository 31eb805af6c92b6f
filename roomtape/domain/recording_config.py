"""Owns what a recording shall make, and how request, meeting and app defaults are merged field by field."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from roomtape.errors import InvalidRequest

VideoCodec = Literal["H264", "VP8", "VP9"]
AudioCodec = Literal["AAC", "MP3"]
Channel = Literal["mono", "stereo"]

MAX_SECONDS_LOWEST, MAX_SECONDS_HIGHEST = 60, 86_400
MAX_USER_IDS = 100
SIDE_LOWEST, SIDE_HIGHEST, MOST_PIXELS = 64, 3840, 3840 * 2160


@dataclass(frozen=True)
class VideoConfig:
    """The composed picture. Sizes in pixels, both even; `fps` in frames per second."""

    codec: VideoCodec = "H264"
    width: int = 1280
    height: int = 720
    fps: int = 30
    export_file: bool = True


@dataclass(frozen=True)
class AudioConfig:
    """The mixed sound, at 48000 Hz. `export_file` asks for an audio file of its own beside the video."""

    codec: AudioCodec = "AAC"
    channel: Channel = "stereo"
    export_file: bool = False


@dataclass(frozen=True)
class Layer:
    """One named set of track files."""

    name: str = "default"
    file_name_prefix: str = "default"
    media_kind: Literal["audio", "video"] = "audio"


@dataclass(frozen=True)
class RecordingConfig:
    """Everything that decides the content of a recording's files; with the capture log, the only input of a render."""

    video: VideoConfig = VideoConfig()
    audio: AudioConfig = AudioConfig()
    layers: tuple[Layer, ...] = ()
    user_ids: tuple[str, ...] | None = None
    file_name_prefix: str | None = None
    max_seconds: int = MAX_SECONDS_HIGHEST

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `from_json` gives back an equal config."""
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> RecordingConfig:
        """Inverse of `to_json`; unknown keys raise TypeError."""
        rest = dict(data)
        users = rest.pop("user_ids", None)
        return RecordingConfig(
            video=VideoConfig(**rest.pop("video", {})),
            audio=AudioConfig(**rest.pop("audio", {})),
            layers=tuple(Layer(**layer) for layer in rest.pop("layers", ())),
            user_ids=None if users is None else tuple(users),
            **rest,
        )


def merge(*levels: dict[str, Any] | None) -> dict[str, Any]:
    """Merge configuration levels given from the most general to the most specific, field by field.

    Nested objects are merged too; None means "not said at this level".
    """
    merged: dict[str, Any] = {}
    for level in levels:
        for key, value in (level or {}).items():
            if isinstance(value, dict) and isinstance(merged.get(key), dict):
                merged[key] = merge(merged[key], value)
            elif value is not None:
                merged[key] = value
    return merged


def from_api(merged: dict[str, Any]) -> RecordingConfig:
    """Return the config of a composite from merged levels in the public API's shape, defaults filled in.

    Raises InvalidRequest for values that are each allowed but not together.
    """
    video, audio = merged.get("video_config", {}), merged.get("audio_config")
    if video.get("codec", "H264") != "H264" and (audio or {}).get("codec") is not None:
        raise InvalidRequest("with VP8 and VP9 the sound is Vorbis; leave this out", "audio_config.codec")
    exports_audio = audio is not None and audio.get("export_file") is not False
    if video.get("export_file") is False and not exports_audio:
        raise InvalidRequest("with neither a video nor an audio file nothing would be made", "video_config.export_file")
    width, height = video.get("width", VideoConfig.width), video.get("height", VideoConfig.height)
    if width * height > MOST_PIXELS:
        raise InvalidRequest(f"width times height may be {MOST_PIXELS} at most", "video_config.width")
    return RecordingConfig(
        video=VideoConfig(
            codec=video.get("codec", VideoConfig.codec),
            width=width,
            height=height,
            export_file=video.get("export_file", VideoConfig.export_file),
        ),
        audio=AudioConfig(
            codec=(audio or {}).get("codec", AudioConfig.codec),
            channel=(audio or {}).get("channel", AudioConfig.channel),
            export_file=exports_audio,
        ),
        file_name_prefix=merged.get("file_name_prefix"),
        max_seconds=merged.get("max_seconds", MAX_SECONDS_HIGHEST),
    )


@dataclass(frozen=True)
class Selection:
    """Whose packets a recording may have: everybody's (`user_ids` None) or only those listed."""

    user_ids: frozenset[str] | None = field(default=None)

    def includes(self, participant_id: str, custom_participant_id: str | None) -> bool:
        """Tell whether a peer of this participant belongs to the recording; both ids are accepted."""
        if self.user_ids is None:
            return True
        return participant_id in self.user_ids or (custom_participant_id or "") in self.user_ids
