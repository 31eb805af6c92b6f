"""Owns a simulated participant: publishes test media over WHIP in real time, and knows exactly what it sent when."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

import httpx
import psutil
from aiortc import clock
from aiortc.rtp import RtcpByePacket, RtcpSdesPacket, RtcpSenderInfo, RtcpSourceInfo, RtcpSrPacket

from roomtape.errors import DestinationError
from roomtape.media.testsignal import BEEP_HZ, VideoCodec, audio_loop, video_loop
from roomtape.simulate import whip
from roomtape.simulate.offer import PAYLOAD_TYPES, offer, read_answer
from roomtape.simulate.stream import RtpStream, Sent, audio_stream, video_stream
from roomtape.simulate.transport import Transport

REPORT_INTERVAL_S = 1.0
RECONNECT_DELAY_S = 1.0


@dataclass(frozen=True)
class Media:
    """What a participant sends. `tone_hz` None: no audio; `video_codec` None: no video. `identity` is 0 to 63."""

    tone_hz: int | None = 440
    beep_hz: int = BEEP_HZ
    video_codec: VideoCodec | None = "vp8"
    width: int = 640
    height: int = 360
    fps: int = 30
    identity: int = 0
    colour: tuple[int, int, int] | None = None
    loop_seconds: int = 10
    bitrate: int = 500_000


class SimulatedParticipant:
    """One publisher. `async with` joins and leaves; the controls act at once, on the next packet.

    `beeps` and `flashes` are the wall-clock times (µs since the Unix epoch) at which the first packet of each beep
    and flash was due, as far as it went out: a busy machine may send it later, but its timestamp says when it was due.
    `connects` counts successful connections: 1 means nobody reconnected. `local_addresses` are the only ones media is
    sent from (default: all, with loopback only for a server there).
    """

    def __init__(
        self,
        url: str,
        token: str,
        media: Media | None = None,
        *,
        name: str = "simulated",
        local_addresses: Sequence[str] = (),
        reconnect: bool = False,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        self.name = name
        self.media = media or Media()
        self.endpoint = whip.endpoint(url)
        self.beeps: list[int] = []
        self.flashes: list[int] = []
        self.connects = 0
        self.started_us = 0
        self._token = token
        self._local_addresses = tuple(local_addresses)
        self._reconnect = reconnect
        self._own_client = client is None
        self._client = client or httpx.AsyncClient(follow_redirects=True)
        self._cname = uuid.uuid4().hex
        self._streams: list[tuple[RtpStream, str]] = []
        self._sending: list[RtpStream] = []
        self._transport: Transport | None = None
        self._session: whip.WhipSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._silent_until = 0.0

    async def __aenter__(self) -> SimulatedParticipant:
        await self.join()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

    async def join(self) -> None:
        """Publish and begin to send.

        Raises DestinationError when the server refuses or no media path is found, InvalidRequest for media that
        cannot be made.
        """
        try:
            # Encoding takes a while the first time; the others' packets must go out meanwhile.
            self._streams = await asyncio.to_thread(self._make_streams)
            await self._connect()
        except BaseException:
            await self._disconnect()
            await self._close_client()
            raise
        self._task = asyncio.create_task(self._run(), name=f"simulated {self.name}")

    async def leave(self) -> None:
        """Send BYE, DELETE the WHIP resource and close; may be called twice."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._disconnect()
        await self._close_client()

    @property
    def connected(self) -> bool:
        """Tell whether media is flowing, as far as the sender can know."""
        return self._transport is not None and not self._transport.closed.is_set()

    async def lost(self) -> None:
        """Return when the connection has been lost (the server hung up, or its ICE consent lapsed)."""
        await self._lost.wait()

    def sent(self, kind: str) -> Sent:
        """Return the counters of "audio" or "video"; zeros when there is none."""
        return next((stream.sent for stream, _ in self._streams if stream.kind == kind), Sent())

    def mute(self) -> None:
        """Send digital silence, as a browser does with a muted microphone."""
        self._stream("audio").muted = True

    def unmute(self) -> None:
        """Send the tone again."""
        self._stream("audio").muted = False

    def camera_off(self) -> None:
        """Send no video packets."""
        self._stream("video").pause()

    def camera_on(self) -> None:
        """Send video again, from the next keyframe on (there is one each second)."""
        self._stream("video").resume()

    def network_silence(self, seconds: float) -> None:
        """Lose every packet for a while: sequence numbers and clocks go on, nothing is sent, nor later repeated."""
        self._silent_until = time.monotonic() + seconds

    def _stream(self, kind: str) -> RtpStream:
        for stream, _ in self._streams:
            if stream.kind == kind:
                return stream
        raise ValueError(f"{self.name} sends no {kind}")

    def _make_streams(self) -> list[tuple[RtpStream, str]]:
        media, streams = self.media, []
        if media.tone_hz is not None:
            audio = audio_loop(media.tone_hz, media.beep_hz)
            streams.append((audio_stream(audio, PAYLOAD_TYPES["opus"]), "opus"))
        if (codec := media.video_codec) is not None:
            size = (media.width, media.height, media.fps, media.loop_seconds)
            video = video_loop(codec, *size, media.identity, media.colour, media.bitrate)
            streams.append((video_stream(video, PAYLOAD_TYPES[codec]), codec))
        if not streams:
            raise ValueError("a participant sends audio, video or both")
        return streams

    async def _connect(self) -> None:
        self._transport = Transport(self._local_addresses or await _addresses_for(self.endpoint))
        local = await self._transport.gather()
        text = offer(local, self._streams, self._cname)
        self._session = await whip.publish(self._client, self.endpoint, self._token, text)
        remote = read_answer(self._session.answer, len(self._streams))
        self._sending = [stream for (stream, _), taken in zip(self._streams, remote.accepted, strict=True) if taken]
        await self._transport.connect(remote, self._sending)
        self.connects += 1

    async def _disconnect(self) -> None:
        transport, session = self._transport, self._session
        self._transport = self._session = None
        if transport is not None and not transport.closed.is_set():
            with suppress(ConnectionError):
                await transport.send(bytes(RtcpByePacket([stream.ssrc for stream in self._sending])))
        if session is not None:
            await whip.unpublish(self._client, session, self._token)
        if transport is not None:
            await transport.close()

    async def _close_client(self) -> None:
        if self._own_client:
            await self._client.aclose()

    async def _run(self) -> None:
        while True:
            transport = self._transport
            assert transport is not None
            with suppress(ConnectionError):
                await self._pump(transport)
            transport.closed.set()
            self._lost.set()
            if not self._reconnect:
                return
            await self._disconnect()
            await self._connect_again()

    async def _connect_again(self) -> None:
        while True:
            await asyncio.sleep(RECONNECT_DELAY_S)
            try:
                await self._connect()
                for stream in self._sending:
                    stream.resynchronize()
                return
            except DestinationError:
                await self._disconnect()

    async def _pump(self, transport: Transport) -> None:
        """Send each unit when it is due, until the transport is gone."""
        streams = self._sending
        begin_us = max(stream.due_us for stream in streams)
        origin = time.monotonic() - begin_us / 1e6
        if not self.started_us:
            self.started_us = time.time_ns() // 1000
        report_due = time.monotonic() + REPORT_INTERVAL_S
        while not transport.closed.is_set():
            stream = min(streams, key=_due)
            due = origin + stream.due_us / 1e6
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            now = time.monotonic()
            stream.dropping = transport.dropping = now < self._silent_until
            marks = self._marks(stream)
            packets = stream.next_packets()
            if marks is not None and packets:
                marks.append(time.time_ns() // 1000 - round((time.monotonic() - due) * 1e6))
            for packet in packets:
                await transport.send(packet)
            if now >= report_due:
                report_due = now + REPORT_INTERVAL_S
                await transport.send(self._reports(origin))

    def _marks(self, stream: RtpStream) -> list[int] | None:
        if not stream.at_second or stream.muted:
            return None
        return self.beeps if stream.kind == "audio" else self.flashes

    def _reports(self, origin: float) -> bytes:
        """Return a compound RTCP packet that ties every stream's RTP clock to the wall clock (RFC 3550, 6.4.1)."""
        ntp, now = clock.current_ntp_time(), time.monotonic()
        parts = []
        for stream in self._sending:
            elapsed = round((now - origin) * stream.clock_rate)
            info = RtcpSenderInfo(
                ntp_timestamp=ntp,
                rtp_timestamp=(stream.origin + elapsed) & 0xFFFFFFFF,
                packet_count=stream.sent.packets & 0xFFFFFFFF,
                octet_count=stream.sent.octets & 0xFFFFFFFF,
            )
            parts.append(bytes(RtcpSrPacket(ssrc=stream.ssrc, sender_info=info)))
        chunks = [RtcpSourceInfo(ssrc=s.ssrc, items=[(1, self._cname.encode())]) for s in self._sending]
        return b"".join(parts) + bytes(RtcpSdesPacket(chunks=chunks))


def _due(stream: RtpStream) -> float:
    return stream.due_us


async def _addresses_for(url: str) -> tuple[str, ...]:
    """Return what to send from to a server on loopback: every IPv4 address, loopback first; () for another server.

    ICE libraries leave loopback out, yet a server here may take nothing else (`ROOMTAPE_ICE_ADDRESSES=127.0.0.2`).
    """
    with suppress(OSError):
        loop, host = asyncio.get_running_loop(), urlsplit(url).hostname
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        if all(ipaddress.ip_address(address[4][0]).is_loopback for address in found):
            ours = [a.address for link in psutil.net_if_addrs().values() for a in link if a.family == socket.AF_INET]
            return tuple(sorted(ours, key=lambda address: not ipaddress.ip_address(address).is_loopback))
    return ()
