"""Tests of keeping fetched pictures in a capture."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from roomtape.errors import DestinationError, RenderError, StorageError
from roomtape.recordings.assets import CONTENT_TYPES, Assets
from tests.support.images import png


def assets(folder: Path, content: bytes | Exception) -> Assets:
    async def fetch(url: str, limit: int, within_s: float, types: Sequence[str]) -> bytes:
        assert (url, limit, within_s) == ("http://x/", 100, 2)
        assert "image/png" in types
        if isinstance(content, Exception):
            raise content
        return content

    return Assets(folder, fetch)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    folder = tmp_path / "capture" / "sess"
    folder.mkdir(parents=True)
    return folder


async def test_a_picture_lies_under_its_hash(tmp_path: Path, capture: Path) -> None:
    name = await assets(tmp_path, png()).add("sess", "http://x/", 100, 2)
    assert name == hashlib.sha256(png()).hexdigest()
    assert await assets(tmp_path, png()).add("sess", "http://x/", 100, 2) == name
    assert [p.name for p in (capture / "assets").iterdir()] == [name]
    assert (capture / "assets" / name).read_bytes() == png()


async def test_what_is_no_picture_is_not_kept(tmp_path: Path, capture: Path) -> None:
    with pytest.raises(RenderError, match="no picture"):
        await assets(tmp_path, b"<html>").add("sess", "http://x/", 100, 2)
    assert list((capture / "assets").iterdir()) == []


async def test_a_fetch_that_fails_says_so(tmp_path: Path, capture: Path) -> None:
    with pytest.raises(DestinationError, match="gone"):
        await assets(tmp_path, DestinationError("gone")).add("sess", "http://x/", 100, 2)


async def test_a_capture_that_was_deleted_stays_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        await assets(tmp_path, png()).add("sess", "http://x/", 100, 2)
    assert not (tmp_path / "capture").exists()


@pytest.mark.parametrize("kind", CONTENT_TYPES)
async def test_whatever_is_asked_for_can_be_opened(kind: str, tmp_path: Path, capture: Path) -> None:
    body = io.BytesIO()
    Image.new("RGB", (4, 4)).save(body, kind.removeprefix("image/"))
    name = await assets(tmp_path, body.getvalue()).add("sess", "http://x/", 100, 2)
    assert (capture / "assets" / name).read_bytes() == body.getvalue()
