from __future__ import annotations

import errno
import json
import tarfile
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from roomtape.capture.events import MessageSent, RecordingStarted, dump
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig
from roomtape.media.probe import probe
from roomtape.render import child, commands, process
from roomtape.render.job import RenderJob
from tests.support.captures import Capture, at
from tests.support.detect import read_counters, tone_intervals
from tests.support.scenery import FPS, RECORDING, Scenery, shots, us
from tests.support.tsreader import TsReader

app = typer.Typer(pretty_exceptions_enable=False)
app.command("render")(commands.render)
app.command("inspect")(commands.inspect)


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def flat(result: Result) -> str:
    """All that was printed, without frames and line breaks."""
    return " ".join(result.output.replace("│", " ").split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    capture = Capture(tmp_path / "capture")
    capture.peer("ann", 0, 3)
    capture.tone("ann", 440, 0, 3)
    capture.recording("r1", 1, 3)
    return capture.write()


def test_tracks(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "tracks"
    result = run("render", folder, "--tracks", target)
    assert result.exit_code == 0
    (file,) = target.iterdir()
    assert file.name.startswith("track_ann-participant_ann_peer_audio_")
    assert file.name in flat(result)
    assert tone_intervals(file, 440)[0] == pytest.approx((0, 3), abs=0.05)


def test_one_recording_of_the_folder(folder: Path, tmp_path: Path) -> None:
    assert run("render", folder, "--tracks", tmp_path / "t", "--recording", "r1").exit_code == 0
    (file,) = (tmp_path / "t").iterdir()
    assert probe(file).end_us == pytest.approx(2_000_000, abs=20_000)
    result = run("render", folder, "--tracks", tmp_path / "t", "--recording", "r2")
    assert result.exit_code == 1
    assert "no recording r2; it has r1" in flat(result)


def test_where_there_is_only_a_recorded_page_that_is_meant(tmp_path: Path) -> None:
    scene = Scenery(tmp_path / "page", 3)
    scene.peer("ann")
    scene.peer("tape", tape=True)
    scene.camera("tape", "vp8", shots("vp8", 1, 3, (320, 180)))
    scene.recorded(1, 3, page=True)
    scene.write()
    target, size = tmp_path / "out.mp4", ("--width", 320, "--height", 180, "--fps", FPS)
    result = run("render", scene.folder, "-o", target, *size)
    assert result.exit_code == 0, result.output
    assert [r.counter for r in read_counters(target)] == list(range(FPS, 3 * FPS))
    with (scene.folder / "events.jsonl").open("ab") as log:
        log.write(dump(RecordingStarted(us(2), "another", None, True)))
    result = run("render", scene.folder, "-o", target, *size)
    assert result.exit_code == 1
    assert f"several recorded pages; say which with --recording: {RECORDING}, another" in flat(result)


def test_composite_of_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    capture = Capture(tmp_path / "capture")
    capture.tone("videoroom-12-user-34-567", 440, 0, 1)
    target = tmp_path / "out.mp4"
    result = run("render", capture.folder, "-o", target, "--width", 320, "--height", 180, "--fps", 10)
    assert result.exit_code == 0, result.output
    (picture,) = probe(target).of("video")
    assert (picture.codec, picture.width, picture.height, picture.packets) == ("h264", 320, 180, 10)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("video", "sound", "options", "codecs"),
    [
        ("x.mp4", "x.m4a", ("--layout", "speaker", "--jobs", 2), ("h264", "aac", "aac")),
        ("x.webm", "sound.ogg", ("--codec", "vp8"), ("vp8", "vorbis", "vorbis")),
        (None, "x.mp3", (), (None, None, "mp3")),
    ],
)
def test_video_and_sound_go_where_they_shall(
    video: str | None,
    sound: str,
    options: tuple[object, ...],
    codecs: tuple[str | None, str | None, str],
    folder: Path,
    tmp_path: Path,
) -> None:
    target, elsewhere = tmp_path / "made", tmp_path / "made" / "sound"
    wanted = ("-o", target / video) if video else ()
    small = ("--width", 90, "--height", 160, "--fps", 10, "--recording", "r1")
    result = run("render", folder, *wanted, "--audio-file", elsewhere / sound, *small, *options)
    assert result.exit_code == 0, result.output
    if video:
        found = probe(target / video)
        assert (found.of("video")[0].codec, found.of("audio")[0].codec) == codecs[:2]
        assert (found.of("video")[0].width, found.of("video")[0].height) == (90, 160)
    assert probe(elsewhere / sound).of("audio")[0].codec == codecs[2]
    heard = tone_intervals(elsewhere / sound, 440)
    assert (heard[0][0], heard[-1][1]) == pytest.approx((0, 2), abs=0.05)
    assert {p.name for p in tmp_path.rglob("*.*") if p.is_file() and "capture" not in str(p)} == {video, sound} - {None}


def test_a_tar_is_the_package_with_the_sessions_messages(tmp_path: Path) -> None:
    capture = Capture(tmp_path / "capture")
    capture.peer("ann", 0, 2)
    capture.tone("ann", 440, 0, 2)
    capture.events.append(MessageSent(at(1), "ID3Data", "hello", peer_id="ann"))
    target, size = tmp_path / "out.tar", ("--width", 160, "--height", 90, "--fps", 10)
    result = run("render", capture.write(), "-o", target, *size)
    assert result.exit_code == 0, result.output
    with tarfile.open(target) as archive:
        archive.extractall(tmp_path / "held", filter="data")
    held = sorted((tmp_path / "held" / "out").iterdir())
    assert [path.name for path in held] == ["index.m3u8", "segment-00000.ts"]
    assert [frame.data for frame in TsReader().read(held[1:]).frames] == [b"hello"]
    assert {p.name for p in tmp_path.iterdir()} == {"capture", "out.tar", "held"}


def test_a_file_goes_to_another_disk_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "a", tmp_path / "far" / "b"
    source.write_bytes(b"x" * 1000)
    replace = Path.replace

    def refused(self: Path, where: Path) -> Path:
        if self == source:
            raise OSError(errno.EXDEV, "another disk")
        return replace(self, where)

    monkeypatch.setattr(Path, "replace", refused)
    commands._move(source, target)
    assert target.read_bytes() == b"x" * 1000
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["b"]


def test_what_an_interrupted_run_left_is_taken_over_only_if_it_is_the_same(folder: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    job = RenderJob(str(folder), Kind.COMPOSITE, RecordingConfig(), None, "out.mp4")
    work.mkdir()
    commands._take_over(job, work)
    kept = work / "segments" / "seg-000000.nut"
    kept.parent.mkdir()
    kept.write_bytes(b"x")
    commands._take_over(job, work)
    assert kept.exists()
    (folder / "ann-2-audio-0.mjr").write_bytes(b"more")
    commands._take_over(job, work)
    assert not kept.exists()


def test_wrong_use_is_exit_code_2(folder: Path, tmp_path: Path) -> None:
    for arguments, said in (
        ((folder,), "say what to make"),
        ((folder, "-o", tmp_path / "x.webm"), "H264 makes an .mp4"),
        ((folder, "-o", tmp_path / "x.mp4", "--codec", "vp9"), "VP9 makes a .webm"),
        ((folder, "--audio-file", tmp_path / "x.wav"), ".m4a or .mp3"),
        ((folder, "--audio-file", tmp_path / "x.mp3", "--codec", "vp8"), "ends in .ogg"),
        ((folder, "-o", tmp_path / "x.mp4", "--width", 321), "321x720"),
        ((folder, "-o", tmp_path / "x.mp4", "--width", 90, "--height", 90), "160x90"),
        ((folder, "-o", tmp_path / "x.mp4", "--width", 3840, "--height", 3840), "3840x2160"),
        ((folder, "-o", tmp_path / "x.mp4", "--height", 88), "equal to 90"),
        ((folder, "-o", tmp_path / "x.mp4", "--jobs", 0), "equal to 1"),
        ((folder, "-o", tmp_path / "x.mp4", "--layout", "circle"), "circle"),
        ((), "CAPTURE_DIR"),
    ):
        result = run("render", *arguments)
        assert result.exit_code == 2
        assert said in flat(result)


def test_what_cannot_be_rendered_is_exit_code_1(folder: Path, tmp_path: Path) -> None:
    empty, torn = tmp_path / "empty", tmp_path / "torn"
    empty.mkdir()
    torn.mkdir()
    (torn / "x-1-audio-0.mjr").write_bytes(b"MJR00002\x00\x05{bad}")
    target = tmp_path / "out"
    for source, said in (
        (tmp_path / "none", "does not exist"),
        (folder / "events.jsonl", "is a file"),
        (empty, "holds no .mjr files"),
        (torn, "no audio that could be written"),
    ):
        result = run("render", source, "--tracks", target)
        assert result.exit_code == 1
        assert said in flat(result)
    result = run("render", torn, "-o", target / "x.mp4")
    assert (result.exit_code, "nothing was recorded" in flat(result)) == (1, True)
    assert list(target.iterdir()) == []


def test_a_second_render_of_the_same_file_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    with child.lock(tmp_path / "t" / ".roomtape"):
        result = run("render", folder, "--tracks", tmp_path / "t")
    assert result.exit_code == 1
    assert "another roomtape" in flat(result)


def test_an_unforeseen_fault_is_no_traceback(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "render", lambda *_, **__: 1 // 0)
    result = run("render", folder, "--tracks", tmp_path / "t")
    assert result.exit_code == 1
    assert "ZeroDivisionError" in flat(result)


def test_inspect(folder: Path, tmp_path: Path) -> None:
    result = run("inspect", folder)
    assert result.exit_code == 0
    assert "opus" in result.output
    body = json.loads(run("inspect", folder, "--json").output)
    assert [t["codec"] for t in body["tracks"]] == ["opus"]
    assert body["duration_ms"] == 3000
    assert run("inspect", tmp_path / "none").exit_code == 1
