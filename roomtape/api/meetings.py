"""Owns the meeting endpoints: create, list, get, change, replace."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from roomtape.api.auth import Access, WithApp
from roomtape.api.bodies import LONGEST_TEXT, Body, Part, Whole
from roomtape.api.paging import Moment, PageQuery, Search, iso, success
from roomtape.api.paths import APP
from roomtape.api.recording_bodies import MeetingRecordingConfig
from roomtape.api.recording_config import resolve, shown, with_kept_secrets
from roomtape.clock import now_us, to_datetime
from roomtape.db import meetings as rows
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import Meeting, MeetingStatus

router = APIRouter(prefix=APP + "/meetings", tags=["Meetings"])

LONGEST_KEEP_ALIVE_S = 86_400
_OPTIONS = ("live_stream_on_start", "persist_chat", "summarize_on_end", "transcribe_on_end", "ai_config")


class Summarization(Part):
    summary_type: str | None = None
    text_format: str | None = None
    word_limit: Whole | None = None


class Transcription(Part):
    keywords: list[str] | None = None
    language: str | None = None
    profanity_filter: bool | None = None


class AiConfig(Part):
    summarization: Summarization | None = None
    transcription: Transcription | None = None


class MeetingValues(Body):
    """Body of POST, PUT and PATCH; PATCH changes only what is given. AI, chat and livestream settings are only kept."""

    title: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = None
    record_on_start: bool | None = None
    recording_config: MeetingRecordingConfig | None = None
    session_keep_alive_time_in_secs: Annotated[float, Field(ge=0, le=LONGEST_KEEP_ALIVE_S)] | None = None
    live_stream_on_start: bool | None = None
    persist_chat: bool | None = None
    summarize_on_end: bool | None = None
    transcribe_on_end: bool | None = None
    ai_config: AiConfig | None = None


class MeetingChange(MeetingValues):
    """Body of PATCH: the status can be changed too."""

    status: Annotated[MeetingStatus, Field(strict=False)] | None = None


@router.post("", status_code=201, summary="Create a meeting")
async def create(access: WithApp, body: MeetingValues) -> dict[str, Any]:
    """Create a meeting that participants can be added to."""
    now = to_datetime(now_us())
    empty = Meeting(new_id(), access.app.id, None, MeetingStatus.ACTIVE, False, None, None, now, now)
    meeting = _with(empty, body, {*MeetingValues.model_fields}, access)
    await rows.save(access.deps.db, meeting)
    return success(meeting_body(meeting))


@router.get("", summary="List meetings")
async def find(
    access: WithApp,
    page: PageQuery,
    search: Search | None = None,
    start_time: Moment | None = None,
    end_time: Moment | None = None,
    status: MeetingStatus | None = None,
) -> dict[str, Any]:
    """List an app's meetings, the newest first; `search` is a part of the title, or an id."""
    found, total = await rows.find(
        access.deps.db,
        access.app.id,
        status=status,
        search=search,
        start=start_time,
        end=end_time,
        offset=page.offset,
        limit=page.size,
    )
    return success([meeting_body(m) for m in found], paging=page.paging(found, total))


@router.get("/{meeting_id}", summary="Get a meeting")
async def get(access: WithApp, meeting_id: str) -> dict[str, Any]:
    """Get one meeting."""
    return success(meeting_body(await access.meeting(meeting_id)))


@router.patch("/{meeting_id}", summary="Change a meeting")
async def change(access: WithApp, meeting_id: str, body: MeetingChange) -> dict[str, Any]:
    """Change what is given; a `recording_config` replaces the whole former one."""
    found = await access.meeting(meeting_id)

    def changed(meeting: Meeting) -> Meeting:
        after = _with(meeting, body, body.model_fields_set, access)
        return after if body.status is None else replace(after, status=body.status)

    return success(meeting_body(await rows.change(access.deps.db, found.id, changed)))


@router.put("/{meeting_id}", summary="Replace a meeting")
async def replace_all(access: WithApp, meeting_id: str, body: MeetingValues) -> dict[str, Any]:
    """Set all values; what is not given gets its default. The status stays."""
    found = await access.meeting(meeting_id)
    fields = {*MeetingValues.model_fields}
    meeting = await rows.change(access.deps.db, found.id, lambda before: _with(before, body, fields, access))
    return success(meeting_body(meeting))


def _with(meeting: Meeting, body: MeetingValues, fields: set[str], access: Access) -> Meeting:
    """Return the meeting with these fields of the body. Raises as `recording_config.resolve` does."""
    if "title" in fields:
        meeting = replace(meeting, title=body.title)
    if "record_on_start" in fields:
        meeting = replace(meeting, record_on_start=bool(body.record_on_start))
    if "session_keep_alive_time_in_secs" in fields:
        meeting = replace(meeting, keep_alive_s=body.session_keep_alive_time_in_secs)
    if "recording_config" in fields:
        config = None if body.recording_config is None else body.recording_config.values()
        config = with_kept_secrets(config, meeting.recording_config)
        resolved = resolve(access.app.recording_config, config)
        if resolved.rtmp_url is not None:
            access.deps.streams.check(resolved.rtmp_url, "recording_config.live_streaming_config.rtmp_url")
        if resolved.storage is not None:
            access.deps.deliveries.check(resolved.storage)
        meeting = replace(meeting, recording_config=config)
    given = body.model_dump(include=set(_OPTIONS) & fields, exclude_none=True)
    kept = {name: value for name, value in meeting.options.items() if name not in fields}
    return replace(meeting, options=kept | given, updated_at=to_datetime(now_us()))


def meeting_body(meeting: Meeting) -> dict[str, Any]:
    """Return a meeting in the public API's shape."""
    return {
        "id": meeting.id,
        "title": meeting.title,
        "status": meeting.status,
        "record_on_start": meeting.record_on_start,
        "live_stream_on_start": meeting.options.get("live_stream_on_start", False),
        "persist_chat": meeting.options.get("persist_chat", False),
        "summarize_on_end": meeting.options.get("summarize_on_end", False),
        "transcribe_on_end": meeting.options.get("transcribe_on_end", False),
        "ai_config": meeting.options.get("ai_config"),
        "recording_config": shown(meeting.recording_config),
        "session_keep_alive_time_in_secs": meeting.keep_alive_s,
        "created_at": iso(meeting.created_at),
        "updated_at": iso(meeting.updated_at),
    }
