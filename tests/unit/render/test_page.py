"""Tests of what is told of a recorded page."""

import json
from pathlib import Path
from typing import Any

import pytest

from roomtape.api.manifest_body import Manifest
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig, VideoConfig, Watermark
from roomtape.render import manifest
from roomtape.render.job import RenderJob, RenderResult
from roomtape.render.page import UNMARKED, left_out
from tests.support.scenery import FPS, RECORDING, Scenery, shots, us

URL = "https://user:secret@a.example:8443/show/it?authToken=secret#secret"
MARKED = RecordingConfig(VideoConfig(watermark=Watermark("https://a.example/b.png")), page_url=URL)


def job(config: RecordingConfig = MARKED) -> RenderJob:
    return RenderJob("", Kind.COMPOSITE, config, RECORDING, "page_1.mp4")


def scenery(folder: Path) -> Scenery:
    """A page that was refused something when it was loaded, crashed at 3 s, and was back in another browser at 6 s."""
    scene = Scenery(folder, 12)
    scene.peer("ann")
    scene.voice("ann", 440, end=1)
    scene.page("refused", -1, "http://10.0.0.1/: it is not allowed")
    scene.peer("tape1", -1, 4, tape=True)
    scene.camera("tape1", "vp8", shots("vp8", 1, 4)[: 4 * FPS - 3], start=-1)
    scene.page("crashed", 3.5, "its process died")
    scene.peer("tape2", 5.8, None, tape=True)
    scene.camera("tape2", "vp8", shots("vp8", 2, 4), start=6)
    scene.page("back", 6.1)
    scene.page("navigated", 7, "https://b.example/")
    return scene


def read(scene: Scenery) -> Timeline:
    scene.write()
    timeline = Timeline(scene.folder)
    timeline.poll()
    return timeline


def told(timeline: Timeline, asked: RenderJob) -> dict[str, Any]:
    body = manifest.build(asked, RenderResult((), 1), timeline)
    return Manifest.model_validate(json.loads(json.dumps(body))).model_dump(mode="json")


def test_a_manifest_tells_what_happened_to_the_page_and_why_pictures_are_missing(tmp_path: Path) -> None:
    scene = scenery(tmp_path)
    scene.recorded(0, 11, [(8, 9)], page=True)
    body = told(read(scene), job())
    page = body["page"]
    assert page["address"] == "https://a.example:8443/show/it"
    assert [(h["what"], h["at_us"], h["at_ms"], h["back_ms"]) for h in page["happened"]] == [
        ("refused", us(-1), 0, None),
        ("crashed", us(3.5), 3500, 6100),
        ("navigated", us(7), 7000, None),
    ]
    assert page["happened"][1]["detail"] == "its process died"
    crashed, over = page["gaps"]
    stretch = [round(crashed[at], -2) for at in ("from_ms", "to_ms")]
    assert (crashed["cause"], stretch) == ("crashed", [2800, 6000])
    stretch = [round(over[at], -2) for at in ("from_ms", "to_ms")]
    assert (over["cause"], stretch) == ("sender_stopped", [9000, 10_000])
    (gap,) = [g for t in body["tracks"] if t["peer_id"] == "tape1" for g in t["gaps"]]
    assert (gap["cause"], gap["to_ms"]) == ("crashed", 4000)
    assert {p["participant_id"] for p in body["participants"]} == {RECORDING}
    assert (body["made"]["watermark"]["shown"], body["made"]["watermark"]["reason"]) == (False, UNMARKED)
    assert body["made"]["video"]["layout"] is None
    assert "secret" not in json.dumps(body)


@pytest.mark.parametrize("end", [3.2, 5])
def test_what_came_later_is_not_told(end: float, tmp_path: Path) -> None:
    scene = scenery(tmp_path)
    scene.recorded(0, end, page=True)
    page = told(read(scene), job())["page"]
    whats = [h["what"] for h in page["happened"]]
    assert whats == ["refused"] if end < 3.5 else ["refused", "crashed"]
    assert [(g["cause"], g["to_ms"]) for g in page["gaps"]] == ([] if end < 3.5 else [("crashed", 5000)])


def test_a_page_that_was_never_shown(tmp_path: Path) -> None:
    scene = Scenery(tmp_path, 4)
    scene.page("gone", -1)
    scene.recorded(0, 4, page=True)
    page = told(read(scene), job(RecordingConfig()))["page"]
    assert page["address"] is None
    assert [(g["cause"], g["from_ms"], g["to_ms"]) for g in page["gaps"]] == [("gone", 0, 4000)]


def test_a_meeting_has_no_page_and_keeps_its_watermark(tmp_path: Path) -> None:
    scene = scenery(tmp_path)
    scene.recorded(0, 11)
    timeline = read(scene)
    body = told(timeline, job())
    assert body["page"] is None
    assert {p["peer_id"] for p in body["participants"]} == {"ann"}
    assert left_out(job(), timeline) == []


def test_that_the_watermark_is_left_out_is_said(tmp_path: Path) -> None:
    scene = scenery(tmp_path)
    scene.recorded(0, 11, page=True)
    timeline = read(scene)
    assert left_out(job(), timeline) == [UNMARKED]
    assert left_out(job(RecordingConfig()), timeline) == []
