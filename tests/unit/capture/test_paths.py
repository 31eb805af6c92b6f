from pathlib import Path

import pytest

from roomtape.capture import paths


def test_names_of_takes_are_read_back(tmp_path: Path) -> None:
    base = paths.take_base("0b1c-2d", 2)
    for name in (f"{base}-audio-0.mjr", f"{base}-video-1.mjr", "events.jsonl", "x.mjr", "x-data-2.mjr"):
        (tmp_path / name).touch()
    found = paths.track_files(tmp_path)
    assert [(f.base, f.kind, f.mindex) for f in found] == [(base, "audio", 0), (base, "video", 1)]


def test_a_peers_later_transports_have_m_lines_of_their_own(tmp_path: Path) -> None:
    base = paths.take_base("0b1c-2d", 3, 2)
    (tmp_path / f"{base}-video-4.mjr").touch()
    (found,) = paths.track_files(tmp_path)
    assert (found.base, found.kind, found.mindex) == (base, "video", 2 * paths.TRANSPORT_STRIDE + 4)
    assert base != paths.take_base("0b1c-2d", 3)


def test_capture_folder() -> None:
    assert paths.capture_dir(Path("/d"), "s1") == Path("/d/capture/s1")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("videoroom-1234-user-5678-99-audio-0.mjr", ("videoroom-1234-user-5678-99", "audio", 0)),
        ("echo-audio.mjr", ("echo", "audio", 0)),
        ("echo-video.mjr", ("echo", "video", 1)),
        ("janus-recording-123.mjr", ("janus-recording-123", "audio", 0)),
    ],
)
def test_names_that_others_chose(name: str, expected: tuple[str, str, int]) -> None:
    file = paths.foreign_track_file(Path("x") / name)
    assert (file.base, file.kind, file.mindex) == expected
