"""Owns the golden scenes: what happens in each, and what of it is to be seen and heard in the composite and when.

Sessions begin at 0; the recording begins half a picture later (`SHIFT`), so that every picture of the composite lies in
the middle of one that was sent. Times of what is to be seen are those of the file.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image, ImageDraw

from roomtape.domain.recording_config import RecordingConfig, VideoConfig, Watermark
from tests.support.scenery import FPS, Scenery, Spans, held, shots

SHIFT = 0.5 / FPS
_CONFIG = RecordingConfig(video=VideoConfig(width=640, height=360, fps=FPS))


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
    config: RecordingConfig = _CONFIG
    damaged_frames: int = 0
    """What the manifest counts."""
    warnings: int = 0


def _video(**given: object) -> RecordingConfig:
    return replace(_CONFIG, video=replace(_CONFIG.video, **given))  # type: ignore[arg-type]


def _join(folder: Path) -> None:
    scene = Scenery(folder, 4)
    scene.peer("ann")
    scene.voice("ann", 440, 2500)
    scene.camera("ann", "vp8", shots("vp8", 1, 4))
    scene.peer("bob", 1.5)
    scene.voice("bob", 880, 3100, start=1.5)
    scene.camera("bob", "vp8", shots("vp8", 2, 3)[:38], start=1.5)
    scene.peer("cat", 2.5)
    scene.voice("cat", 1320, 3700, start=2.5)
    scene.recorded(SHIFT, 4)
    scene.write()


def _leave(folder: Path) -> None:
    scene = Scenery(folder, 4)
    scene.peer("ann")
    scene.voice("ann", 440, 2500)
    scene.camera("ann", "vp8", shots("vp8", 1, 4))
    scene.peer("bob", 0, 2)
    scene.voice("bob", 880, 3100, end=2)
    scene.camera("bob", "vp8", shots("vp8", 2, 2))
    scene.peer("cat", 0, 3)
    scene.voice("cat", 1320, 3700, end=3)
    scene.recorded(SHIFT, 4)
    scene.write()


def _mute(folder: Path) -> None:
    scene = Scenery(folder, 5)
    scene.peer("ann")
    scene.voice("ann", 440, 2500, talks=[(0, 1.5), (3.5, 5)])
    scene.mute("ann", 0, 1.5, 3.5)
    scene.camera("ann", "vp8", shots("vp8", 1, 5, bitrate=50_000))
    scene.peer("bob")
    scene.voice("bob", 880, 3100)
    scene.camera("bob", "vp8", _unsent(shots("vp8", 2, 5, bitrate=50_000), range(FPS, 3 * FPS)))
    scene.mute("bob", 1, 1, 3)
    scene.recorded(SHIFT, 5)
    scene.write()


def _share(folder: Path) -> None:
    scene = Scenery(folder, 5)
    for number, (who, tone) in enumerate({"ann": 440, "bob": 880}.items(), start=1):
        scene.peer(who)
        scene.voice(who, tone, talks=[(0, 5)] if who == "ann" else [])
        scene.camera(who, "vp8", shots("vp8", number, 5, (128, 72), 30_000))
    scene.camera("bob", "vp8", shots("vp8", 11, 3, (320, 180))[:38], start=1, source="screenshare", mindex=2)
    scene.hide("bob", 2, 3.5)
    scene.camera("ann", "vp8", shots("vp8", 12, 1, (240, 180)), start=2, source="screenshare", mindex=2)
    scene.hide("ann", 2, 3)
    scene.recorded(SHIFT, 5)
    scene.write()


def _loss(folder: Path) -> None:
    scene = Scenery(folder, 5)
    scene.peer("ann")
    scene.voice("ann", 440, 2500, lost=[(1.4, 1.46), (2.5, 2.9), *((3.2 + n / 5, 3.22 + n / 5) for n in range(4))])
    scene.camera("ann", "vp8", shots("vp8", 1, 5), lost=[(1.4, 1.6), (3.2, 3.3)])
    scene.recorded(SHIFT, 5)
    scene.write()


def _jump(folder: Path) -> None:
    scene = Scenery(folder, 6)
    scene.peer("ann")
    scene.voice("ann", 440, 2500, jump=(1.5, 7.3))
    scene.camera("ann", "vp8", shots("vp8", 1, 6), jump=(1.5, -3.1))
    scene.recorded(SHIFT, 6)
    scene.write()


def _rotation(folder: Path) -> None:
    scene = Scenery(folder, 4)
    scene.peer("ann")
    scene.voice("ann", 440, talks=[])
    turns = (0, 90, 180, 270)
    scene.camera("ann", "vp8", held(1, turns), turned=list(enumerate(turns)))
    scene.peer("bob")
    scene.voice("bob", 880, talks=[(0, 4)])
    scene.camera("bob", "vp8", held(2, (90, 90, 0, 0)), turned=[(0, 90), (2, 0)])
    scene.recorded(SHIFT, 4)
    scene.write()


def _resolution(folder: Path) -> None:
    scene = Scenery(folder, 4)
    scene.peer("ann")
    scene.voice("ann", 440, talks=[])
    sizes = [(192, 108), (320, 180), (96, 54), (108, 192)]
    scene.camera("ann", "vp8", _pieces("vp8", 1, sizes))
    scene.peer("bob")
    scene.voice("bob", 880, talks=[(0, 4)])
    scene.camera("bob", "h264", _pieces("h264", 2, [(320, 180), (160, 120), (160, 120), (192, 108)]))
    scene.recorded(SHIFT, 4)
    scene.write()


def _pieces(codec: str, identity: int, sizes: list[tuple[int, int]]) -> list[bytes]:
    """A second of each size, counting on."""
    count = len(sizes)
    whole = [shots(codec, identity, count, size, 60_000) for size in sizes]  # type: ignore[arg-type]
    return [frame for second in range(count) for frame in whole[second][second * FPS : (second + 1) * FPS]]


def _unsent(frames: Sequence[bytes], which: range) -> list[bytes]:
    """Leave out frames that the sender never sent: nothing is missing by the sequence numbers."""
    return [b"" if number in which else frame for number, frame in enumerate(frames)]


def _codecs(folder: Path) -> None:
    scene = Scenery(folder, 3)
    for number, (who, codec) in enumerate({"ann": "vp8", "bob": "vp9", "cat": "h264"}.items(), start=1):
        scene.peer(who)
        scene.voice(who, 440 * number, talks=[(number - 1, number)])
        scene.camera(who, codec, shots(codec, number, 3))
    scene.recorded(SHIFT, 3)
    scene.write()


def _simulcast(folder: Path) -> None:
    scene = Scenery(folder, 5)
    scene.peer("ann")
    scene.voice("ann", 440, 2500)
    sizes = [(96, 54), (192, 108), (384, 216), (96, 54), (192, 108)]
    # The SFU stops one layer at once and begins the next with its keyframe: a picture is missing, but no packet.
    scene.camera("ann", "vp8", _unsent(_pieces("vp8", 1, sizes), range(FPS - 1, 5 * FPS, FPS)))
    scene.recorded(SHIFT, 5)
    scene.write()


def _corrupt(folder: Path) -> None:
    scene = Scenery(folder, 4)

    def spoilt(t: float, payload: bytes) -> bytes:
        return payload[:5] if 1.4 - 1e-3 <= t < 1.6 else payload

    scene.peer("ann")
    scene.voice("ann", 440, 2500)
    scene.camera("ann", "vp8", shots("vp8", 1, 4), spoilt=spoilt)
    scene.recorded(SHIFT, 4)
    scene.write()
    torn = scene.file("ann", "audio", 0)
    data = torn.read_bytes()
    torn.write_bytes(data[: len(data) // 2] + data[len(data) // 2 + 150 :])


def _corrupt_h264(folder: Path) -> None:
    scene = Scenery(folder, 4)
    noise = random.Random(4)

    def spoilt(t: float, payload: bytes) -> bytes:
        broken = 1.4 - 1e-3 <= t < 1.6 or 3 - 1e-3 <= t < 3.05
        return payload[:2] + noise.randbytes(len(payload) - 2) if broken else payload

    scene.peer("ann")
    scene.voice("ann", 440, 2500)
    scene.camera("ann", "h264", shots("h264", 1, 4), spoilt=spoilt)
    scene.recorded(SHIFT, 4)
    scene.write()


NAMES = (
    "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren",
    "A participant whose name goes on and on until nobody reads it any more",
    "محمد بن عبد الرحمن الفارسي",
    "山田太郎・佐藤花子",
    "Ζωή Παπαδοπούλου-Οικονομίδη 😀",
    "",
)


def _names(folder: Path) -> None:
    scene = Scenery(folder, 1.5)
    for number, name in enumerate(NAMES):
        who = f"peer{number}"
        scene.peer(who, name=name)
        if number % 3 == 0:
            scene.camera(who, "vp8", shots("vp8", number, 2, (128, 72), 40_000)[:22])
    scene.recorded(SHIFT, 1.5)
    scene.write()


def _pause(folder: Path) -> None:
    scene = Scenery(folder, 6)
    takes = [(0.0, 1.5), (2.5, 4.0), (4.6, 6.0)]
    scene.peer("ann", takes=takes)
    frames = shots("vp8", 1, 6)
    scene.voice("ann", 440, 2500, end=1.5)
    scene.camera("ann", "vp8", frames[:22])
    # A keyframe comes as it is asked for, with the beginning of the take.
    scene.voice("ann", 440, 2500, start=2.5, end=4, take=2)
    scene.camera("ann", "vp8", frames[45:67], start=2.5, take=2)
    scene.voice("ann", 440, 2500, start=4.6, end=6, take=3)
    scene.camera("ann", "vp8", frames[60:81], start=4.6, take=3)
    scene.recorded(SHIFT, 6, [(1.5, 2.5), (4.0, 4.6)])
    scene.write()


def _speaker(folder: Path) -> None:
    scene = Scenery(folder, 6)
    talks: dict[str, Spans] = {"ann": [(0, 2.2)], "bob": [(2.2, 6)], "cat": [(3.5, 3.9)]}
    for number, (who, when) in enumerate(talks.items(), start=1):
        scene.peer(who)
        scene.voice(who, 440 * number, talks=when)
        if who != "cat":
            scene.camera(who, "vp8", shots("vp8", number, 6, (160, 90), 40_000))
    scene.recorded(SHIFT, 6)
    scene.write()


def _listeners(folder: Path) -> None:
    scene = Scenery(folder, 3)
    for number, who in enumerate(("ann", "bob", "cat", "dan"), start=1):
        scene.peer(who)
        scene.voice(who, 330 * number, talks=[(0, 3)] if who == "bob" else [])
    scene.portrait("cat", "portrait", _picture((90, 120), "PNG"))
    scene.recorded(SHIFT, 3)
    scene.write()


def _many(folder: Path) -> None:
    scene = Scenery(folder, 1.5)
    for number in range(30):
        scene.peer(f"peer{number}", number / 1000, name=f"Guest {number + 1}")
    scene.voice("peer29", 440)
    scene.recorded(SHIFT, 1.5)
    scene.write()


def _marked(folder: Path) -> None:
    scene = Scenery(folder, 1.5)
    scene.peer("ann")
    scene.camera("ann", "vp8", shots("vp8", 1, 2)[:22])
    scene.watermark("mark", _picture((120, 60), "PNG"))
    scene.recorded(SHIFT, 1.5)
    scene.write()


def _upright(folder: Path) -> None:
    scene = Scenery(folder, 3)
    for number, who in enumerate(("ann", "bob", "cat"), start=1):
        scene.peer(who)
        scene.voice(who, 440 * number, talks=[(0, 3)] if who == "ann" else [])
        scene.camera(who, "vp8", shots("vp8", number, 3, (108, 192) if who == "bob" else (128, 72), 40_000))
    scene.camera("cat", "vp8", shots("vp8", 11, 2, (256, 144)), start=1, source="screenshare", mindex=2)
    scene.recorded(SHIFT, 3)
    scene.write()


def _picture(size: tuple[int, int], form: str) -> bytes:
    """A picture with a transparent ground."""
    image = Image.new("RGBA", size)
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.ellipse((4, 4, width - 5, height - 5), fill=(240, 200, 40, 200), outline=(20, 20, 20, 255), width=4)
    draw.rectangle((width // 4, height // 2, width * 3 // 4, height // 2 + 8), fill=(200, 30, 90, 255))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def _seconds(first: int, end: int) -> tuple[float, ...]:
    """What happens at each whole second, on the clock of a file without pauses."""
    return tuple(second - SHIFT for second in range(first, end))


def _seen(*seconds: int) -> tuple[float, ...]:
    """When the picture that was sent at each whole second is shown: at the next tick, half a picture later."""
    return tuple(float(second) for second in seconds)


SCENES: dict[str, Scene] = {
    "join": Scene(
        _join,
        (1.2, 2.2, 3.6),
        4 - SHIFT,
        tones={440: [(0, 4)], 880: [(1.5, 4)], 1320: [(2.5, 4)]},
        beeps={2500: _seconds(1, 4), 3100: _seconds(2, 4), 3700: _seconds(3, 4)},
    ),
    "leave": Scene(
        _leave,
        (1.2, 2.4, 3.6),
        4 - SHIFT,
        tones={440: [(0, 4)], 880: [(0, 2)], 1320: [(0, 3)]},
        beeps={2500: _seconds(1, 4), 3100: _seconds(1, 2), 3700: _seconds(1, 3)},
    ),
    "mute": Scene(
        _mute,
        (0.8, 2.6, 4.6),
        5 - SHIFT,
        tones={440: [(0, 1.5), (3.5, 5)], 880: [(0, 5)]},
        beeps={2500: (1 - SHIFT, 4 - SHIFT), 3100: _seconds(1, 5)},
    ),
    "share": Scene(_share, (0.6, 1.7, 2.7, 4.6), 5 - SHIFT, tones={440: [(0, 5)], 880: []}),
    "loss": Scene(
        _loss,
        (1.7, 2.6),
        5 - SHIFT,
        tones={440: [(0, 2.5), (2.9, 5)]},
        beeps={2500: _seconds(1, 5)},
        flashes=_seen(1, 2, 3, 4),
        # From the loss to the next keyframe the last good picture stays.
        counters={1.3: 19, 1.7: 20, 1.9: 20, 2.0: 30, 3.1: 46, 3.5: 47, 4.2: 63},
    ),
    "jump": Scene(
        _jump,
        (1.2, 4.6),
        6 - SHIFT,
        tones={440: [(0, 6)]},
        beeps={2500: _seconds(1, 6)},
        flashes=_seen(1, 2, 3, 4, 5),
        counters={1.2: 18, 2.6: 39, 5.4: 81},
    ),
    "rotation": Scene(_rotation, (0.6, 1.6, 2.4, 3.6), 4 - SHIFT, tones={440: [], 880: [(0, 4)]}),
    "resolution": Scene(_resolution, (0.6, 1.6, 2.6, 3.6), 4 - SHIFT, tones={440: [], 880: [(0, 4)]}),
    "codecs": Scene(_codecs, (0.6, 2.6), 3 - SHIFT, tones={440: [(0, 1)], 880: [(1, 2)], 1320: [(2, 3)]}),
    "simulcast": Scene(
        _simulcast,
        (0.6, 1.6, 2.6, 3.6),
        5 - SHIFT,
        tones={440: [(0, 5)]},
        beeps={2500: _seconds(1, 5)},
        flashes=_seen(1, 2, 3, 4),
        counters={n / 5: 3 * n for n in range(1, 24)},
    ),
    "corrupt": Scene(
        _corrupt,
        (1.7, 3.4),
        4 - SHIFT,
        counters={1.3: 19, 1.7: 20, 2.2: 33},
        damaged_frames=3,
        warnings=1,
    ),
    "corrupt-h264": Scene(
        _corrupt_h264,
        (1.7, 3.4),
        4 - SHIFT,
        tones={440: [(0, 4)]},
        beeps={2500: _seconds(1, 4)},
        counters={1.3: 19, 1.7: 20, 2.2: 33, 2.9: 43, 3.4: 44},
        damaged_frames=2,  # noise may make sense by chance
    ),
    "names": Scene(_names, (0.8,), 1.5 - SHIFT),
    "pause": Scene(
        _pause,
        (1.2, 1.8, 3.2),
        4.4 - SHIFT,
        tones={440: [(0, 4.4)]},
        beeps={2500: (1 - SHIFT, 2 - SHIFT, 3.4 - SHIFT)},
    ),
    "speaker": Scene(_speaker, (1.8, 4.6), 6 - SHIFT, tones={440: [(0, 2.2)]}, config=_video(layout="speaker")),
    "listeners": Scene(_listeners, (2.4,), 3 - SHIFT, tones={330: [], 660: [(0, 3)]}),
    "many": Scene(_many, (1.2,), 1.5 - SHIFT, tones={440: [(0, 1.5)]}),
    "marked": Scene(
        _marked,
        (0.8,),
        1.5 - SHIFT,
        config=_video(watermark=Watermark("https://example.com/mark.png", "right bottom", 160)),
    ),
    "upright": Scene(_upright, (0.6, 2.4), 3 - SHIFT, config=_video(width=360, height=640)),
}
