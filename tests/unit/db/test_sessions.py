from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from roomtape.db import meetings, sessions
from roomtape.db.database import Database
from roomtape.domain.meeting import Meeting, MeetingStatus, Peer, Session, SessionStatus
from tests.support.database import APP, NOW, database

MEETING = Meeting("meeting-1", APP.id, "Weekly", MeetingStatus.ACTIVE, False, None, None, NOW, NOW)
LIVE = Session("s-live", APP.id, MEETING.id, "Weekly", SessionStatus.LIVE, NOW, None, NOW, 0, 0, NOW, NOW)
ENDED = replace(LIVE, id="s-ended", status=SessionStatus.ENDED, started_at=NOW - timedelta(days=1))


def peer(peer_id: str, session: Session, minutes: float, **values: object) -> Peer:
    left = session.started_at + timedelta(minutes=minutes)
    made = Peer(
        peer_id, session.id, "p-1", "user-1", "Ada", None, "host", False, session.started_at, left, "left", 7, 8, 1,
        True, ({"mindex": 0, "mid": "0", "kind": "audio", "codec": "opus", "source": "peer"},),
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with database(tmp_path) as made:
        await meetings.save(made, MEETING)
        await sessions.insert(made, LIVE)
        await sessions.insert(made, ENDED)
        yield made


async def test_a_session_comes_back_and_changes(db: Database) -> None:
    assert await sessions.get(db, LIVE.id) == LIVE
    assert await sessions.live_of(db, MEETING.id) == LIVE
    assert await sessions.live(db) == [LIVE]
    later = NOW + timedelta(minutes=1)
    await sessions.change(db, LIVE.id, later, status=SessionStatus.ENDED, ended_at=later)
    assert await sessions.get(db, LIVE.id) == replace(
        LIVE, status=SessionStatus.ENDED, ended_at=later, updated_at=later
    )
    assert await sessions.live_of(db, MEETING.id) is None
    assert await sessions.get(db, "s-none") is None


async def test_peers_come_back_in_the_order_of_joining(db: Database) -> None:
    second = peer("b", LIVE, 3, joined_at=NOW + timedelta(seconds=1), left_at=None)
    first = peer("c", LIVE, 1)
    for made in (second, first, peer("other", ENDED, 1)):
        await sessions.add_peer(db, made)
    assert await sessions.peers(db, LIVE.id) == [first, second]
    assert await sessions.peers(db, LIVE.id, only_present=True) == [second]
    await sessions.change_peer(db, LIVE.id, "b", left_at=NOW + timedelta(minutes=3), capturing=False)
    assert await sessions.peers(db, LIVE.id, only_present=True) == []


async def test_sessions_are_found(db: Database) -> None:
    await sessions.add_peer(db, peer("a", ENDED, 30))
    await sessions.add_peer(db, peer("h", LIVE, 500, hidden=True))
    await sessions.add_peer(db, peer("b", LIVE, 20, name="Grace", custom_participant_id="user-2", participant_id="p-2"))

    async def found(**filters: object) -> list[str]:
        rows, total = await sessions.find(db, APP.id, **filters)  # type: ignore[arg-type]
        assert total == len(rows)
        return [s.id for s in rows]

    assert await found() == [LIVE.id, ENDED.id]
    assert await found(newest_first=False) == [ENDED.id, LIVE.id]
    assert await found(by_minutes=True) == [ENDED.id, LIVE.id]
    assert await found(by_minutes=True, newest_first=False) == [LIVE.id, ENDED.id]
    assert await found(status=SessionStatus.ENDED) == [ENDED.id]
    assert await found(search="week") == [LIVE.id, ENDED.id]
    assert await found(search=ENDED.id) == [ENDED.id]
    assert await found(search="nothing") == []
    assert await found(participants="grace") == [LIVE.id]
    assert await found(participants="user-2") == [LIVE.id]
    assert await found(participants="p-1") == [LIVE.id, ENDED.id]
    assert await found(start=NOW) == [LIVE.id]
    assert await found(end=NOW - timedelta(hours=1)) == [ENDED.id]
    assert await sessions.find(db, APP.id, offset=1, limit=1) == ([ENDED], 2)
    assert (await sessions.find(db, "app-2"))[1] == 0


async def test_who_is_still_in_counts_up_to_now(db: Database) -> None:
    await sessions.add_peer(db, peer("a", ENDED, 600))
    since = datetime.now(NOW.tzinfo) - timedelta(hours=11)
    await sessions.add_peer(db, peer("b", LIVE, 0, joined_at=since, left_at=None))
    rows, _ = await sessions.find(db, APP.id, by_minutes=True)
    assert [s.id for s in rows] == [LIVE.id, ENDED.id]


async def test_small_facts_are_kept_and_replaced(db: Database) -> None:
    assert await sessions.read_state(db, "sfu") is None
    await sessions.write_state(db, "sfu", {"session": 1})
    await sessions.write_state(db, "sfu", {"session": 2**53})
    assert await sessions.read_state(db, "sfu") == {"session": 2**53}


async def test_a_peer_that_comes_back_is_the_same_row(db: Database) -> None:
    gone = peer("peer-1", LIVE, 5)
    await sessions.add_peer(db, gone)
    back = replace(gone, left_at=None, leave_reason=None, transport=1, tracks=())
    await sessions.add_peer(db, back)
    kept = replace(back, first_joined_at=gone.joined_at, before_s=300)
    assert await sessions.peers(db, LIVE.id, only_present=True) == [kept]
    assert await sessions.peer(db, LIVE.id, "peer-1") == kept
    assert await sessions.peer(db, LIVE.id, "nobody") is None


async def test_the_minutes_of_a_peer_are_those_of_all_its_stays(db: Database) -> None:
    once = peer("other", ENDED, 12)
    await sessions.add_peer(db, once)
    minute = timedelta(minutes=1)
    for came, left in ((0, 5), (60, 66), (90, 93)):
        again = peer("peer-1", LIVE, 0, joined_at=NOW + came * minute, left_at=None)
        await sessions.add_peer(db, again)
        await sessions.change_peer(db, LIVE.id, "peer-1", left_at=NOW + left * minute)
    now = NOW + timedelta(days=1)
    assert await sessions.minutes_of(db, [LIVE.id], now) == {LIVE.id: 14}
    found = await sessions.peer(db, LIVE.id, "peer-1")
    assert found is not None
    assert (found.first_joined_at, found.joined_at, found.left_at) == (NOW, NOW + 90 * minute, NOW + 93 * minute)
    rows, _ = await sessions.find(db, APP.id, by_minutes=True)
    assert [s.id for s in rows] == [LIVE.id, ENDED.id]


async def test_a_stay_whose_end_nobody_saw_counts_once(db: Database) -> None:
    """The server was killed before it wrote that the peer left, and the peer is added again."""
    minute = timedelta(minutes=1)
    await sessions.add_peer(db, peer("peer-1", LIVE, 5))
    for came in (20, 25):
        again = peer("peer-1", LIVE, 0, joined_at=NOW + came * minute, left_at=None, transport=came)
        await sessions.add_peer(db, again)
    assert await sessions.minutes_of(db, [LIVE.id], NOW + 30 * minute) == {LIVE.id: 15}
    found = await sessions.peer(db, LIVE.id, "peer-1")
    assert found is not None
    assert (found.first_joined_at, found.joined_at, found.transport) == (NOW, NOW + 20 * minute, 25)


async def test_a_client_keeps_its_peer_id_from_one_session_to_the_next(db: Database) -> None:
    before, now = peer("peer-1", ENDED, 5), peer("peer-1", LIVE, 5, left_at=None)
    await sessions.add_peer(db, before)
    await sessions.add_peer(db, now)
    await sessions.change_peer(db, LIVE.id, "peer-1", name="Anew")
    assert await sessions.peer(db, ENDED.id, "peer-1") == before
    assert await sessions.peer(db, LIVE.id, "peer-1") == replace(now, name="Anew")


async def test_the_media_of_an_sdk_peer_is_kept_until_it_is_dropped(db: Database) -> None:
    await sessions.put_media(db, "peer-1", LIVE.id, {"send": 1})
    await sessions.put_media(db, "peer-1", LIVE.id, {"send": 2})
    await sessions.put_media(db, "peer-2", ENDED.id, {})
    assert await sessions.media_of(db, LIVE.id) == {"peer-1": {"send": 2}}
    await sessions.drop_media(db, "peer-1")
    await sessions.drop_media(db, "peer-1")
    assert await sessions.media_of(db, LIVE.id) == {}
