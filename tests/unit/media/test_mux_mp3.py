"""Tests of the finished MP3: what its first frame says, as FFmpeg and by the bytes."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.media import mux_mp3
from roomtape.media.encode_mp3 import GRID
from roomtape.media.segment_nut import SegmentFormat
from tests.support import segmented


def make(folder: Path, channels: int, seconds: float) -> tuple[bytes, Path, list[int]]:
    sound, at = segmented.click_track(seconds, channels)
    form = SegmentFormat(64, 64, 30, 120, channels, None, ("MP3",))
    out = folder / "a.mp3"
    mux_mp3.join(segmented.write(folder, form, -(-len(sound) // 1600), sound), out, 30, len(sound))
    return out.read_bytes(), out, at


@pytest.mark.parametrize(("channels", "offset", "size"), [(1, 21, 288), (2, 36, 480)])
def test_the_first_frame_says_how_long_the_file_is(channels: int, offset: int, size: int, tmp_path: Path) -> None:
    data, _, _ = make(tmp_path, channels, 5.1)
    frames = GRID.packets_of(round(5.1 * 48_000))
    assert len(data) == (frames + 1) * size
    assert data[offset : offset + 4] == b"Info"
    assert struct.unpack(">III", data[offset + 4 : offset + 16]) == (15, frames, len(data))
    lame = offset + 120
    assert data[lame : lame + 4] == b"LAME"
    delays = int.from_bytes(data[lame + 21 : lame + 24])
    assert delays >> 12 == 576
    assert frames * 1152 - 576 - (delays & 4095) == round(5.1 * 48_000)


def test_players_leave_out_what_is_not_sound_and_find_a_place(tmp_path: Path) -> None:
    _, path, at = make(tmp_path, 2, 9.3)
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(9_300_000, abs=30_000)
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)[0]
        assert len(sound) == round(9.3 * 48_000)
        assert segmented.clicks_found(sound, at) == at
        begin = container.streams.audio[0].start_time * float(container.streams.audio[0].time_base)
        container.seek(6_000_000)
        frame = next(container.decode(audio=0))
        assert frame.time - begin == pytest.approx(6, abs=0.06)
