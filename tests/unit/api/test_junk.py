"""Whatever is sent, the answer is a client's error with a sentence, never one of the server."""

from __future__ import annotations

import random
from typing import Any

from structlog.testing import capture_logs

from tests.support.api import House

JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 1.5, "", "x", "é\ud800", "\0", "../..", "%", [], [[]], {}, {"a": {}}, [None], "x" * 5000,
)  # fmt: skip
ROUNDS = 6


def names(schema: dict[str, Any], api: dict[str, Any]) -> list[str]:
    found = schema.get("$ref")
    resolved = api["components"]["schemas"][found.rsplit("/", 1)[1]] if found else schema
    return list(resolved.get("properties", {}))


async def test_no_junk_makes_the_server_fail(api: House) -> None:
    chance = random.Random(7)
    described = (await api.client.get("/openapi.json")).json()
    meeting = await api.meeting()
    session = await api.session(meeting)
    peer = await api.peer(session)
    api.rooms.live(session, peer)
    known = {"account_id": api.account_id, "app_id": api.app_id, "meeting_id": meeting, "session_id": session.id}
    count = 0
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            for _ in range(ROUNDS):
                url = path
                for name in [p["name"] for p in about.get("parameters", []) if p["in"] == "path"]:
                    url = url.replace(
                        f"{{{name}}}", known.get(name) or chance.choice(["x", "%00", "é", "a" * 300, "."])
                    )
                query = {
                    p["name"]: str(chance.choice(JUNK)).encode("utf-8", "replace").decode()[:200]
                    for p in about.get("parameters", [])
                    if p["in"] == "query" and chance.random() < 0.5
                }
                body = None
                if "requestBody" in about:
                    schema = about["requestBody"]["content"]["application/json"]["schema"]
                    body = {name: chance.choice(JUNK) for name in names(schema, described) if chance.random() < 0.7}
                with capture_logs() as logs:
                    answer = await api.client.request(method, url, params=query, json=ascii_only(body))
                assert answer.status_code < 500 or answer.status_code == 501, (method, url, query, body, logs)
                if answer.status_code >= 400 and answer.headers["Content-Type"] == "application/json":
                    assert answer.json()["errors"][0]["message"]
                count += 1
    assert count > 150


def ascii_only(value: Any) -> Any:
    """httpx cannot send half a surrogate pair; JSON escapes can, and other tests send those."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: ascii_only(inner) for name, inner in value.items()}
    return value
