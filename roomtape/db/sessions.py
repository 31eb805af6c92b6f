"""Owns the queries for sessions and their peers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, extract, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from roomtape.clock import to_us
from roomtape.db import outbox
from roomtape.db.database import Database
from roomtape.db.models import MeetingRow, PeerMediaRow, PeerRow, SessionRow, StateRow
from roomtape.domain.meeting import Peer, Session, SessionStatus
from roomtape.domain.webhook import EndReason, Event


def _session(row: SessionRow) -> Session:
    return Session(
        id=row.id,
        app_id=row.app_id,
        meeting_id=row.meeting_id,
        title=row.title,
        status=SessionStatus(row.status),
        started_at=row.started_at,
        ended_at=row.ended_at,
        empty_since=row.empty_since,
        live_participants=row.live_participants,
        max_concurrent_participants=row.max_concurrent_participants,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _peer(row: PeerRow) -> Peer:
    fields = {name: getattr(row, name) for name in Peer.__dataclass_fields__ if name != "tracks"}
    return Peer(**fields, tracks=tuple(row.tracks))


async def insert(db: Database, session: Session) -> None:
    """Remember a new session."""
    async with db.transaction() as tx:
        row = SessionRow(**{name: getattr(session, name) for name in Session.__dataclass_fields__})
        tx.add(row)
        _tell(tx, row, Event.MEETING_STARTED)


async def change(db: Database, session_id: str, now: datetime, **values: Any) -> None:
    """Set columns of a session and its `updated_at`."""
    async with db.transaction() as tx:
        await tx.execute(update(SessionRow).where(SessionRow.id == session_id).values(updated_at=now, **values))


async def end(db: Database, session_id: str, at: datetime, reason: EndReason) -> None:
    """End a session that is live; nothing happens when it has ended already."""
    query = update(SessionRow).where(SessionRow.id == session_id, SessionRow.status == SessionStatus.LIVE)
    ended = {"status": SessionStatus.ENDED, "ended_at": at, "updated_at": at, "live_participants": 0}
    async with db.transaction() as tx:
        row = (await tx.scalars(query.values(**ended).returning(SessionRow))).first()
        if row is not None:
            _tell(tx, row, Event.MEETING_ENDED, ended_us=to_us(at), reason=reason)


def _tell(tx: AsyncSession, row: SessionRow, event: Event, **more: Any) -> None:
    outbox.add(tx, row.app_id, event, {"meeting_id": row.meeting_id, "session_id": row.id, **more})


async def get(db: Database, session_id: str) -> Session | None:
    """Return the session, or None."""
    async with db.transaction() as tx:
        row = await tx.get(SessionRow, session_id)
        return _session(row) if row else None


async def live_of(db: Database, meeting_id: str) -> Session | None:
    """Return the meeting's live session, or None."""
    query = select(SessionRow).where(SessionRow.meeting_id == meeting_id, SessionRow.status == SessionStatus.LIVE)
    async with db.transaction() as tx:
        row = (await tx.scalars(query)).first()
        return _session(row) if row else None


async def live(db: Database) -> list[Session]:
    """Return every live session, the oldest first."""
    query = select(SessionRow).where(SessionRow.status == SessionStatus.LIVE).order_by(SessionRow.started_at)
    async with db.transaction() as tx:
        return [_session(row) for row in await tx.scalars(query)]


async def find(
    db: Database,
    app_id: str,
    *,
    meeting_id: str | None = None,
    status: SessionStatus | None = None,
    search: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    participants: str | None = None,
    by_minutes: bool = False,
    newest_first: bool = True,
    offset: int = 0,
    limit: int = 25,
) -> tuple[list[Session], int]:
    """Return one page of an app's sessions and how many match in all.

    `search` looks in the meeting's id and title and in the session's id, `participants` in the names and ids of those
    who were in. `by_minutes` orders by the time that all peers together were in, instead of by the start.
    """
    query = select(SessionRow).where(SessionRow.app_id == app_id)
    if meeting_id:
        query = query.where(SessionRow.meeting_id == meeting_id)
    if status:
        query = query.where(SessionRow.status == status)
    if start:
        query = query.where(SessionRow.started_at >= start)
    if end:
        query = query.where(SessionRow.started_at <= end)
    if search:
        titled = select(MeetingRow.id).where(MeetingRow.title.icontains(search, autoescape=True))
        ids = or_(SessionRow.meeting_id == search, SessionRow.id == search)
        query = query.where(or_(ids, SessionRow.meeting_id.in_(titled)))
    if participants:
        named = or_(
            PeerRow.name.icontains(participants, autoescape=True),
            PeerRow.participant_id == participants,
            PeerRow.custom_participant_id == participants,
        )
        query = query.where(SessionRow.id.in_(select(PeerRow.session_id).where(named, ~PeerRow.recorder)))
    key = _seconds_together() if by_minutes else SessionRow.started_at
    order = key.desc() if newest_first else key.asc()
    async with db.transaction() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = await tx.scalars(query.order_by(order, SessionRow.id).offset(offset).limit(limit))
        return [_session(row) for row in rows], total


def _seconds_together() -> ColumnElement[float]:
    """The seconds that a session's peers were in, summed; those who are in count up to now."""
    total = func.coalesce(func.sum(seconds_in(func.current_timestamp())), 0)
    return select(total).where(PeerRow.session_id == SessionRow.id, ~PeerRow.hidden).scalar_subquery()


