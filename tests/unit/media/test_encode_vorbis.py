"""Tests of Vorbis encoding: every sample at its place, whatever the pieces in which it comes."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from roomtape.media.encode_vorbis import VorbisWriter
from tests.support.segmented import click_track, clicks_found


def write(path: Path, sound: NDArray[np.float32], pieces: list[int]) -> None:
    writer = VorbisWriter(path, sound.shape[1])
    for piece in np.split(sound, pieces):
        writer.write(piece)
    assert writer.samples == len(sound)
    writer.close()


def decoded(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as container:
        return np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1).T


@pytest.mark.parametrize("channels", [1, 2])
def test_clicks_are_where_they_were(channels: int, tmp_path: Path) -> None:
    sound, at = click_track(2.3, channels)
    write(tmp_path / "a.ogg", sound, [1, 70_000])
    found = decoded(tmp_path / "a.ogg")
    assert found.shape == sound.shape
    assert clicks_found(found[:, 0], at) == at


def test_pieces_make_no_difference(tmp_path: Path) -> None:
    sound, _ = click_track(1.5)
    write(tmp_path / "a.ogg", sound, [])
    write(tmp_path / "b.ogg", sound, [5, 4096, 9000, 50_000, 50_001])
    assert np.array_equal(decoded(tmp_path / "a.ogg"), decoded(tmp_path / "b.ogg"))


@pytest.mark.parametrize("samples", [1, 480, 5000])
def test_short_sounds_are_whole(samples: int, tmp_path: Path) -> None:
    write(tmp_path / "a.ogg", np.zeros((samples, 2), np.float32), [])
    assert len(decoded(tmp_path / "a.ogg")) == pytest.approx(samples, abs=1024)
