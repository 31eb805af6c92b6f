from pathlib import Path

from roomtape.capture import paths


def test_names_of_takes_are_read_back(tmp_path: Path) -> None:
    base = paths.take_base("0b1c-2d", 2)
    for name in (f"{base}-audio-0.mjr", f"{base}-video-1.mjr", "events.jsonl", "x.mjr", "x-data-2.mjr"):
        (tmp_path / name).touch()
    found = paths.track_files(tmp_path)
    assert [(f.base, f.kind, f.mindex) for f in found] == [(base, "audio", 0), (base, "video", 1)]


def test_capture_folder() -> None:
    assert paths.capture_dir(Path("/d"), "s1") == Path("/d/capture/s1")
