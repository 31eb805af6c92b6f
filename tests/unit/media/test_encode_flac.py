"""Tests of FLAC encoding in pieces: what is read back is what was written, to 16 bits."""

from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.media import encode_flac
from roomtape.media.segment_nut import SegmentAudio, SegmentFormat, open_for_reading, read, write


@pytest.mark.parametrize("channels", [1, 2])
def test_pieces_are_the_sound_again(channels: int, tmp_path: Path) -> None:
    sound = (np.random.default_rng(0).standard_normal((100_001, channels)) * 0.4).astype(np.float32)
    form = SegmentFormat(64, 64, 30, 30, channels, None, ("FLAC",))
    parts = []
    for first in (0, 48_000, 96_000):
        end = min(first + 48_000, len(sound))
        span = form.sound(first, end, end == len(sound))
        path = tmp_path / f"{first}.nut"
        write(path, form, (), SegmentAudio(sound[span.start : end], span))
        with open_for_reading(path) as source:
            at = [number for number, _ in read(source, 30, "FLAC").audio]
        assert at[0] == first
        with open_for_reading(path) as source:
            parts.append(encode_flac.decode(source))
    assert np.abs(np.concatenate(parts) - np.clip(sound, -1, 1 - 1 / 32768)).max() <= 0.5 / 32768


def test_nothing_is_an_empty_sound(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.nut"), "w", format="nut") as container:
        stream = encode_flac.open_stream(container, 2)
        assert list(encode_flac.encode(stream, np.zeros((0, 2), np.float32), 0, 0, 0)) == []
