from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from roomtape.errors import SfuError
from roomtape.sfu.janus import lookup
from roomtape.sfu.janus.link import JanusLink
from roomtape.sfu.port import Handle
from tests.support.fakejanus import FakeJanus

SPEAKER: dict[str, Any] = {"id": "peer", "publisher": True}


class Plugin:
    """Answers with what a test put under the name of the request."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {
            "configure": {"videoroom": "event", "room": "room", "configured": "ok"},
            "listparticipants": {"videoroom": "participants", "participants": []},
            "join": {"videoroom": "attached", "streams": []},
        }

    def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
        return self.answers[body["request"]]


class House:
    def __init__(self, janus: FakeJanus, plugin: Plugin) -> None:
        async def address() -> str:
            return janus.url

        self.janus, self.plugin = janus, plugin
        self.link = JanusLink(
            address, None, 60, on_event=lambda event: None, on_lost=lambda: None, on_ready=lambda claimed: None
        )


@pytest.fixture
async def house() -> AsyncIterator[House]:
    plugin = Plugin()
    async with FakeJanus(plugin) as janus:
        made = House(janus, plugin)
        await made.link.open(None)
        yield made
        await made.link.close(keep_session=False)


async def test_a_publisher_is_found_by_the_end_of_its_name(house: House) -> None:
    handle = await house.link.attach()
    others = [{**SPEAKER, "id": "x", "display": lookup.display("Ann", Handle(1, 1))}, {"id": "y"}]
    listed = house.plugin.answers["listparticipants"]["participants"]
    listed += others
    assert await lookup.find(house.link, handle) is None
    listed.append({**SPEAKER, "display": lookup.display("Ann #5 #", handle)})
    assert await lookup.find(house.link, handle) == lookup.Found("room", "peer")
    listed[-1]["publisher"] = False
    assert await lookup.find(house.link, handle) is None


@pytest.mark.parametrize("code", [426, 424])
async def test_who_left_is_not_found(house: House, code: int) -> None:
    handle = await house.link.attach()
    house.plugin.answers["configure"] = {"error_code": code, "error": "gone"}
    assert await lookup.find(house.link, handle) is None
    assert await lookup.find(house.link, Handle(handle.session, 5)) is None


async def test_other_refusals_are_errors(house: House) -> None:
    handle = await house.link.attach()
    house.plugin.answers["configure"] = {"error_code": 499, "error": "broken"}
    with pytest.raises(SfuError):
        await lookup.find(house.link, handle)


async def test_mids_are_those_a_subscriber_is_told(house: House) -> None:
    found = lookup.Found("room", "peer")
    house.plugin.answers["join"]["streams"] = [{"feed_mid": "a", "mid": "0"}, {"feed_mid": "v", "mid": "1"}, {}]
    assert await lookup.mids(house.link, found) == {"a", "v"}
    assert len(house.janus.requests("detach")) == 1
    house.plugin.answers["join"] = {"error_code": 428, "error": "No such feed"}
    assert await lookup.mids(house.link, found) == frozenset()
    assert len(house.janus.requests("detach")) == 2
