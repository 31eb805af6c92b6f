from __future__ import annotations

from pathlib import Path

import pytest

from roomtape import keyfile


def test_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    assert keyfile.kept(path, lambda: b"first") == b"first"
    assert keyfile.kept(path, lambda: b"second") == b"first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_who_comes_second_gets_the_first_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.key"

    def slow() -> bytes:
        path.write_bytes(b"theirs")
        return b"ours"

    assert keyfile.kept(path, slow) == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise OSError("no entropy")

    with pytest.raises(OSError, match="entropy"):
        keyfile.kept(tmp_path / "a.key", fail)
    assert list(tmp_path.iterdir()) == []
