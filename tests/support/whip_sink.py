"""Owns a tiny WHIP server for tests: answers any offer on loopback and keeps every RTP packet that arrives."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceTransport
from aiortc.rtp import RtcpRtpfbPacket, RtpPacket
from aiortc.sdp import MediaDescription, SessionDescription, candidate_to_sdp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roomtape.simulate.transport import _BoundGatherer
from tests.support.asgi import listening


@dataclass
class Arrival:
    """One RTP packet: when it came (µs since the Unix epoch), which codec its payload type means, and its parts."""

    time_us: int
    codec: str
    packet: RtpPacket
    raw: bytes


class _Receiving(RTCDtlsTransport):
    arrivals: list[Arrival]
    codecs: dict[int, str]
    rtcp: list[bytes]
    connecting: asyncio.Future[None]

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        packet = RtpPacket.parse(data)
        self.arrivals.append(Arrival(time.time_ns() // 1000, self.codecs.get(packet.payload_type, "?"), packet, data))

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self.rtcp.append(data)

    async def nack(self, ssrc: int, sequences: list[int]) -> None:
        """Ask for packets again."""
        await self._send_rtp(bytes(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=ssrc, lost=sequences)))


@dataclass
class Publication:
    """One accepted offer."""

    token: str
    offer: SessionDescription
    dtls: _Receiving
    ice: RTCIceTransport
    deleted: bool = False

    @property
    def arrivals(self) -> list[Arrival]:
        return self.dtls.arrivals

    def of(self, codec: str) -> list[Arrival]:
        """Return the packets of one codec, in order of arrival."""
        return [a for a in self.dtls.arrivals if a.codec == codec]

    def miss(self, lost: Callable[[int], bool]) -> None:
        """Lose the first copy of every RTP packet whose sequence number `lost` tells, as a network does."""
        receive, missed = self.ice._recv, set[int]()

        async def lossy() -> bytes:
            while True:
                data = await receive()
                number = int.from_bytes(data[2:4], "big")
                media = 127 < data[0] < 192 and not 191 < data[1] < 208  # RFC 5761, 4
                if not media or number in missed or not lost(number):
                    return data
                missed.add(number)

        self.ice._recv = lossy

    async def hang_up(self) -> None:
        """End the media as a server does that puts a publisher out."""
        await self.dtls.stop()
        await self.ice.stop()


@dataclass
class WhipSink:
    """The server. `token` None takes any; `prefer` picks a video codec of the offer (lower case)."""

    token: str | None = None
    prefer: str | None = None
    address: str = "127.0.0.1"
    more_routes: list[Route] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)

    def app(self) -> Starlette:
        routes = [
            Route("/whip", self._post, methods=["POST", "OPTIONS"]),
            Route("/whip/{id}", self._delete, methods=["DELETE", "OPTIONS"]),
        ]
        self.more_routes += routes
        app = Starlette()
        app.router.routes = self.more_routes  # the list itself: tests may add to it while the server runs
        return app

    async def close(self) -> None:
        for publication in self.publications:
            await publication.hang_up()

    async def _post(self, request: Request) -> Response:
        cors = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Headers": "*",
            "Access-Control-Allow-Methods": "*",
            "Access-Control-Expose-Headers": "Location",
        }
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=cors)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.token is not None and token != self.token:
            return Response("the token is not valid", 401, cors)
        offer = SessionDescription.parse((await request.body()).decode())
        publication, answer = await self._answer(token, offer)
        self.publications.append(publication)
        location = {"Location": f"/whip/{len(self.publications) - 1}"}
        return Response(answer, 201, cors | location, "application/sdp")

    async def _delete(self, request: Request) -> Response:
        cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        cors["Access-Control-Allow-Methods"] = "*"
        if request.method == "DELETE":
            publication = self.publications[int(request.path_params["id"])]
            publication.deleted = True
            await asyncio.sleep(0.02)  # what was sent before the DELETE is still read
            await publication.hang_up()
        return Response(status_code=200, headers=cors)

    async def _answer(self, token: str, offer: SessionDescription) -> tuple[Publication, str]:
        gatherer = _BoundGatherer([self.address])
        gatherer._connection.ice_controlling = False
        await gatherer.gather()
        ice = RTCIceTransport(gatherer)
        dtls = _Receiving(ice, [RTCCertificate.generateCertificate()])
        dtls.arrivals, dtls.codecs, dtls.rtcp = [], {}, []
        dtls._set_role("client")
        lines = ["v=0", "o=- 2 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        lines.append("a=group:BUNDLE " + " ".join(m.rtp.muxId for m in offer.media))
        for media in offer.media:
            lines += self._media(media, ice, dtls)
        first = offer.media[0]
        for candidate in first.ice_candidates:
            await ice.addRemoteCandidate(candidate)
        await ice.addRemoteCandidate(None)

        async def connect() -> None:
            await ice.start(first.ice)
            if ice.state == "completed":
                await dtls.start(first.dtls)

        dtls.connecting = asyncio.ensure_future(connect())
        return Publication(token, offer, dtls, ice), "\r\n".join(lines) + "\r\n"

    def _media(self, media: MediaDescription, ice: RTCIceTransport, dtls: _Receiving) -> list[str]:
        usable = [c for c in media.rtp.codecs if c.name.lower() in ("opus", "vp8", "vp9", "h264")]
        preferred = [c for c in usable if c.name.lower() == self.prefer]
        codec = (preferred or usable)[0]
        dtls.codecs[codec.payloadType] = codec.name.lower()
        local = ice.iceGatherer.getLocalParameters()
        channels = "/2" if media.kind == "audio" else ""
        parameters = ";".join(f"{k}={v}" for k, v in codec.parameters.items())
        return [
            f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {codec.payloadType}",
            "c=IN IP4 0.0.0.0",
            *(f"a=candidate:{candidate_to_sdp(c)}" for c in ice.iceGatherer.getLocalCandidates()),
            "a=end-of-candidates",
            f"a=ice-ufrag:{local.usernameFragment}",
            f"a=ice-pwd:{local.password}",
            *(f"a=fingerprint:{f.algorithm} {f.value}" for f in dtls.getLocalParameters().fingerprints[:1]),
            "a=setup:active",
            f"a=mid:{media.rtp.muxId}",
            "a=recvonly",
            "a=rtcp-mux",
            f"a=rtpmap:{codec.payloadType} {codec.name}/{codec.clockRate}{channels}",
            *([f"a=fmtp:{codec.payloadType} {parameters}"] if parameters else []),
            f"a=rtcp-fb:{codec.payloadType} nack",
            f"a=rtcp-fb:{codec.payloadType} nack pli",
        ]


@asynccontextmanager
async def serve(sink: WhipSink) -> AsyncIterator[str]:
    """Serve the sink on a free loopback port; yields its base URL."""
    async with listening(sink.app()) as host:
        try:
            yield f"http://{host}"
        finally:
            await sink.close()
