"""Owns the composite's figure: CPU seconds a recorded minute, beside the ffmpeg command line doing the same job."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from roomtape.bench.figure import Figure, compared
from roomtape.bench.madeup import OUTPUT, people, render_command, write_capture, write_webm
from roomtape.bench.measure import Usage, alternate, run
from roomtape.bench.plan import Plan, Say
from roomtape.domain.layout import grid
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import VideoConfig
from roomtape.errors import DestinationError
from roomtape.media import encode_aac, encode_h264
from roomtape.media.probe import probe
from roomtape.render.job import OUT
from roomtape.render.process import NICE
from roomtape.render.segments import SECONDS

PEOPLE = 4
TIMEOUT_S = 120.0
_TOLERANCE_US = 100_000


def measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    """Render four participants of 640x360 at 30 frames/s into 1280x720, with both, alternating."""
    everybody = people(PEOPLE, pictures=True)
    say("composite: four participants' media are made")
    capture, work = folder / "capture", folder / "work"
    write_capture(capture, everybody, plan.composite_s)
    inputs = write_webm(folder / "webm", everybody, plan.composite_s)
    ours_file, other_file = work / OUT / OUTPUT, folder / "ffmpeg.mp4"
    command = ffmpeg_command(inputs, VideoConfig(), other_file)

    def ours() -> Usage:
        say("composite: Roomtape renders")
        shutil.rmtree(work, ignore_errors=True)
        return run(render_command(capture, work, Kind.COMPOSITE), TIMEOUT_S)

    def other() -> Usage:
        say("composite: ffmpeg renders")
        return run(command, TIMEOUT_S)

    pairs = alternate(ours, other, plan.pairs)
    for file in (ours_file, other_file):
        _check(file, plan.composite_s)
    minutes = plan.composite_s / 60
    cpu = [(a.cpu_s / minutes, b.cpu_s / minutes) for a, b in pairs]
    wall = [(a.wall_s / minutes, b.wall_s / minutes) for a, b in pairs]
    return [
        compared("composite_cpu", f"a minute's composite of {PEOPLE} people: CPU", "s", "ffmpeg", cpu),
        compared("composite_wall", f"a minute's composite of {PEOPLE} people: wall", "s", "ffmpeg", wall),
    ]


def ffmpeg_command(inputs: Sequence[Path], video: VideoConfig, output: Path) -> list[str]:
    """Return the command that makes the composite of WebM files in pairs (audio, video) of a participant.

    The same decoders and encoders with the same settings and as many threads, and the same tiles; it draws no names.
    """
    count = len(inputs) // 2
    tiles = grid(count, video.width, video.height)
    left, top = min(t.x for t in tiles), min(t.y for t in tiles)
    # Pictures a few pixels larger than their tiles are cut, as Roomtape does it: to resample would be more work.
    scaled = [f"[{2 * i + 1}:v]crop={t.width}:{t.height}[v{i}]" for i, t in enumerate(tiles)]
    places = "|".join(f"{t.x - left}_{t.y - top}" for t in tiles)
    stacked = "".join(f"[v{i}]" for i in range(count)) + f"xstack=inputs={count}:layout={places}:fill=0x1c1c1c"
    sounds = "".join(f"[{2 * i}:a]" for i in range(count))
    mixed = f"{sounds}amix=inputs={count}:normalize=0,aformat=channel_layouts=stereo[a]"
    graph = ";".join([*scaled, f"{stacked},pad={video.width}:{video.height}:{left}:{top}[v]", mixed])
    reading = [word for path in inputs for word in ("-threads", "1", "-i", str(path))]
    options = [word for name, value in encode_h264.OPTIONS.items() for word in (_FLAGS.get(name, f"-{name}"), value)]
    return [
        *("nice", "-n", str(NICE), "ffmpeg", "-v", "error", "-nostdin", "-y"),
        *("-filter_complex_threads", "1", *reading, "-filter_complex", graph, "-map", "[v]", "-map", "[a]"),
        *("-c:v", "libx264", *options, "-pix_fmt", "yuv420p", "-r", str(video.fps), "-flags:v", "+cgop"),
        *("-g", str(SECONDS * video.fps), "-threads:v", str(encode_h264.THREADS)),
        *("-c:a", "aac", "-aac_coder", "fast", "-q:a", str(encode_aac.QUALITY), "-threads:a", "1"),
        *("-movflags", "+faststart", str(output)),
    ]  # fmt: skip


_FLAGS = {"profile": "-profile:v"}


def _check(file: Path, seconds: int) -> None:
    """Raise DestinationError unless both jobs were really done: a figure of half a job would be worth nothing."""
    found = probe(file)
    kinds = sorted(s.kind for s in found.streams)
    if kinds != ["audio", "video"] or abs(found.end_us - seconds * 1_000_000) > _TOLERANCE_US:
        raise DestinationError(
            f"{file.name} holds {kinds} of {found.end_us / 1e6:.2f} s instead of {seconds} s of both"
        )
