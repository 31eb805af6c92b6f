from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from roomtape.api.manifest_body import Manifest
from roomtape.capture.events import PeerRenamed, ServerRecovered, TrackMuted, TrackUnmuted, WatermarkMissing
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import Layer, RecordingConfig, VideoConfig, Watermark
from roomtape.render import manifest
from roomtape.render.findings import Findings, LayoutChange, Seen
from roomtape.render.job import OUT, RenderedFile, RenderJob, RenderResult
from tests.support.captures import Capture, at


def two_of_whom_one_is_recorded(folder: Path) -> Timeline:
    capture = Capture(folder)
    capture.peer("ann", 0, 20, user="user-1")
    capture.tone("ann", 440, 0, 20, hole=(6, 8))
    capture.peer("bob", 0, 20)
    capture.tone("bob", 660, 0, 20)
    capture.recording("r1", 1, 20, pauses=[(2, 4)], user_ids=("user-1",))
    capture.events += [PeerRenamed(at(10), "ann", "Anna"), PeerRenamed(at(10), "bob", "Bobby")]
    timeline = Timeline(capture.write())
    timeline.poll()
    return timeline


def built(timeline: Timeline, job: RenderJob, findings: Findings = Findings()) -> dict[str, Any]:  # noqa: B008
    body = manifest.build(job, RenderResult((), 1), timeline, findings)
    return Manifest.model_validate(body).model_dump()


def test_manifest_names_gaps_of_the_recorded_time_and_nobody_left_out(tmp_path: Path) -> None:
    timeline = two_of_whom_one_is_recorded(tmp_path)
    job = RenderJob(str(tmp_path), Kind.TRACK, RecordingConfig(layers=(Layer("main"),)), "r1")
    made = RenderedFile("a.webm", "track", "audio/webm", 5, "00", 17_000, at(1), "main", "ann")
    written = manifest.write(job, RenderResult((made,), 17_000, ("a warning",)), tmp_path, timeline)
    content = (tmp_path / OUT / "r1.json").read_bytes()
    assert (written.name, written.role, written.size) == ("r1.json", "manifest", len(content))
    assert written.sha256 == hashlib.sha256(content).hexdigest()
    assert b"bob" not in content.lower()
    body = json.loads(content)
    Manifest.model_validate(body)
    assert (body["version"], body["software"]["name"]) == (2, "roomtape")
    assert (body["session_id"], body["meeting_id"], body["title"]) == ("session", "meeting", "A meeting")
    (ann,) = body["participants"]
    assert (ann["peer_id"], ann["custom_participant_id"], ann["name"]) == ("ann", "user-1", "Ann")
    assert ann["renamed"] == [{"at_us": at(10), "name": "Anna"}]
    assert ann["presence"] == [{"start_us": at(1), "end_us": at(20), "from_ms": 0, "to_ms": 17_000}]
    (track,) = body["tracks"]
    assert (track["codec"], track["captured"]["lost_packets"]) == ("opus", 100)
    assert track["decoded"] is None
    assert track["sync"]["p95_ms"] < 5
    (gap,) = track["gaps"]
    assert (gap["cause"], gap["lost_packets"]) == ("network", 100)
    assert abs(gap["start_us"] - at(6)) < 5000
    assert (round(gap["from_ms"], -1), round(gap["to_ms"], -1)) == (3000, 5000)
    assert body["intervals"] == [
        {"start_us": at(1), "end_us": at(2), "from_ms": 0, "to_ms": 1000},
        {"start_us": at(4), "end_us": at(20), "from_ms": 1000, "to_ms": 17_000},
    ]
    assert body["made"] == {"everybody": False, "layers": [{"name": "main", "media_kind": "audio"}]}
    assert [f["name"] for f in body["files"]] == ["a.webm"]
    assert (body["warnings"], body["duration_ms"]) == (["a warning"], 17_000)


