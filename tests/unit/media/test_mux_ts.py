"""Tests of the segments of an HLS package: one clock over all, pictures and sound whole, tags in their place."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.media import mux_ts
from roomtape.media.compose import planes_of
from roomtape.media.id3 import private_tag, text_tag
from roomtape.media.mux_ts import ORIGIN_S, Tag
from roomtape.media.segment_nut import SegmentFormat
from roomtape.media.ts_packets import Counters
from tests.support import segmented
from tests.support.tsreader import AUDIO_TYPE, ID3_TYPE, VIDEO_TYPE, TsReader

FORM = SegmentFormat(160, 90, 30, 30, 2)


def make(folder: Path, frames: int, tags: list[Tag]) -> list[Path]:
    """Write a package of segments of two seconds from composite segments of one."""
    sound, _ = segmented.click_track(frames / 30)
    sources = segmented.write(folder, FORM, frames, sound)
    counters, made = Counters(), []
    for index in range(0, len(sources), 2):
        own = [t for t in tags if index * 1_000_000 <= t.at_us < (index + 2) * 1_000_000]
        made.append(folder / f"{index}.ts")
        after = sources[index + 2] if index + 2 < len(sources) else None
        mux_ts.write(made[-1], sources[index : index + 2], after, 30, own, counters)
    return made


def test_the_segments_are_one_stream(tmp_path: Path) -> None:
    tags = [Tag(at, text_tag("ID3Data", f"at {at}")) for at in (0, 1_999_999, 2_000_000, 3_456_789, 3_456_789)]
    made = make(tmp_path, 130, [*tags, Tag(4_000_000, private_tag("ID3Data", b"\0\xff"))])
    read = TsReader().read(made)
    assert {read.types[pid] for pid in read.types} == {VIDEO_TYPE, AUDIO_TYPE, ID3_TYPE}
    assert read.first_s[VIDEO_TYPE] == read.first_s[AUDIO_TYPE] == ORIGIN_S
    found = [(round((f.at_s - ORIGIN_S) * 1e6), f.kind, f.name, f.data) for f in read.frames]
    assert [f[1:] for f in found[:5]] == [("TXXX", "ID3Data", f"at {t.at_us}".encode()) for t in tags]
    assert found[5][1:] == ("PRIV", "ID3Data", b"\0\xff")
    assert [f[0] for f in found] == pytest.approx([*(t.at_us for t in tags), 4_000_000], abs=12)


def test_every_picture_and_every_sample_is_there_once(tmp_path: Path) -> None:
    made = make(tmp_path, 130, [])
    whole = tmp_path / "whole.ts"
    whole.write_bytes(b"".join(path.read_bytes() for path in made))
    with av.open(str(whole)) as container:
        shown = [
            (round((float(f.time) - ORIGIN_S) * 30), int(planes_of(f)[0][40, 80])) for f in container.decode(video=0)
        ]
    assert [tick for tick, _ in shown] == list(range(130))
    assert all(abs(light - segmented.light(tick)) <= 3 for tick, light in shown)
    with av.open(str(whole)) as container:
        at = [round((float(f.time) - ORIGIN_S) * 48_000) for f in container.decode(audio=0)]
    # 90 kHz cannot say each packet's place exactly.
    assert np.abs(np.array(at) - np.arange(len(at)) * 1024).max() <= 1
    assert len(at) == -(-(130 * 1600) // 1024)


def test_a_segment_alone_can_be_decoded_from_its_beginning(tmp_path: Path) -> None:
    for path in make(tmp_path, 130, []):
        with av.open(str(path)) as container:
            first = next(container.demux(video=0))
            assert first.is_keyframe
            assert len(first.decode() + [f for p in container.demux(video=0) for f in p.decode()]) in (60, 10)


def test_same_input_same_bytes(tmp_path: Path) -> None:
    tags = [Tag(100_000 * n, text_tag("ID3Data", "x" * n)) for n in range(1, 20)]
    pair = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pair.append([path.read_bytes() for path in make(tmp_path / name, 70, tags)])
    assert pair[0] == pair[1]


def test_a_large_tag_is_whole(tmp_path: Path) -> None:
    (path,) = make(tmp_path, 40, [Tag(500_000, text_tag("ID3Data", "ü" * 30_000))])
    (frame,) = TsReader().read([path]).frames
    assert frame.data.decode() == "ü" * 30_000
