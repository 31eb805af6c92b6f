from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.responses import StreamingResponse

from roomtape import metrics
from roomtape.api.middleware import LARGEST_BODY, LARGEST_HEAD
from tests.support.api import House, house


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65536 + 1):
        yield b" " * 65536


async def test_a_body_that_is_too_large_is_refused_told_or_not(api: House) -> None:
    url = f"{api.kit}/meetings"
    headers = {"Content-Type": "application/json", "Origin": "https://a.example"}
    for content in (b" " * (LARGEST_BODY + 1), pieces(LARGEST_BODY)):
        answer = await api.client.post(url, content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["code"] == 1413
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "more",
    [{"headers": {"X-Long": "x" * LARGEST_HEAD}}, {"params": {"x": "x" * 60_000}, "headers": {"X-Long": "x" * 6_000}}],
)
async def test_headers_that_are_too_large_are_refused(api: House, more: dict[str, Any]) -> None:
    answer = await api.client.get(f"{api.kit}/meetings", **more)
    assert answer.status_code == 431
    assert answer.json()["errors"] == [{"code": 1431, "message": "the request's headers may have 65536 bytes at most"}]


async def test_a_body_of_the_largest_size_is_read(api: House) -> None:
    title = b'{"title": "x"}'
    content = title + b" " * (LARGEST_BODY - len(title))
    answer = await api.client.post(f"{api.kit}/meetings", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201


async def test_requests_are_counted_by_route_not_by_address(api: House) -> None:
    route = "/client/v4/accounts/{account_id}/realtime/kit/{app_id}/meetings/{meeting_id}"

    def count(status: str, method: str = "GET", route: str = route) -> float:
        labels = {"method": method, "route": route, "status": status}
        return metrics.REGISTRY.get_sample_value("roomtape_http_request_seconds_count", labels) or 0

    before_ok, before_missing, before_none = count("200"), count("404"), count("404", route="none")
    for _ in range(2):
        await api.client.get(f"{api.kit}/meetings/{await api.meeting()}")
    await api.client.get(f"{api.kit}/meetings/unknown")
    await api.client.get("/no/such/route")
    assert (count("200") - before_ok, count("404") - before_missing) == (2, 1)
    assert count("404", route="none") - before_none == 1
    await api.client.request("BREW", "/")
    assert count("405", method="other", route="none") + count("405", method="other", route="/") > 0


async def test_an_answer_that_breaks_off_is_not_answered_twice(tmp_path: Path) -> None:
    torn = APIRouter()

    @torn.get("/torn")
    async def begin() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"some"
            raise RuntimeError("torn")

        return StreamingResponse(chunks())

    async with house(tmp_path, (torn,)) as api:
        with pytest.raises(RuntimeError, match="torn"):
            await api.client.get("/torn")
