"""The recording SDK's socket: pinged, heard, bounded; what closes for good is told from what connects anew."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from roomtape.browser import sdksocket
from roomtape.browser.sdksocket import ADDRESS, BYTES_A_S, BYTES_AT_ONCE, LONGEST_MESSAGE, PING, PONG, SdkSocket


class _Heard:
    def __init__(self, interactive: bool = True) -> None:
        self.said: list[str] = []
        self.socket = SdkSocket(
            lambda: self.said.append("began"),
            (lambda text: self.said.append(text)) if interactive else None,
            lambda: self.said.append("left"),
            lambda what: self.said.append(f"lost {what}"),
        )


class _Route:
    """The page's end of a socket."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed: list[int | None] = []
        self.message: Callable[[str], Any]
        self.close_by_page: Callable[[int | None, str | None], Any]

    def send(self, data: str) -> None:
        self.sent.append(data)

    def on_message(self, handler: Callable[[str], Any]) -> None:
        self.message = handler

    def on_close(self, handler: Callable[[int | None, str | None], Any]) -> None:
        self.close_by_page = handler

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        self.closed.append(code)


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("ws://localhost:8080/ws", True),
        ("ws://127.0.0.1:8080/ws/", True),
        ("wss://localhost:8080/ws?v=1", True),
        ("ws://[::1]:8080/ws", True),
        ("ws://localhost:8080/ws?roomID=r&authToken=t", False),
        ("ws://socket-edge.localhost:8080/ws", False),
        ("ws://localhost:8081/ws", False),
        ("ws://evil.example/?ws://localhost:8080/ws", False),
    ],
)
def test_which_sockets_are_the_sdks(address: str, ours: bool) -> None:
    assert (ADDRESS.search(address) is not None) == ours, "as Playwright looks: anywhere in the address"


def test_what_a_page_says() -> None:
    heard = _Heard()
    text = json.dumps({"type": "ID3Data", "payload": {"data": "x"}})
    for said in (PONG, '{"type":"StartRecording"}', text, text.encode()):
        heard.socket.received(said)
    assert heard.said == ["began", text, text]


@pytest.mark.parametrize("odd", ["", "7", "{", b"\xff\x00", "[" * 50_000, '{"a":"' + "x" * LONGEST_MESSAGE + '"}'])
def test_odd_messages_are_lost(odd: str | bytes) -> None:
    heard = _Heard()
    heard.socket.received(odd)
    assert len(heard.said) == 1
    assert heard.said[0].startswith("lost ")


def test_what_becomes_no_tag_is_not_kept() -> None:
    heard = _Heard()
    heard.socket.received('{"type":"chat","payload":"secret"}')
    heard.socket.received("{}")
    assert heard.said == []
    heard = _Heard(interactive=False)
    for said in ('{"type":"ID3Data","payload":"x"}', "7", '{"type":"StartRecording"}'):
        heard.socket.received(said)
    assert heard.said == ["began"]


@pytest.mark.parametrize("size", [1, 60_000])
def test_a_flood_is_cut_by_its_bytes(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    now = [100.0]
    monkeypatch.setattr(sdksocket, "time", SimpleNamespace(monotonic=lambda: now[0]))
    heard = _Heard()
    text = json.dumps({"type": "ID3Data", "payload": "é" * (size // 2) + "x"}, ensure_ascii=False)
    for _ in range(10_000):
        heard.socket.received(text)
    assert BYTES_AT_ONCE * 0.9 < (size + 1040) * heard.said.count(text) < BYTES_AT_ONCE * 1.1
    assert "more than 128 KiB a second" in heard.said[-1]
    before = heard.said.count(text)
    for _ in range(1000):
        now[0] += 0.01
        heard.socket.received(text)
        heard.socket.received(text)
    assert BYTES_A_S * 9 < (size + 1040) * (heard.said.count(text) - before) < BYTES_A_S * 11


@pytest.mark.parametrize(("code", "left"), [(1000, True), (None, True), (3001, False), (3002, False)])
async def test_a_socket_is_pinged_until_it_is_closed(monkeypatch: pytest.MonkeyPatch, code: int, left: bool) -> None:
    monkeypatch.setattr(sdksocket, "PING_EVERY_S", 0.01)
    heard, route = _Heard(), _Route()
    await heard.socket.serve(route)  # type: ignore[arg-type]
    assert heard.socket.connected_at is not None
    assert heard.socket.open == 1
    await asyncio.sleep(0.05)
    assert set(route.sent) == {PING}
    assert len(route.sent) >= 2
    await route.close_by_page(code, "done")
    sent = len(route.sent)
    await asyncio.sleep(0.03)
    assert len(route.sent) == sent
    assert route.closed == [code]
    assert heard.socket.open == 0
    assert heard.said == (["left"] if left else [])
