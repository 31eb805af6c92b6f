from __future__ import annotations

from itertools import pairwise

import pytest
from aiortc.rtp import RtpPacket

from roomtape.media.testsignal import audio_loop, video_loop
from roomtape.simulate.stream import HISTORY, RtpStream, audio_stream, video_stream


@pytest.fixture
def audio() -> RtpStream:
    return audio_stream(audio_loop(440), 111)


@pytest.fixture
def video() -> RtpStream:
    return video_stream(video_loop("vp8", 320, 180, fps=10, seconds=2), 96)


def send(stream: RtpStream, units: int) -> list[RtpPacket]:
    return [RtpPacket.parse(p) for _ in range(units) for p in stream.next_packets()]


def test_opus_packets_are_20_ms_apart_and_loop(audio: RtpStream) -> None:
    packets = send(audio, 60)
    assert {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(packets)} == {960}
    assert [p.sequence_number for p in packets] == list(
        range(packets[0].sequence_number, packets[0].sequence_number + 60)
    )
    assert packets[50].payload == packets[0].payload == audio_loop(440).packets[0]
    assert {p.ssrc for p in packets} == {audio.ssrc}
    assert audio.due_us == 1_200_000


def test_audio_carries_its_level(audio: RtpStream) -> None:
    raw = [audio.next_packets()[0] for _ in range(10)]
    levels = [p[17] for p in raw]
    assert [p[12:16] for p in raw] == [b"\xbe\xde\x00\x01"] * 10
    assert [p[16] for p in raw] == [0x20] * 10
    assert levels == [0x80 | level for level in audio_loop(440).levels[:10]]


def test_muted_is_digital_silence_on_a_running_clock(audio: RtpStream) -> None:
    send(audio, 5)
    audio.muted = True
    raw = audio.next_packets()[0]
    assert RtpPacket.parse(raw).payload == audio_loop(440).silence
    assert raw[17] == 127
    audio.muted = False
    assert RtpPacket.parse(audio.next_packets()[0]).payload == audio_loop(440).packets[6]


def test_a_frame_shares_a_time_stamp_and_ends_with_the_marker(video: RtpStream) -> None:
    packets = send(video, 20)
    frames: dict[int, list[RtpPacket]] = {}
    for packet in packets:
        frames.setdefault(packet.timestamp, []).append(packet)
    assert len(frames) == 20
    for group in frames.values():
        assert [p.marker for p in group] == [0] * (len(group) - 1) + [1]
    first, second = list(frames)[:2]
    assert (second - first) & 0xFFFFFFFF == 9000


def test_dropped_packets_take_their_numbers_with_them(audio: RtpStream) -> None:
    before = send(audio, 1)[0]
    audio.dropping = True
    assert send(audio, 100) == []
    audio.dropping = False
    after = send(audio, 1)[0]
    assert (after.sequence_number - before.sequence_number) & 0xFFFF == 101
    assert (after.timestamp - before.timestamp) & 0xFFFFFFFF == 101 * 960
    assert (audio.sent.packets, audio.sent.dropped) == (2, 100)
    assert audio.again([(before.sequence_number + 5) & 0xFFFF]) == []


def test_a_camera_that_is_off_uses_no_numbers_and_returns_with_a_keyframe(video: RtpStream) -> None:
    before = send(video, 3)[-1]
    video.pause()
    assert send(video, 3) == []
    video.resume()
    assert send(video, 4) == []  # frames 6 to 9 cannot be decoded without those before them
    after = send(video, 1)[0]
    assert (after.sequence_number - before.sequence_number) & 0xFFFF == 1
    assert (after.timestamp - before.timestamp) & 0xFFFFFFFF == 8 * 9000


def test_resuming_what_was_not_paused_changes_nothing(video: RtpStream) -> None:
    send(video, 3)
    video.resume()
    assert send(video, 1)


def test_sequence_numbers_and_time_stamps_wrap(audio: RtpStream) -> None:
    audio.sequence, audio.origin = 0xFFFF, 0xFFFFFFFF - 100
    first, second = send(audio, 2)
    assert (first.sequence_number, second.sequence_number) == (0xFFFF, 0)
    assert second.timestamp == 960 - 101


def test_nacks_get_what_is_kept(audio: RtpStream) -> None:
    packets = send(audio, HISTORY + 10)
    kept, gone = packets[-1].sequence_number, packets[0].sequence_number
    assert [RtpPacket.parse(p).sequence_number for p in audio.again([kept, gone])] == [kept]
    assert audio.sent.nacked == 2


def test_each_second_is_marked(video: RtpStream) -> None:
    marks = []
    for n in range(25):
        if video.at_second:
            marks.append(n)
        video.next_packets()
    assert marks == [0, 10, 20]


@pytest.mark.parametrize(("before", "left_out"), [(50, 0), (51, 2), (52, 1), (53, 0), (99, 0)])
def test_a_connection_made_anew_begins_with_no_half_of_a_beep(audio: RtpStream, before: int, left_out: int) -> None:
    send(audio, before)
    audio.resynchronize()
    assert len(send(audio, 10)) == 10 - left_out
