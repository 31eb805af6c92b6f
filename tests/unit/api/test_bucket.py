from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.api import House

CONTENT = bytes(range(256)) * 40


@pytest.fixture
async def link(api: House, tmp_path: Path) -> str:
    file = tmp_path / "made.mp4"
    file.write_bytes(CONTENT)
    await api.bucket.put("app/rec/Réunion 1.mp4", file)
    return api.bucket.link("app/rec/Réunion 1.mp4", datetime.now(UTC) + timedelta(hours=1))


async def test_a_link_opens_without_a_token_and_plays_in_a_browser(api: House, link: str) -> None:
    answer = await api.client.get(link, headers={"Authorization": "", "Origin": "https://a.example"})
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["ETag"]


async def test_parts_and_heads(api: House, link: str) -> None:
    part = await api.client.get(link, headers={"Range": "bytes=1000-1009"})
    assert (part.status_code, part.content) == (206, CONTENT[1000:1010])
    assert part.headers["Content-Range"] == f"bytes 1000-1009/{len(CONTENT)}"
    last = await api.client.get(link, headers={"Range": "bytes=-5"})
    assert (last.status_code, last.content) == (206, CONTENT[-5:])
    beyond = await api.client.get(link, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert beyond.status_code == 416
    head = await api.client.head(link)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(CONTENT))
    whole = await api.client.get(link)
    changed = await api.client.get(link, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    same = await api.client.get(link, headers={"Range": "bytes=0-1", "If-Range": whole.headers["ETag"]})
    assert (changed.status_code, same.status_code) == (200, 206)


async def test_a_file_can_be_saved_under_its_name(api: House, link: str) -> None:
    answer = await api.client.get(f"{link}&download=1")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "R%C3%A9union%201.mp4" in answer.headers["Content-Disposition"]


async def test_a_link_that_was_changed_or_is_too_old(api: House, link: str, tmp_path: Path) -> None:
    for wrong in (
        link.replace("1.mp4", "2.mp4"),
        link.replace("expires=", "expires=9"),
        link[:-1],
        api.bucket.link("app/rec/Réunion 1.mp4", datetime.now(UTC) - timedelta(seconds=1)),
    ):
        answer = await api.client.get(wrong)
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["code"] == 1403
    gone = api.bucket.link("app/rec/gone.mp4", datetime.now(UTC) + timedelta(hours=1))
    assert (await api.client.get(gone)).status_code == 404
    for bare in ("/bucket/app/rec/x.mp4", "/bucket/", "/bucket/..%2f..%2fsecret?expires=1&signature=a"):
        assert (await api.client.get(bare)).status_code in (403, 422)


async def test_a_folders_link_opens_each_file_in_it(api: House, link: str) -> None:
    prefix = api.bucket.link_folder("app/rec", datetime.now(UTC) + timedelta(hours=1))
    answer = await api.client.get(prefix + "Réunion 1.mp4", headers={"Authorization": "", "Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, CONTENT[:4])
    assert (await api.client.head(prefix + "Réunion 1.mp4")).status_code == 200
    assert (await api.client.get(prefix + "none.ts")).status_code == 404
    for wrong in (prefix, prefix + "deeper/a.ts", prefix.replace("/app/", "/other/") + "a.ts", prefix + "%2e%2e/a.ts"):
        assert (await api.client.get(wrong)).status_code in (403, 404), wrong
    forged = prefix.replace("/bucket-folder/", "/bucket-folder/9")
    assert (await api.client.get(forged + "Réunion 1.mp4")).status_code == 403


class Stored:
    """A file that lies elsewhere; `url` is None where it has no links."""

    name = "Réunion 1.mp4"

    def __init__(self, url: str | None) -> None:
        self.url = url
        self.asked: list[tuple[str, bool]] = []

    async def link(self, method: str, attached: bool) -> str | None:
        self.asked.append((method, attached))
        return self.url

    async def size(self) -> int:
        return len(CONTENT)

    async def pieces(self, start: int, end: int) -> AsyncIterator[bytes]:
        for at in range(start, end, 1000):
            yield CONTENT[at : min(end, at + 1000)]


def _lies_elsewhere(api: House, monkeypatch: pytest.MonkeyPatch, file: Stored) -> None:
    async def opened(*_: str) -> Stored:
        return file

    monkeypatch.setattr(api.bucket, "open_link", opened)
    monkeypatch.setattr(api.bucket, "open_folder_link", opened)


async def test_what_lies_in_a_store_is_led_to(api: House, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Stored("https://store.example/tapes/a.mp4?sig=1")
    _lies_elsewhere(api, monkeypatch, file)
    answer = await api.client.get(link, headers={"Authorization": "", "Origin": "https://a.example"})
    assert (answer.status_code, answer.headers["Location"]) == (307, file.url)
    assert (answer.headers["Cache-Control"], answer.headers["Access-Control-Allow-Origin"]) == ("no-store", "*")
    await api.client.head(link)
    await api.client.get(f"{link}&download=1")
    await api.client.get(api.bucket.link_folder("a", datetime.now(UTC)) + "b.ts")
    assert file.asked == [("GET", False), ("HEAD", False), ("GET", True), ("GET", False)]


async def test_a_playlist_comes_from_us(api: House, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or players would look for its segments in the store, where their names open nothing."""
    file = Stored("https://store.example/tapes/index.m3u8?sig=1")
    file.name = "index.m3u8"
    _lies_elsewhere(api, monkeypatch, file)
    answer = await api.client.get(api.bucket.link_folder("a", datetime.now(UTC)) + "index.m3u8")
    assert (answer.status_code, answer.content, file.asked) == (200, CONTENT, [])


async def test_without_links_it_is_read_for_the_client(api: House, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _lies_elsewhere(api, monkeypatch, Stored(None))
    whole = await api.client.get(link)
    assert (whole.status_code, whole.content, whole.headers["Content-Type"]) == (200, CONTENT, "video/mp4")
    assert (whole.headers["Accept-Ranges"], whole.headers["Content-Length"]) == ("bytes", str(len(CONTENT)))
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    part = await api.client.get(link, headers={"Range": "bytes=990-2009"})
    assert (part.status_code, part.content) == (206, CONTENT[990:2010])
    assert part.headers["Content-Range"] == f"bytes 990-2009/{len(CONTENT)}"
    beyond = await api.client.get(link, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    again = await api.client.get(link, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert again.status_code == 200
    saved = await api.client.get(f"{link}&download=1", headers={"Range": "bytes=0-1"})
    said = "attachment; filename=\"R_union 1.mp4\"; filename*=UTF-8''R%C3%A9union%201.mp4"
    assert saved.headers["Content-Disposition"] == said
