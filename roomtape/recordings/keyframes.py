"""Owns asking publishers for keyframes while their video is captured: at once after loss, and when the last is old."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from roomtape.capture.keyframetail import KeyframeTail
from roomtape.capture.paths import track_path
from roomtape.errors import RoomtapeError
from roomtape.recordings.port import Rooms
from roomtape.recordings.rounds import Rounds
from roomtape.sfu.port import Handle

log = structlog.get_logger()

LOOK_S = 0.25
AGAIN_S = 2.0
"""A track is asked this often at most: a keyframe costs as much as a second of video, and needs its time to come."""


@dataclass
class _Track:
    """A captured video track, and when it may be asked again."""

    tail: KeyframeTail
    handle: Handle
    mid: str
    after: float = 0.0


class KeyframeWatch:
    """Looks at the captured video tracks of all sessions every `look_s`; where none is captured it does nothing."""

    def __init__(self, rooms: Rooms, look_s: float = LOOK_S) -> None:
        self._rooms = rooms
        self._tracks: dict[Path, _Track] = {}
        self._rounds = Rounds("looking after keyframes", look_s)

    def start(self) -> None:
        """Begin to look."""
        self._rounds.start(self.look)

    async def stop(self) -> None:
        """Look no more."""
        await self._rounds.stop()

    async def look(self) -> None:
        """One round: read on, and ask where a keyframe is due."""
        self._tracks = self._captured()
        if not self._tracks:
            return
        tracks = list(self._tracks.values())
        came = await asyncio.to_thread(_came, tracks)
        now = time.monotonic()
        due = [track for track in came if track.tail.due and track.after <= now]
        for track in due:
            track.after = now + AGAIN_S
            try:
                await self._rooms.request_keyframe(track.handle, track.mid)
            except RoomtapeError as error:
                log.info("keyframe not asked for", mid=track.mid, error=str(error))

    def _captured(self) -> dict[Path, _Track]:
        """Return the video tracks that are captured now, those known already with what is known of them."""
        found: dict[Path, _Track] = {}
        for session in self._rooms.sessions.values():
            for peer in session.peers.values():
                base, handle = peer.base, peer.handle
                if base is None or handle is None:
                    continue
                for track in peer.tracks:
                    if track.kind == "video":
                        path = track_path(session.capture_dir, base, "video", track.mindex)
                        found[path] = self._tracks.get(path) or _Track(KeyframeTail(path), handle, track.mid)
        return found


def _came(tracks: list[_Track]) -> list[_Track]:
    """Return those of which something came: one that is silent has nothing to make a keyframe of."""
    return [track for track in tracks if track.tail.poll()]
