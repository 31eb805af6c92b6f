"""A page's job survives the way through its file, and only its owner can read it."""

from __future__ import annotations

from pathlib import Path

from roomtape.browser.job import JOB, PageJob


def test_what_is_written_is_read_by_its_owner_only(tmp_path: Path) -> None:
    job = PageJob("rec", "https://a.example/?authToken=t", 1280, 720, 30, "http://127.0.0.1:1/whip", "s", ("a",), ())
    job.write(tmp_path / "work")
    assert PageJob.read(tmp_path / "work") == job
    assert (tmp_path / "work" / JOB).stat().st_mode & 0o077 == 0
