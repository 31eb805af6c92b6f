"""Owns the receive transport of an SDK client: one subscriber of the SFU, and one negotiation after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

import structlog

from roomtape.errors import Conflict, NotFound, RoomtapeError
from roomtape.rooms.realtimekit.sdp_bridge import ReceiveBridge
from roomtape.sfu.port import Handle, Sfu, Subscription, Wish

log = structlog.get_logger()

ANSWER_WITHIN_S = 10.0
"""A client that has not answered an offer by then is out of step for good: its transport is given up."""
_TRIES, _RETRY_S = 3, 0.2
_BROKEN = "Backend error: the receive transport is out of step; make a new one"


class ReceiveTransport:
    """`id` names it to the client. After `broken` only a new transport helps."""

    def __init__(self, sfu: Sfu, handle: Handle, bridge: ReceiveBridge) -> None:
        self.handle = handle
        self.broken = False
        self._sfu = sfu
        self._bridge = bridge
        self._turn = asyncio.Lock()
        self._expiry: asyncio.TimerHandle | None = None
        self._sfu_waits = False

    @property
    def id(self) -> str:
        return f"recv-{self.handle.id}"

    @classmethod
    async def open(cls, sfu: Sfu, room_id: str, offer: str) -> tuple[Self, str]:
        """Make one from the client's first offer; return it with the SDP answer. Raises InvalidRequest, SfuError."""
        subscription = await sfu.open_subscriber(room_id)
        try:
            bridge = ReceiveBridge.first(offer, subscription.offer or "")
            await sfu.answer_subscriber(subscription.handle, bridge.for_sfu())
        except BaseException:
            await asyncio.shield(sfu.unpublish(subscription.handle))
            raise
        return cls(sfu, subscription.handle, bridge), bridge.for_client("passive")

    async def consume(self, find: Callable[[], dict[str, Wish]]) -> tuple[dict[str, str], str | None]:
        """Receive what `find` gives by producer id, when it is this call's turn: ({producer id: mid}, SDP offer).

        What is missing in the result is not there. With an offer, the next negotiation waits for `answered`.
        Raises Conflict when the transport is broken, SfuError.
        """
        await self._take_turn()
        try:
            wishes, subscription = await self._subscribe(find)
            if subscription is None or subscription.offer is None:
                self._turn.release()
                return {}, None
            self._bridge.offered(subscription.offer, subscription.streams)
            slots = {pid: self._bridge.slots.of_source((wish.peer_id, wish.mid)) for pid, wish in wishes.items()}
            mids = {pid: slot.mid for pid, slot in slots.items() if slot is not None}
            if not mids:
                await self._sfu.answer_subscriber(self.handle, self._bridge.for_sfu())
                self._turn.release()
                return {}, None
            offer = self._bridge.for_client("actpass")
        except BaseException:
            self._turn.release()
            raise
        self._sfu_waits = True
        self._expiry = asyncio.get_running_loop().call_later(ANSWER_WITHIN_S, self._expired)
        return mids, offer

    async def _subscribe(self, find: Callable[[], dict[str, Wish]]) -> tuple[dict[str, Wish], Subscription | None]:
        """Subscribe to what can be found; a track may end between the finding and the SFU's looking for it."""
        for attempt in range(_TRIES):
            wishes = find()
            if not wishes:
                break
            again = [self._bridge.slots.of_source((wish.peer_id, wish.mid)) for wish in wishes.values()]
            # A client that wants what it has already got has lost sight of it; only a new m-line makes it look.
            drop = [slot.sfu_mid for slot in again if slot is not None and slot.sfu_mid is not None]
            try:
                subscription = await self._sfu.subscribe(self.handle, list(wishes.values()), drop)
            except NotFound:
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(_RETRY_S)
                continue
            self._bridge.slots.detach(drop)
            return wishes, subscription
        return {}, None

    async def answered(self, answer: str) -> None:
        """Take the client's answer. Raises Conflict when none is due, InvalidRequest, SfuError; it is broken then."""
        if self._expiry is None:
            raise Conflict("no offer waits for an answer")
        self._expiry.cancel()
        self._expiry = None
        try:
            refused = self._bridge.answered(answer)
            await self._sfu.answer_subscriber(self.handle, self._bridge.for_sfu())
            self._sfu_waits = False
            await self._take_off(refused)
        except BaseException:
            self.broken = True
            raise
        finally:
            self._turn.release()

    async def close(self, mids: list[str], offer: str) -> str:
        """Receive no longer what is on `mids`; return the SDP answer. Raises InvalidRequest, Conflict, SfuError."""
        await self._take_turn()
        try:
            freed = self._bridge.closing(mids, offer)
            try:
                await self._take_off(freed)
            except RoomtapeError:
                self.broken = True
                raise
            return self._bridge.for_client("passive")
        finally:
            self._turn.release()

    async def prefer(self, wishes: list[Wish]) -> None:
        """Choose layers of simulcasts; what is not received is passed over. Raises SfuError."""
        for wish in wishes:
            slot = self._bridge.slots.of_source((wish.peer_id, wish.mid))
            if slot is not None and slot.sfu_mid is not None and wish.layer is not None:
                await self._sfu.choose_layer(self.handle, slot.sfu_mid, wish.layer)

    async def _take_off(self, sfu_mids: list[str]) -> None:
        if not sfu_mids:
            return
        subscription = await self._sfu.unsubscribe(self.handle, sfu_mids)
        if subscription.offer is not None:
            self._bridge.offered(subscription.offer, subscription.streams, place=False)
            await self._sfu.answer_subscriber(self.handle, self._bridge.for_sfu())

    async def _take_turn(self) -> None:
        await self._turn.acquire()
        if self.broken:
            self._turn.release()
            raise Conflict(_BROKEN)

    def _expired(self) -> None:
        log.warning("a client did not answer an offer in time", transport=self.id)
        self._expiry, self.broken = None, True
        self._turn.release()

    def stop(self) -> None:
        """Nothing more is to come: a waiting offer needs no answer."""
        self.broken = True
        if self._expiry is not None:
            self._expiry.cancel()
            self._expired()

    def dump(self) -> dict[str, Any] | None:
        """Return what `load` needs as JSON values; None in the midst of a negotiation, whose end nobody would see."""
        if self.broken or self._sfu_waits:
            return None
        return {"handle": [self.handle.session, self.handle.id], "bridge": self._bridge.dump()}

    @classmethod
    def load(cls, sfu: Sfu, values: dict[str, Any]) -> Self:
        """Return what `dump` wrote."""
        return cls(sfu, Handle(*values["handle"]), ReceiveBridge.load(values["bridge"]))
