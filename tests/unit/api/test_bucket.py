from __future__ import annotations

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