def test_a_gap_outside_the_recorded_time_is_left_out(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.peer("ann", 0, 20)
    capture.tone("ann", 440, 0, 20, hole=(6, 8))
    capture.events += [TrackMuted(at(6), "ann", 0), TrackUnmuted(at(8), "ann", 0), ServerRecovered(at(7), at(6.5))]
    capture.recording("r1", 10, 20)
    capture.recording("r2", 0, 20)
    capture.recording("r3", 7, 20)
    timeline = Timeline(capture.write())
    timeline.poll()
    without, whole, cut = (built(timeline, RenderJob("", Kind.TRACK, RecordingConfig(), r)) for r in ("r1", "r2", "r3"))
    (track,) = without["tracks"]
    assert (track["gaps"], track["muted"], without["server_down"]) == ([], [], [])
    (track,) = whole["tracks"]
    assert [g["cause"] for g in track["gaps"]] == ["muted"]
    assert track["muted"] == [{"start_us": at(6), "end_us": at(8), "from_ms": 6000, "to_ms": 8000}]
    assert whole["server_down"] == [{"start_us": at(6.5), "end_us": at(7), "from_ms": 6500, "to_ms": 7000}]
    (track,) = cut["tracks"]
    assert track["muted"] == [{"start_us": at(7), "end_us": at(8), "from_ms": 0, "to_ms": 1000}]
    assert (track["gaps"][0]["from_ms"], round(track["gaps"][0]["to_ms"], -1)) == (0, 1000)


def test_who_leaves_is_muted_no_longer(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.peer("ann", 0, 6)
    capture.tone("ann", 440, 0, 6)
    capture.events.append(TrackMuted(at(4), "ann", 0))
    capture.recording("r1", 0, 9)
    timeline = Timeline(capture.write())
    timeline.poll()
    (track,) = built(timeline, RenderJob("", Kind.TRACK, RecordingConfig(), "r1"))["tracks"]
    assert track["muted"] == [{"start_us": at(4), "end_us": at(6), "from_ms": 4000, "to_ms": 6000}]


def test_a_composite_tells_who_was_to_be_seen_and_no_secret(tmp_path: Path) -> None:
    timeline = two_of_whom_one_is_recorded(tmp_path)
    mark = Watermark("https://a.example/logo.png?key=topsecret", "right top")
    config = RecordingConfig(VideoConfig("VP9", layout="speaker", watermark=mark), rtmp_url="rtmp://a/topsecret")
    job = RenderJob(str(tmp_path), Kind.COMPOSITE, config, "r1", "weekly_1.webm")
    ann = Seen("ann", "peer")
    found = Findings(
        (LayoutChange(at(5), "speaker", (ann,), (ann,), 3),), {TrackKey("ann", 0): {"concealed_samples": 960}}
    )
    found.write(tmp_path)
    body = built(timeline, job, Findings.read(tmp_path))
    seen = {"peer_id": "ann", "source": "peer"}
    assert body["layout"] == [
        {"at_us": at(5), "at_ms": 2000, "layout": "speaker", "large": [seen], "shown": [seen], "hidden": 3}
    ]
    assert body["tracks"][0]["decoded"] == {"damaged_packets": 0, "concealed_samples": 960}
    assert (body["made"]["video"]["codec"], body["made"]["video"]["layout"]) == ("VP9", "speaker")
    assert body["made"]["audio"]["codec"] == "Vorbis"
    assert (body["made"]["watermark"]["shown"], body["made"]["rtmp"]) == (False, True)
    assert manifest.write(job, RenderResult((), 1), tmp_path, timeline).name == "weekly_1.json"
    assert "topsecret" not in (tmp_path / OUT / "weekly_1.json").read_text()


def test_the_watermark_that_could_not_be_had(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.recording("r1", 0, 2)
    capture.events += [WatermarkMissing(at(0), "r1", "it is no picture"), WatermarkMissing(at(0), "r2", "other")]
    timeline = Timeline(capture.write())
    timeline.poll()
    config = RecordingConfig(VideoConfig(watermark=Watermark("https://a.example/b")))
    told = built(timeline, RenderJob("", Kind.COMPOSITE, config, "r1", "x.mp4"))["made"]["watermark"]
    assert told == {"position": "left top", "shown": False, "reason": "it is no picture"}


def test_a_folder_of_somebody_elses_files(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.tone("ann", 440, 0, 2)
    timeline = Timeline(tmp_path)
    timeline.poll()
    body = built(timeline, RenderJob(str(tmp_path), Kind.COMPOSITE, RecordingConfig(), None, "o.mp4"))
    assert (body["session_id"], body["recording_id"]) == (None, None)
    assert [p["peer_id"] for p in body["participants"]] == ["ann-1"]
    assert body["made"]["everybody"]
