"""Owns finding live sessions again after the server was away, crashed or not, with whoever is still connected."""

from __future__ import annotations

from typing import Any, Protocol

import structlog

from roomtape.capture.eventlog import EventLogReader
from roomtape.capture.events import PeerLeft, ServerRecovered, TakeStarted, TakeStopped, TrackUnpublished
from roomtape.capture.paths import EVENTS, TRANSPORT_STRIDE, take_base
from roomtape.clock import now_us, to_datetime, to_us
from roomtape.db import meetings
from roomtape.db import sessions as rows
from roomtape.domain.meeting import Meeting, Peer, Session
from roomtape.domain.webhook import EndReason
from roomtape.errors import RoomtapeError
from roomtape.rooms.live import LivePeer, LiveSession, LiveTrack
from roomtape.rooms.publishing import House
from roomtape.rooms.realtimekit.transports import SdkMedia
from roomtape.sfu.port import Handle, PublishedTrack

log = structlog.get_logger()


class Recovering(House, Protocol):
    """What recovery needs of the rooms besides the steps of a peer."""

    sessions: dict[str, LiveSession]
    sdk_media: SdkMedia

    def make_session(self, session_id: str, meeting: Meeting, started_us: int) -> LiveSession: ...


async def recover(rooms: Recovering, *, sfu_kept: bool, down_since_us: int) -> None:
    """Fill `rooms.sessions` from the database.

    `sfu_kept`: the SFU still knows our session, so peers whose media stands go on as if nothing had happened. Peers
    who are gone are marked as having left: when the server was last alive if the SFU is new, else now.
    """
    for row in await rows.live(rooms.db):
        try:
            await _recover_session(rooms, row, sfu_kept, down_since_us)
        except (RoomtapeError, OSError) as error:
            log.error("session not recovered; it is ended", session_id=row.id, error=str(error))
            await rows.end(rooms.db, row.id, to_datetime(now_us()), EndReason.EMPTY)


async def _recover_session(rooms: Recovering, row: Session, sfu_kept: bool, down_since_us: int) -> None:
    meeting = await meetings.get(rooms.db, row.meeting_id)
    if meeting is None:
        raise RoomtapeError(f"its meeting {row.meeting_id} is not in the database")
    session = rooms.make_session(row.id, meeting, to_us(row.started_at))
    session.most_peers = row.max_concurrent_participants
    session.capture_dir.mkdir(parents=True, exist_ok=True)
    await rooms.sfu.open_room(session.id, session.capture_dir)
    await rooms.note(session, ServerRecovered(now_us(), down_since_us))
    logged = _takes_in_log(session)
    media = await rows.media_of(rooms.db, row.id)
    last_left_us = 0
    for peer in await rows.peers(rooms.db, row.id, only_present=True):
        handle = _handle(peer)
        base = await _take_on_disk(rooms, session, peer, logged)
        by_socket = peer.id in media
        tracks = _tracks(peer) if by_socket else None
        if sfu_kept and handle is not None and await rooms.sfu.alive(handle, tracks):
            session.peers[peer.id] = _live(peer, handle, base, by_socket=by_socket)
            continue
        if by_socket:
            session.peers[peer.id] = await _without_media(rooms, session, peer, base, sfu_kept, down_since_us)
            continue
        if sfu_kept and handle is not None:
            await rooms.sfu.unpublish(handle)
        left_us = max(now_us() if sfu_kept else down_since_us, to_us(peer.joined_at))
        await _left(rooms, session, peer, base, left_us)
        if not peer.recorder:
            last_left_us = max(last_left_us, left_us)
    await rooms.sdk_media.recover(session, media, sfu_kept=sfu_kept)
    if session.present:
        session.empty_since_us = None
    else:
        known = to_us(row.empty_since) if row.empty_since else 0
        session.empty_since_us = max(known, last_left_us) or down_since_us
        await rows.change(
            rooms.db,
            session.id,
            to_datetime(now_us()),
            empty_since=to_datetime(session.empty_since_us),
            live_participants=0,
        )
    rooms.sessions[session.id] = session
    rooms.schedule_end(session)
    log.info("session recovered", session_id=session.id, peers=len(session.peers), sfu_kept=sfu_kept)


