"""Owns what a recording shall make, and how request, meeting and app defaults are merged field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from roomtape.domain import storage_config
from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import InvalidRequest

VideoCodec = Literal["H264", "VP8", "VP9"]
AudioCodec = Literal["AAC", "MP3"]
Channel = Literal["mono", "stereo"]
LayoutName = Literal["auto", "grid", "speaker", "single_speaker"]
"""`auto`: a grid, and a shared screen large while there is one. `speaker`: the active speaker large, the others in a
strip. `single_speaker`: the active speaker alone."""
Corner = Literal["left top", "right top", "left bottom", "right bottom"]

MADE = ("video_config", "audio_config")
"""The parts of a configuration that say what picture and sound are made."""
MAX_SECONDS_LOWEST, MAX_SECONDS_HIGHEST = 60, 86_400
MAX_USER_IDS = 100
SIDE_LOWEST, SIDE_HIGHEST, LONGER_SIDE_LOWEST, MOST_PIXELS = 90, 3840, 160, 3840 * 2160
"""A picture has 160x90 to 3840x2160 pixels, upright or lying, or any shape between."""


@dataclass(frozen=True)
class Watermark:
    """A picture in a corner of every frame. `width` and `height` in pixels; one alone keeps the picture's shape, none
    takes its own size."""

    url: str
    position: Corner = "left top"
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class VideoConfig:
    """The composed picture. Sizes in pixels, both even; `fps` in frames per second."""

    codec: VideoCodec = "H264"
    width: int = 1280
    height: int = 720
    fps: int = 30
    export_file: bool = True
    layout: LayoutName = "auto"
    watermark: Watermark | None = None


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
    rtmp_url: str | None = field(default=None, repr=False)
    """Where the composed picture is sent live. It holds a stream key: answers, logs and jobs have it masked
    (`domain.rtmp`), the database has it sealed (`vault`)."""
    storage: StorageConfig | None = None
    """Where the files go besides the own bucket. Its secrets are kept as `rtmp_url` is."""
    own_bucket: bool = True
    """Whether the files stay in the own bucket until they expire."""
    retention_days: float | None = None
    """How long the own bucket keeps the files once they are there; None: as long as the server's settings say."""
    interactive: bool = False
    """The files are an HLS package with ID3 tags (`render.hls`), in a `.tar`, instead of one MP4."""
    page_url: str | None = field(default=None, repr=False)
    """A web page that is recorded as it is shown, instead of the meeting's participants. It may hold a key in its
    query: it is kept as `rtmp_url` is, and jobs of renders have it cut off behind its path. "" where nobody knows it,
    who has the capture alone."""

    @property
    def extension(self) -> str:
        """The ending of a composite's main file: the video, or where only sound is asked for, that."""
        if self.interactive:
            return "tar"
        if self.video.codec != "H264":
            return "webm" if self.video.export_file else "ogg"
        if self.video.export_file:
            return "mp4"
        return "mp3" if self.audio.codec == "MP3" else "m4a"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `from_json` gives back an equal config."""
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> RecordingConfig:
        """Inverse of `to_json`; unknown keys raise TypeError."""
        rest = dict(data)
        users = rest.pop("user_ids", None)
        video = dict(rest.pop("video", {}))
        mark = video.pop("watermark", None)
        storage = rest.pop("storage", None)
        return RecordingConfig(
            storage=None if storage is None else StorageConfig.from_json(storage),
            video=VideoConfig(watermark=None if mark is None else Watermark(**mark), **video),
            audio=AudioConfig(**rest.pop("audio", {})),
            layers=tuple(Layer(**layer) for layer in rest.pop("layers", ())),
            user_ids=None if users is None else tuple(users),
            **rest,
        )


def merge(*levels: dict[str, Any] | None) -> dict[str, Any]:
    """Merge configuration levels given from the most general to the most specific, field by field.

    Nested objects are merged too; None means "not said at this level". A storage has rules of its own
    (`storage_config.merged`).
    """
    merged: dict[str, Any] = {}
    for level in levels:
        for key, value in (level or {}).items():
            if key == storage_config.FIELD and isinstance(value, dict):
                merged[key] = storage_config.merged(merged.get(key) or {}, value)
            elif isinstance(value, dict) and isinstance(merged.get(key), dict):
                merged[key] = merge(merged[key], value)
            elif value is not None:
                merged[key] = value
    return merged


def inherit(*levels: dict[str, Any] | None) -> dict[str, Any]:
    """Merge an app's, a meeting's and a request's recording configuration, in the public API's shape.

    As `merge` does, but a `codec` of None takes an inherited one back, and what a more general level says of picture
    and sound is left out where it cannot go with a more specific one: whoever asks for VP8 need not know of a default
    for AAC, nor whoever asks for an interactive recording of one for VP8.
    """
    merged = merge(*levels)
    for part in MADE:
        if _last_said(levels, part, "codec") is None:
            merged = _without(merged, part, "codec")
    for name in ("codec", "export_file"):
        if _said_at(levels, "video_config", name) < _said_at(levels, "interactive_config"):
            merged = _without(merged, "video_config", name)
    picture, sound = _said_at(levels, "video_config", "codec"), _said_at(levels, "audio_config", "codec")
    if _part(merged, "video_config").get("codec", "H264") != "H264" and sound < picture:
        merged = _without(merged, "audio_config", "codec")
    return merged


def _part(level: dict[str, Any] | None, part: str) -> dict[str, Any]:
    return (level or {}).get(part) or {}


def _said_at(levels: Sequence[dict[str, Any] | None], part: str, name: str | None = None) -> int:
    """Return the index of the most specific level that has a part, or a field of it; -1 where none does."""
    having = [at for at, level in enumerate(levels) if (name in _part(level, part) if name else _part(level, part))]
    return max(having, default=-1)


def _last_said(levels: Sequence[dict[str, Any] | None], part: str, name: str) -> Any:
    at = _said_at(levels, part, name)
    return _part(levels[at], part)[name] if at >= 0 else None


def _without(config: dict[str, Any], part: str, name: str) -> dict[str, Any]:
    """Return the configuration without a field of a part; the part stays, because an empty one may mean something."""
    if name not in _part(config, part):
        return config
    return config | {part: {key: value for key, value in config[part].items() if key != name}}


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
    if max(width, height) < LONGER_SIDE_LOWEST:
        raise InvalidRequest(f"the longer side needs {LONGER_SIDE_LOWEST} pixels at least", "video_config.width")
    storage, own_bucket = destinations(merged)
    interactive = merged.get("interactive_config") is not None
    if interactive:
        _check_interactive(video)
    return RecordingConfig(
        video=VideoConfig(
            codec=video.get("codec", VideoConfig.codec),
            width=width,
            height=height,
            export_file=video.get("export_file", VideoConfig.export_file),
            layout=video.get("layout", VideoConfig.layout),
            watermark=_watermark(video.get("watermark")),
        ),
        audio=AudioConfig(
            codec=(audio or {}).get("codec", AudioConfig.codec),
            channel=(audio or {}).get("channel", AudioConfig.channel),
            export_file=exports_audio,
        ),
        file_name_prefix=merged.get("file_name_prefix"),
        max_seconds=merged.get("max_seconds", MAX_SECONDS_HIGHEST),
        rtmp_url=(merged.get("rtmp_out_config") or merged.get("live_streaming_config") or {}).get("rtmp_url"),
        storage=storage,
        own_bucket=own_bucket,
        retention_days=merged.get("retention_days"),
        interactive=interactive,
        page_url=merged.get("url"),
    )


def _check_interactive(video: dict[str, Any]) -> None:
    if video.get("codec", "H264") != "H264":
        raise InvalidRequest("an interactive recording is HLS, which has H264; leave this out", "video_config.codec")
    if video.get("export_file") is False:
        raise InvalidRequest("an interactive recording is a video; leave this out", "video_config.export_file")


def destinations(merged: dict[str, Any], *, as_meant: bool = False) -> tuple[StorageConfig | None, bool]:
    """Return where the files go besides the own bucket, and whether they stay in that, as merged levels say it.

    Raises InvalidRequest for what is incomplete. `as_meant` takes it: files wait then for a storage that is to be
    corrected, instead of going elsewhere; only where none is named they stay in the own bucket, whatever is said of it.
    """
    own = _part(merged, "realtimekit_bucket_config").get("enabled") is not False
    given = merged.get(storage_config.FIELD)
    if given:
        return (storage_config.meant if as_meant else storage_config.from_api)(given), own
    if not own and not as_meant:
        raise InvalidRequest(
            "without the own bucket the files need a storage_config to go to", "realtimekit_bucket_config.enabled"
        )
    return None, True


def _watermark(given: dict[str, Any] | None) -> Watermark | None:
    if not given:
        return None
    if not given.get("url"):
        raise InvalidRequest("say where the picture lies", "video_config.watermark.url")
    size = given.get("size", {})
    return Watermark(given["url"], given.get("position", Watermark.position), size.get("width"), size.get("height"))


@dataclass(frozen=True)
class Selection:
    """Whose packets a recording may have: everybody's who is not hidden (`user_ids` None), only theirs who are listed,
    or, for a recorded page, those of the hidden peers that bring its picture and sound (`page` is the recording's id,
    which they have for a participant's id)."""

    user_ids: frozenset[str] | None = field(default=None)
    page: str | None = None

    def includes(self, participant_id: str, custom_participant_id: str | None, hidden: bool) -> bool:
        """Tell whether a peer of this participant belongs to the recording; both ids are accepted."""
        if self.page is not None:
            return participant_id == self.page
        if hidden:
            return False
        if self.user_ids is None:
            return True
        return participant_id in self.user_ids or (custom_participant_id or "") in self.user_ids
