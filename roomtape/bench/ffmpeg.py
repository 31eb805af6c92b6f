"""Owns the ffmpeg command lines that stand beside Roomtape, with the settings of Roomtape's own encoders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from roomtape.domain.layout import Rect, contain, grid
from roomtape.domain.recording_config import VideoConfig
from roomtape.media import encode_aac, encode_h264
from roomtape.media.compose import CUT
from roomtape.render.child import NICE
from roomtape.render.segments import SECONDS

_FLAGS = {"profile": "-profile:v"}


def command(inputs: Sequence[Path], size: tuple[int, int], video: VideoConfig, output: Path) -> list[str]:
    """Return the command that makes the composite of WebM files in pairs (audio, video) of a participant.

    The pictures have `size`. The same decoders and encoders with the same settings and as many threads, the same tiles
    and the same scaling; it draws no names.
    """
    count = len(inputs) // 2
    tiles = grid(count, video.width, video.height)
    left, top = min(t.x for t in tiles), min(t.y for t in tiles)
    fitted = [f"[{2 * i + 1}:v]{_fit(size, t)}[v{i}]" for i, t in enumerate(tiles)]
    places = "|".join(f"{t.x - left}_{t.y - top}" for t in tiles)
    stacked = "".join(f"[v{i}]" for i in range(count)) + f"xstack=inputs={count}:layout={places}:fill=0x1c1c1c"
    padded = f"pad={video.width}:{video.height}:{left}:{top}[v]"
    picture = f"{stacked},{padded}" if count > 1 else f"[v0]{padded}"
    sounds = "".join(f"[{2 * i}:a]" for i in range(count))
    mixed = f"{sounds}amix=inputs={count}:normalize=0,aformat=channel_layouts=stereo[a]"
    graph = ";".join([*fitted, picture, mixed])
    reading = [word for path in inputs for word in ("-threads", "1", "-i", str(path))]
    return [
        *("nice", "-n", str(NICE), "ffmpeg", "-v", "error", "-nostdin", "-y"),
        *("-filter_complex_threads", "1", *reading, "-filter_complex", graph, "-map", "[v]", "-map", "[a]"),
        *encoding(video), "-movflags", "+faststart", str(output),
    ]  # fmt: skip


def grab_command(display: str, video: VideoConfig, seconds: int, output: Path) -> list[str]:
    """Return the command that films an X display, with silence for sound, for `seconds`."""
    return [
        *("ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "x11grab", "-draw_mouse", "0"),
        *("-framerate", str(video.fps), "-video_size", f"{video.width}x{video.height}", "-i", display),
        *("-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", str(seconds)),
        *encoding(video), "-movflags", "+faststart", str(output),
    ]  # fmt: skip


def encoding(video: VideoConfig) -> list[str]:
    """Return the options that encode as Roomtape does."""
    options = [word for name, value in encode_h264.OPTIONS.items() for word in (_FLAGS.get(name, f"-{name}"), value)]
    return [
        *("-c:v", "libx264", *options, "-pix_fmt", "yuv420p", "-r", str(video.fps), "-flags:v", "+cgop"),
        *("-g", str(SECONDS * video.fps), "-threads:v", str(encode_h264.THREADS)),
        *("-c:a", "aac", "-aac_coder", "fast", "-q:a", str(encode_aac.QUALITY), "-threads:a", "1"),
    ]


def _fit(size: tuple[int, int], tile: Rect) -> str:
    """Return the filter that fits a picture into its tile as Roomtape does: cut where a little larger, else scaled."""
    width, height = size
    if 0 <= width - tile.width <= CUT and 0 <= height - tile.height <= CUT:
        return f"crop={tile.width}:{tile.height}"
    where = contain(width, height, tile)
    x, y = where.x - tile.x, where.y - tile.y
    return f"scale={where.width}:{where.height}:flags=bilinear,pad={tile.width}:{tile.height}:{x}:{y}"
