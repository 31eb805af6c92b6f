"""Owns Janus as the SFU: a VideoRoom per session, a publisher's handle per peer, its recorder for captures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from roomtape.errors import InvalidRequest, RoomtapeError, SfuError, StorageError
from roomtape.settings import Settings
from roomtape.sfu.janus import answer, capturefiles, config, interfaces, lookup, room, subscriber, trickling
from roomtape.sfu.janus.client import (
    HANDLE_NOT_FOUND,
    INVALID_SDP,
    JOIN_FIRST,
    NO_SUCH_ROOM,
    Jsep,
    Message,
    PluginReply,
)
from roomtape.sfu.janus.link import JanusLink
from roomtape.sfu.janus.process import JanusProcess
from roomtape.sfu.janus.silence import SilenceWatch
from roomtape.sfu.port import (
    Candidate,
    Down,
    Handle,
    Lost,
    Published,
    PublishedTrack,
    Ready,
    Receiving,
    SfuEvent,
    Subscription,
    Up,
    Wish,
)

log = structlog.get_logger()

_SILENCE_S = 30.0
"""As long as WebRTC's own consent to send lasts (RFC 7675, section 5.1)."""
_GONE = frozenset({HANDLE_NOT_FOUND, JOIN_FIRST})


@dataclass
class _Publisher:
    """What we know of a handle; `tracks` None when it was published to an earlier run of the server.

    `presence`: nothing but its packets tells that the peer is there.
    """

    room_id: str
    tracks: tuple[PublishedTrack, ...] | None
    up: bool = False
    presence: bool = True


