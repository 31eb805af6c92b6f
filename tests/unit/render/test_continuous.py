"""Tests of the sound that is encoded in one go: it grows with the segments, and is right whatever happened to them."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from roomtape.media.encode_vorbis import VorbisWriter
from roomtape.media.segment_nut import SegmentFormat
from roomtape.render.continuous import ContinuousSound
from tests.support import segmented

FORM = SegmentFormat(64, 64, 30, 30, 2, None, ("FLAC",))
SOUND, AT = segmented.click_track(3.5)


def decoded(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as container:
        return np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1).T


@pytest.fixture
def segments(tmp_path: Path) -> list[Path]:
    return segmented.write(tmp_path, FORM, 105, SOUND)


@pytest.mark.parametrize("handed", [0, 2, 4])
def test_it_is_the_same_however_much_was_handed_over_before(handed: int, segments: list[Path], tmp_path: Path) -> None:
    at_once = decoded(ContinuousSound(tmp_path, 2).finish(segments))
    growing = ContinuousSound(tmp_path, 2)
    for index in range(handed):
        growing.took(index, segments[index])
        growing.took(index, segments[index])
    growing.took(handed + 1, segments[-1])
    found = decoded(growing.finish(segments))
    assert np.array_equal(found, at_once)
    assert segmented.clicks_found(found[:, 0], AT) == AT


def test_what_was_handed_over_is_not_encoded_again(
    segments: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = ContinuousSound(tmp_path, 2)
    for index, segment in enumerate(segments):
        growing.took(index, segment)
    monkeypatch.setattr(VorbisWriter, "write", None)
    found = decoded(growing.finish(segments))
    assert len(found) == len(SOUND)
    assert np.array_equal(decoded(growing.finish(segments)), found)


def test_a_segment_that_was_made_anew_is_heard(segments: list[Path], tmp_path: Path) -> None:
    growing = ContinuousSound(tmp_path, 2)
    for index in range(3):
        growing.took(index, segments[index])
    (tmp_path / "quiet").mkdir()
    quiet = segmented.write(tmp_path / "quiet", FORM, 105, np.zeros_like(SOUND))
    quiet[1].replace(segments[1])
    found = decoded(growing.finish(segments))
    assert np.abs(found[50_000:94_000]).max() < 0.01
    assert np.abs(found[:46_000]).max() > 0.3
    assert len(found) == len(SOUND)
