from __future__ import annotations

from pathlib import Path

import httpx

from roomtape.bench import filmedpage
from roomtape.domain.layout import grid


def test_the_page_of_files_and_its_media_are_served(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("audio", "video")]
    for path in paths:
        path.write_bytes(path.name.encode())
    with filmedpage.of_files(paths, grid(1, 640, 360)) as shown:
        assert "const tiles = [[0, 0, 640, 360]];" in httpx.get(shown.address).text
        assert [httpx.get(f"{shown.address}{n}").content for n in (0, 1)] == [b"audio", b"video"]
        for missing in ("2", "-1", "etc/passwd", "favicon.ico"):
            assert httpx.get(f"{shown.address}{missing}").status_code == 404
        assert not shown.playing.is_set()
        assert httpx.post(f"{shown.address}playing").status_code == 204
        assert shown.playing.is_set()


def test_the_page_of_a_meeting_knows_where_it_is() -> None:
    with filmedpage.of_meeting("http://127.0.0.1:9", "/assets/sdk.js", "a-token", grid(1, 640, 360)) as shown:
        text = httpx.get(shown.address).text
        assert '"server": "http://127.0.0.1:9", "token": "a-token"' in text
        assert '<script src="http://127.0.0.1:9/assets/sdk.js"></script>' in text
        assert httpx.get(f"{shown.address}0").status_code == 404
