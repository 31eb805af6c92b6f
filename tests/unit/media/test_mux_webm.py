"""Tests of the finished WebM: its index comes first, it can be sought in, and a cut one plays up to the cut."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.media import mux_webm
from roomtape.media.compose import planes_of
from roomtape.media.encode_vorbis import VorbisWriter
from roomtape.media.segment_nut import SegmentFormat
from tests.support import segmented

FORM = SegmentFormat(160, 90, 30, 60, 2, "VP9", ("FLAC",))
FRAMES = 300
CUES = bytes.fromhex("1C53BB6B")  # element ids of Matroska (RFC 9559, section 5.1)
CLUSTER = bytes.fromhex("1F43B675")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("webm")
    sound, _ = segmented.click_track(FRAMES / 30)
    writer = VorbisWriter(folder / "a.ogg", 2)
    writer.write(sound)
    writer.close()
    paths = segmented.write(folder, FORM, FRAMES, sound)
    mux_webm.join(paths, folder / "a.ogg", folder / "out.webm", FORM, FRAMES, len(sound))
    return folder / "out.webm"


def test_index_and_length_come_before_the_media(file: Path) -> None:
    data = file.read_bytes()
    assert data.index(CUES) < data.index(CLUSTER)
    with av.open(str(file)) as container:
        assert container.duration == pytest.approx(10_000_000, abs=34_000)
        assert container.streams.video[0].average_rate == 30


def test_sound_has_neither_hole_nor_overlap(file: Path) -> None:
    with av.open(str(file)) as container:
        packets = [p for p in container.demux(audio=0) if p.size]
        times = [p.pts for p in packets]
    assert times[:2] == [0, 0]
    with av.open(str(file)) as container:
        frames = list(container.decode(audio=0))
    for one, other in pairwise(frames):
        assert other.time == pytest.approx(one.time + one.samples / 48_000, abs=0.0011)


def test_players_find_a_place_at_every_keyframe(file: Path) -> None:
    for second in (0, 2, 4, 7, 9):
        with av.open(str(file)) as container:
            container.seek(second * 1_000_000)
            frame = next(container.decode(video=0))
        assert frame.time == pytest.approx(second // 2 * 2, abs=0.001)
        assert int(planes_of(frame)[0][8, 8]) == pytest.approx(segmented.light(second // 2 * 60), abs=2)


def test_a_cut_file_plays_up_to_the_cut(file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    (tmp_path / "cut.webm").write_bytes(data[: len(data) // 2])
    shown = segmented.shown(tmp_path / "cut.webm")
    assert len(shown) > 100
    assert all(abs(luma - segmented.light(i)) <= 2 for i, (_, luma) in enumerate(shown))
    with av.open(str(tmp_path / "cut.webm")) as container:
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
    assert sound.shape[1] / 48_000 == pytest.approx(len(shown) / 30, abs=0.3)
