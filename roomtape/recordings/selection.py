"""Owns the choice of peers whose packets must reach the disk."""

from __future__ import annotations

from collections.abc import Iterable

from roomtape.domain.recording import Recording, Status
from roomtape.domain.recording_config import Selection
from roomtape.rooms.live import LivePeer

_WRITING = frozenset({Status.INVOKED, Status.RECORDING})


def includes(recording: Recording, peer: LivePeer) -> bool:
    """Tell whether the peer belongs to the recording: not hidden, and on its allowlist if it has one; or, for the
    recording of a page, that it brings the page."""
    users = recording.config.user_ids
    page = recording.id if recording.of_page else None
    selection = Selection(None if users is None else frozenset(users), page)
    return selection.includes(peer.participant_id, peer.custom_participant_id, peer.hidden)


def wanted(recordings: Iterable[Recording], peer: LivePeer) -> bool:
    """Tell whether one of the session's `recordings` that is being started or runs, and is not paused, has the peer."""
    return any(r.status in _WRITING and includes(r, peer) for r in recordings)
