from __future__ import annotations

import httpx
import pytest

from roomtape.errors import DestinationError
from roomtape.simulate import whip


def client(answer: httpx.Response | Exception) -> httpx.AsyncClient:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        handle.seen.append(request)
        return answer

    handle.seen = []
    made = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    made.seen = handle.seen
    return made


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h:1", "http://h:1/whip"),
        ("https://h/", "https://h/whip"),
        ("http://h/other/whip", "http://h/other/whip"),
    ],
)
def test_the_endpoint_of_a_url(url: str, expected: str) -> None:
    assert whip.endpoint(url) == expected


def test_what_is_no_url_is_said() -> None:
    with pytest.raises(DestinationError, match="looks like http"):
        whip.endpoint("localhost:8080")


async def test_post_and_delete_as_rfc_9725_has_it() -> None:
    http = client(httpx.Response(201, headers={"Location": "/whip/7"}, text="v=0"))
    session = await whip.publish(http, "http://h/whip", "tok", "offer")
    assert session == whip.WhipSession("http://h/whip/7", "v=0")
    await whip.unpublish(http, session, "tok")
    post, delete = http.seen
    assert (post.method, post.content, post.headers["content-type"]) == ("POST", b"offer", "application/sdp")
    assert post.headers["authorization"] == delete.headers["authorization"] == "Bearer tok"
    assert (delete.method, str(delete.url)) == ("DELETE", "http://h/whip/7")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(401, text="token expired"), "401: token expired"),
        (httpx.Response(200, text="v=0"), "answered 200"),
        (httpx.Response(201, text="v=0"), "Location"),
        (httpx.ConnectError("refused"), "cannot be reached: refused"),
    ],
)
async def test_refusals_are_told_in_words(answer: httpx.Response | Exception, words: str) -> None:
    with pytest.raises(DestinationError, match=words):
        await whip.publish(client(answer), "http://h/whip", "tok", "offer")


async def test_leaving_a_server_that_is_gone_is_no_error() -> None:
    session = whip.WhipSession("http://h/whip/7", "")
    await whip.unpublish(client(httpx.ConnectError("refused")), session, "tok")
