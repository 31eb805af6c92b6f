from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.bench import composite
from roomtape.bench.plan import Plan
from roomtape.domain.recording_config import VideoConfig
from roomtape.errors import DestinationError
from roomtape.media import encode_aac, encode_h264
from roomtape.render.segments import SECONDS


def picture(path: Path, number: int) -> np.ndarray:
    with av.open(str(path)) as source:
        for i, frame in enumerate(source.decode(video=0)):
            if i == number:
                return frame.to_ndarray(format="gray").astype(int)
    raise AssertionError(f"{path} has no picture {number}")


def test_ffmpeg_gets_our_settings() -> None:
    inputs = [Path(f"{i}.webm") for i in range(8)]
    command = composite.ffmpeg_command(inputs, VideoConfig(), Path("o.mp4"))
    pairs = set(pairwise(command))
    options = encode_h264.OPTIONS
    assert {("-preset", options["preset"]), ("-crf", options["crf"]), ("-profile:v", options["profile"])} <= pairs
    assert ("-threads:v", str(encode_h264.THREADS)) in pairs
    assert ("-g", str(SECONDS * 30)) in pairs
    assert ("-q:a", str(encode_aac.QUALITY)) in pairs
    assert command.count("-i") == 8
    assert set(options) == {"preset", "crf", "profile"}, "a further one must be given to ffmpeg too"


def test_both_do_the_same_job(tmp_path: Path) -> None:
    said: list[str] = []
    figures = composite.measure(tmp_path, Plan(pairs=1, composite_s=1), said.append)
    assert [f.name for f in figures] == ["composite_cpu", "composite_wall"]
    assert all(f.ratio is not None and 0.1 < f.ratio.median < 100 for f in figures)
    assert said[-1] == "composite: ffmpeg renders"
    ours = picture(tmp_path / "work/out/bench.mp4", 15)
    assert ours.shape == (720, 1280)
    # Above the names, which only Roomtape writes; a frame that came late by its jitter is shown a tick later.
    differences = [np.abs(ours - picture(tmp_path / "ffmpeg.mp4", i))[:280].mean() for i in (14, 15)]
    assert min(differences) < 1


def test_half_a_job_is_no_figure(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "short.mp4"), "w") as out:
        stream = out.add_stream("libx264", 30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        out.mux(stream.encode(None))
    with pytest.raises(DestinationError, match="instead of 10 s of both"):
        composite._check(tmp_path / "short.mp4", 10)
