from pathlib import Path

from roomtape.domain.recording import Kind
from roomtape.recordings import work
from roomtape.render.job import RenderJob
from tests.support.recording_fakes import recording


def test_a_job_is_written_once(tmp_path: Path) -> None:
    folder = work.folder(tmp_path, "rec-1")
    work.prepare(folder, recording(), tmp_path / "capture")
    work.prepare(folder, recording(output_file_name="other.mp4"), tmp_path / "elsewhere")
    job = RenderJob.read(folder)
    assert (job.output_name, job.capture_dir, job.follow) == ("weekly_1.mp4", str(tmp_path / "capture"), True)


def test_tracks_name_their_own_files(tmp_path: Path) -> None:
    work.prepare(tmp_path, recording(kind=Kind.TRACK, output_file_name="{user_id}.webm"), tmp_path)
    assert RenderJob.read(tmp_path).output_name == ""
