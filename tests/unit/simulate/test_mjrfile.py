from __future__ import annotations

from pathlib import Path

from roomtape.capture.mjr import MjrReader, Record
from roomtape.capture.takefile import TakeFile
from roomtape.media.testsignal import audio_loop, video_loop
from roomtape.rtp.packet import parse
from roomtape.simulate.mjrfile import JITTER_US, write_mjr
from roomtape.simulate.offer import PAYLOAD_TYPES
from roomtape.simulate.stream import AUDIO_LEVEL_EXTENSION, audio_stream, video_stream

FIRST_US = 1_760_000_000_000_000


def records(path: Path) -> tuple[MjrReader, list[Record]]:
    reader = MjrReader(path)
    found = []
    while more := reader.poll():
        found += more
    assert reader.damage is None
    return reader, found


def test_sound_lies_there_as_it_was_encoded(tmp_path: Path) -> None:
    loop = audio_loop(440)
    path = tmp_path / "a.mjr"
    assert write_mjr(path, audio_stream(loop, PAYLOAD_TYPES["opus"]), "opus", FIRST_US, 2) == 100
    reader, found = records(path)
    assert reader.header is not None
    assert (reader.header.kind, reader.header.codec, reader.header.first_us) == ("audio", "opus", FIRST_US)
    packets = [p for record in found if (p := parse(record[1]))]
    assert [bytes(p.payload) for p in packets] == list(loop.packets * 2)
    assert [p.seq for p in packets] == list(range(1, 101))
    assert [p.timestamp for p in packets] == [i * 960 for i in range(100)]
    assert packets[0].extensions()[AUDIO_LEVEL_EXTENSION] == bytes([0x80 | loop.levels[0]])


def test_packets_arrive_a_little_late_and_never_before_one_another(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a.mjr", audio_stream(audio_loop(440), 111), "opus", FIRST_US, 2)
    _, found = records(tmp_path / "a.mjr")
    late = [record[0] - FIRST_US - i * 20_000 for i, record in enumerate(found)]
    assert late[0] == 0
    assert min(late) >= -1000
    assert JITTER_US / 2 < max(late) <= JITTER_US


def test_pictures_are_whole_frames_on_session_time(tmp_path: Path) -> None:
    loop = video_loop("vp8", 320, 180, 10, 1)
    write_mjr(tmp_path / "v.mjr", video_stream(loop, PAYLOAD_TYPES["vp8"]), "vp8", FIRST_US, 1)
    file = TakeFile(tmp_path / "v.mjr")
    while file.pump():
        pass
    file.resolve()
    assert [f.data for f in file.frames] == list(loop.frames)
    assert [f.keyframe for f in file.frames] == list(loop.keyframes)
    assert all(abs(f.time_us - FIRST_US - i * 100_000) <= JITTER_US for i, f in enumerate(file.frames))
