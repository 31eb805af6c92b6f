from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from roomtape.clock import to_us
from roomtape.db import chats, meetings, outbox, sessions
from roomtape.db.chats import ChatLog
from roomtape.domain.meeting import Meeting, MeetingStatus, Session, SessionStatus
from roomtape.domain.webhook import Event
from tests.support.database import APP, NOW, database

MEETING = Meeting("m", APP.id, "Weekly", MeetingStatus.ACTIVE, False, None, None, NOW, NOW)
SESSION = Session("s", APP.id, MEETING.id, "Weekly", SessionStatus.ENDED, NOW, NOW, None, 0, 0, NOW, NOW)


async def test_a_log_is_kept_once_told_once_and_expires(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await meetings.save(db, MEETING)
        await sessions.insert(db, SESSION)
        assert await chats.get(db, "s") is None
        assert await chats.get(db, "unknown") is None
        log = ChatLog("s", "app/s/chat.csv", NOW)
        await chats.keep(db, log)
        await chats.keep(db, ChatLog("s", "another", NOW + timedelta(days=1)))
        await chats.keep(db, ChatLog("unknown", "nowhere", NOW))
        assert await chats.get(db, "s") == log
        told = [entry for entry in await outbox.oldest(db, 10) if entry.event == Event.CHAT_SYNCED]
        assert [entry.subject for entry in told] == [
            {"meeting_id": "m", "session_id": "s", "path": log.path, "expires_us": to_us(NOW)}
        ]

        assert await chats.expiring(db, NOW - timedelta(seconds=1)) == []
        assert await chats.expiring(db, NOW) == [log]
        await chats.expire(db, "s")
        assert await chats.expiring(db, NOW) == []
        assert await chats.get(db, "s") == ChatLog("s", None, NOW)
