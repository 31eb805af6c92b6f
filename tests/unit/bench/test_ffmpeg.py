from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from roomtape.bench import ffmpeg
from roomtape.domain.recording_config import VideoConfig
from roomtape.media import encode_aac, encode_h264
from roomtape.render.segments import SECONDS


def test_ffmpeg_gets_our_settings() -> None:
    inputs = [Path(f"{i}.webm") for i in range(8)]
    for command in (
        ffmpeg.command(inputs, (640, 360), VideoConfig(), Path("o.mp4")),
        ffmpeg.grab_command(":9", VideoConfig(), 5, Path("o.mp4")),
    ):
        pairs = set(pairwise(command))
        options = encode_h264.OPTIONS
        assert {("-preset", options["preset"]), ("-crf", options["crf"]), ("-profile:v", options["profile"])} <= pairs
        assert ("-threads:v", str(encode_h264.THREADS)) in pairs
        assert ("-g", str(SECONDS * 30)) in pairs
        assert ("-q:a", str(encode_aac.QUALITY)) in pairs
    assert set(encode_h264.OPTIONS) == {"preset", "crf", "profile"}, "a further one must be given to ffmpeg too"


def graph(count: int, size: tuple[int, int]) -> str:
    command = ffmpeg.command([Path("x")] * 2 * count, size, VideoConfig(), Path("o.mp4"))
    assert command.count("-i") == 2 * count
    return dict(pairwise(command))["-filter_complex"]


def test_pictures_are_fitted_as_roomtape_fits_them() -> None:
    assert "[1:v]crop=638:358[v0]" in graph(4, (640, 360)), "cut where a little larger"
    assert "scale=424:236:flags=bilinear,pad=424:236:0:0[v0]" in graph(9, (640, 360))
    assert "xstack=inputs=9" in graph(9, (640, 360))
    alone = graph(1, (1280, 720))
    assert "xstack" not in alone
    assert "crop=1280:720[v0]" in alone
