"""Owns the sockets of one session: carries out what the protocol asks, and tells clients what happens there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Protocol

import structlog

from roomtape.clock import now_us
from roomtape.domain.recording import Kind, Recording, Status
from roomtape.errors import Conflict, OurError, RoomtapeError, SfuError
from roomtape.rooms.admission import Admission
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.realtimekit import actions as act
from roomtape.rooms.realtimekit import memory, permissions, producers
from roomtape.rooms.realtimekit.actions import Action
from roomtape.rooms.realtimekit.chatlog import ChatLogs
from roomtape.rooms.realtimekit.link import Link
from roomtape.rooms.realtimekit.media_port import PeerMedia, ProducerInfo
from roomtape.rooms.realtimekit.member import Member
from roomtape.rooms.realtimekit.protocol import PeerProtocol
from roomtape.rooms.realtimekit.room import Room

log = structlog.get_logger()

WORK_WITHIN_S = 18.0
"""The SDK gives a request up after 20 s; by then it has an answer."""
MOST_SOCKETS = 10
"""Of one participant in one session: several windows, but no end of them."""
SAVE_AFTER_S = 1.0
SAVE_SHARE = 50
"""A room with much to remember is saved more seldom: at most a fiftieth of the time goes into it."""
MOST_WORK = 64
"""Requests of one client that the media side may be at."""
COME_BACK, REPLACED = 1012, 1008


class House(Protocol):
    """What is needed of the rooms (`rooms.service.Rooms`)."""

    async def kick(self, session: LiveSession, peer_ids: list[str]) -> None: ...

    async def kick_all(self, session: LiveSession) -> None: ...

    def broadcasted(self, session: LiveSession, peer_id: str, name: str, payload: bytes, at_us: int) -> None: ...


class Seat:
    """One client's socket with everything that belongs to it."""

    def __init__(self, link: Link, protocol: PeerProtocol, media: PeerMedia) -> None:
        self.link = link
        self.protocol = protocol
        self.media = media


