"""Owns a new recording as a value: INVOKED, with the name that its file will have."""

from __future__ import annotations

from roomtape.clock import now_us, to_datetime
from roomtape.domain import filenames
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import App, Meeting
from roomtape.domain.recording import Caller, Kind, Recording, StartCause, Status
from roomtape.domain.recording_config import Layer, RecordingConfig
from roomtape.rooms.live import LiveSession


def new(
    app: App,
    meeting: Meeting,
    session: LiveSession,
    config: RecordingConfig,
    kind: Kind,
    allow_multiple: bool,
    cause: StartCause,
    caller: Caller | None,
) -> Recording:
    """Return a recording of a session that is invoked now."""
    at = now_us()
    return Recording(
        id=new_id(),
        app_id=app.id,
        meeting_id=meeting.id,
        session_id=session.id,
        kind=kind,
        status=Status.INVOKED,
        config=config,
        allow_multiple=allow_multiple,
        output_file_name=_output_file_name(meeting, config, kind, at),
        invoked_at=to_datetime(at),
        started_at=None,
        stopped_at=None,
        start_cause=cause,
        start_caller=caller,
        stop_cause=None,
        stop_caller=None,
        duration_ms=None,
        file_size=None,
        download=None,
        audio_download=None,
        expires_at=None,
        expired=False,
        error=None,
        warnings=(),
    )


def _output_file_name(meeting: Meeting, config: RecordingConfig, kind: Kind, at_us: int) -> str:
    if kind is Kind.TRACK:
        layer = config.layers[0] if config.layers else Layer()
        return filenames.track_pattern(layer.file_name_prefix, layer.media_kind)
    return filenames.composite(config.file_name_prefix, meeting.title or meeting.id, at_us // 1000, config.extension)
