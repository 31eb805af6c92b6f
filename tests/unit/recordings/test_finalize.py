import asyncio
import time

import pytest

from roomtape.capture.events import RecordingStarted, RecordingStopped
from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.domain.recording import Kind, Recording, Status
from roomtape.errors import RenderError, StorageError
from roomtape.recordings import finalize, patience, work
from roomtape.render.job import RenderJob
from tests.support.finalize_bench import Bench
from tests.support.recording_fakes import APP, FakeRunner


async def test_a_composite_is_delivered_quickly_and_whole(bench: Bench) -> None:
    await bench.stopped(warnings=("one",))
    bench.runner.warnings = ("two", "one")
    finalizer = bench.finalizer()
    await finalizer.start()
    try:
        began = time.monotonic()
        await finalizer.begin("rec-1")
        done = await bench.until(Status.UPLOADED)
        assert time.monotonic() - began < 20  # a second, on a machine that has time
        assert bench.bucket_files() == [f"{APP.id}/rec-1/weekly_1.mp4"]
        assert (bench.folder / "bucket" / APP.id / "rec-1" / "weekly_1.mp4").read_bytes() == b"moving pictures"
        assert done.download == f"{APP.id}/rec-1/weekly_1.mp4"
        assert (done.file_size, done.duration_ms, done.audio_download) == (15, 1000, None)
        assert done.warnings == ("one", "two")
        assert done.expires_at is not None
        assert 6.99 < (done.expires_at - to_datetime(now_us())).total_seconds() / 86400 <= 7
        said = [type(e) for e in await bench.logs.of(done)]
        assert said == [RecordingStarted, RecordingStopped]
        async with asyncio.timeout(20):
            while not bench.forgotten:
                await asyncio.sleep(0.01)
        assert not work.folder(bench.folder, "rec-1").exists()
    finally:
        await finalizer.close()


async def test_a_package_lies_beside_its_tar_and_goes_with_it(bench: Bench) -> None:
    await bench.stopped()
    bench.runner.content = {
        "weekly_1.tar": b"all of it", "weekly_1/index.m3u8": b"#EXTM3U", "weekly_1/segment-00000.ts": b"G",
        "weekly_1.m4a": b"sound", "weekly_1.json": b"{}",
    }  # fmt: skip
    finalizer = bench.finalizer()
    await finalizer.start()
    try:
        await finalizer.begin("rec-1")
        done = await bench.until(Status.UPLOADED)
    finally:
        await finalizer.close()
    folder = f"{APP.id}/rec-1"
    assert bench.bucket_files() == sorted(f"{folder}/{name}" for name in bench.runner.content)
    assert (done.download, done.audio_download) == (f"{folder}/weekly_1.tar", f"{folder}/weekly_1.m4a")
    assert done.file_size == len(b"all of itsound"), "what the tar holds does not count twice"
    await bench.bucket.delete(done.bucket_folder)
    assert bench.bucket_files() == []


async def test_the_watermark_is_settled_before_the_render(bench: Bench) -> None:
    await bench.stopped()
    finalizer, order = bench.finalizer(), []

    async def settle(stopped: Recording) -> None:
        order.append((stopped.id, bench.runner.runs))

    finalizer.settle = settle
    assert await finalizer.render("rec-1") == ""
    assert order == [("rec-1", 0)]


async def test_each_step_may_be_done_twice(bench: Bench) -> None:
    await bench.stopped()
    finalizer = bench.finalizer()
    for step in (finalizer.render, finalizer.deliver):
        assert await step("rec-1") == ""
        assert await step("rec-1") == ""
    assert bench.runner.runs == 1
    assert await finalizer.fail("rec-1", "too late") == ""
    assert (await bench.until(Status.UPLOADED)).error is None
    for _ in range(2):
        await finalizer.tidy("rec-1")
    assert len(bench.bucket_files()) == 1


async def test_what_a_crash_left_in_the_bucket_goes(bench: Bench) -> None:
    await bench.stopped()
    left = bench.folder / "bucket" / APP.id / "rec-1"
    left.mkdir(parents=True)
    (left / ".part-1").write_bytes(b"half")
    (left / "other_name.mp4").write_bytes(b"old")
    finalizer = bench.finalizer()
    await finalizer.render("rec-1")
    await finalizer.deliver("rec-1")
    assert bench.bucket_files() == [f"{APP.id}/rec-1/weekly_1.mp4"]


async def test_how_long_it_is_shows_before_a_storage_has_it(bench: Bench) -> None:
    await bench.stopped()
    assert await bench.finalizer().render("rec-1") == ""
    found = await rows.get(bench.db, "rec-1")
    assert found is not None
    assert (found.status, found.duration_ms, found.file_size) == (Status.UPLOADING, 1000, None)


async def test_a_damaged_file_is_rendered_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finalize, "_RENDER_PAUSE_S", 0.01)
    await bench.stopped()
    finalizer = bench.finalizer()
    await finalizer.render("rec-1")
    (work.folder(bench.folder, "rec-1") / "out" / "weekly_1.mp4").write_bytes(b"moving")
    assert await finalizer.render("rec-1") == ""
    assert bench.runner.runs == 2
    assert (work.folder(bench.folder, "rec-1") / "out" / "weekly_1.mp4").read_bytes() == b"moving pictures"


