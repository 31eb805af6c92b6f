"""Owns the recording endpoints: start (composite, tracks), list, get, the active one, and stop, pause, resume."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from roomtape.api.auth import WithRecordings
from roomtape.api.deps import Deps
from roomtape.api.meetings import meeting_body
from roomtape.api.paging import Moment, PageQuery, Search, SortOrder, iso, success
from roomtape.api.paths import APP
from roomtape.api.recording_bodies import RecordingAction, StartRecording, StartTracks
from roomtape.api.recording_config import effective, for_tracks, resolve
from roomtape.db import meetings
from roomtape.db import recordings as rows
from roomtape.domain import filenames
from roomtape.domain.recording import Caller, Kind, Recording, StartCause, Status, StopCause
from roomtape.errors import NotFound
from roomtape.storage.port import Bucket

router = APIRouter(prefix=APP + "/recordings", tags=["Recordings"])


@router.post("", status_code=201, summary="Start recording a meeting")
async def start(access: WithRecordings, body: StartRecording) -> dict[str, Any]:
    """Record the meeting as one composed video. A participant needs `can_record`."""
    meeting = await access.meeting(body.meeting_id)
    access.require_record()
    config = resolve(access.app.recording_config, meeting.recording_config, body.values())
    if config.rtmp_url is not None:
        access.deps.streams.check(config.rtmp_url, "rtmp_out_config.rtmp_url")
    if config.storage is not None:
        access.deps.deliveries.check(config.storage)
    if config.page_url is not None:
        await access.deps.pages.check(config.page_url, "url")
    recording = await access.deps.recordings.start(
        access.app,
        meeting,
        config,
        Kind.COMPOSITE,
        allow_multiple=body.allow_multiple_recordings,
        cause=StartCause.API_CALL,
        caller=access.caller,
    )
    return success(recording_body(recording, access.deps))


@router.post("/track", status_code=201, summary="Start recording participants' tracks")
async def start_tracks(access: WithRecordings, body: StartTracks) -> dict[str, Any]:
    """Record one file per participant. A participant needs `can_record`."""
    meeting = await access.meeting(body.meeting_id)
    access.require_record()
    users = None if body.user_ids is None else tuple(body.user_ids)
    config = for_tracks(access.app, meeting, body.to_layers(), users)
    if config.storage is not None:
        access.deps.deliveries.check(config.storage)
    recording = await access.deps.recordings.start(
        access.app,
        meeting,
        config,
        Kind.TRACK,
        allow_multiple=False,
        cause=StartCause.API_CALL,
        caller=access.caller,
    )
    answer = recording_body(recording, access.deps)
    for name in ("start_reason", "stop_reason", "storage_config"):
        del answer[name]
    return success({"recording": answer})


@router.get("", summary="List recordings")
async def find(
    access: WithRecordings,
    page: PageQuery,
    meeting_id: str | None = None,
    status: Annotated[list[Status], Query()] = [],  # noqa: B006 - FastAPI copies it
    search: Search | None = None,
    start_time: Moment | None = None,
    end_time: Moment | None = None,
    expired: bool | None = None,
    sort_by: Literal["invokedTime"] = "invokedTime",
    sort_order: SortOrder = "DESC",
) -> dict[str, Any]:
    """List an app's recordings. A participant needs `can_record` and sees those of their meeting."""
    access.require_record()
    if access.participant is not None:
        meeting_id = (await access.meeting(meeting_id or access.participant.meeting.id)).id
    found, total = await rows.find(
        access.deps.db,
        access.app.id,
        meeting_id=meeting_id,
        statuses=status,
        search=search,
        start=start_time,
        end=end_time,
        expired=expired,
        newest_first=sort_order == "DESC",
        offset=page.offset,
        limit=page.size,
    )
    of = await meetings.by_ids(access.deps.db, (r.meeting_id for r in found))
    data = [recording_body(r, access.deps) | {"meeting": meeting_body(of[r.meeting_id])} for r in found]
    return success(data, paging=page.paging(found, total))


@router.get("/active-recording/{meeting_id}", summary="Get the running recording of a meeting")
async def active(access: WithRecordings, meeting_id: str) -> dict[str, Any]:
    """Get the newest running recording; the composed video comes before tracks."""
    meeting = await access.meeting(meeting_id)
    found = await rows.active_of(access.deps.db, meeting.id)
    if not found:
        raise NotFound(f"nothing is being recorded in meeting {meeting_id!r} now")
    newest = max(found, key=lambda r: (r.kind is Kind.COMPOSITE, r.invoked_at))
    answer = recording_body(newest, access.deps)
    if not access.may_record:  # whoever may not record learns that it is recorded, and not where it goes
        answer |= {"config": None, "storage_config": None}
    return success(answer)


