"""Owns what a golden scene is: what happens in it, and what of it is to be seen and heard in the composite and when.

Sessions begin at 0; the recording begins half a picture later (`SHIFT`), so that every picture of the composite lies in
the middle of one that was sent. Times of what is to be seen are those of the file.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image, ImageDraw

from roomtape.domain.recording_config import RecordingConfig, VideoConfig
from tests.support.scenery import FPS, Spans

SHIFT = 0.5 / FPS
CONFIG = RecordingConfig(video=VideoConfig(width=640, height=360, fps=FPS))


@dataclass(frozen=True)
class Scene:
    """One scene. `looks` are the moments (s of the file) whose pictures are held against the references."""

    build: Callable[[Path], None]
    looks: tuple[float, ...]
    seconds: float
    tones: Mapping[int, Spans] = field(default_factory=dict)
    """When each tone (Hz) is heard, as the session would count if it had no pauses."""
    beeps: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    """When each beep (Hz) begins."""
    flashes: tuple[float, ...] | None = None
    """When the picture flashes, of a scene with one participant."""
    counters: Mapping[float, int] = field(default_factory=dict)
    """Which of the sender's pictures is shown when, of a scene with one participant."""
    config: RecordingConfig = CONFIG
    damaged_frames: int = 0
    """What the manifest counts."""
    warnings: int = 0


def video(**given: object) -> RecordingConfig:
    """The scenes' configuration with another picture."""
    return replace(CONFIG, video=replace(CONFIG.video, **given))  # type: ignore[arg-type]


def picture(size: tuple[int, int], form: str) -> bytes:
    """A picture with a transparent ground."""
    image = Image.new("RGBA", size)
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.ellipse((4, 4, width - 5, height - 5), fill=(240, 200, 40, 200), outline=(20, 20, 20, 255), width=4)
    draw.rectangle((width // 4, height // 2, width * 3 // 4, height // 2 + 8), fill=(200, 30, 90, 255))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def seconds(first: int, end: int) -> tuple[float, ...]:
    """What happens at each whole second, on the clock of a file without pauses."""
    return tuple(second - SHIFT for second in range(first, end))


def seen(*seconds: int) -> tuple[float, ...]:
    """When the picture that was sent at each whole second is shown: at the next tick, half a picture later."""
    return tuple(float(second) for second in seconds)
