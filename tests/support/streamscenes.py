"""Owns the golden scenes of what a sender's stream does: losses, jumps, turns, sizes, codecs, damage."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tests.support.sceneform import SHIFT, Scene, seconds, seen
from tests.support.scenery import FPS, Scenery, held, shots


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
    scene.camera("ann", "vp8", unsent(_pieces("vp8", 1, sizes), range(FPS - 1, 5 * FPS, FPS)))
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


def _pieces(codec: str, identity: int, sizes: list[tuple[int, int]]) -> list[bytes]:
    """A second of each size, counting on."""
    count = len(sizes)
    whole = [shots(codec, identity, count, size, 60_000) for size in sizes]  # type: ignore[arg-type]
    return [frame for second in range(count) for frame in whole[second][second * FPS : (second + 1) * FPS]]


def unsent(frames: Sequence[bytes], which: range) -> list[bytes]:
    """Leave out frames that the sender never sent: nothing is missing by the sequence numbers."""
    return [b"" if number in which else frame for number, frame in enumerate(frames)]


STREAM_SCENES: dict[str, Scene] = {
    "loss": Scene(
        _loss,
        (1.7, 2.6),
        5 - SHIFT,
        tones={440: [(0, 2.5), (2.9, 5)]},
        beeps={2500: seconds(1, 5)},
        flashes=seen(1, 2, 3, 4),
        # From the loss to the next keyframe the last good picture stays.
        counters={1.3: 19, 1.7: 20, 1.9: 20, 2.0: 30, 3.1: 46, 3.5: 47, 4.2: 63},
    ),
    "jump": Scene(
        _jump,
        (1.2, 4.6),
        6 - SHIFT,
        tones={440: [(0, 6)]},
        beeps={2500: seconds(1, 6)},
        flashes=seen(1, 2, 3, 4, 5),
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
        beeps={2500: seconds(1, 5)},
        flashes=seen(1, 2, 3, 4),
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
        beeps={2500: seconds(1, 4)},
        counters={1.3: 19, 1.7: 20, 2.2: 33, 2.9: 43, 3.4: 44},
        damaged_frames=2,  # noise may make sense by chance
    ),
}
