from __future__ import annotations

from datetime import datetime, timedelta

import cloudflare
import pytest

from roomtape.clock import now_us, to_datetime
from roomtape.db import chats, sessions
from roomtape.db.chats import ChatLog
from roomtape.domain.meeting import SessionStatus
from roomtape.domain.webhook import EndReason
from tests.support.api import NOW, House


def ids(api: House) -> dict[str, str]:
    return {"account_id": api.account_id, "app_id": api.app_id}


async def test_the_sdk_lists_sessions_with_all_filters(api: House) -> None:
    first, second = await api.meeting(title="Alpha"), await api.meeting(title="Beta")
    ended = NOW + timedelta(minutes=30)
    old = await api.session(first, status=SessionStatus.ENDED, ended_at=ended)
    new = await api.session(second, started_at=NOW + timedelta(days=1), title="Beta")
    await api.peer(old, left_at=NOW + timedelta(minutes=12), name="Grace", participant_id="p-1")
    await api.peer(old, left_at=NOW + timedelta(minutes=3), name="Ada")
    later = NOW + timedelta(days=1)
    await api.peer(new, joined_at=later, left_at=later + timedelta(minutes=1), name="Ada", custom_participant_id="c-9")

    sessions = api.sdk().realtime_kit.sessions
    account = {"account_id": api.account_id}

    async def found(**filters: object) -> list[str]:
        answer = await sessions.get_sessions(api.app_id, **account, **filters)  # type: ignore[arg-type]
        assert answer.data is not None
        assert answer.paging is not None
        assert answer.paging.total_count == len(answer.data.sessions or [])
        return [s.id for s in answer.data.sessions or []]

    assert await found() == [new.id, old.id]
    assert await found(sort_order="ASC") == [old.id, new.id]
    assert await found(sort_by="minutesConsumed") == [old.id, new.id]
    assert await found(sort_by="minutesConsumed", sort_order="ASC") == [new.id, old.id]
    assert await found(status="LIVE") == [new.id]
    assert await found(associated_id=first) == [old.id]
    assert await found(search="alph") == [old.id]
    assert await found(search=second) == [new.id]
    assert await found(search=old.id) == [old.id]
    assert await found(participants="grace") == [old.id]
    assert await found(participants="c-9") == [new.id]
    assert await found(start_time=NOW + timedelta(hours=1)) == [new.id]
    assert await found(end_time=NOW + timedelta(hours=1)) == [old.id]

    got = await sessions.get_session_details(old.id, **ids(api), include_breakout_rooms=True)
    assert got.data is not None
    assert (got.data.status, got.data.type, got.data.associated_id) == ("ENDED", "meeting", first)
    assert got.data.meeting_display_name == "Standup"
    assert got.data.organization_id == api.app_id
    assert got.data.minutes_consumed == 15
    assert got.data.started_at == "2026-03-01T12:00:00.250Z"
    assert got.data.ended_at == "2026-03-01T12:30:00.250Z"
    assert isinstance(got.data.max_concurrent_participants, float)


async def test_the_sdk_lists_who_was_in(api: House) -> None:
    meeting = await api.meeting()
    session = await api.session(meeting)
    ada = await api.peer(session, name="Ada", left_at=NOW + timedelta(minutes=2))
    bob = await api.peer(session, name="Bob", joined_at=NOW + timedelta(seconds=5), left_at=NOW + timedelta(seconds=35))
    await api.peer(session, name="recorder", hidden=True)
    sessions = api.sdk().realtime_kit.sessions

    listed = await sessions.get_session_participants(session.id, **ids(api))
    assert listed.data is not None
    people = listed.data.participants or []
    assert [p.id for p in people] == [ada.id, bob.id]
    assert (people[0].user_id, people[0].display_name, people[0].duration) == (ada.participant_id, "Ada", 2)
    assert people[1].left_at == "2026-03-01T12:00:35.250Z"
    assert people[0].peer_events is None

    shortest = await sessions.get_session_participants(
        session.id, **ids(api), sort_by="duration", sort_order="ASC", per_page=1, page_no=1, include_peer_events=True
    )
    assert shortest.data is not None
    (only,) = shortest.data.participants or []
    assert only.id == bob.id
    events = only.peer_events or []
    assert [e.event_name for e in events] == ["PEER_CREATED", "PEER_JOINING", "PEER_LEAVING"]
    assert events[2].minutes_consumed == 0.5
    assert events[0].preset_view_type == "GROUP_CALL"

    found = await sessions.get_session_participants(session.id, **ids(api), search="ad")
    assert found.data is not None
    assert [p.id for p in found.data.participants or []] == [ada.id]

    for either in (ada.id, ada.participant_id):
        one = await sessions.get_session_participant_details(either, **ids(api), session_id=session.id)
        assert one.data is not None
        assert one.data.participant is not None
        assert one.data.participant.id == ada.id
    missing = await api.client.get(f"{api.kit}/sessions/{session.id}/participants/nobody")
    assert missing.status_code == 404


