"""Tests of the package of an interactive recording: one stream, an exact playlist, tags at their moments, one tar."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from roomtape.capture.messages import Message
from roomtape.capture.values import Interval
from roomtape.domain import filenames
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoConfig
from roomtape.media.mux_ts import ORIGIN_S
from roomtape.render import assemble, hls
from roomtape.render.composite_clock import OutputClock
from roomtape.render.job import RenderedFile, RenderJob
from tests.support import segmented
from tests.support.tsreader import Frame, TsReader

S = 1_000_000
T0 = 1_700_000_000 * S
CONFIG = RecordingConfig(VideoConfig(width=160, height=90), AudioConfig(), interactive=True)
JOB = RenderJob("", Kind.COMPOSITE, CONFIG, output_name="pre_room_1.tar")


def message(at_s: float, data: bytes = b"x", form: str = "text") -> Message:
    return Message(T0 + round(at_s * S), "ID3Data", data, form, "p", "broadcast")  # type: ignore[arg-type]


def made(
    folder: Path, seconds: float, messages: list[Message], intervals: list[Interval] | None = None,
    config: RecordingConfig = CONFIG, job: RenderJob = JOB,
) -> list[RenderedFile]:  # fmt: skip
    intervals = intervals or [Interval(T0, T0 + round(seconds * S))]
    clock = OutputClock(intervals, 30)
    form = assemble.form_of(config)
    sound, _ = segmented.click_track(clock.samples / 48_000)
    folder.mkdir(exist_ok=True)
    segments = segmented.write(folder, form, clock.frames, sound)
    told = hls.tags(messages, intervals)
    return assemble.assemble(job, folder / "out", clock, segments, form, None, told)


def frames_of(folder: Path) -> list[Frame]:
    """Return the tags of a package, in s of output time."""
    found = TsReader().read(hls.files_of(folder / "out" / "pre_room_1")[1:]).frames
    return [Frame(f.at_s - ORIGIN_S, f.kind, f.name, f.data) for f in found]


def test_the_files_are_a_tar_and_the_same_plain(tmp_path: Path) -> None:
    files = made(tmp_path, 23.4, [message(0), message(12.345, b"\0\1", "bytes"), message(23.39)])
    assert [(f.name, f.role, f.content_type) for f in files] == [
        ("pre_room_1.tar", "composite", "application/x-tar"),
        ("pre_room_1/index.m3u8", "package", "application/vnd.apple.mpegurl"),
        *((f"pre_room_1/segment-0000{n}.ts", "package", "video/mp2t") for n in range(3)),
    ]
    assert [f.duration_ms for f in files] == [23400, 23400, 10000, 10000, 3400]
    assert [f.start_us - T0 for f in files] == [0, 0, 0, 10 * S, 20 * S]
    with tarfile.open(tmp_path / "out" / files[0].name) as archive:
        for file in files[1:]:
            entry = archive.getmember(file.name)
            content = archive.extractfile(entry)
            assert content is not None
            assert content.read() == (tmp_path / "out" / file.name).read_bytes()
            assert (entry.mtime, entry.uid, entry.gid, entry.uname, entry.mode) == (0, 0, 0, "", 0o644)
    assert (tmp_path / "out" / files[1].name).read_text() == (
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n#EXTINF:10.000000,\nsegment-00000.ts\n#EXTINF:10.000000,\nsegment-00001.ts\n"
        "#EXTINF:3.400000,\nsegment-00002.ts\n#EXT-X-ENDLIST\n"
    )
    assert [(round(f.at_s, 4), f.kind, f.data) for f in frames_of(tmp_path)] == [
        (0, "TXXX", b"x"), (12.345, "PRIV", b"\0\1"), (23.39, "TXXX", b"x"),
    ]  # fmt: skip


def test_a_thousand_tags_a_minute_are_all_there_in_order(tmp_path: Path) -> None:
    every = [message(n * 0.06, f"{n} by {'ab'[n % 2]}".encode()) for n in range(350)]
    made(tmp_path, 21, every)
    found = frames_of(tmp_path)
    assert [f.data for f in found] == [m.data for m in every]
    assert [f.at_s for f in found] == pytest.approx([n * 0.06 for n in range(350)], abs=1e-4)


def test_pauses_are_cut_out_of_the_clock(tmp_path: Path) -> None:
    intervals = [Interval(T0, T0 + 4 * S), Interval(T0 + 10 * S, T0 + 14 * S)]
    said = [message(3.9, b"a"), message(4.5, b"in the pause"), message(10, b"b"), message(13, b"c"), message(14, b"d")]
    made(tmp_path, 8, said, intervals)
    assert [(round(f.at_s, 4), f.data) for f in frames_of(tmp_path)] == [(3.9, b"a"), (4, b"b"), (7, b"c")]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    said = [message(n / 3, b"m%d" % n) for n in range(30)]
    one, two = made(tmp_path / "one", 11, said), made(tmp_path / "two", 11, said)
    assert one == two
    assert made(tmp_path / "one", 11, []) == one, "what is there is kept"


def test_a_render_that_died_between_its_files_makes_them_anew(tmp_path: Path) -> None:
    files = made(tmp_path, 6, [message(1)])
    (tmp_path / "out" / files[0].name).unlink()
    (tmp_path / "out" / files[2].name).write_bytes(b"half")
    assert made(tmp_path, 6, [message(1)]) == files


def test_with_a_live_stream_its_segments_decide(tmp_path: Path) -> None:
    config = RecordingConfig(CONFIG.video, interactive=True, rtmp_url="rtmp://127.0.0.1/x/y")
    assert assemble.form_of(config).seconds == 4
    files = made(tmp_path, 9, [message(8.5)], config=config)
    assert [f.duration_ms for f in files[2:]] == [8000, 1000]
    assert [round(f.at_s, 4) for f in frames_of(tmp_path)] == [8.5]


def test_short_ones(tmp_path: Path) -> None:
    files = made(tmp_path, 0.02, [message(0.01)])
    assert "#EXTINF:0.033333," in (tmp_path / "out" / files[1].name).read_text()
    assert len(frames_of(tmp_path)) == 1


def test_a_name_is_as_long_as_it_may_be(tmp_path: Path) -> None:
    name = filenames.composite("p" * 64, "t" * 2048, 1_700_000_000_000, "tar")
    one, two = (made(tmp_path / n, 1, [message(0.5)], job=replace(JOB, output_name=name)) for n in ("one", "two"))
    assert one == two, "the same bytes, also of the longer headers"
    with tarfile.open(tmp_path / "one" / "out" / name) as archive:
        assert {e.name for e in archive if e.isfile()} == {f.name for f in one[1:]}
    assert b"PaxHeader" in (tmp_path / "one" / "out" / name).read_bytes()
    short = made(tmp_path / "short", 1, [])[0].name
    assert b"PaxHeader" not in (tmp_path / "short" / "out" / short).read_bytes(), "and a plain ustar where that will do"
