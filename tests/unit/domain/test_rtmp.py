import pytest

from roomtape.domain.rtmp import masked, parse, scrubbed
from roomtape.errors import InvalidRequest


@pytest.mark.parametrize(
    ("url", "app", "playpath", "tc_url"),
    [
        ("rtmp://a.example.com/live2/abcd-efgh", "live2", "abcd-efgh", "rtmp://a.example.com/live2"),
        ("rtmp://a.example.com:5222/app/k", "app", "k", "rtmp://a.example.com:5222/app"),
        ("rtmps://a.example.com:443/rtmp/FB-1?s=1&a=/x", "rtmp", "FB-1?s=1&a=/x", "rtmps://a.example.com:443/rtmp"),
        ("rtmp://a.example.com/one/two/key", "one/two", "key", "rtmp://a.example.com/one/two"),
        ("rtmp://a.example.com/app", "app", "", "rtmp://a.example.com/app"),
        ("rtmp://[::1]:1936/app/key", "app", "key", "rtmp://[::1]:1936/app"),
    ],
)
def test_app_and_key(url: str, app: str, playpath: str, tc_url: str) -> None:
    found = parse(url)
    assert (found.app, found.playpath, found.tc_url) == (app, playpath, tc_url)


def test_ports_and_host() -> None:
    assert parse("rtmp://h/a/k").port == 1935
    assert parse("rtmps://h/a/k").port == 443
    found = parse("RTMP://Host.example:7/a/k")
    assert (found.scheme, found.host, found.port) == ("rtmp", "host.example", 7)


@pytest.mark.parametrize(
    "url", ["http://h/a/k", "rtmp:///a/k", "rtmp://h:x/a/k", "rtmp://h/a/k k", "rtmp://[/a", "", "rtmp://me:p@h/a/k"]
)
def test_no_address(url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(url)
    assert "a/k" not in caught.value.message


def test_only_the_host_can_be_read() -> None:
    assert masked("rtmps://me:pass@h.example.com:443/live/the-key?a=b") == "rtmps://h.example.com:443/***"
    assert masked("rtmp://h.example.com") == "rtmp://h.example.com/***"


def test_what_a_server_says_of_the_stream() -> None:
    url = "rtmp://h/live/the-key?sign=12345"
    said = "the-key?sign=12345 is in use (live/the-key), the-key, sign=12345"
    shown = scrubbed(said, url)
    assert "is in use" in shown
    for secret in ("the-key", "12345"):
        assert secret not in shown
    assert scrubbed("Already publishing", url) == "Already publishing"
    assert scrubbed("k is not known", "rtmp://h/live/k") == ""
