from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest

from roomtape.bench import composite
from roomtape.bench.browser import Grabbed
from roomtape.bench.figure import spread
from roomtape.bench.measure import Usage
from roomtape.errors import DestinationError


def test_a_browser_stands_beside_too() -> None:
    took = Usage(10, 8, 100 << 20)
    grabbed = Grabbed(Path("b.mp4"), 40, 700 << 20, 24)
    films = {"files": grabbed, "WebRTC": replace(grabbed, cpu_s_per_minute=80)}
    found = composite._Measured(9, [(took, Usage(5, 4, 50 << 20))] * 2, Usage(6, 9, 0), films, 30)
    told = {f.name: f for f in composite._figures(found, 0.5)}
    assert told["composite_cpu_9"].ratio == spread([2, 2])
    assert told["composite_cpu_9_files"].ratio == spread([16 / 40])
    assert told["composite_cpu_9_webrtc"].ratio == spread([16 / 80])
    assert told["composite_cpu_9_webrtc"].what == told["composite_cpu_9_files"].what == told["composite_cpu_9"].what
    assert told["composite_memory_9_files"].ratio == spread([1 / 7])
    assert told["composite_shown_9_files"].runs == ((30, 24),)
    assert (told["composite_speed_9"].ours.median, told["composite_speed_9_jobs"].ours.median) == (3, 5)


def test_half_a_job_is_no_figure(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "short.mp4"), "w") as out:
        stream = out.add_stream("libx264", 30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        out.mux(stream.encode(None))
    with pytest.raises(DestinationError, match="instead of 10 s of both"):
        composite._check(tmp_path / "short.mp4", 10)
