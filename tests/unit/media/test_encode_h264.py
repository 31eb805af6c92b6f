"""Tests of H.264 encoding."""

from pathlib import Path

import av
import numpy as np

from roomtape.media import encode_h264
from roomtape.media.compose import Canvas, planes_of


def encoded(path: Path, ticks: range) -> tuple[bytes, list[tuple[int, bool]]]:
    """Encode grey pictures; return the parameter sets and each packet's tick and whether it is a keyframe."""
    canvas = Canvas(320, 180)
    with av.open(str(path), "w", format="nut") as container:
        stream = encode_h264.open_stream(container, 320, 180, 30, 60)
        packets = []
        for tick in ticks:
            canvas.fill(canvas.whole, (16 + tick * 5 % 200, 128, 128))
            packets += encode_h264.encode(stream, canvas.frame, tick)
        packets += encode_h264.encode(stream, None)
        container.mux(packets)
        found = [(round(p.pts * p.time_base * 30), p.is_keyframe) for p in packets if p.pts is not None]
        return bytes(stream.codec_context.extradata or b""), found


def test_every_tick_has_a_picture_and_the_first_is_a_keyframe(tmp_path: Path) -> None:
    _, packets = encoded(tmp_path / "a.nut", range(40, 100))
    assert sorted(t for t, _ in packets) == list(range(40, 100))
    assert packets[0] == (40, True)


def test_parameter_sets_do_not_depend_on_the_content(tmp_path: Path) -> None:
    first, _ = encoded(tmp_path / "a.nut", range(60))
    second, _ = encoded(tmp_path / "b.nut", range(60, 61))
    assert first
    assert first == second


def test_decoding_runs_ahead_by_no_more_than_said(tmp_path: Path) -> None:
    _, packets = encoded(tmp_path / "a.nut", range(60))
    ticks = [t for t, _ in packets]
    assert all(tick >= i - encode_h264.REORDER for i, tick in enumerate(ticks))
    assert ticks != sorted(ticks)


def test_colours_are_tagged(tmp_path: Path) -> None:
    encoded(tmp_path / "a.nut", range(3))
    with av.open(str(tmp_path / "a.nut")) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range, frame.color_primaries) == (6, 1, 1)
        assert container.streams.video[0].codec_context.profile == "High"


def test_widths_on_which_avx512_is_not_to_be_trusted_do_without() -> None:
    assert encode_h264.vectors(360, "flags: fma avx2 avx512f avx512bw")["x264-params"].endswith("AVX2")
    assert encode_h264.vectors(960, "flags: avx512f")
    assert encode_h264.vectors(1280, "flags: fma avx2 avx512f avx512bw") == {}
    assert encode_h264.vectors(360, "flags: fma avx2") == {}


def test_the_letters_of_a_page_are_kept_better(tmp_path: Path) -> None:
    def error(page: bool) -> float:
        canvas, path = Canvas(320, 180), tmp_path / f"{page}.mp4"
        lines = planes_of(canvas.frame)[0]
        lines[:] = 235
        lines[10:170:6, ::3] = 30
        sent = lines.copy()
        with av.open(str(path), "w") as container:
            stream = encode_h264.open_stream(container, 320, 180, 30, 60, page)
            for tick in range(10):
                container.mux(encode_h264.encode(stream, canvas.frame, tick))
            container.mux(encode_h264.encode(stream, None))
        with av.open(str(path)) as container:
            last = list(container.decode(video=0))[-1]
        return float(np.square(planes_of(last)[0].astype(float) - sent).mean())

    assert error(page=True) < 0.75 * error(page=False)
