from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from roomtape.outbound import lookup


async def test_a_name_gives_its_addresses() -> None:
    assert await lookup.addresses("127.0.0.1", 80) == ["127.0.0.1"]


async def test_a_name_that_is_none_is_an_error() -> None:
    with pytest.raises((OSError, UnicodeError)):
        await lookup.addresses("a" * 300, 80)


def test_a_look_up_that_hangs_holds_neither_the_loop_nor_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        over.wait(20)
        return []

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await lookup.addresses("slow.example", 80)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    asyncio.run(ask())
    assert time.monotonic() - began < 5
    over.set()


async def test_no_more_than_so_many_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(lookup, "_free", threading.BoundedSemaphore(2))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    hanging = [asyncio.create_task(lookup.addresses("slow.example", 80)) for _ in range(2)]
    await asyncio.sleep(0.01)
    with pytest.raises(TimeoutError, match="too many"):
        await lookup.addresses("slow.example", 80)
    over.set()
    assert await asyncio.gather(*hanging) == [[], []]
    assert await lookup.addresses("slow.example", 80) == []
