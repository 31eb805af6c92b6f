"""Tests of the finished MP4: joined segments play as one, from the first byte on."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.media import mux_mp4, segment_nut
from roomtape.media.compose import Canvas, planes_of
from roomtape.media.probe import duration_ms
from roomtape.media.segment_nut import SegmentAudio, SegmentFormat
from tests.support import detect
from tests.support.sound import tone

FORM = SegmentFormat(160, 90, 30, 30, 2)


def make(folder: Path, frames: int, samples: int) -> Path:
    """Write segments of one second and join them; picture `n` has the brightness `16 + n % 200`."""

    def pictures(first: int, end: int) -> Iterator[tuple[int, av.VideoFrame]]:
        canvas = Canvas(160, 90)
        for tick in range(first, end):
            canvas.fill(canvas.whole, (16 + tick % 200, 128, 128))
            yield tick, canvas.frame

    sound = np.stack([tone(600, samples / 48000, 0.3)] * 2, axis=1)
    paths = []
    count = -(-frames // 30)
    for index in range(count):
        last = index == count - 1
        span = FORM.sound(index * 48000, samples if last else (index + 1) * 48000, last)
        audio = SegmentAudio(sound[span.start : span.end], span)
        paths.append(folder / f"{index}.nut")
        segment_nut.write(paths[-1], FORM, pictures(index * 30, min(frames, (index + 1) * 30)), audio)
    out = folder / "out.mp4"
    mux_mp4.join(paths, out, 30, frames, samples)
    return out


def test_every_picture_and_the_whole_tone_are_there_in_order(tmp_path: Path) -> None:
    out = make(tmp_path, 100, 160_000)
    with av.open(str(out)) as container:
        shown = [(round(f.time * 30), int(planes_of(f)[0][40, 80])) for f in container.decode(video=0)]
    assert [tick for tick, _ in shown] == list(range(100))
    assert all(abs(light - 16 - tick) <= 2 for tick, light in shown)
    assert detect.tone_present(out, 600, 0.02, 3.3, threshold=0.25)
    assert detect.durations(out)["video"] == pytest.approx(100 / 30, abs=0.001)
    assert duration_ms(out) == pytest.approx(3333, abs=1)


@pytest.mark.parametrize(("frames", "samples"), [(1, 1600), (1, 480), (2, 2000), (31, 48100)])
def test_short_ones_are_valid(frames: int, samples: int, tmp_path: Path) -> None:
    out = make(tmp_path, frames, samples)
    with av.open(str(out)) as container:
        assert sum(1 for _ in container.decode(video=0)) == frames
    assert detect.sound(out).samples.size >= samples


def boxes(data: bytes) -> list[str]:
    """Return the names of the top-level boxes (ISO/IEC 14496-12, section 4.2)."""
    names, at = [], 0
    while at + 8 <= len(data):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8].decode()
        names.append(name)
        at += int.from_bytes(data[at + 8 : at + 16], "big") if size == 1 else size
    return names


@pytest.mark.parametrize("frames", [1, 300])
def test_the_index_comes_before_the_media(frames: int, tmp_path: Path) -> None:
    names = boxes(make(tmp_path, frames, frames * 1600).read_bytes())
    assert names[0] == "ftyp"
    assert names.index("moov") < names.index("mdat")


def test_a_cut_file_plays_up_to_the_cut(tmp_path: Path) -> None:
    data = make(tmp_path, 300, 480_000).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2])
    shown = []
    with av.open(str(cut)) as container, suppress(av.FFmpegError):
        for frame in container.decode(video=0):
            shown.append(int(planes_of(frame)[0][40, 80]))
    assert len(shown) > 60
    assert all(abs(light - 16 - tick % 200) <= 2 for tick, light in enumerate(shown))
    assert detect.tone_present(cut, 600, 0.02, len(shown) / 30 - 0.5, threshold=0.25)


def test_players_find_a_place_at_every_keyframe(tmp_path: Path) -> None:
    with av.open(str(make(tmp_path, 100, 160_000))) as container:
        container.seek(2_500_000)
        frame = next(container.decode(video=0))
        assert frame.time == 2
