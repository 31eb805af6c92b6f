"""Owns the shapes of answers as the documentation tells them; routes make them, nothing checks them while it serves.

Every field is there in every answer. Clients should pass over fields that they do not know: more may come.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from roomtape.domain.meeting import MeetingStatus, SessionStatus
from roomtape.domain.recording import CallerType, Kind, StartCause, Status, StopCause

T = TypeVar("T")
Moment = str
MOMENT = Field(json_schema_extra={"format": "date-time"})


class Shape(BaseModel):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Success(Shape, Generic[T]):
    success: Literal[True]
    data: T


class Paging(Shape):
    """Offsets count from 1, both ends included; 0 for an empty page."""

    total_count: int
    start_offset: int
    end_offset: int


class Listed(Success[T], Generic[T]):
    paging: Paging


class ErrorItem(Shape):
    code: int
    message: str


class ErrorBody(Shape):
    """Every error: a stable code and a sentence that says what is wrong and what to do."""

    success: Literal[False]
    errors: list[ErrorItem]
    messages: list[str]
    data: None


class AppShown(Shape):
    id: str
    name: str
    created_at: Moment = MOMENT


class AppMade(Shape):
    app: AppShown


class AccountShown(Shape):
    id: str
    name: str
    type: str


class ResultInfo(Shape):
    page: int
    per_page: int
    count: int
    total_count: int
    total_pages: int


class Accounts(Shape):
    success: Literal[True]
    errors: list[ErrorItem]
    messages: list[str]
    result: list[AccountShown]
    result_info: ResultInfo


class TokenShown(Shape):
    id: str
    name: str
    scope: Literal["read", "write"]
    created_at: Moment = MOMENT
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None


class TokenMade(TokenShown):
    token: str


class MeetingShown(Shape):
    id: str
    title: str | None
    status: MeetingStatus
    record_on_start: bool
    live_stream_on_start: bool
    persist_chat: bool
    summarize_on_end: bool
    transcribe_on_end: bool
    ai_config: dict[str, Any] | None
    recording_config: dict[str, Any] | None
    session_keep_alive_time_in_secs: float | None
    created_at: Moment = MOMENT
    updated_at: Moment = MOMENT


class ParticipantShown(Shape):
    id: str
    name: str | None
    picture: str | None
    custom_participant_id: str
    preset_name: str
    created_at: Moment = MOMENT
    updated_at: Moment = MOMENT


class ParticipantToken(Shape):
    token: str


class ParticipantWithToken(ParticipantShown, ParticipantToken):
    pass


class ParticipantRemoved(ParticipantShown):
    preset_id: str | None


class PresetListed(Shape):
    id: str
    name: str
    created_at: Moment = MOMENT
    updated_at: Moment = MOMENT


class PresetShown(PresetListed):
    """With everything that was given, also what the public API does not know."""

    model_config = ConfigDict(extra="allow")
    config: dict[str, Any]
    permissions: dict[str, Any]
    ui: dict[str, Any]


class SessionShown(Shape):
    id: str
    associated_id: str
    meeting_display_name: str
    organization_id: str
    type: Literal["meeting"]
    status: SessionStatus
    live_participants: int
    max_concurrent_participants: int
    minutes_consumed: float
    breakout_rooms: list[Any]
    started_at: Moment = MOMENT
    ended_at: Moment | None
    created_at: Moment = MOMENT
    updated_at: Moment = MOMENT


class SessionChat(Shape):
    chat_download_url: str
    chat_download_url_expiry: Moment = MOMENT


class PeerEvent(Shape):
    id: str
    event_name: Literal["PEER_CREATED", "PEER_JOINING", "PEER_LEAVING"]
    peer_id: str
    participant_id: str
    session_id: str
    socket_session_id: str | None
    preset_view_type: str | None
    minutes_consumed: float
    created_at: Moment = MOMENT
    updated_at: Moment = MOMENT


class _PeerShown(Shape):
    id: str
    user_id: str
    custom_participant_id: str | None
    display_name: str
    duration: float
    joined_at: Moment = MOMENT
    left_at: Moment | None
    created_at: Moment = MOMENT
    updated_at: Moment = MOMENT


class SessionParticipant(_PeerShown):
    preset_name: str


class SessionParticipants(Shape):
    participants: list[SessionParticipant]


class SessionParticipantFound(Shape):
    participant: SessionParticipant


class PeerReported(_PeerShown):
    role: str
    session_id: str
    peer_report: None


class PeerReportFound(Shape):
    participant: PeerReported


class Sessions(Shape):
    sessions: list[SessionShown]


class Kicked(Shape):
    action: Literal["kick"]
    participants: list[dict[str, Any]]


class AllKicked(Shape):
    action: Literal["kick-all"]
    kicked_participants_count: int


class CallerShown(Shape):
    name: str
    type: CallerType
    user_Id: str  # noqa: N815 - the public API's spelling


class StartReason(Shape):
    caller: CallerShown | None
    reason: StartCause


class StopReason(Shape):
    caller: CallerShown | None
    reason: StopCause


class DownloadUrl(Shape):
    download_url: str


class LayerShown(Shape):
    layer_name: str
    download_urls: dict[str, DownloadUrl]


class TrackRecordingShown(Shape):
    id: str
    type: Kind
    meeting_id: str
    session_id: str
    status: Status
    output_file_name: str
    invoked_time: Moment = MOMENT
    started_time: Moment | None
    stopped_time: Moment | None
    recording_duration: int | None
    file_size: int | None
    download_url: str | list[LayerShown] | None
    audio_download_url: str | None
    playback_url: str | None
    download_url_expiry: Moment | None
    rtmp_out: dict[str, Any] | None
    error: str | None
    warnings: list[str]
    config: dict[str, Any] | None


class RecordingShown(TrackRecordingShown):
    start_reason: StartReason
    stop_reason: StopReason | None
    storage_config: dict[str, Any] | None


class RecordingListed(RecordingShown):
    meeting: MeetingShown


class TrackRecordingStarted(Shape):
    recording: TrackRecordingShown


class MetadataSent(Shape):
    recording_id: str
    form: Literal["text", "bytes"]
    size: int
    sent_at: Moment = MOMENT


class StorageTested(Shape):
    ok: bool
    error: str | None
    took_ms: int
    storage_config: dict[str, Any]


class SessionDay(Shape):
    day: str
    total_sessions: int
    total_session_minutes: float


class SessionStats(Shape):
    sessions_count: int
    sessions_minutes_consumed: float
    day_stats: list[SessionDay]


class RecordingDay(Shape):
    day: str
    total_recordings: int
    total_recording_minutes: int


class RecordingStats(Shape):
    recording_count: int
    recording_minutes_consumed: float
    day_stats: list[RecordingDay]


class Daywise(Shape):
    session_stats: SessionStats
    recording_stats: RecordingStats


class Health(Shape):
    """`status`, and every part by its name with `ok` or what is wrong with it."""

    model_config = ConfigDict(extra="allow")
    status: Literal["ok", "degraded", "unready"]


class IceServers(Shape):
    success: Literal[True]
    iceServers: list[dict[str, Any]]  # noqa: N815 - the SDK's spelling


class ParticipantDetails(Shape):
    participant: dict[str, Any]
    preset: dict[str, Any]
    meeting: dict[str, Any]


class ChatFileLinks(Shape):
    get_location: str
    put_location: str


class ChatFileStored(Shape):
    size: int
