from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from aiortc import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.sdp import SessionDescription

from roomtape.errors import DestinationError
from roomtape.media.testsignal import audio_loop
from roomtape.simulate.offer import RemoteTransport, offer, read_answer
from roomtape.simulate.stream import RtpStream, audio_stream
from roomtape.simulate.transport import Transport
from tests.support.whip_sink import WhipSink

LOOPBACK = ["127.0.0.1"]


@pytest.fixture
def stream() -> RtpStream:
    return audio_stream(audio_loop(440), 111)


async def answered(transport: Transport, stream: RtpStream, sink: WhipSink) -> RemoteTransport:
    text = offer(await transport.gather(), [(stream, "opus")], "me")
    publication, answer = await sink._answer("", SessionDescription.parse(text))
    sink.publications.append(publication)
    return read_answer(answer, 1)


async def test_packets_arrive_as_they_were_made(stream: RtpStream) -> None:
    transport, sink = Transport(LOOPBACK), WhipSink()
    await transport.connect(await answered(transport, stream, sink), [stream])
    packets = stream.next_packets() + stream.next_packets()
    for packet in packets:
        await transport.send(packet)
    await asyncio.sleep(0.05)
    assert [a.raw for a in sink.publications[0].arrivals] == packets
    await transport.close()
    await sink.close()
    with pytest.raises(ConnectionError):
        await transport.send(packets[0])


async def test_while_dropping_nothing_goes_out(stream: RtpStream) -> None:
    transport, sink = Transport(LOOPBACK), WhipSink()
    await transport.connect(await answered(transport, stream, sink), [stream])
    transport.dropping = True
    await transport.send(stream.next_packets()[0])
    await asyncio.sleep(0.05)
    assert sink.publications[0].arrivals == []
    await transport.close()
    await sink.close()


async def test_somebody_elses_certificate_is_refused(stream: RtpStream) -> None:
    transport, sink = Transport(LOOPBACK), WhipSink()
    remote = await answered(transport, stream, sink)
    forged = RTCDtlsParameters([RTCDtlsFingerprint("sha-256", ":".join(["00"] * 32))], remote.dtls.role)
    with pytest.raises(DestinationError, match="DTLS handshake"):
        await transport.connect(replace(remote, dtls=forged), [stream])
    assert transport.closed.is_set()
    await transport.close()
    await sink.close()


async def test_a_server_without_candidates_is_no_media_path(stream: RtpStream) -> None:
    transport, sink = Transport(LOOPBACK), WhipSink()
    remote = await answered(transport, stream, sink)
    sink.publications[0].dtls.connecting.cancel()  # or its own checks would find the way
    with pytest.raises(DestinationError, match="ICE failed"):
        await transport.connect(replace(remote, candidates=[]), [stream])
    await transport.close()
    await sink.close()


async def test_waiting_for_media_has_an_end(stream: RtpStream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roomtape.simulate.transport.CONNECT_TIMEOUT_S", 0.2)
    transport, sink = Transport(LOOPBACK), WhipSink()
    remote = await answered(transport, stream, sink)
    sink.publications[0].dtls.connecting.cancel()  # or its own checks would find the way
    nowhere = [replace(candidate, ip="192.0.2.77") for candidate in remote.candidates]
    with pytest.raises(DestinationError, match="did not connect within"):
        await transport.connect(replace(remote, candidates=nowhere), [stream])
    await transport.close()
    await sink.close()


async def test_only_sha_256_is_told() -> None:
    transport = Transport(LOOPBACK)
    local = await transport.gather()
    assert [f.algorithm for f in local.fingerprints] == ["sha-256"]
    assert {c.ip for c in local.candidates} == {"127.0.0.1"}
    await transport.close()
