"""Owns how a peer comes in, is captured, and leaves; every step is in the event log and in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any, Protocol

import structlog

from roomtape.capture.events import Event, PeerJoined, PeerLeft, TakeStarted, TakeStopped, TrackPublished
from roomtape.capture.paths import take_base
from roomtape.clock import now_us, to_datetime
from roomtape.db import sessions as rows
from roomtape.db.database import Database
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import Meeting, Peer
from roomtape.errors import Conflict, RoomtapeError, SfuError, StorageError
from roomtape.rooms.admission import Admission
from roomtape.rooms.live import LivePeer, LiveSession, LiveTrack
from roomtape.rooms.port import RoomListener
from roomtape.rooms.realtimekit import producers
from roomtape.sfu.port import Sfu

log = structlog.get_logger()

UP_WITHIN_S = 30.0
"""A publisher whose media transport is not up by then is put out: ICE gives up after about as long."""


class House(Protocol):
    """What the steps here need of the rooms they belong to (`rooms.service.Rooms`)."""

    db: Database
    sfu: Sfu
    listener: RoomListener | None
    stopping: bool

    async def open(self, meeting: Meeting) -> LiveSession: ...

    async def note(self, session: LiveSession, *events: Event) -> None: ...

    def schedule_end(self, session: LiveSession) -> None: ...

    def cancel_end(self, session: LiveSession) -> None: ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...

    def peer_gone(self, session: LiveSession, peer: LivePeer) -> None:
        """The peer has left; whatever else belongs to it ends too."""


async def join(rooms: House, admission: Admission, offer: str, video_codec: str | None) -> tuple[LivePeer, str]:
    """Let a participant publish; return the new peer and the SFU's SDP answer.

    The first peer of a meeting starts its session. If a recording wants this peer, its packets are captured from
    the first one on. Raises SfuError, StorageError, or InvalidRequest for an offer that the SFU refuses.
    """
    if rooms.stopping:
        raise SfuError("the server is stopping; publish again in a moment")
    session = await rooms.open(admission.meeting)
    async with session.lock:
        if session.ended:
            raise Conflict("this session has just ended; publish again to start a new one")
        peer = new_peer(admission, new_id())
        first = not session.present and not peer.recorder
        if first and rooms.listener is not None:
            await rooms.listener.session_started(session)
        wanted = rooms.listener is not None and rooms.listener.wants_capture(session, peer)
        base = take_base(peer.id, 1) if wanted else None
        try:
            published = await rooms.sfu.publish(session.id, peer.id, peer.name, offer, video_codec, base)
        except StorageError:
            # The meeting comes first; that the capture fails is told to the recordings once the peer is in.
            published = await rooms.sfu.publish(session.id, peer.id, peer.name, offer, video_codec, base := None)
        peer.handle, peer.base, peer.take = published.handle, base, int(wanted)
        peer.tracks = tuple(
            LiveTrack(
                t.mindex,
                t.mid,
                t.kind,
                t.codec,
                audio_level_id=t.audio_level_id,
                orientation_id=t.orientation_id,
                capture_time_id=t.capture_time_id,
            )
            for t in published.tracks
        )
        await _enter(rooms, session, peer)
    rooms.spawn(_out_unless_up(rooms, session, peer))
    await agree_on_capture(rooms, session, peer)
    if first and rooms.listener is not None:
        await rooms.listener.filled(session)
    return peer, published.answer


async def enter(rooms: House, session: LiveSession, peer: LivePeer) -> None:
    """Let a peer in that publishes nothing yet (`peer.handle` may stand already).

    Raises Conflict when the session has ended, StorageError.
    """
    async with session.lock:
        if session.ended:
            raise Conflict("this session has just ended; join again to start a new one")
        first = not session.present and not peer.recorder
        if first and rooms.listener is not None:
            await rooms.listener.session_started(session)
        peer.joined_us = now_us()
        await _enter(rooms, session, peer)
    await agree_on_capture(rooms, session, peer)
    if first and rooms.listener is not None:
        await rooms.listener.filled(session)


async def _out_unless_up(rooms: House, session: LiveSession, peer: LivePeer) -> None:
    await asyncio.sleep(UP_WITHIN_S)
    if not peer.up:
        log.warning("peer's media never came up; is the server's ICE address reachable?", peer_id=peer.id)
        await leave(rooms, session, peer, "media_lost")


def new_peer(admission: Admission, peer_id: str) -> LivePeer:
    """Return a peer of a participant as a value; it is not in yet."""
    participant = admission.participant
    return LivePeer(
        id=peer_id,
        participant_id=participant.id,
        custom_participant_id=participant.custom_participant_id,
        name=participant.name or participant.custom_participant_id,
        picture=participant.picture,
        preset_name=participant.preset_name,
        hidden=admission.preset.hidden,
        joined_us=now_us(),
        recorder=admission.preset.recorder,
    )


async def _enter(rooms: House, session: LiveSession, peer: LivePeer) -> None:
    """Put the peer into the log, the database and the session."""
    at, who = peer.joined_us, peer.id
    events: list[Event] = [
        PeerJoined(at, who, peer.participant_id, peer.custom_participant_id, peer.name, peer.picture, peer.hidden),
        *(track_published(at, peer, track) for track in peer.tracks),
    ]
    if peer.base is not None:
        events.append(TakeStarted(at, who, peer.base))
    await rooms.note(session, *events)
    await rows.add_peer(rooms.db, _row(session, peer))
    session.peers[peer.id] = peer
    if not peer.recorder:
        session.empty_since_us = None
        session.most_peers = max(session.most_peers, len(session.present))
        rooms.cancel_end(session)
        await _count(rooms, session)
    log.info("peer joined", session_id=session.id, peer_id=peer.id, name=peer.name, captured=peer.base is not None)
    if not peer.tape:
        session.observers.peer_joined(session, peer)
    if rooms.listener is not None:
        rooms.listener.joined(session, peer)


def track_published(at_us: int, peer: LivePeer, track: LiveTrack) -> TrackPublished:
    """Return the event of a track that a peer publishes from now on."""
    return TrackPublished(
        at_us,
        peer.id,
        track.mindex,
        track.kind,
        track.source,
        track.codec,
        audio_level_id=track.audio_level_id,
        orientation_id=track.orientation_id,
        capture_time_id=track.capture_time_id,
    )


async def agree_on_capture(rooms: House, session: LiveSession, peer: LivePeer) -> None:
    """A recording that started or stopped while this peer was coming in did not know it: ask again."""
    if rooms.listener is None:
        return
    wanted = rooms.listener.wants_capture(session, peer)
    if wanted == (peer.base is not None):
        return
    try:
        await switch_capture(rooms, session, peer, wanted)
    except RoomtapeError as error:
        await rooms.listener.capture_failed(session, peer, str(error))


async def switch_capture(rooms: House, session: LiveSession, peer: LivePeer, on: bool) -> None:
    """Start or stop writing the peer's packets; nothing happens when it is so already.

    Raises SfuError or StorageError; the switch is then where it was.
    """
    async with peer.lock:
        if on == (peer.base is not None) or peer.handle is None or peer.id not in session.peers:
            return
        if on:
            base = take_base(peer.id, peer.take + 1, peer.transport)
            # The row first: after a crash a take that may have begun is looked for, never overwritten by the next.
            await rows.change_peer(rooms.db, session.id, peer.id, take=peer.take + 1, capturing=True)
            peer.take += 1
            try:
                await rooms.sfu.start_capture(peer.handle, base)
                await rooms.note(session, TakeStarted(now_us(), peer.id, base))
            except RoomtapeError:
                await rows.change_peer(rooms.db, session.id, peer.id, capturing=False)
                raise
            peer.base = base
        else:
            await _stop_take(rooms, session, peer)
            await rows.change_peer(rooms.db, session.id, peer.id, capturing=False)


async def _stop_take(rooms: House, session: LiveSession, peer: LivePeer, *, sfu_gone: bool = False) -> None:
    base = peer.base
    if base is None:
        return
    if peer.handle is not None and not sfu_gone:
        await rooms.sfu.stop_capture(peer.handle)
    peer.base = None
    await rooms.note(session, TakeStopped(now_us(), peer.id, base))


async def leave(rooms: House, session: LiveSession, peer: LivePeer, reason: str) -> None:
    """Take a peer out: its capture is closed first, so that the files are whole when the log says that it left."""
    gone = reason in ("sfu_lost",)
    async with peer.lock:
        if session.peers.get(peer.id) is not peer:
            return
        try:
            await _stop_take(rooms, session, peer, sfu_gone=gone)
        except RoomtapeError as error:
            log.warning("capture not closed cleanly", peer_id=peer.id, error=str(error))
            peer.base = None
        left_us = now_us()
        await rooms.note(session, PeerLeft(left_us, peer.id, reason))
        session.peers.pop(peer.id, None)
        peer.left = True
        left = to_datetime(left_us)
        await rows.change_peer(rooms.db, session.id, peer.id, left_at=left, leave_reason=reason, capturing=False)
        if peer.handle is not None and not gone:
            try:
                await asyncio.shield(rooms.sfu.unpublish(peer.handle))
            except RoomtapeError as error:
                log.warning("publisher not put out", peer_id=peer.id, error=str(error))
    log.info("peer left", session_id=session.id, peer_id=peer.id, reason=reason)
    rooms.peer_gone(session, peer)
    if not peer.tape:
        for producer in producers.of_peer(peer):
            session.observers.producer_removed(session, producer)
        session.observers.peer_left(session, peer, reason)
    if peer.recorder:
        return
    await _count(rooms, session)
    if not session.present and not session.ended:
        session.empty_since_us = left_us
        await rows.change(rooms.db, session.id, left, empty_since=left)
        if not rooms.stopping:
            rooms.schedule_end(session)
            if rooms.listener is not None:
                await rooms.listener.emptied(session)


async def _count(rooms: House, session: LiveSession) -> None:
    values: dict[str, Any] = {
        "live_participants": len(session.present),
        "max_concurrent_participants": session.most_peers,
    }
    if session.present:
        values["empty_since"] = None
    await rows.change(rooms.db, session.id, to_datetime(now_us()), **values)


def _row(session: LiveSession, peer: LivePeer) -> Peer:
    return Peer(
        id=peer.id,
        session_id=session.id,
        participant_id=peer.participant_id,
        custom_participant_id=peer.custom_participant_id,
        name=peer.name,
        picture=peer.picture,
        preset_name=peer.preset_name,
        hidden=peer.hidden,
        joined_at=to_datetime(peer.joined_us),
        left_at=None,
        leave_reason=None,
        sfu_session=peer.handle.session if peer.handle else None,
        sfu_handle=peer.handle.id if peer.handle else None,
        take=peer.take,
        capturing=peer.base is not None,
        tracks=tuple(asdict(t) for t in peer.tracks),
        transport=peer.transport,
        recorder=peer.recorder,
    )
