from pathlib import Path

from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoConfig
from roomtape.recordings import work
from roomtape.render.job import RenderJob
from tests.support.recording_fakes import recording


def test_a_job_is_written_once(tmp_path: Path) -> None:
    folder = work.folder(tmp_path, "rec-1")
    work.prepare(folder, recording(), tmp_path / "capture")
    work.prepare(folder, recording(output_file_name="other.mp4"), tmp_path / "elsewhere")
    job = RenderJob.read(folder)
    assert (job.output_name, job.capture_dir, job.follow) == ("weekly_1.mp4", str(tmp_path / "capture"), True)


def test_a_job_says_that_there_is_a_stream_and_not_its_key(tmp_path: Path) -> None:
    streamed = recording(config=RecordingConfig(rtmp_url="rtmp://live.example.com/app/secret-key"))
    work.prepare(tmp_path, streamed, tmp_path / "capture")
    assert b"secret-key" not in (tmp_path / "job.json").read_bytes()
    assert RenderJob.read(tmp_path).config.rtmp_url == "rtmp://live.example.com/***"
    assert work.stream_folder(tmp_path, streamed) == work.folder(tmp_path, "rec-1")


def test_what_rtmp_cannot_carry_is_rendered_once_more_for_the_stream(tmp_path: Path) -> None:
    video = VideoConfig(codec="VP9", width=640, height=360, export_file=False)
    audio = AudioConfig(channel="mono", export_file=True)
    config = RecordingConfig(video=video, audio=audio, rtmp_url="rtmp://live.example.com/app/secret-key")
    folder = work.stream_folder(tmp_path, recording(config=config))
    assert folder.name == "rec-1.stream"
    work.prepare_stream(folder, recording(config=config), tmp_path / "capture")
    work.prepare_stream(folder, recording(config=config), tmp_path / "elsewhere")
    job = RenderJob.read(folder)
    assert (job.stream_only, job.follow, job.capture_dir) == (True, True, str(tmp_path / "capture"))
    assert (job.config.video.codec, job.config.video.width) == ("H264", 640)
    assert job.config.audio == AudioConfig(channel="mono")
    assert b"secret-key" not in (folder / "job.json").read_bytes()


def test_tracks_name_their_own_files(tmp_path: Path) -> None:
    work.prepare(tmp_path, recording(kind=Kind.TRACK, output_file_name="{user_id}.webm"), tmp_path)
    assert RenderJob.read(tmp_path).output_name == ""


def test_of_a_work_folder_what_is_needed_stays(tmp_path: Path) -> None:
    work.clear(tmp_path / "none", ("out",))
    for name in ("out", "segments"):
        (tmp_path / "w" / name).mkdir(parents=True)
        (tmp_path / "w" / name / "f").write_bytes(b"x")
    (tmp_path / "w" / "job.json").write_text("{}")
    work.clear(tmp_path / "w", ("out",))
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["out"]
    assert (tmp_path / "w" / "out" / "f").exists()
    work.clear(tmp_path / "w")
    assert not (tmp_path / "w").exists()
