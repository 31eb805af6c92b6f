"""Webhooks of a real server: receivers that fail, hang, reset and refuse, and kill -9 amid it; nothing is lost."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.support import scene
from tests.support.server import Server, running
from tests.support.wait import until
from tests.support.webhookreceiver import Behave, Receiver, Request, receiving

pytestmark = pytest.mark.timeout(180)  # a server takes long to start on a busy machine

BEHAVE: dict[str, Behave] = {
    "/failing": lambda n: 500 if n < 20 else 200,
    "/hanging": lambda n: "hang" if n < 8 else 202,
    "/resetting": lambda n: "reset" if n < 3 else 204,
    "/refusing": lambda n: 400,
}
PATHS = ("/taking", *BEHAVE)
SETTINGS = {
    "ROOMTAPE_OUTBOUND_ALLOW": "127.0.0.1",
    "ROOMTAPE_WEBHOOK_TIMEOUT_S": "1",
    "ROOMTAPE_WEBHOOK_RETRY_FIRST_S": "0.2",
    "ROOMTAPE_WEBHOOK_RETRY_MOST_S": "0.3",
}
EVENTS = (
    "meeting.started",
    "meeting.ended",
    "meeting.participantJoined",
    "meeting.participantLeft",
    "recording.statusUpdate",
)
OF_SESSION = ["meeting.started", "meeting.participantJoined", "meeting.participantLeft", "meeting.ended"]
OF_RECORDING = ["INVOKED", "RECORDING", "UPLOADING", "UPLOADED"]


async def test_every_event_arrives_once_in_order_though_receivers_and_server_fail(tmp_path: Path) -> None:
    async with receiving(dict(BEHAVE)) as receiver, running(tmp_path / "data", **SETTINGS) as server:
        hooks = {path: await _hook(server, receiver.url(path)) for path in PATHS}
        key = (await server.http.get(f"{server.base_url}/.well-known/webhooks.json")).json()["data"]["publicKey"]
        meetings = [await server.meeting(), await server.meeting()]
        people = [*await scene.join(server, meetings[0], "ann"), *await scene.join(server, meetings[1], "bob")]
        recordings = [await scene.record_tracks(server, meeting) for meeting in meetings]

        # One attempt is under way then, others wait to be made again, and what has just happened is not told.
        await until(lambda: len(receiver.at("/failing")) > 3 and receiver.at("/hanging")[-1].did == "hang", 10)
        await asyncio.gather(*(scene.stop(server, recording) for recording in recordings))
        await server.kill()
        await server.restart()
        for recording in recordings:
            await server.until(recording, "UPLOADED")
        for meeting in meetings:
            await server.kit.active_session.kick_all_participants(meeting, **server.ids, app_id=server.app_id)

        count = len(meetings) * (len(OF_SESSION) + len(OF_RECORDING))
        for hook in hooks.values():
            await _all_over(server, hook, count)
        await scene.leave(people)
        receiver.check_signatures(key)
        for path in PATHS:
            _check_one_body_for_each_id(receiver, path, count)
            if path != "/refusing":
                _check_order(receiver.taken(path))
        assert [r.did for r in receiver.at("/failing")].count(500) == 20
        refused = await _deliveries(server, hooks["/refusing"])
        assert {(d["state"], d["answer_status"]) for d in refused} == {("FAILED", 400)}
        assert receiver.taken("/refusing") == []
        await _check_links(server, receiver, recordings[0], tmp_path)
        await _check_repeat(server, receiver, hooks["/refusing"], refused[0])


async def _hook(server: Server, url: str) -> str:
    made = await server.kit.webhooks.create_webhook(
        server.app_id, **server.ids, name="A receiver", url=url, events=list(EVENTS)
    )
    return str(made.data.id)


async def _deliveries(server: Server, hook: str) -> list[dict[str, Any]]:
    answer = await server.http.get(f"{server.prefix}/webhooks/{hook}/deliveries", params={"per_page": 1000})
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def _all_over(server: Server, hook: str, count: int) -> None:
    async with asyncio.timeout(30):
        while True:
            found = await _deliveries(server, hook)
            if len(found) == count and all(d["finished_at"] for d in found):
                return
            await asyncio.sleep(0.1)


def _check_one_body_for_each_id(receiver: Receiver, path: str, count: int) -> None:
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for request in receiver.at(path):
        bodies[request.uuid].add(request.body)
    assert len(bodies) == count, path
    assert all(len(found) == 1 for found in bodies.values())
    assert len(set.union(*bodies.values())) == count  # and none of them twice under another id


def _check_order(taken: list[Request]) -> None:
    """Check that a receiver took everything, each subject in the order in which it happened."""
    sessions: dict[str, list[str]] = defaultdict(list)
    recordings: dict[str, list[str]] = defaultdict(list)
    for event in (request.event for request in taken):
        if event["event"] == "recording.statusUpdate":
            recordings[event["recording"]["id"]].append(event["recording"]["status"])
        else:
            sessions[event["meeting"]["sessionId"]].append(event["event"])
    assert list(sessions.values()) == [OF_SESSION] * 2
    assert list(recordings.values()) == [OF_RECORDING] * 2


async def _check_links(server: Server, receiver: Receiver, recording: str, folder: Path) -> None:
    told = [
        r.event["recording"] for r in receiver.taken("/taking") if r.event.get("recording", {}).get("id") == recording
    ]
    last = told[-1]
    ((name, link),) = last["downloadUrl"][0]["download_urls"].items()
    file = await server.download(link["download_url"], folder / name)
    assert last["fileSize"] == str(file.stat().st_size)
    assert told[0]["downloadUrl"] is None


async def _check_repeat(server: Server, receiver: Receiver, hook: str, delivery: dict[str, Any]) -> None:
    receiver.behave["/refusing"] = lambda _: 200
    await server.http.post(f"{server.prefix}/webhooks/{hook}/deliveries/{delivery['id']}/repeat")
    await until(lambda: receiver.taken("/refusing"), 5)
    assert [r.uuid for r in receiver.taken("/refusing")] == [delivery["id"]]
