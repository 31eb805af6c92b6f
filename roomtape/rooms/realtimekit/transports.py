"""Owns the media of all SDK clients of this server: finds a client's again by its peer id, also after a restart."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import structlog

from roomtape.db import sessions as rows
from roomtape.errors import Conflict, InvalidRequest, RoomtapeError
from roomtape.rooms import publishing
from roomtape.rooms.admission import Admission
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.publishing import House
from roomtape.rooms.realtimekit.receive import ReceiveTransport
from roomtape.rooms.realtimekit.sdk_peer import SdkPeer
from roomtape.sfu.port import Down, Handle, Up

log = structlog.get_logger()


class SdkMedia:
    """Implements `media_port.MediaRooms`. `rooms` belongs to it and tells it of what happens there."""

    def __init__(self, rooms: House) -> None:
        self.rooms = rooms
        self.rows_lock = asyncio.Lock()
        self._peers: dict[str, SdkPeer] = {}
        self._watching: dict[Handle, SdkPeer] = {}

    async def open(self, session: LiveSession, admission: Admission, peer_id: str) -> SdkPeer:
        """See `MediaRooms.open`."""
        _check_id(peer_id)
        if session.ended or self.rooms.stopping:
            raise Conflict("this session has just ended; join again to start a new one")
        found = self._peers.get(peer_id)
        if found is not None:
            if found.peer.participant_id != admission.participant.id or found.session is not session:
                raise Conflict("this peer id is in use")
            found.socket_back(admission.preset)
            return found
        peer = await self._new_peer(session, admission, peer_id)
        if peer_id in self._peers:
            return await self.open(session, admission, peer_id)
        made = self._peers[peer_id] = SdkPeer(self, session, peer, admission.preset)
        if not peer.recorder:
            session.lobby.add(peer_id)
        return made

    async def _new_peer(self, session: LiveSession, admission: Admission, peer_id: str) -> LivePeer:
        """Return the peer as it comes for the first time, or again after it had been given up."""
        peer = publishing.new_peer(admission, peer_id)
        peer.by_socket = True
        before = await rows.peer(self.rooms.db, session.id, peer_id)
        if before is None:
            return peer
        if before.participant_id != peer.participant_id:
            raise Conflict("this peer id has been used before; come with a new one")
        if before.left_at is None:
            raise Conflict("this peer id is in use")
        peer.take, peer.transport = before.take, before.transport + 1
        return peer

    def get(self, peer_id: str) -> SdkPeer | None:
        """Return an SDK peer's media, in the lobby or in, or None."""
        return self._peers.get(peer_id)

    def forget(self, peer_id: str) -> None:
        """The peer has left: what is left of its transports ends, and the id is free."""
        found = self._peers.pop(peer_id, None)
        if found is None:
            return
        found.end()
        self.clear(found)
        self.rooms.spawn(self._erase(peer_id))
        if not found.session.ended and not self.rooms.stopping:
            self.rooms.schedule_end(found.session)

    async def _erase(self, peer_id: str) -> None:
        """Forget the peer's row, unless it has come back by now."""
        async with self.rows_lock:
            if peer_id not in self._peers:
                await rows.drop_media(self.rooms.db, peer_id)

    def clear(self, peer: SdkPeer) -> None:
        """End the transports of a peer that is out."""
        for handle in [handle for handle, watching in self._watching.items() if watching is peer]:
            self.unwatch(handle)
            self.rooms.spawn(self.rooms.sfu.unpublish(handle))
        if peer.receive is not None:
            peer.receive.stop()
            peer.receive = None

    async def close_lobby(self, session: LiveSession) -> None:
        """The session is over: who was about to join has no media any more."""
        for peer_id in [i for i, p in self._peers.items() if p.session is session and not p.entered]:
            self.forget(peer_id)

    def watch(self, handle: Handle, peer: SdkPeer) -> None:
        """Tell `peer` what the SFU reports of a transport."""
        self._watching[handle] = peer

    def unwatch(self, handle: Handle) -> None:
        """The transport is over."""
        self._watching.pop(handle, None)

    def on_event(self, event: Up | Down) -> bool:
        """Pass on what the SFU reports; False when it is of no SDK client."""
        peer = self._watching.get(event.handle)
        if peer is None:
            return False
        peer.on_event(event, event.handle)
        return True

    async def drop(self, transport: ReceiveTransport) -> None:
        """End a receive transport."""
        transport.stop()
        self.unwatch(transport.handle)
        try:
            await self.rooms.sfu.unpublish(transport.handle)
        except RoomtapeError as error:
            log.warning("subscriber not put out", transport=transport.id, error=str(error))

    async def sfu_lost(self) -> None:
        """The SFU forgot all transports; the peers stay in."""
        self._watching.clear()
        for peer in list(self._peers.values()):
            await peer.sfu_lost()

    async def recover(self, session: LiveSession, states: dict[str, dict[str, Any]], *, sfu_kept: bool) -> None:
        """Find the media of a session's SDK peers again; `session.peers` has those that are in.

        Each has its grace period to come back. Transports of those who are not in any more end, as do those of who
        was about to join: they make new ones.
        """
        for peer_id, state in states.items():
            peer = session.peers.get(peer_id)
            if peer is None or not peer.by_socket:
                await self._end_old(state, sfu_kept=sfu_kept)
                await rows.drop_media(self.rooms.db, peer_id)
                continue
            made = self._peers[peer_id] = SdkPeer(self, session, peer, None)
            made.restore(state, await self._old_receive(state) if sfu_kept else None)
            made.socket_lost()

    async def _old_receive(self, state: dict[str, Any]) -> ReceiveTransport | None:
        if state["receive"] is None:
            return None
        receive = ReceiveTransport.load(self.rooms.sfu, state["receive"])
        return receive if await self.rooms.sfu.subscriber_alive(receive.handle) else None

    async def _end_old(self, state: dict[str, Any], *, sfu_kept: bool) -> None:
        send = state["send"]["handle"] if state["send"] else None
        for handle in (send, state["receive_handle"]):
            if sfu_kept and handle is not None:
                await self.rooms.sfu.unpublish(Handle(*handle))


def _check_id(peer_id: str) -> None:
    """It becomes part of file names: nothing but a UUID will do."""
    try:
        same = str(UUID(peer_id)) == peer_id.lower()
    except ValueError:
        same = False
    if not same:
        raise InvalidRequest("a peer id is a UUID", "peerID", 400)