class SessionDoor:
    """Observes a session (`rooms.observers.RoomObserver`) and serves its sockets; lives as long as the session."""

    def __init__(self, house: House, session: LiveSession, active: list[Recording], chat_logs: ChatLogs) -> None:
        self._house = house
        self._chat_logs = chat_logs
        self.session = session
        self.room = Room(session.meeting_id, session.title, session.started_us // 1_000_000)
        self.room.recordings = {r.id: (r.kind, r.status) for r in active}
        self.seats: dict[str, Seat] = {}
        self._medias: dict[str, PeerMedia] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._saved = 0
        self._over = False
        self._saving = asyncio.Lock()
        self._save_due: asyncio.TimerHandle | None = None
        self._save_after_s = SAVE_AFTER_S
        for peer in session.peers.values():
            if not peer.tape:
                self._present(peer)
        session.observers.append(self)

    def _present(self, peer: LivePeer) -> None:
        """A peer that was in before the first socket came: by WHIP, or before the server was started again."""
        self.room.members[peer.id] = _member(peer, joined=True)
        self.room.producers |= {p.producer_id: p for p in producers.of_peer(peer)}

    # -- sockets

    def check_free(self, participant_id: str, peer_id: str) -> None:
        """Raises Conflict when a participant has as many other sockets here as one may have."""
        others = [s for i, s in self.seats.items() if i != peer_id and s.protocol.member.user_id == participant_id]
        if len(others) >= MOST_SOCKETS:
            raise Conflict(f"this participant is here {MOST_SOCKETS} times already; close a window")

    def attach(self, admission: Admission, media: PeerMedia) -> Seat:
        """Seat a client; a socket that this peer still had is closed."""
        peer_id = media.peer.id
        before = self.seats.pop(peer_id, None)
        if before is not None:
            before.link.close(REPLACED, "this peer has a new socket")
        member = self.room.members.get(peer_id)
        if member is None or member.kicked:
            member = _member(media.peer, joined=media.entered)
            self.room.members[peer_id] = member
        _allow(member, admission)
        member.connected = True
        seat = Seat(Link(peer_id), PeerProtocol(self.room, member), media)
        self.seats[peer_id] = seat
        self._medias[peer_id] = media
        return seat

    async def detach(self, seat: Seat, goodbye: bool) -> None:
        """A socket is gone; `goodbye`: its client left, else it may come back to the media that still stands."""
        seat.link.forget_later()
        peer_id = seat.link.peer_id
        if self.seats.get(peer_id) is not seat:
            return
        del self.seats[peer_id]
        self._carry_out(None, self.room.disconnected(seat.protocol.member))
        if goodbye:
            await self._take_out(seat)
        else:
            seat.media.socket_lost()
        await self.save()

    async def _take_out(self, seat: Seat) -> None:
        peer_id = seat.link.peer_id
        try:
            await asyncio.wait_for(seat.media.close("left"), WORK_WITHIN_S)
        except (RoomtapeError, TimeoutError) as error:
            log.warning("peer not taken out cleanly", peer_id=peer_id, error=str(error))
        if peer_id not in self.seats and peer_id not in self.session.peers:
            self._medias.pop(peer_id, None)

    def receive(self, seat: Seat, data: bytes) -> None:
        """Take a frame of a client."""
        self._carry_out(seat, seat.protocol.receive(data, now_us() // 1000))
        if self.room.changes != self._saved and self._save_due is None:
            loop = asyncio.get_running_loop()
            self._save_due = loop.call_later(self._save_after_s, lambda: self._spawn(self.save()))

    async def save(self) -> None:
        """Keep for a restart what the room remembers."""
        if self._save_due is not None:
            self._save_due.cancel()
            self._save_due = None
        async with self._saving:
            changes = self.room.changes
            if changes == self._saved or self._over:
                return
            self._saved = changes
            began = time.perf_counter()
            data = memory.dump(self.room)
            older, self.room.chat.older = self.room.chat.older, []
            self._save_after_s = max(SAVE_AFTER_S, SAVE_SHARE * (time.perf_counter() - began))
            await asyncio.to_thread(self._chat_logs.files.save, self.session.id, data, older)

    # -- actions

    def _carry_out(self, seat: Seat | None, actions: list[Action]) -> None:
        """Frames are queued at once, so that everybody sees the same order; work goes on in the background."""
        for action in actions:
            match action:
                case act.Send(to, data):
                    if (found := self.seats.get(to)) is not None:
                        found.link.send(data)
                case act.Close(to, code, reason, after_s):
                    if (found := self.seats.get(to)) is not None:
                        found.link.close(code, reason, after_s)
                case act.Broadcasted(name, payload) if seat is not None:
                    self._house.broadcasted(self.session, seat.link.peer_id, name, payload, now_us())
                case act.Do() if seat is not None:
                    self._begin(seat, action)

    def _begin(self, seat: Seat, do: act.Do) -> None:
        if seat.link.working >= MOST_WORK:
            self._carry_out(seat, do.failed(Conflict(f"{MOST_WORK} requests of yours are not answered yet; wait")))
            return
        seat.link.working += 1
        self._spawn(self._work(seat, do))

    async def _work(self, seat: Seat, do: act.Do) -> None:
        try:
            # Shielded: media that is half changed must be finished, whether anybody still waits for it or not.
            work = asyncio.ensure_future(self._done(seat, do.work))
            result = await asyncio.wait_for(asyncio.shield(work), WORK_WITHIN_S)
        except RoomtapeError as error:
            log.info("a client's request was refused", peer_id=seat.link.peer_id, work=_name(do.work), error=str(error))
            told = do.failed(error)
        except TimeoutError:
            work.add_done_callback(_note_late)
            told = do.failed(SfuError("the media server did not answer in time; try again"))
        except Exception:
            log.exception("a client's request failed", peer_id=seat.link.peer_id, work=_name(do.work))
            told = do.failed(OurError("this failed by a fault of the server; its log says more"))
        else:
            told = do.then(result)
        finally:
            seat.link.working -= 1
        self._carry_out(seat, told)

    async def _done(self, seat: Seat, work: act.Work) -> Any:
        media = seat.media
        match work:
            case act.Enter(name):
                return await media.enter(name)
            case act.Rename(name):
                return await media.rename(name, seat.link.peer_id)
            case act.CreateTransport(consuming, offer):
                return await media.create_transport(consuming, offer)
            case act.Produce(offer, kind, mid, screen_share, paused, app_data, mime_type):
                return await media.produce(offer, kind, mid, screen_share, paused, app_data, mime_type)
            case act.Toggle() | act.CloseProducer():
                return await self._silence(seat, work)
            case act.Silence(steps):
                return await self._silence_all(seat, steps)
            case act.CloseProducers():
                return await media.close_producers()
            case act.Consume(wants):
                return await media.consume(list(wants))
            case act.Renegotiate(answer):
                return await media.renegotiate(answer)
            case act.CloseConsumers(mids, offer):
                return await media.close_consumers(list(mids), offer)
            case act.PreferLayers(wants):
                return await media.prefer_layers(list(wants))
            case act.Leave():
                return await media.close("left")
            case act.Kick(peer_ids):
                return await self._house.kick(self.session, list(peer_ids))
            case act.KickAll():
                return await self._house.kick_all(self.session)

    async def _silence(self, seat: Seat, step: act.Toggle | act.CloseProducer) -> Any:
        media = self._medias.get(step.owner)
        if media is None:
            raise Conflict("this peer publishes without the SDK and cannot be muted; it can be put out")
        if isinstance(step, act.CloseProducer):
            return await media.close_producer(step.producer_id, step.offer)
        by = seat.link.peer_id
        return await media.toggle(step.producer_id, step.paused, None if by == step.owner else by)

    async def _silence_all(self, seat: Seat, steps: tuple[act.Toggle | act.CloseProducer, ...]) -> None:
        """Mute whom it is possible to mute; an error is one only when nobody could be."""
        errors: list[RoomtapeError] = []
        for step in steps:
            try:
                await self._silence(seat, step)
            except RoomtapeError as error:
                errors.append(error)
        if len(errors) == len(steps):
            raise errors[0]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- what happens in the session (RoomObserver)

    def peer_joined(self, session: LiveSession, peer: LivePeer) -> None:
        member = self.room.members.get(peer.id)
        if member is None:
            member = _member(peer, joined=False)
        member.name = peer.name
        told = self.room.entered(member)
        if peer.id not in self._medias:
            # Without a socket nobody will say selfJoinComplete for it.
            told += self.room.media_ready(member)
        self._carry_out(None, told)

    def peer_left(self, session: LiveSession, peer: LivePeer, reason: str) -> None:
        told = self.room.left(peer.id, reason)
        if peer.id in self.seats:
            if reason not in ("left", "kicked", "session_ended"):
                told.append(act.Close(peer.id, COME_BACK, "your media is gone; connect again"))
        else:
            self._medias.pop(peer.id, None)
        self._carry_out(None, told)

    def peer_renamed(self, session: LiveSession, peer: LivePeer) -> None:
        self._carry_out(None, self.room.renamed(peer.id, peer.name))

    def producer_added(self, session: LiveSession, producer: ProducerInfo) -> None:
        self._carry_out(None, self.room.producer_added(producer))

    def producer_changed(self, session: LiveSession, producer: ProducerInfo, by_peer_id: str) -> None:
        self._carry_out(None, self.room.producer_changed(producer, by_peer_id))

    def producer_removed(self, session: LiveSession, producer: ProducerInfo) -> None:
        self._carry_out(None, self.room.producer_removed(producer))

    def participant_removed(self, session: LiveSession, participant_id: str) -> None:
        """Who has a socket and is not in yet, in the waiting room for instance, must not come in any more."""
        for peer_id, seat in list(self.seats.items()):
            if seat.protocol.member.user_id == participant_id:
                self._carry_out(None, self.room.left(peer_id, "kicked"))

    def recording_changed(self, session: LiveSession, recording_id: str, kind: str, status: str) -> None:
        self._carry_out(None, self.room.recording_changed(recording_id, Kind(kind), Status(status)))

    async def session_ending(self, session: LiveSession) -> None:
        """From the end on, the chat log is made of what is on the disk, whoever is left to make it."""
        await self.save()

    def session_ended(self, session: LiveSession, reason: str) -> None:
        """Who was put out is told so; who was only about to join an empty session connects again, to the next one."""
        self._spawn(self._finish())
        if reason == "kicked_all":
            self._carry_out(None, self.room.everybody_out())
            return
        self.room.ended = True
        for seat in self.seats.values():
            seat.link.close(COME_BACK, "this session is over; connect again")

    async def _finish(self) -> None:
        try:
            await self.save()
            self._over = True
            await self._chat_logs.make(self.session.id)
        except Exception:
            log.exception("chat log is made at the next sweep", session_id=self.session.id)


def _name(work: act.Work) -> str:
    return type(work).__name__


def _note_late(work: asyncio.Future[Any]) -> None:
    if not work.cancelled() and (error := work.exception()) is not None:
        log.warning("a request that took too long failed", error=str(error))


def _member(peer: LivePeer, *, joined: bool) -> Member:
    return Member(
        peer_id=peer.id,
        user_id=peer.participant_id,
        name=peer.name,
        custom_participant_id=peer.custom_participant_id,
        picture=peer.picture,
        preset_name=peer.preset_name,
        hidden=peer.hidden,
        joined=joined,
        media_joined=joined,
    )


def _allow(member: Member, admission: Admission) -> None:
    """Give the peer the rights that its preset has now."""
    preset = admission.preset
    member.permissions = permissions.read(preset.permissions)
    member.preset_id = preset.id
    streams = preset.body.get("config", {}).get("max_video_streams", {})
    most = streams.get("desktop") if isinstance(streams, dict) else None
    if isinstance(most, int) and most > 0:
        member.most_streams = most
