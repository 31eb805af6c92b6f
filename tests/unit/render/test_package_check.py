"""Tests of a whole render of an interactive recording and of its check: what is missing or wrong is found."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roomtape.capture.events import MessageSent, dump
from roomtape.capture.timeline import Timeline
from roomtape.domain import filenames
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoConfig
from roomtape.errors import RenderError
from roomtape.media.mux_ts import ORIGIN_S
from roomtape.render import hls, process
from roomtape.render.composite import Composite
from roomtape.render.composite_clock import OutputClock
from roomtape.render.job import OUT, RenderJob, RenderResult
from roomtape.render.package_check import check_package
from tests.support.captures import Capture, at
from tests.support.tsreader import TsReader

CONFIG = RecordingConfig(VideoConfig(width=160, height=90, fps=5), AudioConfig(export_file=True), interactive=True)


def said(seconds: float, data: str = "x", **more: Any) -> MessageSent:
    return MessageSent(at(seconds), "ID3Data", data, **more)


def rendered(folder: Path, apart: bool = False) -> tuple[RenderJob, RenderResult, Path, Timeline]:
    """Render 31 s with a pause from 11 to 14 s, what two clients say, and a close; `apart`: half of it by another."""
    capture = Capture(folder / "capture")
    capture.peer("ann", 0, 34)
    capture.tone("ann", 440, 0, 34)
    capture.picture("ann", "h264", 0, 34)
    capture.recording("r", 0, 34, pauses=[(11, 14)])
    capture.events += [said(t, f"a{t}", peer_id="ann") for t in range(0, 30, 2)]
    capture.events += [said(t + 0.001, f"b{t}", peer_id="bob") for t in range(0, 30, 2)]
    capture.events += [
        said(15.5, base64.b64encode(b"\0\xff").decode(), form="bytes", recording_id="r", origin="api"),
        said(30, "CLOSE_TRANSPORT"),
        said(31, "late"),
    ]
    source = capture.write()
    job = RenderJob(str(source), Kind.COMPOSITE, CONFIG, "r", "pre_room_1.tar")
    timeline = Timeline(source)
    timeline.poll()
    if apart:
        part = Composite(job, folder, timeline)
        part.render_part(OutputClock(timeline.intervals("r"), CONFIG.video.fps), 3)
    result = process.render(job, folder, lambda: None, lambda a, b: None)
    return job, result, folder / OUT, timeline


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> tuple[RenderJob, RenderResult, Path, Timeline]:
    return rendered(tmp_path_factory.mktemp("package"))


Package = tuple[RenderJob, RenderResult, Path, Timeline]


def test_a_render_makes_the_package_the_sound_and_a_manifest(package: Package) -> None:
    _, result, out, _ = package
    assert [f.name for f in result.media] == ["pre_room_1.tar", "pre_room_1.m4a"]
    tags = TsReader().read(hls.files_of(out / "pre_room_1")[1:]).frames
    due = [f"{who}{t}" for t in range(0, 30, 2) if not 11 <= t < 14 for who in "ab"]
    assert [t.data.decode() for t in tags if t.kind == "TXXX"] == due
    moments = {t.data.decode(): round(t.at_s - ORIGIN_S, 3) for t in tags if t.kind == "TXXX"}
    assert (moments["a10"], moments["b10"], moments["a14"], moments["a28"]) == (10, 10.001, 11, 25)
    assert [(t.data, round(t.at_s - ORIGIN_S, 3)) for t in tags if t.kind == "PRIV"] == [(b"\0\xff", 12.5)]
    manifest = json.loads((out / "pre_room_1.json").read_bytes())
    assert manifest["made"]["interactive"] is True
    assert manifest["messages"]["count"] == len(tags)
    assert manifest["messages"]["told"][1] == {
        "at_us": at(0.001), "at_ms": 1, "name": "ID3Data", "form": "text", "size": 2, "origin": "broadcast",
        "peer_id": "bob",
    }  # fmt: skip
    assert "a28" not in json.dumps(manifest), "what was said is in the stream alone"
    assert [f["role"] for f in manifest["files"]] == ["composite", *["package"] * 5, "audio"]


def test_several_processes_make_the_same_files(package: Package, tmp_path: Path) -> None:
    _, one, _, _ = package
    _, two, _, _ = rendered(tmp_path, apart=True)
    assert [(f.name, f.sha256) for f in one.files[:-1]] == [(f.name, f.sha256) for f in two.files[:-1]]


def test_what_is_wrong_is_found(package: Package, tmp_path: Path) -> None:
    job, result, out, timeline = package
    check_package(job, result, out, timeline)
    with pytest.raises(RenderError, match="pictures instead of 155"):
        check_package(job, _without(result, "segment-00001"), _tar(out, tmp_path, "segment-00001"), timeline)
    with pytest.raises(RenderError, match="does not hold the files"):
        check_package(job, _without(result, "segment-00001"), out, timeline)
    more = Timeline(timeline.folder, beside=tmp_path / "more.jsonl")
    (tmp_path / "more.jsonl").write_bytes(dump(said(3)))
    more.poll()
    with pytest.raises(RenderError, match="tags that are not the 30 messages"):
        check_package(job, result, out, more)
    (tmp_path / "pre_room_1.tar").write_bytes(b"no tar" * 1000)
    with pytest.raises(RenderError, match="cannot be read as a tar"):
        check_package(job, result, tmp_path, timeline)


def test_the_longest_name_goes_through(package: Package, tmp_path: Path) -> None:
    job, result, out, timeline = package
    name = filenames.package(filenames.composite("p" * 64, "t" * 2048, 1_700_000_000_000, "tar"))
    (tmp_path / name).mkdir()
    for file in hls.files_of(out / "pre_room_1"):
        (tmp_path / name / file.name).hardlink_to(file)
    hls.write_archive(tmp_path / f"{name}.tar", tmp_path / name)
    renamed = [replace(f, name=f.name.replace("pre_room_1", name)) for f in result.files]
    check_package(job, replace(result, files=tuple(renamed)), tmp_path, timeline)


def _without(result: RenderResult, name: str) -> RenderResult:
    return replace(result, files=tuple(f for f in result.files if name not in f.name))


def _tar(out: Path, folder: Path, without: str) -> Path:
    """Copy the package without one file, with a tar of what is left."""
    copy = folder / "copy" / "pre_room_1"
    copy.mkdir(parents=True)
    for file in hls.files_of(out / "pre_room_1"):
        if without not in file.name:
            (copy / file.name).hardlink_to(file)
    hls.write_archive(copy.with_name("pre_room_1.tar"), copy)
    return copy.parent


def test_the_digests_are_of_the_files(package: Package) -> None:
    _, result, out, _ = package
    for file in result.files:
        assert hashlib.sha256((out / file.name).read_bytes()).hexdigest() == file.sha256
