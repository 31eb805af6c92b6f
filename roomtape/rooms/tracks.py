"""Owns how the tracks of a peer that is in change: added, muted, ended, and all lost with a media transport.

Every step is in the event log and in the database. The peer's lock is held, as over its captures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import structlog

from roomtape.capture.events import (
    Event,
    MediaKind,
    PeerRenamed,
    StreamKind,
    TakeStopped,
    TrackMuted,
    TrackUnmuted,
    TrackUnpublished,
)
from roomtape.capture.paths import TRANSPORT_STRIDE
from roomtape.clock import now_us
from roomtape.db import sessions as rows
from roomtape.errors import Conflict, InvalidRequest, NotFound, RoomtapeError
from roomtape.rooms import publishing
from roomtape.rooms.live import LivePeer, LiveSession, LiveTrack
from roomtape.rooms.publishing import House
from roomtape.sfu.port import Handle, Published

log = structlog.get_logger()


@dataclass(frozen=True)
class NewTrack:
    """A track that a peer wants to publish at the m-line `mid` of its offer."""

    mid: str
    kind: MediaKind
    source: StreamKind
    producer_id: str
    paused: bool
    app_data: str


async def publish(
    rooms: House, session: LiveSession, peer: LivePeer, offer: str, new: NewTrack
) -> tuple[LiveTrack, str]:
    """Add a track by a new offer; return it with the SDP answer. A running capture takes it in.

    Raises InvalidRequest when the SFU does not take the track, SfuError, Conflict when the peer is not in.
    """
    async with peer.lock:
        handle = _handle_of(session, peer)
        published = await rooms.sfu.republish(handle, offer, peer.base)
        found = next((t for t in published.tracks if t.mid == new.mid and t.kind == new.kind), None)
        if found is None:
            raise InvalidRequest(f"the SFU takes no {new.kind} at the m-line {new.mid}; offer opus, or VP8", "sdp", 400)
        mindex = peer.transport * TRANSPORT_STRIDE + found.mindex
        track = LiveTrack(
            mindex,
            new.mid,
            new.kind,
            found.codec,
            new.source,
            new.producer_id,
            new.paused,
            new.app_data,
            found.audio_level_id,
            found.orientation_id,
            found.capture_time_id,
        )
        at = now_us()
        events: list[Event] = [publishing.track_published(at, peer, track)]
        if new.paused:
            events.append(TrackMuted(at, peer.id, mindex))
        await rooms.note(session, *events)
        await _set(rooms, session, peer, (*peer.tracks, track))
    await _tell_capture_error(rooms, session, peer, published)
    return track, published.answer


async def unpublish(
    rooms: House, session: LiveSession, peer: LivePeer, offer: str, mids: set[str]
) -> tuple[list[LiveTrack], str]:
    """End the tracks at `mids`, which are inactive in the new offer; return them with the SDP answer."""
    async with peer.lock:
        published = await rooms.sfu.republish(_handle_of(session, peer), offer, peer.base)
        ended = await _end(rooms, session, peer, lambda track: track.mid in mids)
    return ended, published.answer


async def mute(rooms: House, session: LiveSession, peer: LivePeer, producer_id: str, muted: bool) -> LiveTrack:
    """Note that a track is muted or not. Raises NotFound."""
    async with peer.lock:
        track = next((t for t in peer.tracks if t.producer_id == producer_id), None)
        if track is None or peer.id not in session.peers:
            raise NotFound("there is no such producer (any more)")
        if track.paused == muted:
            return track
        event = TrackMuted if muted else TrackUnmuted
        await rooms.note(session, event(now_us(), peer.id, track.mindex))
        changed = replace(track, paused=muted)
        await _set(rooms, session, peer, tuple(changed if t is track else t for t in peer.tracks))
        return changed


async def rename(rooms: House, session: LiveSession, peer: LivePeer, name: str) -> None:
    """Give the peer another name. Raises Conflict when the peer is not in."""
    async with peer.lock:
        if peer.id not in session.peers:
            raise Conflict("this peer is not in the meeting")
        if name == peer.name:
            return
        await rooms.note(session, PeerRenamed(now_us(), peer.id, name))
        await rows.change_peer(rooms.db, session.id, peer.id, name=name)
        peer.name = name
    session.observers.peer_renamed(session, peer)


async def take_transport(rooms: House, session: LiveSession, peer: LivePeer, handle: Handle) -> None:
    """The peer's media transport is `handle` from now on; it has no tracks yet. A wanted capture is switched on."""
    async with peer.lock:
        peer.handle, peer.up = handle, False
        if peer.id in session.peers:
            await rows.change_peer(rooms.db, session.id, peer.id, sfu_session=handle.session, sfu_handle=handle.id)
    if peer.id in session.peers:
        await publishing.agree_on_capture(rooms, session, peer)


async def lose_transport(
    rooms: House, session: LiveSession, peer: LivePeer, *, sfu_gone: bool = False
) -> list[LiveTrack]:
    """The peer's media transport ends and all its tracks with it, which are returned; the peer stays in."""
    async with peer.lock:
        handle, base = peer.handle, peer.base
        if handle is None or peer.left:  # the SFU reports the end of what a leaving peer has just closed, too
            return []
        if base is not None and not sfu_gone:
            try:
                await rooms.sfu.stop_capture(handle)
            except RoomtapeError as error:
                log.warning("capture not closed cleanly", peer_id=peer.id, error=str(error))
        if base is not None:
            peer.base = None
            await rooms.note(session, TakeStopped(now_us(), peer.id, base))
        ended = await _end(rooms, session, peer, lambda track: True)
        peer.handle, peer.up, peer.transport = None, False, peer.transport + 1
        if peer.id in session.peers:
            cleared = {"sfu_session": None, "sfu_handle": None, "capturing": False, "transport": peer.transport}
            await rows.change_peer(rooms.db, session.id, peer.id, **cleared)
        if not sfu_gone:
            try:
                await rooms.sfu.unpublish(handle)
            except RoomtapeError as error:
                log.warning("publisher not put out", peer_id=peer.id, error=str(error))
    return ended


async def _end(
    rooms: House, session: LiveSession, peer: LivePeer, chosen: Callable[[LiveTrack], bool]
) -> list[LiveTrack]:
    ended = [track for track in peer.tracks if chosen(track)]
    if ended:
        at = now_us()
        await rooms.note(session, *(TrackUnpublished(at, peer.id, track.mindex) for track in ended))
        await _set(rooms, session, peer, tuple(track for track in peer.tracks if track not in ended))
    return ended


async def _set(rooms: House, session: LiveSession, peer: LivePeer, tracks: tuple[LiveTrack, ...]) -> None:
    peer.tracks = tracks
    await rows.change_peer(rooms.db, session.id, peer.id, tracks=[asdict(track) for track in tracks])


def _handle_of(session: LiveSession, peer: LivePeer) -> Handle:
    if peer.id not in session.peers:
        raise Conflict("this peer is not in the meeting (any more); join first")
    if peer.handle is None:
        raise Conflict("this peer has no send transport (any more); make one first")
    return peer.handle


async def _tell_capture_error(rooms: House, session: LiveSession, peer: LivePeer, published: Published) -> None:
    if published.capture_error is not None and rooms.listener is not None:
        await rooms.listener.capture_failed(session, peer, published.capture_error)
