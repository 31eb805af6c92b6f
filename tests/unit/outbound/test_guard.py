"""Tests of the guard: what is public is let through, under whichever name the rest comes it is not."""

import asyncio
from ipaddress import ip_address

import pytest

from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound.guard import Guard, is_public

WEB = frozenset({"http", "https"})
PUBLIC = "93.184.215.14"


def guard(*allowed: str, **names: list[str]) -> Guard:
    async def resolve(host: str, port: int) -> list[str]:
        found = names.get(host.replace(".", "_"))
        if found is None:
            raise OSError(f"unknown {host}")
        return found

    return Guard(allowed, resolve)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.com", ("http", "example.com", 80, "/")),
        ("https://EXAMPLE.com./a/b?c=d&e=%20#f", ("https", "example.com", 443, "/a/b?c=d&e=%20")),
        ("https://example.com:8443/ä?ö", ("https", "example.com", 8443, "/%C3%A4?%C3%B6")),
        ("http://bücher.example/", ("http", "xn--bcher-kva.example", 80, "/")),
        ("http://93.184.215.14/x", ("http", "93.184.215.14", 80, "/x")),
        ("http://[2606:2800:021F::1]:81/x", ("http", "2606:2800:21f::1", 81, "/x")),
    ],
)
async def test_public_urls_are_let_through(url: str, expected: tuple[str, str, int, str]) -> None:
    here = guard(example_com=[PUBLIC], **{"xn--bcher-kva_example": [PUBLIC]})
    target = await here.check(url, WEB)
    assert (target.scheme, target.host, target.port, target.path) == expected
    assert target.addresses == ((PUBLIC,) if "[" not in url else ("2606:2800:21f::1",))


async def test_the_authority_is_what_a_url_says() -> None:
    here = guard(example_com=[PUBLIC])
    assert (await here.check("http://example.com:80/", WEB)).authority == "example.com"
    assert (await here.check("http://example.com:443/", WEB)).authority == "example.com:443"
    assert (await here.check("https://[2606:2800:21f::1]:444/", WEB)).authority == "[2606:2800:21f::1]:444"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "example.com",
        "",
        "http://",
        "http:///x",
        "http://example.com:0/",
        "http://example.com:/",
        "http://example.com:99999/",
        "http://example.com:http/",
        "http://user@example.com/",
        "http://example.com:80@127.0.0.1/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com /",
        "http://exa\tmple.com/",
        "http://example.com/\r\nHost: x",
        "http://exa%6dple.com/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1.5/",
        "http://example.0x7f/",
        "http://127.0.0.0x1/",
        "http://0x/",
        "http://[::1%25lo]/",
        "http://[fe80::1%eth0]/",
        "http://[::1/",
        "http://[example.com]/",
        "http://[1.2.3.4]/",
        "http://-x.example/",
        "http://a..example/",
        "http://.example/",
        "http://exa<mple.com/",
        "http://example.com℀/",
        "http://" + "a" * 64 + ".example/",
        "http://example.com/" + "a" * 3000,
    ],
)
async def test_what_parsers_differ_about_is_no_url(url: str) -> None:
    with pytest.raises(InvalidRequest):
        await guard(example_com=[PUBLIC]).check(url, WEB)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://127.99.1.2:8080/",
        "http://１２７.０.０.１/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://0.0.0.0/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://100.100.100.200/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://192.0.0.192/",
        "http://198.18.0.1/",
        "http://203.0.113.7/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[::]/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[64:ff9b:1::1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:1::1]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://[3fff::1]/",
        "http://[5f00::1]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://[2001:db8::1]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://inside.example/",
        "http://both.example/",
        "http://six.example/",
        "http://linklocal.example/",
    ],
)
async def test_private_addresses_are_refused_under_any_name(url: str) -> None:
    here = guard(
        localhost=["127.0.0.1", "::1"],
        inside_example=["10.0.0.1"],
        both_example=[PUBLIC, "127.0.0.1"],
        six_example=["::ffff:10.0.0.1"],
        linklocal_example=["fe80::1%eth0"],
    )
    with pytest.raises(DestinationError, match="not a public address") as refused:
        await here.check(url, WEB)
    if ".example" in url:
        assert "10.0.0.1" not in str(refused.value)


async def test_what_is_listed_may_be_reached() -> None:
    here = guard("Inside.example", "127.0.0.0/8", "::1", inside_example=["10.0.0.1"], other_example=["10.0.0.1"])
    assert (await here.check("http://inside.example./", WEB)).addresses == ("10.0.0.1",)
    assert (await here.check("http://127.3.2.1/", WEB)).addresses == ("127.3.2.1",)
    assert (await here.check("http://[::ffff:127.0.0.1]/", WEB)).addresses == ("::ffff:7f00:1",)
    assert (await here.check("http://[::1]/", WEB)).addresses == ("::1",)
    for url in ("http://other.example/", "http://10.0.0.1/", "http://x.inside.example/"):
        with pytest.raises(DestinationError):
            await here.check(url, WEB)


async def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_answer() -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    here = Guard((), resolve)
    assert (await here.check("http://rebinding.example/", WEB)).addresses == (PUBLIC,)
    assert len(answers) == 1
    with pytest.raises(DestinationError):
        await here.check("http://rebinding.example/", WEB)


async def test_unknown_and_silent_names_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DestinationError, match=r"no host nowhere\.example"):
        await guard().check("http://nowhere.example/", WEB)
    with pytest.raises(DestinationError, match=r"no host empty\.example"):
        await guard(empty_example=[]).check("http://empty.example/", WEB)

    async def silent(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr("roomtape.outbound.guard.RESOLVED_WITHIN_S", 0.01)
    with pytest.raises(DestinationError, match="not resolved within"):
        await Guard((), silent).check("http://silent.example/", WEB)


async def test_rtmp_has_its_own_ports() -> None:
    here = guard(live_example=[PUBLIC])
    both = frozenset({"rtmp", "rtmps"})
    assert (await here.check("rtmp://live.example/app/key?a=b", both)).port == 1935
    target = await here.check("rtmps://live.example/app/key?a=b", both)
    assert (target.port, target.path) == (443, "/app/key?a=b")
    with pytest.raises(InvalidRequest, match="rtmp:// or rtmps://"):
        await here.check("http://live.example/", both)


async def test_the_systems_own_resolver_is_asked() -> None:
    with pytest.raises(DestinationError, match="not a public address"):
        await Guard().check("http://localhost/", WEB)
    assert "127.0.0.1" in (await Guard(("localhost",)).check("http://localhost/", WEB)).addresses


@pytest.mark.parametrize("text", [PUBLIC, "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"])
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))
