"""Tests of the addresses of recorded pages."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from roomtape.errors import InvalidRequest
from roomtape.outbound.guard import Guard
from roomtape.recordings.page_url import Addresses, Places, opened, pair, shown


def test_token_and_configuration_are_added_and_the_rest_stays() -> None:
    config = {"video_config": {"codec": "H264"}, "url": "x", "storage_config": {"bucket": "b"}, "rtmp_out_config": None}
    url = opened("https://a.example:8443/r%20m?look=dark&authToken=old&x=%26#top", "t+/=", config)
    parts = urlsplit(url)
    assert (parts.netloc, parts.path, parts.fragment) == ("a.example:8443", "/r%20m", "top")
    query = parse_qs(parts.query)
    assert query["look"] == ["dark"]
    assert query["x"] == ["&"]
    assert query["authToken"] == ["t+/="], "what the caller gave under our name is not the page's"
    assert json.loads(query["config"][0]) == {"video_config": {"codec": "H264"}}


def test_a_page_without_a_query_gets_one() -> None:
    assert urlsplit(opened("https://a.example", "t", {})).query == "authToken=t&config=%7B%7D"


def test_what_is_shown_has_nothing_that_opens_anything() -> None:
    assert shown("https://a.example/p?key=k#also") == "https://a.example/p"


def test_the_pair_has_the_port_always() -> None:
    assert pair("https://A.example/") == "a.example:443"
    assert pair("http://[::1]:8080/") == "[::1]:8080"


async def test_the_servers_own_address_is_allowed_at_its_port_only() -> None:
    addresses = Addresses(
        Guard(("10.1.0.0/16",), setting="page_allow"), Places("http://127.0.0.1:8080", ("127.0.0.1:8080",))
    )
    for allowed in ("http://127.0.0.1:8080/page", "http://10.1.2.3/"):
        await addresses.check(allowed, "url")
    metadata, credentials = "http://169.254.169.254/latest", "http://u:p@b.example/"
    for refused in ("http://127.0.0.1:8081/", metadata, "http://[::1]:8080/", "ftp://a.example/", credentials):
        with pytest.raises(InvalidRequest, match=r"^url: "):
            await addresses.check(refused, "url")
    with pytest.raises(InvalidRequest, match="page_allow may list it"):
        await addresses.check(metadata, "url")
    with pytest.raises(InvalidRequest, match="there is no host"):
        await addresses.check("http://no-such-host.invalid/", "url")
