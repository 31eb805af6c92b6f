from pathlib import Path

import pytest
from rich.console import Console

from roomtape.errors import StorageError
from roomtape.media.remux import Remuxer
from roomtape.media.testsignal import audio_loop
from roomtape.simulate import demo


def _webm(path: Path, seconds: int) -> None:
    packets = audio_loop(440).packets
    with Remuxer(path, "opus", 0) as out:
        for n in range(seconds * 50):
            out.write(n * 20_000, 20_000, packets[n % len(packets)], True)
        out.finish()


def test_every_file_is_named_with_what_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "bucket" / "app" / "rec1"
    folder.mkdir(parents=True)
    _webm(folder / "a.webm", 2)
    (folder / "rec1.json").write_text("{}")
    console = Console(record=True, width=60)
    recording = {"id": "rec1", "session_id": "ses1", "download_url": [], "recording_duration": 2}
    demo._show([recording], tmp_path, "app", console)
    said = console.export_text()
    assert str(folder / "a.webm") in said, "a path is never broken over lines"
    assert "the manifest:" in said
    assert "2.0 s" in said
    assert "opus 1 ch" in said
    assert "participants' tracks" in said
    assert "inspect" not in said, "there is no capture any more"
    (tmp_path / "capture" / "ses1").mkdir(parents=True)
    demo._show([recording], tmp_path, "app", console)
    assert f"inspect {tmp_path / 'capture' / 'ses1'}\n" in console.export_text()


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="give --data-dir another folder"):
        demo._made(tmp_path / "file" / "below")
