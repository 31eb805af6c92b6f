"""Owns a simulated participant's media transport: ICE and DTLS-SRTP of aiortc, without its encoders and senders.

aiortc's RTCRtpSender sends neither VP9 nor the audio levels of media that is encoded already, and cannot lose packets
on purpose. The packets here are made elsewhere, so only its transports are used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from aioice import Candidate, Connection
from aiortc import (
    RTCCertificate,
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCIceTransport,
)
from aiortc.rtcrtpparameters import RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
)

from roomtape.errors import DestinationError
from roomtape.simulate.offer import LocalTransport, RemoteTransport
from roomtape.simulate.stream import RtpStream

CONNECT_TIMEOUT_S = 20.0


class _BoundConnection(Connection):
    """Gathers host candidates of the given addresses alone; aioice would take every address of the machine."""

    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__(ice_controlling=True)
        self._addresses = list(addresses)

    async def get_component_candidates(self, component: int, addresses: list[str], timeout: int = 5) -> list[Candidate]:
        return await super().get_component_candidates(component, self._addresses or addresses, timeout)


class _BoundGatherer(RTCIceGatherer):
    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__(iceServers=[])
        self._connection = _BoundConnection(addresses)


class _Feedback:
    """Takes the RTCP that comes in for one stream."""

    def __init__(self, stream: RtpStream, resend: Callable[[list[bytes]], None]) -> None:
        self._ssrc = stream.ssrc
        self._stream = stream
        self._resend = resend

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            self._resend(self._stream.again(packet.lost))
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            self._stream.sent.keyframe_requests += 1


class Transport:
    """One ICE and DTLS-SRTP connection. `closed` is set when it is gone, whoever ended it."""

    def __init__(self, local_addresses: Sequence[str] = ()) -> None:
        self._ice = RTCIceTransport(_BoundGatherer(local_addresses))
        self._dtls = RTCDtlsTransport(self._ice, [RTCCertificate.generateCertificate()])
        self._dtls.on("statechange", self._changed)
        self._resending: set[asyncio.Task[None]] = set()
        self.closed = asyncio.Event()
        self.dropping = False

    async def gather(self) -> LocalTransport:
        """Gather host candidates. Raises DestinationError when there is no address to send from."""
        gatherer = self._ice.iceGatherer
        await gatherer.gather()
        candidates = gatherer.getLocalCandidates()
        if not candidates:
            raise DestinationError("no local address to send media from; name one with --local-address")
        # Janus warns of every fingerprint that is not SHA-256, and no peer needs another.
        prints = [f for f in self._dtls.getLocalParameters().fingerprints if f.algorithm == "sha-256"]
        return LocalTransport(gatherer.getLocalParameters(), candidates, prints)

    async def connect(self, remote: RemoteTransport, streams: Iterable[RtpStream]) -> None:
        """Connect ICE, then DTLS. Raises DestinationError when either fails or takes longer than 20 s."""
        for candidate in remote.candidates:
            await self._ice.addRemoteCandidate(candidate)
        await self._ice.addRemoteCandidate(None)
        # RFC 8842, 5.1: who answers setup:active opens the handshake, so we take the server's part.
        self._dtls._set_role("server" if remote.dtls.role == "client" else "client")
        for stream in streams:
            self._dtls._register_rtp_sender(_Feedback(stream, self._resend), RTCRtpSendParameters())
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._ice.start(remote.ice)
                if self._ice.state != "completed":
                    raise DestinationError("no media path to the server (ICE failed); check its addresses and ports")
                await self._dtls.start(remote.dtls)
        except TimeoutError:
            raise DestinationError(f"media did not connect within {CONNECT_TIMEOUT_S:.0f} s") from None
        if self._dtls.state != "connected":
            raise DestinationError("the DTLS handshake with the server failed")

    async def send(self, packet: bytes) -> None:
        """Protect and send one RTP or RTCP packet; nothing while `dropping`. Raises ConnectionError when gone."""
        if not self.dropping:
            await self._dtls._send_rtp(packet)

    async def close(self) -> None:
        """Close both; never raises."""
        for task in self._resending:
            task.cancel()
        with suppress(ConnectionError):
            await self._dtls.stop()
        await self._ice.stop()
        self.closed.set()

    def _resend(self, packets: list[bytes]) -> None:
        task = asyncio.ensure_future(self._send_all(packets))
        self._resending.add(task)
        task.add_done_callback(self._resending.discard)

    async def _send_all(self, packets: list[bytes]) -> None:
        with suppress(ConnectionError):
            for packet in packets:
                await self.send(packet)

    def _changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self.closed.set()