def seconds_in(now: Any) -> ColumnElement[float]:
    """`Peer.seconds_in` for a query, to the second for the last stay; `now` is a moment or an expression of one."""
    until = func.coalesce(PeerRow.left_at, now)
    return PeerRow.before_s + extract("epoch", until) - extract("epoch", PeerRow.joined_at)


async def add_peer(db: Database, peer: Peer) -> None:
    """Remember a peer that joined, or came back: what it has stayed before is kept, whatever `peer` says of that."""
    async with db.transaction() as tx:
        before = await tx.get(PeerRow, (peer.session_id, peer.id))
        if before is not None:
            peer = _back(_peer(before), peer)
        values = {name: getattr(peer, name) for name in Peer.__dataclass_fields__ if name != "tracks"}
        row = await tx.merge(PeerRow(**values, tracks=list(peer.tracks)))
        await _tell_peer(tx, row, Event.PARTICIPANT_JOINED)


def _back(before: Peer, peer: Peer) -> Peer:
    """Return a peer that is added again, with its stays until then."""
    if before.left_at is None:  # Nobody saw it leave: the stay that began then goes on, and counts once.
        return replace(
            peer, joined_at=before.joined_at, first_joined_at=before.first_joined_at, before_s=before.before_s
        )
    first = before.first_joined_at or before.joined_at
    return replace(peer, first_joined_at=first, before_s=before.seconds_in(before.left_at))


async def change_peer(db: Database, session_id: str, peer_id: str, **values: Any) -> None:
    """Set columns of a session's peer."""
    which = PeerRow.session_id == session_id, PeerRow.id == peer_id
    async with db.transaction() as tx:
        await tx.execute(update(PeerRow).where(*which).values(**values))
        row = await tx.get(PeerRow, (session_id, peer_id)) if values.get("left_at") is not None else None
        if row is not None:
            await _tell_peer(tx, row, Event.PARTICIPANT_LEFT)


async def _tell_peer(tx: AsyncSession, row: PeerRow, event: Event) -> None:
    session = None if row.hidden else await tx.get(SessionRow, row.session_id)
    if session is None:
        return
    peer = {
        "peer_id": row.id,
        "name": row.name,
        "custom_participant_id": row.custom_participant_id,
        "joined_us": to_us(row.joined_at),
        "left_us": to_us(row.left_at) if row.left_at else None,
    }
    _tell(tx, session, event, peer=peer)


async def peer(db: Database, session_id: str, peer_id: str) -> Peer | None:
    """Return the session's peer, present or not, or None: a client keeps its peer id from one session to the next."""
    async with db.transaction() as tx:
        row = await tx.get(PeerRow, (session_id, peer_id))
        return _peer(row) if row else None


async def peers(db: Database, session_id: str, *, only_present: bool = False) -> list[Peer]:
    """Return a session's peers in the order of their last joining; with `only_present` those who have not left."""
    query = select(PeerRow).where(PeerRow.session_id == session_id).order_by(PeerRow.joined_at)
    if only_present:
        query = query.where(PeerRow.left_at.is_(None))
    async with db.transaction() as tx:
        return [_peer(row) for row in await tx.scalars(query)]


async def latest_of_peer(db: Database, app_id: str, peer_id: str) -> tuple[Session, Peer] | None:
    """Return the latest session of an app that a peer was in, and the peer in it; None for nobody, or a hidden one."""
    query = (
        select(SessionRow, PeerRow)
        .join(PeerRow, PeerRow.session_id == SessionRow.id)
        .where(SessionRow.app_id == app_id, PeerRow.id == peer_id, ~PeerRow.hidden)
        .order_by(PeerRow.joined_at.desc())
        .limit(1)
    )
    async with db.transaction() as tx:
        found = (await tx.execute(query)).first()
        return (_session(found[0]), _peer(found[1])) if found else None


async def minutes_of(db: Database, session_ids: Iterable[str], now: datetime) -> dict[str, float]:
    """Return how many minutes the peers of each session were in, summed, up to `now`; hidden ones do not count."""
    minutes = dict.fromkeys(session_ids, 0.0)
    query = select(PeerRow).where(PeerRow.session_id.in_(minutes), ~PeerRow.hidden)
    async with db.transaction() as tx:
        for row in await tx.scalars(query):
            minutes[row.session_id] += _peer(row).seconds_in(now) / 60
    return minutes


async def put_media(db: Database, peer_id: str, session_id: str, state: dict[str, Any]) -> None:
    """Keep what is needed to find an SDK peer's media transports again after a restart."""
    async with db.transaction() as tx:
        await tx.merge(PeerMediaRow(peer_id=peer_id, session_id=session_id, state=state))


async def media_of(db: Database, session_id: str) -> dict[str, dict[str, Any]]:
    """Return what `put_media` kept of a session, by peer."""
    query = select(PeerMediaRow).where(PeerMediaRow.session_id == session_id)
    async with db.transaction() as tx:
        return {row.peer_id: row.state for row in await tx.scalars(query)}


async def drop_media(db: Database, peer_id: str) -> None:
    """Forget what `put_media` kept of a peer."""
    async with db.transaction() as tx:
        await tx.execute(delete(PeerMediaRow).where(PeerMediaRow.peer_id == peer_id))


async def read_state(db: Database, name: str) -> dict[str, Any] | None:
    """Return a small fact kept by `write_state`, or None."""
    async with db.transaction() as tx:
        row = await tx.get(StateRow, name)
        return row.value if row else None


async def write_state(db: Database, name: str, value: dict[str, Any]) -> None:
    """Keep a small fact that is needed again after a restart."""
    async with db.transaction() as tx:
        await tx.merge(StateRow(name=name, value=value))
