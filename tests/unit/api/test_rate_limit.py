from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from starlette.responses import JSONResponse

from roomtape.api.rate_limit import AUTHENTICATED, MOST_CALLERS, Buckets, RateLimit
from roomtape.settings import Settings
from tests.support import api as support
from tests.support.api import house

GOOD = {"Authorization": "Bearer good"}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_takes_its_burst_and_then_its_rate() -> None:
    clock = Clock()
    buckets = Buckets(2, 3, clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    clock.now += 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 0.5]
    clock.now += 3600
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_what_is_remembered_has_an_end() -> None:
    buckets = Buckets(1, 1, Clock())
    for number in range(MOST_CALLERS + 10):
        buckets.take(str(number))
    assert "9" not in buckets
    assert "10" in buckets


def limited(burst: int, per_s: float = 0.001) -> FastAPI:
    app = FastAPI()
    app.add_middleware(RateLimit, per_s=per_s, burst=burst)

    @app.get("/")
    async def root(request: Request) -> JSONResponse:
        if request.headers.get("Authorization") == GOOD["Authorization"]:
            request.scope[AUTHENTICATED] = True
            return JSONResponse({})
        return JSONResponse({}, 401)

    @app.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    return app


def client(app: FastAPI, address: str = "203.0.113.7") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 5)), base_url="http://x")


async def statuses(http: httpx.AsyncClient, count: int, **headers: str) -> list[int]:
    return [(await http.get("/", headers=headers)).status_code for _ in range(count)]


async def test_made_up_tokens_are_counted_by_address(tmp_path: Path) -> None:
    app = limited(burst=3)
    async with client(app) as http:
        found = [(await http.get("/", headers={"Authorization": f"Bearer {n}"})).status_code for n in range(5)]
        assert found == [401, 401, 401, 429, 429]
        refused = await http.get("/")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["errors"][0]["code"] == 1429
    async with client(app, "203.0.113.8") as other:
        assert (await other.get("/")).status_code == 401


async def test_a_good_token_does_not_suffer_from_its_address() -> None:
    async with client(limited(burst=3)) as http:
        assert await statuses(http, 1, **GOOD) == [200]
        assert await statuses(http, 3) == [401, 401, 429]
        assert await statuses(http, 3, **GOOD) == [200, 200, 429]


async def test_addresses_of_one_network_count_as_one() -> None:
    app = limited(burst=2)
    found = []
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::ffff", "2001:db8:0:1::1", "::ffff:192.0.2.1"):
        async with client(app, address) as http:
            found.append((await http.get("/")).status_code)
    assert found == [401, 401, 429, 401, 401]


@pytest.mark.parametrize("extensions", [{}, {"websocket.http.response": {}}])
async def test_sockets_are_counted_too(extensions: dict[str, Any]) -> None:
    app, sent = limited(burst=1), []
    scope = {
        "type": "websocket", "path": "/ws", "headers": [], "query_string": b"authToken=x", "client": ("192.0.2.1", 1),
        "extensions": extensions, "subprotocols": [], "asgi": {"version": "3.0"},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(dict(scope), receive, send)
    assert sent[0]["type"] == "websocket.accept"
    sent.clear()
    await app(dict(scope), receive, send)
    if extensions:
        assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 429)
    else:
        assert sent == [{"type": "websocket.close", "code": 1013, "reason": sent[0]["reason"]}]


async def test_the_whole_server_tells_when_to_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "_made", {})
    monkeypatch.setattr(support, "Settings", lambda **given: Settings(**given | {"rate_per_s": 0.01, "rate_burst": 2}))
    async with house(tmp_path) as api:
        answers = [await api.client.get(f"{api.kit}/meetings", headers={"Origin": "http://a"}) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 429, 429]
    assert 95 <= int(answers[-1].headers["Retry-After"]) <= 100
    assert answers[-1].headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in answers[-1].headers["Access-Control-Expose-Headers"]
