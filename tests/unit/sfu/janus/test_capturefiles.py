from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import pytest

from roomtape.errors import StorageError
from roomtape.sfu.janus import capturefiles
from roomtape.sfu.port import PublishedTrack

TRACKS = (PublishedTrack(0, "0", "audio", "opus"), PublishedTrack(2, "2", "video", "vp8"))


async def test_a_folder_that_takes_files_is_left_as_it_was(tmp_path: Path) -> None:
    await capturefiles.check_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_does_not_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="Not a directory"):
        await capturefiles.check_writable(tmp_path / "file" / "folder")


async def test_a_folder_that_could_not_be_made_when_the_meeting_began_is_made(tmp_path: Path) -> None:
    await capturefiles.check_writable(tmp_path / "late" / "folder")
    assert (tmp_path / "late" / "folder").is_dir()


async def test_a_full_disk_is_said_before_anything_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(tmp_path)
    nearly_full = os.statvfs_result((real[0], real[1], real[2], 10, 10, *real[5:]))
    monkeypatch.setattr(os, "statvfs", lambda path: nearly_full)
    with pytest.raises(StorageError, match="free some space"):
        await capturefiles.check_writable(tmp_path)


async def test_an_exhausted_quota_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(capturefiles.tempfile, "TemporaryFile", refuse)
    with pytest.raises(StorageError, match=r"quota.*free some space"):
        await capturefiles.check_writable(tmp_path)


async def test_all_files_of_a_take_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capturefiles, "APPEAR_WITHIN_S", 0.1)
    (tmp_path / "p-1-audio-0.mjr").touch()
    await capturefiles.wait_for_files(tmp_path, "p-1", None)
    with pytest.raises(StorageError, match=r"p-1-\*"):
        await capturefiles.wait_for_files(tmp_path, "p-1", TRACKS)
    with pytest.raises(StorageError):
        await capturefiles.wait_for_files(tmp_path, "p-2", None)
    asyncio.get_running_loop().call_later(0.05, (tmp_path / "p-1-video-2.mjr").touch)
    await capturefiles.wait_for_files(tmp_path, "p-1", TRACKS)