def _takes_in_log(session: LiveSession) -> set[str]:
    events = EventLogReader(session.capture_dir / EVENTS).poll()
    return {event.base for event in events if isinstance(event, TakeStarted)}


async def _take_on_disk(rooms: Recovering, session: LiveSession, peer: Peer, logged: set[str]) -> str | None:
    """Return the name of the take that runs for a peer, None when none does; row, log and disk agree afterwards.

    A crash may lie between the row that announces a take, the SFU's files, and the log's event.
    """
    if not peer.capturing:
        return None
    base = take_base(peer.id, peer.take, peer.transport)
    # An SDK peer's take may have begun before its first track: the log knows it, and there is no file yet.
    if base not in logged and not any(session.capture_dir.glob(f"{base}-*.mjr")):
        await rows.change_peer(rooms.db, session.id, peer.id, capturing=False)
        return None
    if base not in logged:
        await rooms.note(session, TakeStarted(now_us(), peer.id, base))
    return base


async def _left(rooms: Recovering, session: LiveSession, peer: Peer, base: str | None, left_us: int) -> None:
    if base is not None:
        await rooms.note(session, TakeStopped(left_us, peer.id, base))
    await rooms.note(session, PeerLeft(left_us, peer.id, "server_down"))
    await rows.change_peer(
        rooms.db, session.id, peer.id, left_at=to_datetime(left_us), leave_reason="server_down", capturing=False
    )


async def _without_media(
    rooms: Recovering, session: LiveSession, peer: Peer, base: str | None, sfu_kept: bool, down_since_us: int
) -> LivePeer:
    """Return an SDK peer whose send transport is gone: it stays in for its grace period and may make a new one."""
    handle, at = _handle(peer), max(now_us() if sfu_kept else down_since_us, to_us(peer.joined_at))
    if base is not None:
        await rooms.note(session, TakeStopped(at, peer.id, base))
    tracks = tuple(LiveTrack(**t) for t in peer.tracks)
    if tracks:
        await rooms.note(session, *(TrackUnpublished(at, peer.id, t.mindex) for t in tracks))
    transport = peer.transport + (handle is not None)
    cleared: dict[str, Any] = {
        "sfu_session": None,
        "sfu_handle": None,
        "tracks": [],
        "capturing": False,
        "transport": transport,
    }
    await rows.change_peer(rooms.db, session.id, peer.id, **cleared)
    if sfu_kept and handle is not None:
        await rooms.sfu.unpublish(handle)
    live = _live(peer, None, None, by_socket=True)
    live.tracks, live.transport, live.up = (), transport, False
    return live


def _tracks(peer: Peer) -> tuple[PublishedTrack, ...]:
    """Return what a peer publishes as the SFU counts it, for its present transport alone."""
    tracks = (LiveTrack(**t) for t in peer.tracks)
    return tuple(PublishedTrack(t.mindex % TRANSPORT_STRIDE, t.mid, t.kind, t.codec) for t in tracks)


def _handle(peer: Peer) -> Handle | None:
    if peer.sfu_session is None or peer.sfu_handle is None:
        return None
    return Handle(peer.sfu_session, peer.sfu_handle)


def _live(peer: Peer, handle: Handle | None, base: str | None, *, by_socket: bool = False) -> LivePeer:
    return LivePeer(
        id=peer.id,
        participant_id=peer.participant_id,
        custom_participant_id=peer.custom_participant_id,
        name=peer.name,
        picture=peer.picture,
        preset_name=peer.preset_name,
        hidden=peer.hidden,
        joined_us=to_us(peer.joined_at),
        handle=handle,
        tracks=tuple(LiveTrack(**t) for t in peer.tracks),
        take=peer.take,
        base=base,
        up=True,
        by_socket=by_socket,
        transport=peer.transport,
        recorder=peer.recorder,
    )