class JanusSfu:
    """Implements `roomtape.sfu.port.Sfu` with a Janus of its own, or the one at `settings.janus_url`.

    A publisher of whom no packet at all comes for `silence_s` is reported as Down.
    """

    def __init__(self, settings: Settings, silence_s: float = _SILENCE_S) -> None:
        self._settings = settings
        self._process = None if settings.janus_url else JanusProcess(settings, on_exit=self._process_died)
        self._secrets = config.load_secrets(settings)
        self._listener: Callable[[SfuEvent], None] = _nobody
        self._rooms: dict[str, Path] = {}
        self._publishers: dict[Handle, _Publisher] = {}
        self._subscribers: dict[Handle, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._silence = SilenceWatch(silence_s, self._silent)
        self._link = JanusLink(
            self._address,
            self._secrets.api if self._process else settings.janus_api_secret,
            settings.janus_reclaim_s,
            on_event=self._on_event,
            on_lost=self._on_lost,
            on_ready=self._on_ready,
        )

    @property
    def session(self) -> int | None:
        """The Janus session that all handles belong to; to be kept for `start`'s `claim`."""
        return self._link.session

    @property
    def pid(self) -> int | None:
        """The process id of our own Janus while it is up."""
        return self._process.pid if self._process else None

    async def start(self, listener: Callable[[SfuEvent], None], claim: int | None) -> bool:
        """See `Sfu.start`. Raises SfuError when Janus cannot be started or reached."""
        self._listener = listener
        if self._process is not None:
            await self._process.start()
        try:
            return await self._link.open(claim)
        except BaseException:
            if self._process is not None:
                self._process.release()
            raise

    async def stop(self, *, keep_media: bool) -> None:
        """See `Sfu.stop`."""
        for task in self._tasks:
            task.cancel()
        self._silence.clear()
        if self._process is not None:
            self._process.release()
        await self._link.close(keep_session=keep_media)
        if self._process is not None and not keep_media:
            await self._process.stop()

    async def open_room(self, room_id: str, capture_dir: Path) -> None:
        """See `Sfu.open_room`."""
        admin = self._secrets.admin if self._process is not None else None
        await room.make(self._link, room_id, capture_dir, self._secrets.room(room_id), admin)
        self._rooms[room_id] = capture_dir

    async def close_room(self, room_id: str) -> None:
        """See `Sfu.close_room`."""
        self._rooms.pop(room_id, None)
        inside = [handle for handle, publisher in self._publishers.items() if publisher.room_id == room_id]
        receiving = [handle for handle, room in self._subscribers.items() if room == room_id]
        for handle in [*inside, *receiving]:
            await self.unpublish(handle)
        # Whoever is left (a publisher of an earlier run) is told, and detached in `_on_event`.
        await room.destroy(self._link, room_id, self._secrets.room(room_id))

    async def publish(
        self,
        room_id: str,
        peer_id: str,
        display: str,
        offer: str,
        video_codec: str | None,
        capture_base: str | None,
        *,
        presence: bool = True,
    ) -> Published:
        """See `Sfu.publish`. Raises StorageError, publishing nothing, when a wanted capture cannot be written."""
        folder = self._folder(room_id)
        if capture_base is not None:
            await capturefiles.check_writable(folder)
        handle = await self._link.attach()
        body: Message = {
            "request": "joinandconfigure",
            "ptype": "publisher",
            "room": room_id,
            "id": peer_id,
            "display": lookup.display(display, handle),
        }
        if video_codec is not None:
            body["videocodec"] = video_codec
        if capture_base is not None:
            # Set before the SDP is handled, so that the files are open before the first packet can come.
            body |= {"record": True, "filename": capture_base}
        try:
            published = await self._published(handle, body, offer)
            if presence and not published.tracks:
                message = f"nothing in this SDP can be taken; offer opus, or one of {room.VIDEO_CODECS}"
                raise InvalidRequest(message, status=400)
            self._publishers[handle] = _Publisher(room_id, published.tracks, presence=presence)
            if capture_base is not None:
                await capturefiles.wait_for_files(folder, capture_base, published.tracks)
        except BaseException:
            await asyncio.shield(self._drop(handle))
            raise
        return published

    async def republish(self, handle: Handle, offer: str, capture_base: str | None) -> Published:
        """See `Sfu.republish`. Janus opens the files of added m-lines before it answers, under the running take's name.

        An m-line that became inactive keeps its file open, and gets no more packets.
        """
        self._check(handle)
        published = await self._published(handle, {"request": "configure"}, offer)
        known = self._publishers.get(handle)
        if known is None:
            return published
        known.tracks = published.tracks
        if capture_base is None or not known.up:
            return published
        try:
            await capturefiles.wait_for_files(self._folder(known.room_id), capture_base, published.tracks)
        except StorageError as error:
            return replace(published, capture_error=str(error))
        return published

    async def open_subscriber(self, room_id: str) -> Subscription:
        """See `Sfu.open_subscriber`."""
        handle = await self._link.attach()
        self._subscribers[handle] = room_id
        try:
            return await subscriber.open_in(self._link, room_id, handle)
        except BaseException:
            await asyncio.shield(self._drop(handle))
            raise

    async def subscribe(self, handle: Handle, wishes: list[Wish], drop: list[str]) -> Subscription:
        """See `Sfu.subscribe`."""
        self._check(handle)
        return await subscriber.subscribe(self._link, handle, wishes, drop)

    async def unsubscribe(self, handle: Handle, mids: list[str]) -> Subscription:
        """See `Sfu.unsubscribe`."""
        self._check(handle)
        return await subscriber.unsubscribe(self._link, handle, mids)

    async def answer_subscriber(self, handle: Handle, answer: str) -> None:
        """See `Sfu.answer_subscriber`."""
        self._check(handle)
        await subscriber.answer(self._link, handle, answer)

    async def choose_layer(self, handle: Handle, mid: str, layer: int) -> None:
        """See `Sfu.choose_layer`."""
        self._check(handle)
        await subscriber.choose_layer(self._link, handle, mid, layer)

    async def trickle(self, handle: Handle, candidates: list[Candidate]) -> None:
        """See `Sfu.trickle`. Janus bundles, and takes no notice of candidates of any but the first m-line."""
        self._check(handle)
        items = [trickling.item(candidate) for candidate in candidates]
        if items:
            await self._link.request({"janus": "trickle", "handle_id": handle.id, "candidates": items})

    async def start_capture(self, handle: Handle, capture_base: str) -> None:
        """See `Sfu.start_capture`. Returns when the files are there; a publisher whose media is not up gets them then.

        Raises StorageError when they cannot be written. A running capture is ended first: Janus would otherwise
        keep writing to the old files.
        """
        reply = await self._configure(handle, {"record": False})
        folder = self._folder(str(reply.data["room"]))
        await capturefiles.check_writable(folder)
        await self._configure(handle, {"record": True, "filename": capture_base})
        publisher = self._publishers.get(handle)
        if publisher is None or not publisher.up:
            return
        try:
            await capturefiles.wait_for_files(folder, capture_base, publisher.tracks)
        except BaseException:
            with suppress(SfuError):
                await self._configure(handle, {"record": False})
            raise

    async def stop_capture(self, handle: Handle) -> None:
        """See `Sfu.stop_capture`.

        Janus confirms after janus_videoroom_recorder_close: that takes the recorder's mutex, so no packet is half
        written; lets no further one in; flushes stdio's buffer (its fseek does) and closes the file. What a reader
        finds after this is whole. A handle that is gone had its files closed with it.
        """
        try:
            await self._configure(handle, {"record": False})
        except SfuError as error:
            if error.sfu_code not in _GONE:
                raise

    async def request_keyframe(self, handle: Handle, mid: str | None = None) -> None:
        """See `Sfu.request_keyframe`."""
        await self._configure(handle, {"streams": [{"keyframe": True} | ({"mid": mid} if mid else {})]})

    async def unpublish(self, handle: Handle) -> None:
        """See `Sfu.unpublish`."""
        if handle.session == self.session:
            await self._drop(handle)

    async def alive(self, handle: Handle, tracks: tuple[PublishedTrack, ...] | None = None) -> bool:
        """See `Sfu.alive`. Janus is asked, since whatever it reported while we were away went nowhere."""
        if handle.session != self.session:
            return False
        found = await lookup.find(self._link, handle)
        if found is None:
            return False
        known = self._publishers.get(handle)
        if known is not None:
            known.up = True
        elif tracks is not None:
            self._publishers[handle] = _Publisher(found.room_id, tracks, up=True, presence=False)
        else:
            self._publishers[handle] = _Publisher(found.room_id, None, up=True)
            self._silence.assume(handle, await lookup.mids(self._link, found))
        return True

    async def subscriber_alive(self, handle: Handle) -> bool:
        """See `Sfu.subscriber_alive`."""
        found = await subscriber.room_of(self._link, handle) if handle.session == self.session else None
        if found is not None:
            self._subscribers[handle] = found
        return found is not None

    async def _published(self, handle: Handle, body: Message, offer: str) -> Published:
        try:
            reply = await self._link.plugin(handle.id, body, Jsep("offer", offer))
        except SfuError as error:
            if error.sfu_code in INVALID_SDP:
                raise InvalidRequest(f"this SDP cannot be used; {error}", status=400) from error
            raise interfaces.explained(error, self._settings) from None
        if reply.sdp is None:
            raise SfuError("Janus took the offer but sent no answer")
        return answer.published(handle, reply.sdp, offer)

    async def _configure(self, handle: Handle, values: Message) -> PluginReply:
        self._check(handle)
        return await self._link.plugin(handle.id, {"request": "configure", **values})

    async def _drop(self, handle: Handle) -> None:
        """Leave, so that the peer's id is free at once, and detach; errors mean that there is nothing to put out."""
        self._publishers.pop(handle, None)
        self._subscribers.pop(handle, None)
        self._silence.forget(handle)
        with suppress(SfuError):
            await self._link.plugin(handle.id, {"request": "leave"})
        with suppress(SfuError):
            await self._link.request({"janus": "detach", "handle_id": handle.id})

    def _check(self, handle: Handle) -> None:
        if handle.session != self.session:
            raise SfuError("this publisher was in an SFU session that is gone; it must publish again", HANDLE_NOT_FOUND)

    def _folder(self, room_id: str) -> Path:
        folder = self._rooms.get(room_id)
        if folder is None:
            raise SfuError(f"room {room_id} is not open", NO_SUCH_ROOM)
        return folder

    async def _address(self) -> str:
        if self._process is not None:
            return await self._process.url()
        assert self._settings.janus_url is not None
        return self._settings.janus_url

    def _process_died(self) -> None:
        self._link.void()

    def _on_lost(self) -> None:
        self._publishers.clear()
        self._subscribers.clear()
        self._rooms.clear()
        self._silence.clear()
        self._listener(Lost())

    def _on_ready(self, claimed: bool) -> None:
        if claimed:
            self._spawn(self._find_downs())
        self._listener(Ready())

    def _silent(self, handle: Handle) -> None:
        self._listener(Down(handle, f"no packet for {self._silence.after_s:.0f} s"))

    async def _find_downs(self) -> None:
        """After a broken connection: report the publishers whose end could not be reported."""
        for handle, publisher in list(self._publishers.items()):
            if not publisher.up:
                continue
            if publisher.presence:
                self._silence.assume(handle, [track.mid for track in publisher.tracks or ()])
            with suppress(RoomtapeError):
                if not await self.alive(handle):
                    self._silence.forget(handle)
                    self._listener(Down(handle, "ended while Janus was out of reach"))

    def _on_event(self, event: Message) -> None:
        handle = Handle(event.get("session_id", 0), event.get("sender", 0))
        publisher = self._publishers.get(handle)
        match event.get("janus"):
            case "webrtcup":
                if publisher is not None:
                    publisher.up = True
                    if publisher.presence:
                        self._silence.up(handle)
                self._listener(Up(handle))
            case "hangup":
                self._silence.forget(handle)
                self._listener(Down(handle, str(event.get("reason", "no reason given"))))
            case "media":
                mid, kind = str(event.get("mid", "")), str(event.get("type", ""))
                active = bool(event.get("receiving"))
                self._silence.receiving(handle, mid, active)
                self._listener(Receiving(handle, mid, kind, active))
            case "event" if event.get("plugindata", {}).get("data", {}).get("videoroom") == "destroyed":
                self._spawn(self._drop(handle))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _nobody(event: SfuEvent) -> None:
    """The listener before `start`."""
