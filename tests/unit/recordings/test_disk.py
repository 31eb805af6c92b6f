import os
import shutil
from pathlib import Path

import pytest

from roomtape.errors import StorageError
from roomtape.recordings import disk


def test_only_the_files_of_the_given_takes_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("p-1-audio-0.mjr", "p-1-video-1.mjr", "p-2-audio-0.mjr"):
        (tmp_path / name).write_bytes(b"x")
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(Path(f"/proc/self/fd/{fd}").resolve().name))
    disk.sync_takes(tmp_path, ["p-1", "gone-1"])
    assert sorted(synced) == ["p-1-audio-0.mjr", "p-1-video-1.mjr"]


def test_a_sync_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "p-1-audio-0.mjr").write_bytes(b"x")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device; make room"):
        disk.sync_takes(tmp_path, ["p-1"])
    with pytest.raises(StorageError, match="No space left"):
        disk.probe(tmp_path)
    assert not (tmp_path / ".probe").exists()


def test_the_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    disk.probe(tmp_path)
    assert list(tmp_path.iterdir()) == []
    disk.probe(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="Not a directory"):
        disk.probe(tmp_path / "file" / "folder")


def test_a_shortage_is_told_before_it_is_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert disk.shortage(tmp_path) is None
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    assert "less than 64 MiB are free" in (disk.shortage(tmp_path) or "")
