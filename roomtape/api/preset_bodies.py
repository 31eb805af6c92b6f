"""Owns the shape of a preset as the public API defines it. Fields that it does not know are kept as they are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from roomtape.api.bodies import Body, Part

Quality = Literal["hd", "vga", "qvga", "fhd", "uhd"]
Produce = Literal["ALLOWED", "NOT_ALLOWED", "CAN_REQUEST"]
Count = Annotated[float, Field(ge=0, le=10_000)]


class OpenPart(Part):
    model_config = ConfigDict(extra="allow")


class Streams(OpenPart):
    desktop: Count
    mobile: Count


class AudioMedia(OpenPart):
    enable_high_bitrate: bool = False
    enable_stereo: bool = False


class VideoMedia(OpenPart):
    quality: Quality
    frame_rate: Count
    simulcast: bool = False


class ScreenMedia(OpenPart):
    quality: Quality
    frame_rate: Count


class Media(OpenPart):
    screenshare: ScreenMedia
    video: VideoMedia
    audio: AudioMedia = AudioMedia()


class Config(OpenPart):
    view_type: Literal["GROUP_CALL", "WEBINAR", "AUDIO_ROOM", "LIVESTREAM"]
    media: Media
    max_screenshare_count: Count
    max_video_streams: Streams
    livestream_viewer_qualities: list[int] | None = None


class PublicChat(OpenPart):
    can_send: bool
    text: bool
    files: bool


class PrivateChat(PublicChat):
    can_receive: bool


class Chat(OpenPart):
    public: PublicChat
    private: PrivateChat


class Connected(OpenPart):
    can_alter_connected_meetings: bool
    can_switch_connected_meetings: bool
    can_switch_to_parent_meeting: bool


class MayProduce(OpenPart):
    can_produce: Produce


class MayPublish(OpenPart):
    audio: MayProduce
    video: MayProduce
    screenshare: MayProduce


class Plugins(OpenPart):
    can_close: bool
    can_start: bool
    can_edit_config: bool
    config: dict[str, dict[str, Any]]


class Polls(OpenPart):
    can_create: bool
    can_view: bool
    can_vote: bool


class Permissions(OpenPart):
    accept_waiting_requests: bool
    can_accept_production_requests: bool
    can_change_participant_permissions: bool
    can_edit_display_name: bool
    can_livestream: bool
    can_record: bool
    can_spotlight: bool
    chat: Chat
    connected_meetings: Connected
    disable_participant_audio: bool
    disable_participant_screensharing: bool
    disable_participant_video: bool
    hidden_participant: bool
    kick_participant: bool
    media: MayPublish
    pin_participant: bool
    plugins: Plugins
    polls: Polls
    recorder_type: Literal["RECORDER", "LIVESTREAMER", "NONE"]
    show_participant_list: bool
    waiting_room_type: Literal["SKIP", "ON_PRIVILEGED_USER_ENTRY", "SKIP_ON_ACCEPT"]
    accept_stage_requests: bool = False
    is_recorder: bool = False
    stage_access: Produce | None = None
    stage_enabled: bool = False
    transcription_enabled: bool = False


class Brand(OpenPart):
    c300: Annotated[str, Field(alias="300")]
    c400: Annotated[str, Field(alias="400")]
    c500: Annotated[str, Field(alias="500")]
    c600: Annotated[str, Field(alias="600")]
    c700: Annotated[str, Field(alias="700")]


class Background(OpenPart):
    c600: Annotated[str, Field(alias="600")]
    c700: Annotated[str, Field(alias="700")]
    c800: Annotated[str, Field(alias="800")]
    c900: Annotated[str, Field(alias="900")]
    c1000: Annotated[str, Field(alias="1000")]


class Colors(OpenPart):
    background: Background
    brand: Brand
    danger: str
    success: str
    text: str
    text_on_brand: str
    video_bg: str
    warning: str


class DesignTokens(OpenPart):
    border_radius: Literal["sharp", "rounded", "extra-rounded", "circular"]
    border_width: Literal["none", "thin", "fat"]
    colors: Colors
    spacing_base: Count
    theme: Literal["darkest", "dark", "light"]
    font_family: str | None = None
    google_font: str | None = None
    logo: str | None = None


class Ui(OpenPart):
    design_tokens: DesignTokens


class PresetValues(Body):
    """Body of POST and PUT …/presets."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    config: Config
    permissions: Permissions
    ui: Ui

    def parts(self) -> dict[str, Any]:
        """Return config, permissions and ui as they are kept."""
        return self.model_dump(by_alias=True, exclude_none=True, include={"config", "permissions", "ui"})


class PresetChange(Body):
    """Body of PATCH …/presets/{preset_id}: any part of a preset; the result is checked as a whole."""

    name: Any = None
    config: dict[str, Any] | None = None
    permissions: dict[str, Any] | None = None
    ui: dict[str, Any] | None = None
