from __future__ import annotations

import json

import httpx
import pytest

from roomtape.errors import DestinationError
from roomtape.simulate.rest import MeetingAccess, add_participant

ACCESS = MeetingAccess("http://h:1/", "acc", "app", "meet", "secret")


async def test_a_participant_is_added_and_their_token_returned() -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"success": True, "data": {"token": "tok"}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        assert await add_participant(client, ACCESS, "Simulated 3", "group_call_participant") == "tok"
    assert seen[0].url.path == "/client/v4/accounts/acc/realtime/kit/app/meetings/meet/participants"
    assert seen[0].headers["authorization"] == "Bearer secret"
    assert json.loads(seen[0].content) == {
        "name": "Simulated 3",
        "preset_name": "group_call_participant",
        "custom_participant_id": "simulated-3",
    }


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(404, text="no such meeting"), "404: no such meeting"),
        (httpx.Response(200, json={"data": {}}), "without a token"),
        (httpx.Response(200, text="<html>"), "without a token"),
    ],
)
async def test_refusals_are_told_in_words(answer: httpx.Response, words: str) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        with pytest.raises(DestinationError, match=words):
            await add_participant(client, ACCESS, "x", "y")


async def test_a_server_that_is_away() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as client:
        with pytest.raises(DestinationError, match="cannot be reached"):
            await add_participant(client, ACCESS, "x", "y")
