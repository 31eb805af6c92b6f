"""Participants publish to a small WHIP server in the same loop; what arrives is decoded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import httpx
import numpy as np
import pytest
from aiortc.rtp import RtcpByePacket, RtcpPacket, RtcpSrPacket

from roomtape.errors import DestinationError
from roomtape.media.testsignal import VideoCodec, audio_loop
from roomtape.simulate.participant import Media, SimulatedParticipant
from tests.support.arrivals import gaps, pictures, step
from tests.support.detect import read_code
from tests.support.whip_sink import Arrival, Publication, WhipSink

BUSY_US = 50_000  # the machine may be busy with other tests
SMALL = {"width": 320, "height": 180, "fps": 10, "loop_seconds": 2}


@pytest.fixture
async def sink() -> AsyncIterator[WhipSink]:
    made = WhipSink(token="good")
    yield made
    await made.close()


def participant(sink: WhipSink, media: Media, token: str = "good", **options: bool) -> SimulatedParticipant:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(sink.app()))
    return SimulatedParticipant("http://127.0.0.1", token, media, client=client, **options)


def codes(arrivals: list[Arrival]) -> list[tuple[int, int] | None]:
    return [read_code(luma, (0, 0, luma.shape[1], luma.shape[0])) for _, luma in pictures(arrivals)]


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
async def test_sound_and_picture_arrive_in_real_time(sink: WhipSink, codec: VideoCodec) -> None:
    async with participant(sink, Media(440, video_codec=codec, identity=11, **SMALL)) as me:
        await asyncio.sleep(1.3)
        assert me.connected
        assert me.connects == 1
    (publication,) = sink.publications
    assert publication.deleted
    sound = publication.of("opus")
    assert len(sound) == me.sent("audio").packets >= 60
    assert [a.packet.payload for a in sound[:50]] == list(audio_loop(440).packets)[: len(sound)]
    assert gaps(sound) == []
    shown = codes(publication.of(codec))
    assert shown == [(11, n) for n in range(len(shown))]
    assert len(shown) >= 12


async def test_beeps_and_flashes_are_known_when_they_go_out(sink: WhipSink) -> None:
    async with participant(sink, Media(440, video_codec="vp8", **SMALL)) as me:
        await asyncio.sleep(1.2)
    sound = [a.time_us for a in sink.publications[0].of("opus")]
    assert me.beeps[:2] == pytest.approx([sound[0], sound[50]], abs=BUSY_US)
    assert me.flashes[:2] == pytest.approx(me.beeps[:2], abs=BUSY_US)
    assert me.beeps[1] - me.beeps[0] == pytest.approx(1_000_000, abs=BUSY_US)


async def test_sender_reports_tie_the_clocks_together(sink: WhipSink) -> None:
    async with participant(sink, Media(440, video_codec="vp8", **SMALL)):
        await asyncio.sleep(1.2)
    (publication,) = sink.publications
    packets = [p for data in publication.dtls.rtcp for p in RtcpPacket.parse(data)]
    first = {a.packet.ssrc: (a.time_us, a.packet.timestamp) for a in reversed(publication.arrivals)}
    reports = [p for p in packets if isinstance(p, RtcpSrPacket)]
    assert {p.ssrc for p in reports} == first.keys()
    rate = {publication.of("opus")[0].packet.ssrc: 48_000, publication.of("vp8")[0].packet.ssrc: 90_000}
    for report in reports:
        wall_us, stamp = first[report.ssrc]
        ntp_us = (report.sender_info.ntp_timestamp / (1 << 32) - 2_208_988_800) * 1e6
        media_us = ((report.sender_info.rtp_timestamp - stamp) & 0xFFFFFFFF) / rate[report.ssrc] * 1e6
        assert ntp_us - wall_us == pytest.approx(media_us, abs=BUSY_US)
    assert any(isinstance(p, RtcpByePacket) for p in packets)


async def test_muting_sends_silence(sink: WhipSink) -> None:
    async with participant(sink, Media(440, video_codec=None)) as me:
        await asyncio.sleep(0.2)
        me.mute()
        await asyncio.sleep(0.3)
        me.unmute()
        await asyncio.sleep(0.1)
    arrivals = sink.publications[0].of("opus")
    silent = [a.packet.payload == audio_loop(440).silence for a in arrivals]
    assert 10 <= sum(silent) < len(silent) - 10
    assert not silent[0]
    assert not silent[-1]
    assert gaps(arrivals) == []


async def test_a_network_silence_loses_packets_for_good(sink: WhipSink) -> None:
    async with participant(sink, Media(440, video_codec=None)) as me:
        await asyncio.sleep(0.2)
        me.network_silence(0.4)
        await asyncio.sleep(0.7)
        publication = sink.publications[0]
        arrivals = publication.of("opus")
        (gap,) = gaps(arrivals)
        assert gap - 1 == me.sent("audio").dropped >= 18
        before = next(a for a, b in pairwise(arrivals) if b.time_us - a.time_us > 200_000)
        lost = [(before.packet.sequence_number + n) & 0xFFFF for n in range(1, gap)]
        count = len(arrivals)
        await publication.dtls.nack(before.packet.ssrc, lost[:10])
        await asyncio.sleep(0.1)
        assert not {a.packet.sequence_number for a in publication.of("opus")[count:]} & set(lost)


async def test_nacks_are_answered(sink: WhipSink) -> None:
    async with participant(sink, Media(440, video_codec=None)) as me:
        publication = sink.publications[0]
        publication.miss(lambda number: number % 10 == 0)
        await asyncio.sleep(0.5)
        arrivals = publication.of("opus")
        holes = [a.packet.sequence_number + 1 for a, b in pairwise(arrivals) if step(a, b) == 2]
        assert holes
        await publication.dtls.nack(arrivals[0].packet.ssrc, holes)
        await asyncio.sleep(0.1)
        assert me.sent("audio").nacked == len(holes)
        assert set(holes) <= {a.packet.sequence_number for a in publication.of("opus")[len(arrivals) :]}


async def test_a_camera_goes_off_and_on(sink: WhipSink) -> None:
    async with participant(sink, Media(None, video_codec="vp8", **SMALL)) as me:
        await asyncio.sleep(0.35)
        me.camera_off()
        await asyncio.sleep(0.4)
        me.camera_on()
        await asyncio.sleep(0.6)
    shown = codes(sink.publications[0].of("vp8"))
    counters = [code[1] for code in shown if code]
    assert len(counters) == len(shown)
    (resumed,) = [b for a, b in pairwise(counters) if b != (a + 1) % 20]
    assert resumed % 10 == 0


async def test_a_hangup_is_noticed(sink: WhipSink) -> None:
    async with participant(sink, Media(440, video_codec=None)) as me:
        await asyncio.sleep(0.1)
        await sink.publications[0].hang_up()
        await asyncio.wait_for(me.lost(), 20)
        assert not me.connected
        assert me.connects == 1


async def test_reconnecting_is_counted(sink: WhipSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roomtape.simulate.participant.RECONNECT_DELAY_S", 0.05)
    async with participant(sink, Media(440, video_codec=None), reconnect=True) as me:
        await asyncio.sleep(0.1)
        await sink.publications[0].hang_up()
        for _ in range(100):
            if len(sink.publications) > 1 and sink.publications[1].of("opus"):
                break
            await asyncio.sleep(0.02)
        assert me.connects == 2
        assert me.connected


async def test_a_refusal_is_an_error_in_words(sink: WhipSink) -> None:
    with pytest.raises(DestinationError, match="401: the token is not valid"):
        await participant(sink, Media(440, video_codec=None), token="bad").join()


async def test_media_stays_on_the_given_address(sink: WhipSink) -> None:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(sink.app()))
    media = Media(440, video_codec=None)
    async with SimulatedParticipant("http://x", "good", media, local_addresses=["127.0.0.1"], client=client):
        pass
    assert _addresses(sink.publications[0]) == {"127.0.0.1"}


async def test_an_address_of_another_machine_is_no_address(sink: WhipSink) -> None:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(sink.app()))
    me = SimulatedParticipant("http://x", "good", Media(440), local_addresses=["192.0.2.1"], client=client)
    with pytest.raises(DestinationError, match="--local-address"):
        await me.join()


async def test_the_loops_of_two_participants_differ() -> None:
    assert not np.array_equal(audio_loop(440).packets, audio_loop(550).packets)


def _addresses(publication: Publication) -> set[str]:
    return {c.ip for m in publication.offer.media for c in m.ice_candidates}
