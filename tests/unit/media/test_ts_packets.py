"""Tests of what is put right in a finished TS file: counters go on, the tables point to the metadata."""

from __future__ import annotations

from pathlib import Path

from roomtape.media import mux_ts
from roomtape.media.id3 import text_tag
from roomtape.media.mux_ts import Tag
from roomtape.media.segment_nut import SegmentFormat
from roomtape.media.ts_packets import Counters
from tests.support import segmented
from tests.support.tsreader import TsReader, crc_32

FORM = SegmentFormat(160, 90, 30, 30, 2)


def test_the_checksum_is_the_standards() -> None:
    assert crc_32(b"123456789") == 0x0376E6E7


def test_files_go_on_and_point_to_their_metadata(tmp_path: Path) -> None:
    sound, _ = segmented.click_track(1)
    sources = segmented.write(tmp_path, FORM, 30, sound)
    counters, paths = Counters(), []
    for number in range(3):
        paths.append(tmp_path / f"{number}.ts")
        mux_ts.write(paths[-1], sources, None, 30, [Tag(5, text_tag("a", "b"))], counters)
    read = TsReader().read(paths)  # fails where a counter is not the next one, or a table's checksum is wrong
    assert read.program_info == b"\x25\x0f\xff\xffID3 \xffID3 \x00\x1f\x00\x01"
    assert len(read.frames) == 3
    assert counters.following == {pid: (last + 1) % 16 for pid, last in read.counters.items()}
