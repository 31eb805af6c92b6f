"""Owns what webhooks are told: the body of each event, in the public API's names.

Source: the event payloads of RealtimeKit's webhook guide.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from roomtape.clock import to_datetime
from roomtape.domain.meeting import App, Meeting, Session
from roomtape.domain.recording import Kind
from roomtape.domain.webhook import Event

Link = Callable[[str, datetime], str]
"""(path in the own bucket, until when) → a URL that opens it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Context:
    """Where an event happened."""

    app: App
    meeting: Meeting
    session: Session


def subject_key(event: str, subject: dict[str, Any]) -> str:
    """Return what the order is kept for: a recording, or a session for all that happens in a meeting."""
    if event == Event.RECORDING_STATUS:
        return f"recording:{subject['id']}"
    return f"session:{subject['session_id']}"


def text(event: str, subject: dict[str, Any], context: Context, link: Link) -> str:
    """Return the body of an event as it is signed and sent. `subject` is what the outbox holds (see `db.outbox`)."""
    return json.dumps(payload(event, subject, context, link), ensure_ascii=False, separators=(",", ":"))


def payload(event: str, subject: dict[str, Any], context: Context, link: Link) -> dict[str, Any]:
    """Return the body of an event. Raises ValueError for an event of which nothing is told."""
    if event == Event.CHAT_SYNCED:
        return {"event": event, **_chat(subject, context, link)}
    if event == Event.RECORDING_STATUS:
        more = {"recording": _recording(subject, context, link)}
    elif event in (Event.PARTICIPANT_JOINED, Event.PARTICIPANT_LEFT):
        more = {"participant": _participant(event, subject["peer"])}
    elif event == Event.MEETING_ENDED:
        more = {"reason": subject["reason"]}
    elif event == Event.MEETING_STARTED:
        more = {}
    else:
        raise ValueError(f"nothing is told of {event}")
    return {"event": event, "meeting": _meeting(event, subject, context), **more}


def _meeting(event: str, subject: dict[str, Any], context: Context) -> dict[str, Any]:
    """`status` is LIVE in every event, also in those after the end: so it stands in the guide."""
    meeting, session = context.meeting, context.session
    body = {
        "id": meeting.id,
        "sessionId": session.id,
        "title": meeting.title or session.title,
        "roomName": meeting.id,
        "status": "LIVE",
        "createdAt": _iso(meeting.created_at),
        "startedAt": _iso(session.started_at),
        "organizedBy": {"id": context.app.id, "name": context.app.name},
    }
    if event == Event.MEETING_ENDED:
        body["endedAt"] = _iso(_moment(subject["ended_us"]))
    elif event == Event.RECORDING_STATUS and session.ended_at is not None:
        body["endedAt"] = _iso(session.ended_at)
    return body


def _chat(subject: dict[str, Any], context: Context, link: Link) -> dict[str, Any]:
    """This event alone has no `meeting`: so it stands in the guide."""
    meeting, session, expires_at = context.meeting, context.session, to_datetime(subject["expires_us"])
    return {
        "title": meeting.title or session.title,
        "endedAt": _iso(session.ended_at),
        "createdAt": _iso(meeting.created_at),
        "meetingId": meeting.id,
        "sessionId": session.id,
        "startedAt": _iso(session.started_at),
        "chatDownloadUrl": link(subject["path"], expires_at),
        "chatDownloadUrlExpiry": _iso(expires_at),
        "organizedBy": {"id": context.app.id, "name": context.app.name},
    }


def _participant(event: str, peer: dict[str, Any]) -> dict[str, Any]:
    body = {
        "peerId": peer["peer_id"],
        "userDisplayName": peer["name"],
        "customParticipantId": peer["custom_participant_id"],
        "clientSpecificId": peer["custom_participant_id"],
        "joinedAt": _iso(_moment(peer["joined_us"])),
    }
    if event == Event.PARTICIPANT_LEFT:
        body["leftAt"] = _iso(_moment(peer["left_us"]))
    return body


def _recording(subject: dict[str, Any], context: Context, link: Link) -> dict[str, Any]:
    expires_at = _moment(subject["expires_us"])
    video, audio = subject["download"], subject["audio_download"]
    duration_ms, size = subject["duration_ms"], subject["file_size"]
    return {
        "id": subject["id"],
        "recordingId": subject["id"],
        "status": subject["status"],
        "downloadUrl": _links(subject["kind"], video, expires_at, link),
        "audioDownloadUrl": link(audio, expires_at) if audio is not None and expires_at else None,
        "downloadUrlExpiry": _iso(expires_at),
        "startedTime": _iso(_moment(subject["started_us"])),
        "stoppedTime": _iso(_moment(subject["stopped_us"])),
        "fileSize": None if size is None else str(size),
        "outputFileName": subject["output_file_name"],
        "meetingId": subject["meeting_id"],
        "recordingDuration": None if duration_ms is None else round(duration_ms / 1000),
        "organizationId": context.app.id,
        "roomUUID": subject["session_id"],
    }


def _links(kind: str, download: Any, expires_at: datetime | None, link: Link) -> Any:
    """Return a URL for a composite, layers with a URL for each file for tracks: the same as the REST API answers."""
    if download is None or expires_at is None:
        return None
    if kind == Kind.COMPOSITE:
        return link(download, expires_at)
    return [
        {
            "layer_name": layer["layer_name"],
            "download_urls": {name: {"download_url": link(path, expires_at)} for name, path in layer["paths"].items()},
        }
        for layer in download
    ]


def _moment(us: int | None) -> datetime | None:
    return None if us is None else _EPOCH + timedelta(microseconds=us)


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