async def test_tracks_are_told_by_layer(bench: Bench) -> None:
    bench.runner = FakeRunner({"a.webm": b"aa", "b.webm": b"bbb"}, kind="track")
    await bench.stopped(kind=Kind.TRACK)
    finalizer = bench.finalizer()
    for step in (finalizer.render, finalizer.deliver):
        await step("rec-1")
    done = await bench.until(Status.UPLOADED)
    (layer,) = done.download
    assert layer["layer_name"] == "default"
    assert layer["paths"] == {"a.webm": "app-1/rec-1/a.webm", "b.webm": "app-1/rec-1/b.webm"}
    assert done.file_size == 5


async def test_the_manifest_and_the_audio_file_go_along(bench: Bench) -> None:
    made = await bench.stopped()
    bench.runner = FakeRunner({"weekly_1.mp4": b"moving", "weekly_1.m4a": b"sound", "weekly_1.json": b"{}"})
    finalizer = bench.finalizer()
    for step in (finalizer.render, finalizer.deliver):
        await step("rec-1")
    done = await bench.until(Status.UPLOADED)
    folder = f"{APP.id}/rec-1"
    assert bench.bucket_files() == [f"{folder}/weekly_1.json", f"{folder}/weekly_1.m4a", f"{folder}/weekly_1.mp4"]
    assert (done.download, done.audio_download) == (f"{folder}/weekly_1.mp4", f"{folder}/weekly_1.m4a")
    assert done.file_size == 11
    assert await bench.bucket.read(made.manifest_path) == b"{}"


async def test_only_sound_was_asked_for(bench: Bench) -> None:
    await bench.stopped()
    bench.runner = FakeRunner({"weekly_1.mp3": b"sound"})
    finalizer = bench.finalizer()
    for step in (finalizer.render, finalizer.deliver):
        await step("rec-1")
    done = await bench.until(Status.UPLOADED)
    assert (done.download, done.audio_download) == (None, f"{APP.id}/rec-1/weekly_1.mp3")


async def test_a_manifest_alone_is_no_composite(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finalize, "_RENDER_PAUSE_S", 0.01)
    await bench.stopped()
    bench.runner = FakeRunner({"weekly_1.json": b"{}"})
    assert "no file" in await bench.finalizer().render("rec-1")


async def test_tracks_of_nobody_are_an_empty_list_with_a_warning(bench: Bench) -> None:
    bench.runner = FakeRunner({"rec-1.json": b"{}"}, kind="track")
    await bench.stopped(kind=Kind.TRACK)
    finalizer = bench.finalizer()
    for step in (finalizer.render, finalizer.deliver):
        await step("rec-1")
    done = await bench.until(Status.UPLOADED)
    assert (done.download, done.file_size) == ([], 0)
    assert "no files" in done.warnings[0]


async def test_a_render_that_cannot_be_is_an_error_with_its_reason(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finalize, "_RENDER_PAUSE_S", 0.01)
    await bench.stopped()
    bench.runner.errors = [RenderError("the capture folder is not there")] * 2
    finalizer = bench.finalizer()
    await finalizer.start()
    try:
        await finalizer.begin("rec-1")
        failed = await bench.until(Status.ERRORED)
        assert failed.error is not None
        assert failed.error.startswith("the capture folder is not there. What was captured is kept in ")
        assert bench.bucket_files() == []
    finally:
        await finalizer.close()


async def test_what_a_live_render_made_wrong_is_made_from_the_log_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finalize, "_RENDER_PAUSE_S", 0.01)
    await bench.stopped()
    segment = work.folder(bench.folder, "rec-1") / "segments" / "seg-000000.nut"
    segment.parent.mkdir(parents=True)
    segment.write_bytes(b"beyond the end")
    bench.runner.errors = [RenderError("its video lasts 4.000 s where 3.914 s were recorded")]
    assert await bench.finalizer().render("rec-1") == ""
    assert not segment.exists()


async def test_a_full_disk_is_waited_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_WAIT_S", 0.01)
    await bench.stopped()
    bench.runner.errors = [StorageError("the disk is full")] * 3
    assert await bench.finalizer().render("rec-1") == ""
    monkeypatch.setattr(patience, "STORAGE_PATIENCE_S", 0.02)
    bench.runner.content = {"new.mp4": b"x"}
    (work.folder(bench.folder, "rec-1") / "result.json").unlink()
    bench.runner.errors = [StorageError("the disk is full")] * 9
    assert await bench.finalizer().render("rec-1") == "the disk is full"


async def test_a_stopped_recording_without_a_workflow_gets_one(bench: Bench) -> None:
    await bench.stopped()
    finalizer = bench.finalizer()
    await finalizer.start()
    try:
        await finalizer.begin_all()
        await bench.until(Status.UPLOADED)
    finally:
        await finalizer.close()


async def test_the_job_says_what_to_render(bench: Bench) -> None:
    made = await bench.stopped()
    await bench.finalizer().render("rec-1")
    job = RenderJob.read(work.folder(bench.folder, "rec-1"))
    assert (job.output_name, job.recording_id, job.kind) == (made.output_file_name, "rec-1", Kind.COMPOSITE)
