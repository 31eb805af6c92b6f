"""Tests of fetching, against a web server on loopback."""

import datetime
import ipaddress
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound import fetch as module
from roomtape.outbound.fetch import fetch
from roomtape.outbound.guard import Guard
from tests.support.webserver import Answer, content, dripping, endless, redirect, serving

IMAGES = ("image/png", "image/jpeg")
LOOPBACK = Guard(("127.0.0.0/8",))


async def get(answers: dict[str, Answer], guard: Guard = LOOPBACK, within_s: float = 5) -> bytes:
    async with serving(answers) as server:
        return await fetch(guard, server.url("/a"), 1000, within_s, IMAGES)


async def test_a_file_is_fetched_whole() -> None:
    assert await get({"/a": content(b"x" * 1000)}) == b"x" * 1000
    assert await get({"/a": content(b"x", "binary/octet-stream")}) == b"x"
    assert await get({"/a": content(b"x", "Image/JPEG; q=1")}) == b"x"


async def test_redirects_are_followed() -> None:
    answers = {"/a": redirect("/b?c=d", "307 Temporary Redirect"), "/b?c=d": content(b"there")}
    assert await get(answers) == b"there"


async def test_six_redirects_are_too_many() -> None:
    answers = {"/a": redirect("/1"), **{f"/{i}": redirect(f"/{i + 1}") for i in range(1, 6)}, "/6": content(b"there")}
    with pytest.raises(DestinationError, match="more than 5 times"):
        await get(answers)
    assert await get({**answers, "/5": content(b"there")}) == b"there"


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("http://127.1.1.1:1/", "127.1.1.1 is not a public address"),
        ("http://169.254.169.254/latest/meta-data/", "not a public address"),
        ("http://[::ffff:169.254.169.254]/", "not a public address"),
        ("http://0x7f.1/", "odd notation"),
        ("file:///etc/passwd", "bad address"),
        ("gopher://127.0.0.1/", "bad address"),
        ("http://[::1", "Invalid URL"),
    ],
)
async def test_a_redirect_is_checked_like_the_url(to: str, message: str) -> None:
    with pytest.raises(DestinationError, match=message):
        await get({"/a": redirect(to)}, Guard(("127.0.0.1",)))


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name that changes its answer changes nothing: there is no second look-up."""

    async def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["127.0.0.9"]

    looked_up: list[str] = []
    async with serving({"/a": content(b"yes")}) as server:
        url = server.url("/a", "rebinding.example")
        assert await fetch(Guard(("127.0.0.1",), resolve), url, 1000, 5, IMAGES) == b"yes"
        assert server.asked[0][1]["host"] == f"rebinding.example:{server.port}"
        assert server.asked[0][1]["accept-encoding"] == "identity"
        assert looked_up == ["rebinding.example"]
        with pytest.raises(DestinationError, match="not a public address"):
            await fetch(Guard(("127.0.0.1",), resolve), url, 1000, 5, IMAGES)


async def test_the_next_address_is_tried_when_one_refuses() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    async with serving({"/a": content(b"yes")}) as server:
        guard = Guard(("127.0.0.0/8",), resolve)
        assert await fetch(guard, server.url("/a", "two.example"), 1000, 5, IMAGES) == b"yes"
        with pytest.raises(DestinationError, match=r"two\.example cannot be reached"):
            await fetch(guard, "http://two.example:1/", 1000, 5, IMAGES)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (content(b"x" * 1001), "larger than the 1000 bytes"),
        (endless(), "larger than the 1000 bytes"),
        (endless(50 << 20), "larger than the 1000 bytes"),
        (content(b"", status="404 Not Found"), "answered 404 Not Found"),
        (content(b"", status="204 No Content"), "answered 204"),
        (content(b"<p>", "text/html; charset=utf-8"), "sent text/html; image/png, image/jpeg are accepted"),
        (content(b"x", "image/png", "200 OK", "Content-Encoding: gzip"), "compressed"),
        (content(b"", status="302 Found"), "answered 302"),
    ],
)
async def test_what_cannot_be_accepted_is_told(answer: Answer, message: str) -> None:
    with pytest.raises(DestinationError, match=message):
        await get({"/a": answer})


async def test_a_server_that_takes_its_time_is_left() -> None:
    began = time.monotonic()
    with pytest.raises(DestinationError, match=r"within 0\.3 s"):
        await get({"/a": dripping()}, within_s=0.3)
    assert time.monotonic() - began < 2


async def test_a_bad_url_is_the_callers_fault() -> None:
    with pytest.raises(InvalidRequest):
        await fetch(LOOPBACK, "ftp://127.0.0.1/", 1000, 5, IMAGES)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A certificate for files.example, which is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "files.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("files.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file = tmp_path / "both.pem"
    file.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    module.tls_context.cache_clear()
    yield file
    module.tls_context.cache_clear()


async def test_tls_is_checked_against_the_name_not_the_address(certificate: Path) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    seen: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: seen.append(name)
    guard = Guard(("127.0.0.0/8",), resolve)
    async with serving({"/a": content(b"secret")}, tls=tls) as server:
        assert await fetch(guard, f"https://files.example:{server.port}/a", 1000, 5, IMAGES) == b"secret"
        assert seen == ["files.example"]
        with pytest.raises(DestinationError, match=r"(?i)certificate"):
            await fetch(guard, f"https://other.example:{server.port}/a", 1000, 5, IMAGES)
        with pytest.raises(DestinationError, match=r"(?i)certificate"):
            await fetch(guard, f"https://127.0.0.1:{server.port}/a", 1000, 5, IMAGES)
