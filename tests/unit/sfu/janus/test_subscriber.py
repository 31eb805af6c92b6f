from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from roomtape.errors import InvalidRequest, NotFound, SfuError
from roomtape.settings import Settings
from roomtape.sfu.janus.adapter import JanusSfu
from roomtape.sfu.port import SubscribedStream, Wish
from tests.support.fakejanus import FakeJanus

STREAMS = [
    {"mid": "0", "feed_id": "77", "feed_mid": "0"},
    {"mid": "2", "feed_id": "ann", "feed_mid": "3"},
    {"mid": "3"},
]


class Plugin:
    def __init__(self) -> None:
        self.refuse: dict[str, int] = {}
        self.participants: list[dict[str, Any]] = [{"id": "ann"}, {"id": "77", "dummy": True}]
        self.state = "updated"

    def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
        name = body["request"]
        if name in self.refuse:
            return {"videoroom": "event", "error_code": self.refuse[name], "error": "refused"}
        if name == "listparticipants":
            return {"videoroom": "participants", "participants": self.participants}
        return {"videoroom": self.state, "room": "r", "streams": STREAMS}


@pytest.fixture
def plugin() -> Plugin:
    return Plugin()


@pytest.fixture
async def world(tmp_path: Path, plugin: Plugin) -> AsyncIterator[tuple[JanusSfu, FakeJanus]]:
    async with FakeJanus(plugin) as janus:
        sfu = JanusSfu(Settings(data_dir=tmp_path, janus_url=janus.url))
        await sfu.start(lambda event: None, None)
        await sfu.open_room("r", tmp_path)
        yield sfu, janus
        await sfu.stop(keep_media=False)


async def test_a_room_has_placeholders_to_subscribe_to(world: tuple[JanusSfu, FakeJanus]) -> None:
    sfu, janus = world
    (create,) = [m for m in janus.requests("create") if "body" in m]
    assert create["body"]["dummy_streams"] == [{"codec": "opus"}, {"codec": "vp8"}]
    made = await sfu.open_subscriber("r")
    (join,) = janus.requests("join")
    assert join["body"]["streams"] == [{"feed": "77", "mid": "0"}, {"feed": "77", "mid": "1"}]
    assert join["body"]["autoupdate"] is False
    assert made.streams == (
        SubscribedStream("0", "77", "0"),
        SubscribedStream("2", "ann", "3"),
        SubscribedStream("3", None, None),
    )


async def test_a_room_without_placeholders_says_so(world: tuple[JanusSfu, FakeJanus], plugin: Plugin) -> None:
    sfu, janus = world
    plugin.participants = []
    with pytest.raises(SfuError, match="placeholders"):
        await sfu.open_subscriber("r")
    assert janus.requests("detach")


async def test_wishes_become_one_update(world: tuple[JanusSfu, FakeJanus], plugin: Plugin) -> None:
    sfu, janus = world
    handle = (await sfu.open_subscriber("r")).handle
    await sfu.subscribe(handle, [Wish("ann", "3", 1), Wish("bob", "2")], ["5"])
    (update,) = janus.requests("update")
    assert update["body"] == {
        "request": "update",
        "subscribe": [{"feed": "ann", "mid": "3", "substream": 1}, {"feed": "bob", "mid": "2"}],
        "unsubscribe": [{"sub_mid": "5"}],
    }
    await sfu.unsubscribe(handle, ["2"])
    assert janus.requests("unsubscribe")[0]["body"]["streams"] == [{"sub_mid": "2"}]
    await sfu.choose_layer(handle, "2", 0)
    assert janus.requests("configure")[0]["body"]["streams"] == [{"mid": "2", "substream": 0}]
    await sfu.answer_subscriber(handle, "v=0 answer")
    assert janus.requests("start")[0]["jsep"] == {"type": "answer", "sdp": "v=0 answer"}
    assert await sfu.subscriber_alive(handle)


async def test_refusals_are_named(world: tuple[JanusSfu, FakeJanus], plugin: Plugin) -> None:
    sfu, _ = world
    handle = (await sfu.open_subscriber("r")).handle
    plugin.refuse = {"update": 428, "start": 465, "configure": 424}
    with pytest.raises(NotFound, match="not there"):
        await sfu.subscribe(handle, [Wish("ann", "3")], [])
    with pytest.raises(InvalidRequest, match="answer"):
        await sfu.answer_subscriber(handle, "v=0")
    assert not await sfu.subscriber_alive(handle)
    plugin.refuse, plugin.state = {}, "updating"
    with pytest.raises(SfuError, match="not been answered"):
        await sfu.subscribe(handle, [Wish("ann", "3")], [])


async def test_a_room_that_closes_takes_its_subscribers_along(world: tuple[JanusSfu, FakeJanus]) -> None:
    sfu, janus = world
    handle = (await sfu.open_subscriber("r")).handle
    await sfu.close_room("r")
    assert handle.id in [m["handle_id"] for m in janus.requests("detach")]
