from __future__ import annotations

import asyncio
from typing import Any

import pytest

from roomtape.errors import SfuError
from roomtape.sfu.janus import client as module
from roomtape.sfu.janus.client import JanusClient, Jsep
from tests.support.fakejanus import FakeJanus


def nothing(event: dict[str, Any]) -> None:
    pass


async def test_replies_find_their_requests_and_carry_the_secret() -> None:
    async with FakeJanus() as janus:
        client = await JanusClient.open(janus.url, "secret", nothing)
        replies = await asyncio.gather(*(client.request({"janus": "create"}) for _ in range(20)))
        assert len({reply["data"]["id"] for reply in replies}) == 20
        assert {message["apisecret"] for message in janus.received} == {"secret"}
        assert len({message["transaction"] for message in janus.received}) == 20
        await client.close()
        assert client.closed.is_set()


async def test_a_plugin_answers_with_the_event_after_the_ack() -> None:
    async with FakeJanus() as janus:
        client = await JanusClient.open(janus.url, None, nothing)
        session = (await client.request({"janus": "create"}))["data"]["id"]
        handle = (await client.request({"janus": "attach", "session_id": session}))["data"]["id"]
        janus.answer = "v=0 answer"
        reply = await client.plugin(session, handle, {"request": "configure"}, Jsep("offer", "v=0 offer"))
        assert (reply.data["configured"], reply.sdp) == ("ok", "v=0 answer")
        assert janus.received[-1]["jsep"] == {"type": "offer", "sdp": "v=0 offer"}
        janus.plugin = lambda body: {"videoroom": "created"}
        made = await client.plugin(session, handle, {"request": "create"}, event=False)
        assert (made.data, made.sdp) == ({"videoroom": "created"}, None)
        assert "apisecret" not in janus.received[-1]
        await client.close()


async def test_refusals_have_januss_number_and_words() -> None:
    async with FakeJanus(lambda body: {"error_code": 426, "error": "No such room"}) as janus:
        client = await JanusClient.open(janus.url, None, nothing)
        with pytest.raises(SfuError, match="No such session 5") as refused:
            await client.request({"janus": "keepalive", "session_id": 5})
        assert refused.value.sfu_code == 458
        session = (await client.request({"janus": "create"}))["data"]["id"]
        handle = (await client.request({"janus": "attach", "session_id": session}))["data"]["id"]
        with pytest.raises(SfuError, match=r"`configure`: No such room \(426\)") as refused:
            await client.plugin(session, handle, {"request": "configure"})
        assert refused.value.sfu_code == 426
        await client.close()


async def test_events_are_handed_on() -> None:
    events: list[dict[str, Any]] = []
    async with FakeJanus() as janus:
        client = await JanusClient.open(janus.url, None, events.append)
        await janus.push({"janus": "webrtcup", "session_id": 1, "sender": 2})
        await client.request({"janus": "create"})
        assert events == [{"janus": "webrtcup", "session_id": 1, "sender": 2}]
        await client.close()


async def test_silence_and_a_dropped_connection_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeJanus() as janus:
        client = await JanusClient.open(janus.url, None, nothing)
        janus.silent.add("create")
        with monkeypatch.context() as patch:
            patch.setattr(module, "REQUEST_TIMEOUT_S", 0.05)
            with pytest.raises(SfuError, match="did not answer `create`"):
                await client.request({"janus": "create"})
        waiting = asyncio.create_task(client.request({"janus": "create"}))
        await asyncio.sleep(0.05)
        janus.drop()
        with pytest.raises(SfuError, match="dropped"):
            await waiting
        assert client.closed.is_set()
        with pytest.raises(SfuError, match="is gone"):
            await client.request({"janus": "create"})
        await client.close()


async def test_nobody_there_is_an_error(unused_tcp_port: int) -> None:
    with pytest.raises(SfuError, match="cannot be reached"):
        await JanusClient.open(f"ws://127.0.0.1:{unused_tcp_port}", None, nothing)
    with pytest.raises(SfuError, match="cannot be reached"):
        await JanusClient.open("http://127.0.0.1", None, nothing)


async def test_nonsense_closes_the_connection() -> None:
    async with FakeJanus() as janus:
        client = await JanusClient.open(janus.url, None, nothing)
        await janus.connections[-1].send("{nonsense")
        async with asyncio.timeout(20):
            await client.closed.wait()
        await client.close()
