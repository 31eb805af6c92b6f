"""Owns fetching the pictures of participants of whom a composite is made, once a session and URL."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from roomtape.capture.events import PeerPictured
from roomtape.clock import now_us
from roomtape.domain.recording import Kind, Recording
from roomtape.errors import RoomtapeError
from roomtape.recordings.assets import Assets
from roomtape.recordings.captures import Captures
from roomtape.recordings.port import Rooms
from roomtape.rooms.live import LivePeer, LiveSession

log = structlog.get_logger()

LARGEST = 2 << 20
"""Bytes."""
WITHIN_S = 15.0
MOST_URLS = 500
"""Of one session."""
_AT_ONCE = 4


@dataclass
class _Album:
    """A session's pictures: by URL the fetch of its file, and who has theirs or is about to."""

    files: dict[str, asyncio.Task[str | None]] = field(default_factory=dict)
    peers: set[str] = field(default_factory=set)
    showing: set[asyncio.Task[None]] = field(default_factory=set)


class Pictures:
    """Works in the background. A picture that cannot be had is logged, no more: initials do as well."""

    def __init__(self, rooms: Rooms, captures: Captures, assets: Assets) -> None:
        self._rooms = rooms
        self._captures = captures
        self._assets = assets
        self._albums: dict[str, _Album] = {}
        self._some = asyncio.Semaphore(_AT_ONCE)

    def begin(self, recording: Recording) -> None:
        """Fetch the pictures of all who are in a live recording's session; those that are there are left alone."""
        session = self._rooms.sessions.get(recording.session_id)
        if session is not None:
            for peer in list(session.peers.values()):
                self.joined(session, peer)

    def joined(self, session: LiveSession, peer: LivePeer) -> None:
        """Fetch the picture of somebody who is in now, if a composite is being made of the session."""
        if peer.picture is None or peer.hidden:
            return
        if not any(r.kind is Kind.COMPOSITE and not r.of_page for r in self._captures.of_session(session.id)):
            return
        album = self._albums.setdefault(session.id, _Album())
        url = peer.picture
        if peer.id in album.peers or (url not in album.files and len(album.files) >= MOST_URLS):
            return
        album.peers.add(peer.id)
        if url not in album.files:
            album.files[url] = asyncio.create_task(self._fetched(session.id, url))
        showing = asyncio.create_task(self._show(session, peer.id, album.files[url]))
        album.showing.add(showing)
        showing.add_done_callback(album.showing.discard)

    async def forget(self, session_id: str) -> None:
        """The session is over."""
        album = self._albums.pop(session_id, None)
        if album is not None:
            tasks = [*album.showing, *album.files.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Leave what is under way."""
        for session_id in list(self._albums):
            await self.forget(session_id)

    async def _fetched(self, session_id: str, url: str) -> str | None:
        async with self._some:
            try:
                return await self._assets.add(session_id, url, LARGEST, WITHIN_S)
            except RoomtapeError as error:
                log.info("participant's picture not fetched", session_id=session_id, reason=str(error))
            except Exception:
                log.exception("participant's picture not fetched", session_id=session_id)
        return None

    async def _show(self, session: LiveSession, peer_id: str, fetch: asyncio.Task[str | None]) -> None:
        file = await asyncio.shield(fetch)
        if file is None or session.ended:
            return
        try:
            await self._rooms.log(session, PeerPictured(now_us(), peer_id, file))
        except RoomtapeError as error:
            log.info("participant's picture not logged", peer_id=peer_id, reason=str(error))
