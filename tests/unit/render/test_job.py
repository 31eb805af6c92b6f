from pathlib import Path

from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import Layer, RecordingConfig
from roomtape.render.job import RenderedFile, RenderJob, RenderResult, write_json


def test_job_and_back(tmp_path: Path) -> None:
    config = RecordingConfig(layers=(Layer("a", "b"),), user_ids=("u",))
    job = RenderJob("/c", Kind.TRACK, config, "r1", "x.webm", follow=True)
    job.write(tmp_path / "work")
    assert RenderJob.read(tmp_path / "work") == job


def test_no_result_until_it_is_whole(tmp_path: Path) -> None:
    assert RenderResult.read(tmp_path) is None
    file = RenderedFile("a.mp4", "composite", "video/mp4", 10, "00", 1000, 5)
    result = RenderResult((file,), 1000, ("a warning",))
    result.write(tmp_path)
    assert RenderResult.read(tmp_path) == result
    assert [p.name for p in tmp_path.iterdir()] == ["result.json"]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": 1})
    write_json(tmp_path / "a.json", {"a": "é"})
    assert (tmp_path / "a.json").read_text("utf-8").strip().endswith("}")
    assert len(list(tmp_path.iterdir())) == 1
