"""Owns one SDK client's media: its send and receive transport, its producers, its coming in and its leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import structlog

from roomtape.capture.events import MediaKind
from roomtape.db import sessions as rows
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import Preset
from roomtape.errors import Conflict, Forbidden, InvalidRequest, NotFound, SfuError
from roomtape.rooms import publishing, tracks
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.realtimekit import producers, send_sdp
from roomtape.rooms.realtimekit.media_port import ProducerInfo
from roomtape.rooms.realtimekit.receive import ReceiveTransport
from roomtape.sfu.port import Down, Handle, SfuEvent, Wish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from roomtape.rooms.realtimekit.transports import SdkMedia

log = structlog.get_logger()

GRACE_S = 30.0
"""A client whose socket broke and that is not back by then has left."""
UP_WITHIN_S = 10.0
"""A producer waits this long for its transport: the client says that ICE is connected before DTLS is."""
_LAYERS = {"f": 2, "h": 1, "q": 0}


class SdkPeer:
    """Implements `media_port.PeerMedia`. `preset` is None after a restart, until the client is back."""

    def __init__(self, house: SdkMedia, session: LiveSession, peer: LivePeer, preset: Preset | None) -> None:
        self.session = session
        self.peer = peer
        self.preset = preset
        self.receive: ReceiveTransport | None = None
        self.closed = False
        self._house = house
        self._offer = ""
        self._lock = asyncio.Lock()
        self._up = asyncio.Event()
        self._grace: asyncio.TimerHandle | None = None

    @property
    def entered(self) -> bool:
        return self.session.peers.get(self.peer.id) is self.peer

    def has_transport(self, consuming: bool) -> bool:
        if consuming:
            return self.receive is not None and not self.receive.broken
        return self.peer.handle is not None

    def producers(self) -> list[ProducerInfo]:
        return [producers.info(self.peer, track) for track in self.peer.tracks]

    async def enter(self, name: str) -> None:
        async with self._work():
            if not self.entered:
                self.peer.name = name or self.peer.name
                await publishing.enter(self._house.rooms, self.session, self.peer)
                self.session.lobby.discard(self.peer.id)
                return
        if name:
            await self.rename(name, self.peer.id)

    async def rename(self, name: str, by_peer_id: str) -> None:
        log.info("peer renamed", peer_id=self.peer.id, by=by_peer_id)
        await tracks.rename(self._house.rooms, self.session, self.peer, name)

    async def create_transport(self, consuming: bool, offer: str) -> tuple[str, str]:
        async with self._work():
            return await (self._make_receive(offer) if consuming else self._make_send(offer))

    async def _make_receive(self, offer: str) -> tuple[str, str]:
        old, self.receive = self.receive, None
        if old is not None:
            await self._house.drop(old)
        made, answer = await ReceiveTransport.open(self._house.rooms.sfu, self.session.id, offer)
        self._house.watch(made.handle, self)
        self.receive = made
        return made.id, answer

    async def _make_send(self, offer: str) -> tuple[str, str]:
        await self._lose_send(sfu_gone=False)
        rooms = self._house.rooms
        adapted = send_sdp.for_sfu(offer, set())
        published = await rooms.sfu.publish(
            self.session.id, self.peer.id, self.peer.name, adapted, None, None, presence=False
        )
        self._up.clear()
        self._house.watch(published.handle, self)
        self._offer = offer
        await tracks.take_transport(rooms, self.session, self.peer, published.handle)
        return f"send-{published.handle.id}", send_sdp.for_client(offer, published.answer)

    async def produce(
        self, offer: str, kind: str, mid: str | None, screen_share: bool, paused: bool, app_data: str, mime_type: str
    ) -> tuple[ProducerInfo, str]:
        async with self._work():
            self._check_produce(kind, screen_share)
            live = {track.mid for track in self.peer.tracks}
            mid = mid or send_sdp.sending_mid(offer, kind, live)
            if mid is None or mid in live:
                raise InvalidRequest(f"no m-line of this offer brings a new {kind} track", "sdp", 400)
            new = tracks.NewTrack(
                mid=mid,
                kind=cast("MediaKind", kind),
                source="screenshare" if screen_share else "peer",
                producer_id=new_id(),
                paused=paused,
                app_data=app_data or "{}",
            )
            adapted = send_sdp.for_sfu(offer, live | {mid})
            rooms = self._house.rooms
            track, answer = await tracks.publish(rooms, self.session, self.peer, adapted, new)
            self._offer = offer
            try:
                async with asyncio.timeout(UP_WITHIN_S):
                    await self._up.wait()
            except TimeoutError:
                await self._end_tracks({mid})
                raise SfuError("the send transport does not come up; is the server's ICE address reachable?") from None
        made = producers.info(self.peer, track)
        self.session.observers.producer_added(self.session, made)
        return made, send_sdp.for_client(offer, answer)

    def _check_produce(self, kind: str, screen_share: bool) -> None:
        if kind not in ("audio", "video"):
            raise InvalidRequest(f"a producer is audio or video, not {kind!r}", "kind")
        what = "screenshare" if screen_share else kind
        if self.preset is None or not self.preset.may_produce(what):
            name = self.preset.name if self.preset else "?"
            raise Forbidden(f"the preset {name!r} may not publish {what}")

    async def toggle(self, producer_id: str, paused: bool, by_peer_id: str | None = None) -> ProducerInfo:
        async with self._work():
            track = await tracks.mute(self._house.rooms, self.session, self.peer, producer_id, paused)
        changed = producers.info(self.peer, track)
        self.session.observers.producer_changed(self.session, changed, by_peer_id or self.peer.id)
        return changed

    async def close_producer(self, producer_id: str, offer: str | None) -> tuple[ProducerInfo, str | None]:
        async with self._work():
            track = next((t for t in self.peer.tracks if t.producer_id == producer_id), None)
            if track is None:
                raise NotFound("there is no such producer (any more)")
            ended, answer = await self._end_tracks({track.mid}, offer)
        return ended[0], send_sdp.for_client(offer, answer) if offer is not None else None

    async def close_producers(self) -> list[ProducerInfo]:
        async with self._work():
            if not self.peer.tracks:
                return []
            return (await self._end_tracks({track.mid for track in self.peer.tracks}))[0]

    async def _end_tracks(self, mids: set[str], offer: str | None = None) -> tuple[list[ProducerInfo], str]:
        """End tracks by the client's new offer, or by its last one, of which the client need not know."""
        text = self._offer if offer is None else offer
        live = {track.mid for track in self.peer.tracks} - mids
        adapted = send_sdp.for_sfu(text, live)
        infos = {track.mid: producers.info(self.peer, track) for track in self.peer.tracks}
        ended, answer = await tracks.unpublish(self._house.rooms, self.session, self.peer, adapted, mids)
        self._offer = text
        removed = [infos[track.mid] for track in ended]
        self._tell_removed(removed)
        return removed, answer

    def _tell_removed(self, removed: list[ProducerInfo]) -> None:
        for producer in removed:
            self.session.observers.producer_removed(self.session, producer)

    async def consume(self, wants: list[tuple[str, str | None]]) -> tuple[dict[str, str], list[str], str | None]:
        receive = self._receiving()
        mids, offer = await receive.consume(lambda: self._wishes(wants))
        return mids, [producer_id for producer_id, _ in wants if producer_id not in mids], offer

    def _wishes(self, wants: list[tuple[str, str | None]]) -> dict[str, Wish]:
        wishes = {}
        for producer_id, rid in wants:
            found = producers.find(self.session, producer_id)
            if found is not None:
                peer, track = found
                layer = _LAYERS.get(rid or "") if track.kind == "video" else None
                wishes[producer_id] = Wish(peer.id, track.mid, layer)
        return wishes

    async def renegotiate(self, answer: str) -> None:
        receive = self._receiving()
        await receive.answered(answer)
        await self.save()

    async def close_consumers(self, mids: list[str], offer: str) -> str:
        answer = await self._receiving().close(mids, offer)
        await self.save()
        return answer

    async def prefer_layers(self, wants: list[tuple[str, str]]) -> None:
        wishes = self._wishes([(producer_id, rid) for producer_id, rid in wants])
        await self._receiving().prefer(list(wishes.values()))

    def _receiving(self) -> ReceiveTransport:
        if self.closed:
            raise Conflict("this peer has left")
        if self.receive is None:
            raise Conflict("Backend error: there is no receive transport (any more); make one")
        return self.receive

    def socket_lost(self) -> None:
        if self._grace is None and not self.closed:
            loop = asyncio.get_running_loop()
            self._grace = loop.call_later(GRACE_S, self._spawn, lambda: self.close("media_lost"))

    def socket_back(self, preset: Preset) -> None:
        """The client is back in time, or new."""
        self.preset = preset
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None

    async def close(self, reason: str) -> None:
        if self.entered:
            await publishing.leave(self._house.rooms, self.session, self.peer, reason)
        elif not self.closed:
            self._house.forget(self.peer.id)

    def end(self) -> None:
        """The peer is out: whatever is under way finds that out by itself."""
        self.closed = True
        self.session.lobby.discard(self.peer.id)
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None

    def on_event(self, event: SfuEvent, handle: Handle) -> None:
        """The SFU reports on one of our transports."""
        if isinstance(event, Down):
            self._spawn(lambda: self._lost(handle, event.reason))
        elif handle == self.peer.handle:
            self.peer.up = True
            self._up.set()

    async def _lost(self, handle: Handle, reason: str) -> None:
        log.info("an SDK peer's transport ended", peer_id=self.peer.id, reason=reason)
        if self.receive is not None and self.receive.handle == handle:
            self.receive.stop()
        async with self._lock:
            if self.receive is not None and self.receive.handle == handle:
                old, self.receive = self.receive, None
                await self._house.drop(old)
            elif self.peer.handle == handle:
                await self._lose_send(sfu_gone=False)
            await self.save()

    async def sfu_lost(self) -> None:
        """The SFU forgot everything; the client makes new transports when it notices."""
        if self.receive is not None:
            self.receive.stop()
        async with self._lock:
            self.receive = None
            await self._lose_send(sfu_gone=True)
            await self.save()

    async def _lose_send(self, *, sfu_gone: bool) -> None:
        if self.peer.handle is None:
            return
        removed = self.producers()
        self._house.unwatch(self.peer.handle)
        await tracks.lose_transport(self._house.rooms, self.session, self.peer, sfu_gone=sfu_gone)
        self._tell_removed(removed)

    @asynccontextmanager
    async def _work(self) -> AsyncIterator[None]:
        """One change after another; what the client needs again after a restart of ours is kept when it is done."""
        async with self._lock:
            if self.closed:
                raise Conflict("this peer has left")
            try:
                yield
            finally:
                if self.closed:
                    self._house.clear(self)
                else:
                    await self.save()

    async def save(self) -> None:
        """Keep the transports for a restart."""
        async with self._house.rows_lock:
            if not self.closed:
                await rows.put_media(self._house.rooms.db, self.peer.id, self.session.id, self._dump())

    def _dump(self) -> dict[str, Any]:
        handle = self.peer.handle
        return {
            "participant_id": self.peer.participant_id,
            "send": {"handle": [handle.session, handle.id], "offer": self._offer} if handle else None,
            "receive": self.receive.dump() if self.receive else None,
            "receive_handle": [self.receive.handle.session, self.receive.handle.id] if self.receive else None,
        }

    def restore(self, state: dict[str, Any], receive: ReceiveTransport | None) -> None:
        """Go on after a restart with transports that stand."""
        self.receive = receive
        if receive is not None:
            self._house.watch(receive.handle, self)
        if self.peer.handle is not None:
            self._offer = state["send"]["offer"]
            self._house.watch(self.peer.handle, self)
            self._up.set()

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._house.rooms.spawn(work())
