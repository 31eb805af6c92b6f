"""The two tokens of a page's recorder: the tape's opens WHIP alone, the page's a meeting to look at."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import jwt
import pytest
import websockets

from roomtape.browser.job import PageJob
from roomtape.rooms.tokens import TokenIssuer
from tests.support.offers import OFFER
from tests.support.pagesite import Site
from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

SDP = {"Content-Type": "application/sdp"}


async def test_each_token_opens_its_own_door_and_no_other(server: Server, site: Site) -> None:
    meeting = await server.meeting()
    body = {"meeting_id": meeting, "url": site.show(identity=1)}
    found = (await server.http.post(f"{server.prefix}/recordings", json=body)).json()["data"]
    work = server.data_dir / "pages" / found["id"]
    async with asyncio.timeout(30):
        while not (work / "job.json").exists():
            await asyncio.sleep(0.05)
    job = PageJob.read(work)
    assert (work / "job.json").stat().st_mode & 0o077 == 0
    page = parse_qs(urlsplit(job.url).query)["authToken"][0]

    assert await _whip(server, job.publish_token) in (201, 400, 406), "the tape may publish"
    assert await _whip(server, page) == 403, "the page may not"
    assert await _socket(server, meeting, page) is None, "the page may come in"
    assert await _socket(server, meeting, job.publish_token) == 401
    for token, status in ((page, 403), (job.publish_token, 401)):
        for method, url, sent in (
            ("POST", f"{server.prefix}/recordings", {"meeting_id": meeting}),
            ("POST", f"{server.base_url}/v2/recordings", {"meeting_id": meeting}),
            ("PUT", f"{server.prefix}/recordings/{found['id']}", {"action": "stop"}),
            ("GET", f"{server.prefix}/recordings/{found['id']}", None),
        ):
            assert await _ask(server, method, url, token, json=sent) == status, f"{method} {url}"
    await _only_the_recordings_own_token(server, meeting, found["id"])

    answer = await server.http.put(f"{server.prefix}/recordings/{found['id']}", json={"action": "stop"})
    assert answer.json()["data"]["status"] == "ERRORED", "nothing had begun"
    assert await _whip(server, job.publish_token) == 401, "it is over"
    async with asyncio.timeout(20):
        while work.exists():
            await asyncio.sleep(0.05)
    assert await _socket(server, meeting, page) == 401, "and the page's participant is gone"


async def _only_the_recordings_own_token(server: Server, meeting: str, recording: str) -> None:
    """Forged ones, and true ones of something else."""
    key = (server.data_dir / "token.key").read_bytes()
    now = int(time.time())
    mine = {"orgId": server.app_id, "meetingId": meeting, "tapeOfRecording": recording, "iat": now, "exp": now + 600}
    guest = await server.participant(meeting, "guest", "group_call_participant")
    claims = jwt.decode(guest.token, options={"verify_signature": False})
    plain = (await server.http.post(f"{server.prefix}/recordings", json=_second(meeting))).json()["data"]
    issuer = TokenIssuer(key, 600)
    attempts = {
        "another key": jwt.encode(mine, b"k" * 32, "HS256"),
        "no algorithm": jwt.encode(mine, None, "none"),
        "expired": jwt.encode(mine | {"exp": now - 60}, key, "HS256"),
        "for ever": jwt.encode({k: v for k, v in mine.items() if k != "exp"}, key, "HS256"),
        "another app": issuer.issue_tape("another", meeting, recording, 60),
        "another meeting": issuer.issue_tape(server.app_id, await server.meeting(), recording, 60),
        "no page": issuer.issue_tape(server.app_id, meeting, plain["id"], 60),
        "no recording": issuer.issue_tape(server.app_id, meeting, "none", 60),
        "a participant's, signed by somebody else": jwt.encode(claims | mine, b"k" * 32, "HS256"),
    }
    for what, token in attempts.items():
        assert await _whip(server, token) == 401, what
    await server.http.put(f"{server.prefix}/recordings/{plain['id']}", json={"action": "stop"})


def _second(meeting: str) -> dict[str, Any]:
    return {"meeting_id": meeting, "allow_multiple_recordings": True}


async def _ask(server: Server, method: str, url: str, token: str, **more: Any) -> int:
    async with httpx.AsyncClient(timeout=30) as client:
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        return (await client.request(method, url, headers=headers, **more)).status_code


async def _whip(server: Server, token: str) -> int:
    return await _ask(server, "POST", f"{server.base_url}/whip", token, content=OFFER, headers=SDP)


async def _socket(server: Server, meeting: str, token: str) -> int | None:
    """Return the status with which the socket is refused, None when it is opened."""
    url = f"{server.base_url.replace('http', 'ws')}/ws?roomID={meeting}&authToken={quote(token)}"
    url += "&peerID=0b0c7a4e-58f0-4a6e-9a53-0f9e7c0c8f11"
    try:
        async with websockets.connect(url):
            return None
    except websockets.InvalidStatus as refused:
        return refused.response.status_code
