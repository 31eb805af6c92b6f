"""Owns the golden scenes, those of what people in a meeting do among them."""

from __future__ import annotations

from pathlib import Path

from roomtape.domain.recording_config import Watermark
from tests.support.pagescenes import PAGE_SCENES
from tests.support.sceneform import SHIFT, Scene, picture, seconds, video
from tests.support.scenery import FPS, Scenery, Spans, shots
from tests.support.streamscenes import STREAM_SCENES, unsent


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
    scene.camera("bob", "vp8", unsent(shots("vp8", 2, 5, bitrate=50_000), range(FPS, 3 * FPS)))
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
    scene.portrait("cat", "portrait", picture((90, 120), "PNG"))
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
    scene.watermark("mark", picture((120, 60), "PNG"))
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


SCENES: dict[str, Scene] = {
    "join": Scene(
        _join,
        (1.2, 2.2, 3.6),
        4 - SHIFT,
        tones={440: [(0, 4)], 880: [(1.5, 4)], 1320: [(2.5, 4)]},
        beeps={2500: seconds(1, 4), 3100: seconds(2, 4), 3700: seconds(3, 4)},
    ),
    "leave": Scene(
        _leave,
        (1.2, 2.4, 3.6),
        4 - SHIFT,
        tones={440: [(0, 4)], 880: [(0, 2)], 1320: [(0, 3)]},
        beeps={2500: seconds(1, 4), 3100: seconds(1, 2), 3700: seconds(1, 3)},
    ),
    "mute": Scene(
        _mute,
        (0.8, 2.6, 4.6),
        5 - SHIFT,
        tones={440: [(0, 1.5), (3.5, 5)], 880: [(0, 5)]},
        beeps={2500: (1 - SHIFT, 4 - SHIFT), 3100: seconds(1, 5)},
    ),
    "share": Scene(_share, (0.6, 1.7, 2.7, 4.6), 5 - SHIFT, tones={440: [(0, 5)], 880: []}),
    "names": Scene(_names, (0.8,), 1.5 - SHIFT),
    "pause": Scene(
        _pause,
        (1.2, 1.8, 3.2),
        4.4 - SHIFT,
        tones={440: [(0, 4.4)]},
        beeps={2500: (1 - SHIFT, 2 - SHIFT, 3.4 - SHIFT)},
    ),
    "speaker": Scene(_speaker, (1.8, 4.6), 6 - SHIFT, tones={440: [(0, 2.2)]}, config=video(layout="speaker")),
    "listeners": Scene(_listeners, (2.4,), 3 - SHIFT, tones={330: [], 660: [(0, 3)]}),
    "many": Scene(_many, (1.2,), 1.5 - SHIFT, tones={440: [(0, 1.5)]}),
    "marked": Scene(
        _marked,
        (0.8,),
        1.5 - SHIFT,
        config=video(watermark=Watermark("https://example.com/mark.png", "right bottom", 160)),
    ),
    "upright": Scene(_upright, (0.6, 2.4), 3 - SHIFT, config=video(width=360, height=640)),
    **STREAM_SCENES,
    **PAGE_SCENES,
}
