"""Tests of sending, against a web server on loopback."""

from __future__ import annotations

import time

import pytest

from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound import send
from roomtape.outbound.guard import Barred, Guard
from roomtape.outbound.send import Answer, post
from tests.support.webhookreceiver import receiving
from tests.support.webserver import content, dripping, endless, redirect, serving

LOOPBACK = Guard(("127.0.0.0/8",))


async def test_the_body_arrives_once_with_its_headers() -> None:
    async with receiving() as receiver:
        answer = await post(LOOPBACK, receiver.url("/a?b=c"), b"\x00body", {"X-Mine": "yes"}, 5)
        assert answer == Answer(200, "answer 200 \N{REPLACEMENT CHARACTER}", None)
        (came,) = receiver.came
        assert (came.path, came.body, came.headers["x-mine"]) == ("/a?b=c", b"\x00body", "yes")
        assert came.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_a_name_is_looked_up_once_and_the_connection_goes_there() -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with receiving() as receiver:
        await post(Guard(("127.0.0.1",), resolve), receiver.url("/", "hooks.example.com"), b"", {}, 5)
        assert asked == ["hooks.example.com"]
        assert receiver.came[0].headers["host"] == f"hooks.example.com:{receiver.port}"


async def test_no_redirect_is_followed() -> None:
    async with serving({"/a": redirect("/b"), "/b": content(b"there")}) as server:
        assert (await post(LOOPBACK, server.url("/a"), b"", {}, 5)).status == 302
        assert [path for path, _ in server.asked] == ["/a"]


async def test_retry_after_is_told_in_seconds() -> None:
    answers = {
        "/s": content(b"", "text/plain", "429 Slow", "Retry-After: 17"),
        "/d": content(b"", "text/plain", "503 No", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"),
    }
    async with serving(answers) as server:
        assert (await post(LOOPBACK, server.url("/s"), b"", {}, 5)).retry_after_s == 17
        assert (await post(LOOPBACK, server.url("/d"), b"", {}, 5)).retry_after_s is None


async def test_long_and_endless_answers_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "EXCERPT_WITHIN_S", 0.3)
    async with serving({"/long": endless(), "/slow": dripping()}) as server:
        assert len((await post(LOOPBACK, server.url("/long"), b"", {}, 5)).excerpt) == send.EXCERPT_BYTES
        begin = time.monotonic()
        slow = await post(LOOPBACK, server.url("/slow"), b"", {}, 5)
        assert slow.status == 200
        assert set(slow.excerpt) == {"x"}
        assert time.monotonic() - begin < 3


async def test_silence_ends_in_time() -> None:
    async with receiving({"/": lambda _: "hang"}) as receiver:
        with pytest.raises(DestinationError, match=r"no answer within 0\.2 s"):
            await post(LOOPBACK, receiver.url("/"), b"", {}, 0.2)


async def test_no_connection_and_no_answer_are_told_without_the_path() -> None:
    async with receiving({"/secret": lambda _: "reset"}) as receiver:
        with pytest.raises(DestinationError, match="127.0.0.1 gave no answer") as reset:  # noqa: RUF043
            await post(LOOPBACK, receiver.url("/secret"), b"", {}, 5)
    with pytest.raises(DestinationError, match=r"127\.0\.0\.1 cannot be reached") as away:
        await post(LOOPBACK, receiver.url("/secret"), b"", {}, 5)
    assert "secret" not in f"{reset.value} {away.value}"


async def test_what_must_not_be_reached_is_not() -> None:
    async with receiving() as receiver:
        with pytest.raises(Barred):
            await post(Guard(()), receiver.url("/"), b"", {}, 5)
        with pytest.raises(InvalidRequest):
            await post(LOOPBACK, "ftp://example.com/", b"", {}, 5)
        assert receiver.came == []
