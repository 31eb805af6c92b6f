from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roomtape.clock import to_us
from roomtape.domain.meeting import App, Meeting, MeetingStatus, Session, SessionStatus
from roomtape.webhooks import payloads
from roomtape.webhooks.payloads import Context

AT = datetime(2026, 6, 3, 10, 0, 0, 1_999, tzinfo=UTC)
LATER = AT + timedelta(minutes=30)
CONTEXT = Context(
    App("app", "account", "Example organization", AT),
    Meeting("meet", "app", "Weekly sync", MeetingStatus.ACTIVE, False, None, None, AT, AT),
    Session("sess", "app", "meet", "Weekly sync", SessionStatus.LIVE, AT, None, None, 1, 1, AT, AT),
)
ENDED = replace(CONTEXT, session=replace(CONTEXT.session, status=SessionStatus.ENDED, ended_at=LATER))
WHERE = {"meeting_id": "meet", "session_id": "sess"}
PEER = {
    "peer_id": "peer",
    "name": "Mary Sue",
    "custom_participant_id": "user-123",
    "joined_us": to_us(AT),
    "left_us": to_us(LATER),
}
RECORDING: dict[str, Any] = WHERE | {
    "id": "rec",
    "status": "UPLOADED",
    "kind": "COMPOSITE",
    "output_file_name": "weekly-sync.mp4",
    "started_us": to_us(AT),
    "stopped_us": to_us(LATER),
    "expires_us": to_us(AT + timedelta(days=7)),
    "duration_ms": 1_799_600,
    "file_size": 2044680,
    "download": "app/rec/weekly-sync.mp4",
    "audio_download": "app/rec/weekly-sync.mp3",
}
MEETING = {
    "id": "meet",
    "sessionId": "sess",
    "title": "Weekly sync",
    "roomName": "meet",
    "status": "LIVE",
    "createdAt": "2026-06-03T10:00:00.001Z",
    "startedAt": "2026-06-03T10:00:00.001Z",
    "organizedBy": {"id": "app", "name": "Example organization"},
}
END = {"endedAt": "2026-06-03T10:30:00.001Z"}


def link(path: str, until: datetime) -> str:
    return f"https://bucket.test/{path}?until={until:%d}"


def made(event: str, subject: dict[str, Any], context: Context = CONTEXT) -> dict[str, Any]:
    return payloads.payload(event, subject, context, link)


def test_a_meeting_starts_and_ends() -> None:
    assert made("meeting.started", WHERE) == {"event": "meeting.started", "meeting": MEETING}
    ended = made("meeting.ended", WHERE | {"ended_us": to_us(LATER), "reason": "HOST_ENDED_MEETING"}, ENDED)
    assert ended == {"event": "meeting.ended", "meeting": MEETING | END, "reason": "HOST_ENDED_MEETING"}


def test_somebody_joins_and_leaves() -> None:
    participant = {
        "peerId": "peer",
        "userDisplayName": "Mary Sue",
        "customParticipantId": "user-123",
        "clientSpecificId": "user-123",
        "joinedAt": "2026-06-03T10:00:00.001Z",
    }
    joined = made("meeting.participantJoined", WHERE | {"peer": PEER | {"left_us": None}})
    assert joined == {"event": "meeting.participantJoined", "meeting": MEETING, "participant": participant}
    left = made("meeting.participantLeft", WHERE | {"peer": PEER})
    assert left["participant"] == participant | {"leftAt": "2026-06-03T10:30:00.001Z"}


def test_a_recording_is_uploaded() -> None:
    assert made("recording.statusUpdate", RECORDING, ENDED) == {
        "event": "recording.statusUpdate",
        "recording": {
            "id": "rec",
            "recordingId": "rec",
            "status": "UPLOADED",
            "downloadUrl": "https://bucket.test/app/rec/weekly-sync.mp4?until=10",
            "audioDownloadUrl": "https://bucket.test/app/rec/weekly-sync.mp3?until=10",
            "downloadUrlExpiry": "2026-06-10T10:00:00.001Z",
            "startedTime": "2026-06-03T10:00:00.001Z",
            "stoppedTime": "2026-06-03T10:30:00.001Z",
            "fileSize": "2044680",
            "outputFileName": "weekly-sync.mp4",
            "meetingId": "meet",
            "recordingDuration": 1800,
            "organizationId": "app",
            "roomUUID": "sess",
        },
        "meeting": MEETING | END,
    }


def test_a_recording_that_has_just_begun_has_no_links() -> None:
    unknown = dict.fromkeys(k for k in RECORDING if k.endswith(("_us", "_ms", "size", "download")))
    body = made("recording.statusUpdate", RECORDING | unknown | {"status": "INVOKED"})["recording"]
    assert body["status"] == "INVOKED"
    assert {k for k, v in body.items() if v is None} == {
        "downloadUrl", "audioDownloadUrl", "downloadUrlExpiry", "startedTime", "stoppedTime", "fileSize",
        "recordingDuration",
    }  # fmt: skip


def test_tracks_have_a_link_for_each_file_by_layer() -> None:
    layers = [{"layer_name": "default", "paths": {"a.webm": "app/rec/a.webm"}}]
    tracks = RECORDING | {"kind": "TRACK", "download": layers, "audio_download": None}
    body = made("recording.statusUpdate", tracks)["recording"]
    link = {"download_url": "https://bucket.test/app/rec/a.webm?until=10"}
    assert body["downloadUrl"] == [{"layer_name": "default", "download_urls": {"a.webm": link}}]
    assert body["audioDownloadUrl"] is None


def test_the_text_is_json_as_it_is_signed() -> None:
    context = replace(CONTEXT, meeting=replace(CONTEXT.meeting, title="Größe 会議"))
    text = payloads.text("meeting.started", WHERE, context, link)
    assert "Größe 会議" in text
    assert json.loads(text)["event"] == "meeting.started"


def test_what_is_not_told_has_no_body() -> None:
    with pytest.raises(ValueError, match="nothing is told"):
        made("meeting.transcript", WHERE)


def test_the_order_is_kept_for_recordings_and_for_sessions() -> None:
    assert payloads.subject_key("recording.statusUpdate", RECORDING) == "recording:rec"
    assert payloads.subject_key("meeting.ended", WHERE) == "session:sess"


def test_the_chat_of_a_session_can_be_fetched() -> None:
    expires = AT + timedelta(days=7)
    subject = WHERE | {"path": "app/sess/chat.csv", "expires_us": to_us(expires)}
    assert made("meeting.chatSynced", subject, ENDED) == {
        "event": "meeting.chatSynced",
        "title": "Weekly sync",
        "endedAt": "2026-06-03T10:30:00.001Z",
        "createdAt": "2026-06-03T10:00:00.001Z",
        "meetingId": "meet",
        "sessionId": "sess",
        "startedAt": "2026-06-03T10:00:00.001Z",
        "chatDownloadUrl": "https://bucket.test/app/sess/chat.csv?until=10",
        "chatDownloadUrlExpiry": "2026-06-10T10:00:00.001Z",
        "organizedBy": {"id": "app", "name": "Example organization"},
    }
    assert payloads.subject_key("meeting.chatSynced", subject) == "session:sess"
