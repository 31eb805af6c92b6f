"""Owns the waiting room of a session: who waits, who was let in, and who lets them in."""

from __future__ import annotations

from dataclasses import dataclass, field

from roomtape.rooms.realtimekit.permissions import WaitingRoomType


@dataclass
class WaitingRoom:
    """`waiting` has the peer ids that wait, in the order they came; `accepted` the users who were let in once."""

    waiting: dict[str, str] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)

    def must_wait(self, kind: WaitingRoomType, user_id: str, *, host_in: bool) -> bool:
        """Tell whether a user whose preset says `kind` has to wait; `host_in`: somebody who may let in is there."""
        if kind is WaitingRoomType.SKIP or user_id in self.accepted:
            return False
        return not (kind is WaitingRoomType.ON_PRIVILEGED_USER_ENTRY and host_in)

    def add(self, peer_id: str, user_id: str) -> bool:
        """A peer begins to wait; return whether it did not wait already."""
        new = peer_id not in self.waiting
        self.waiting[peer_id] = user_id
        return new

    def remove(self, peer_id: str) -> bool:
        """A peer waits no longer, because it left or is in; return whether it had waited."""
        return self.waiting.pop(peer_id, None) is not None

    def accept(self, user_ids: set[str]) -> list[str]:
        """Let users in, also when they come again; return the peers of theirs that waited."""
        peers = self._of(user_ids)
        self.accepted |= {self.waiting[peer] for peer in peers}
        return self._drop(peers)

    def deny(self, user_ids: set[str]) -> list[str]:
        """Turn users away; return the peers of theirs that waited."""
        return self._drop(self._of(user_ids))

    def _of(self, user_ids: set[str]) -> list[str]:
        return [peer for peer, user in self.waiting.items() if user in user_ids]

    def _drop(self, peers: list[str]) -> list[str]:
        for peer in peers:
            del self.waiting[peer]
        return peers