async def test_who_came_back_is_listed_once_with_all_minutes(api: House) -> None:
    meeting = await api.meeting()
    session = await api.session(meeting)
    minute = timedelta(minutes=1)
    bob = await api.peer(session, name="Bob", joined_at=NOW + minute, left_at=NOW + 3 * minute)
    ada = await api.peer(session, name="Ada", left_at=NOW + 2 * minute)
    await api.peer(session, id=ada.id, name="Ada", joined_at=NOW + 10 * minute, left_at=NOW + 11 * minute)
    listed = await api.sdk().realtime_kit.sessions.get_session_participants(
        session.id, **ids(api), include_peer_events=True
    )
    assert listed.data is not None
    people = listed.data.participants or []
    assert [p.id for p in people] == [ada.id, bob.id]
    assert (people[0].duration, people[0].joined_at) == (3, "2026-03-01T12:00:00.250Z")
    assert people[0].left_at == "2026-03-01T12:11:00.250Z"
    events = [(e.event_name, e.minutes_consumed, e.created_at) for e in people[0].peer_events or []]
    assert events == [
        ("PEER_CREATED", 0, "2026-03-01T12:00:00.250Z"),
        ("PEER_JOINING", 0, "2026-03-01T12:10:00.250Z"),
        ("PEER_LEAVING", 3, "2026-03-01T12:11:00.250Z"),
    ]
    got = await api.client.get(f"{api.kit}/sessions/{session.id}")
    assert got.json()["data"]["minutes_consumed"] == 5


async def test_the_sdk_gets_the_report_of_a_peer_in_its_latest_session(api: House) -> None:
    meeting = await api.meeting()
    first, second = await api.session(meeting, status=SessionStatus.ENDED), await api.session(meeting)
    ada = await api.peer(first, left_at=NOW + timedelta(minutes=2))
    later = NOW + timedelta(hours=1)
    await api.peer(second, id=ada.id, joined_at=later, left_at=later + timedelta(minutes=5))
    hidden = await api.peer(second, hidden=True)
    sessions = api.sdk().realtime_kit.sessions

    got = await sessions.get_participant_data_from_peer_id(
        ada.id, **ids(api), include_peer_events=True, filters="quality_stats"
    )
    assert got.data is not None
    found = got.data.participant
    assert found is not None
    assert (found.id, found.session_id, found.role, found.duration) == (ada.id, second.id, "group_call_host", 5)
    assert [e.event_name for e in found.peer_events or []] == ["PEER_CREATED", "PEER_JOINING", "PEER_LEAVING"]
    assert found.peer_report is None
    for nobody in (hidden.id, "nobody"):
        assert (await api.client.get(f"{api.kit}/sessions/peer-report/{nobody}")).status_code == 404
    assert (await api.client.get(f"{api.kit}/sessions/peer-report/{ada.id}?filters=all")).status_code == 422


async def test_the_sdk_gets_the_chat_of_a_session_that_is_over(api: House) -> None:
    meeting = await api.meeting()
    session = await api.session(meeting)
    get = api.sdk().realtime_kit.sessions.get_session_chat

    async def refused() -> str:
        with pytest.raises(cloudflare.NotFoundError) as error:
            await get(session.id, **ids(api))
        return str(error.value)

    assert "not over" in await refused()
    await sessions.end(api.db, session.id, NOW, EndReason.HOST)
    assert "no chat" in await refused()
    until = to_datetime(now_us() // 1_000_000 * 1_000_000) + timedelta(hours=1)
    await chats.keep(api.db, ChatLog(session.id, "app/s/chat.csv", until))
    got = await get(session.id, **ids(api))
    assert got.data is not None
    assert "/bucket/app/s/chat.csv?expires=" in got.data.chat_download_url
    assert datetime.fromisoformat(got.data.chat_download_url_expiry) == until
    await chats.expire(api.db, session.id)
    assert "expired" in await refused()
    with pytest.raises(cloudflare.NotFoundError):
        await get("unknown", **ids(api))
