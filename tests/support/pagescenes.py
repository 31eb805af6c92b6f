"""Owns the golden scenes of recorded pages: browsers that bring the page, one after another, and what befalls them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from roomtape.domain.recording_config import Watermark
from tests.support.sceneform import SHIFT, Scene, picture, video
from tests.support.scenery import FPS, Scenery, shots


def _page(folder: Path) -> None:
    """A page of 640x360 crashes with its browser; the next one is upright and overlaps with a third, which has sound
    only at first. There is a meeting beside it, of which nothing is to be seen or heard."""
    scene = Scenery(folder, 8)
    scene.peer("ann")
    scene.voice("ann", 1320, 3700, end=2)
    scene.camera("ann", "vp8", shots("vp8", 5, 2, (96, 54), 30_000))
    scene.peer("tape1", -1, 2.2, tape=True)
    frames = shots("vp8", 1, 4, (640, 360), 60_000)
    # It has run for a second when the recording begins, and its keyframe comes a moment after that.
    scene.voice("tape1", 440, 2500, start=-1, end=2.2)
    scene.camera("tape1", "vp8", frames[FPS + 4 : 4 * FPS - 2], start=-0.4)
    scene.page("crashed", 2.4, "its process died")
    scene.peer("tape2", 3.4, 7, tape=True, takes=[(3.4, 5), (6, 7)])
    scene.voice("tape2", 880, 3100, start=3.4, end=5)
    scene.camera("tape2", "vp8", shots("vp8", 2, 2, (180, 320))[:24], start=3.4)
    scene.page("back", 3.5)
    scene.voice("tape2", 880, 3100, start=6, end=7, take=2)
    scene.camera("tape2", "vp8", shots("vp8", 2, 4, (180, 320))[3 * FPS : 4 * FPS], start=6, take=2)
    scene.peer("tape3", 6.4, 8, tape=True)
    scene.voice("tape3", 660, start=6.4, end=8)
    scene.camera("tape3", "vp8", shots("vp8", 3, 2, (640, 360), 60_000)[:21], start=6.6)
    scene.watermark("mark", picture((120, 60), "PNG"))
    scene.recorded(SHIFT, 8, [(5, 6)], page=True)
    scene.write()


PAGE_SCENES: dict[str, Scene] = {
    "page": Scene(
        _page,
        (0.0, 5.5, 6.5),
        7 - SHIFT,
        tones={440: [(0, 2.2)], 880: [(3.4, 6)], 660: [(5.4, 7)], 1320: []},
        # The first picture, of the keyframe, is there from the beginning on; the last one stays over the gap.
        counters={0.0: 30, 0.2: 30, 0.4: 31, 1.0: 40, 3.0: 57},
        config=replace(
            video(watermark=Watermark("https://example.com/mark.png", "right bottom", 160)),
            page_url="https://a.example/",
        ),
        warnings=1,
    ),
}