@router.get("/{recording_id}", summary="Get a recording")
async def get(access: WithRecordings, recording_id: str) -> dict[str, Any]:
    """Get one recording with its links. A participant needs `can_record`."""
    recording = await access.recording(recording_id)
    access.require_record()
    return success(recording_body(recording, access.deps))


@router.put("/{recording_id}", summary="Stop, pause or resume a recording")
async def act(access: WithRecordings, recording_id: str, body: RecordingAction) -> dict[str, Any]:
    """Change a running recording. A participant needs `can_record`."""
    recording = await access.recording(recording_id)
    access.require_record()
    control = access.deps.recordings
    if body.action == "stop":
        after = await control.stop(recording.id, cause=StopCause.API_CALL, caller=access.caller)
    elif body.action == "pause":
        after = await control.pause(recording.id)
    else:
        after = await control.resume(recording.id)
    return success(recording_body(after, access.deps))


def recording_body(recording: Recording, deps: Deps) -> dict[str, Any]:
    """Return a recording in the public API's shape, with links that are made anew each time.

    Beyond the official fields: `meeting_id`, `type` (COMPOSITE or TRACK), `rtmp_out` (how its live stream fares, null
    without one), `playback_url` (the playlist of an interactive recording), `error` and `warnings` (for a human),
    `config` (all levels merged).
    """
    stop = None
    if recording.stop_cause is not None:
        stop = {"caller": _caller(recording.stop_caller), "reason": recording.stop_cause}
    seconds = None if recording.duration_ms is None else round(recording.duration_ms / 1000)
    return {
        "id": recording.id,
        "type": recording.kind,
        "meeting_id": recording.meeting_id,
        "session_id": recording.session_id,
        "status": recording.status,
        "output_file_name": recording.output_file_name,
        "invoked_time": iso(recording.invoked_at),
        "started_time": iso(recording.started_at),
        "stopped_time": iso(recording.stopped_at),
        "recording_duration": seconds,
        "file_size": recording.file_size,
        **_links(recording, deps.bucket),
        "download_url_expiry": iso(recording.links_until),
        "start_reason": {"caller": _caller(recording.start_caller), "reason": recording.start_cause},
        "stop_reason": stop,
        "storage_config": None if recording.config.storage is None else recording.config.storage.public(),
        "rtmp_out": _rtmp_out(recording, deps),
        "error": recording.error,
        "warnings": list(recording.warnings),
        "config": effective(recording),
    }


def _rtmp_out(recording: Recording, deps: Deps) -> dict[str, Any] | None:
    state = deps.streams.state(recording)
    return None if state is None else state | {"since": iso(state["since"])}


def _links(recording: Recording, bucket: Bucket) -> dict[str, Any]:
    expires_at = recording.expires_at
    if expires_at is None or not recording.has_links:
        return {"download_url": None, "audio_download_url": None, "playback_url": None}
    if recording.kind is Kind.COMPOSITE:
        video, audio = recording.download, recording.audio_download
        return {
            "download_url": None if video is None else bucket.link(video, expires_at),
            "audio_download_url": None if audio is None else bucket.link(audio, expires_at),
            "playback_url": _playback(recording, bucket, expires_at),
        }
    layers = [
        {
            "layer_name": layer["layer_name"],
            "download_urls": {
                name: {"download_url": bucket.link(path, expires_at)} for name, path in layer["paths"].items()
            },
        }
        for layer in recording.download
    ]
    return {"download_url": layers, "audio_download_url": None, "playback_url": None}


def _playback(recording: Recording, bucket: Bucket, expires_at: datetime) -> str | None:
    """Return the link of an interactive recording's playlist; it names its segments relatively, under one prefix."""
    if not recording.config.interactive or recording.download is None:
        return None
    folder = filenames.package(recording.download)
    return f"{bucket.link_folder(folder, expires_at)}{filenames.PLAYLIST}"


def _caller(caller: Caller | None) -> dict[str, str] | None:
    return None if caller is None else {"name": caller.name, "type": caller.type, "user_Id": caller.user_id}
