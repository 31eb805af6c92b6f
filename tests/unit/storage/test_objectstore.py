from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from roomtape.domain.storage_config import from_api
from roomtape.errors import DestinationError
from roomtape.storage import objectstore
from roomtape.storage.objectstore import ObjectStorage, endpoint, reply
from tests.support.webserver import content, redirect, serving

AWS: dict[str, Any] = {"type": "aws", "bucket": "b", "access_key": "AKIA77", "secret": "hush-hush"}
AZURE: dict[str, Any] = {"type": "azure", "bucket": "b", "access_key": "AccountName=tapes;AccountKey=a2V5a2V5"}


@pytest.mark.parametrize(
    ("given", "address"),
    [
        (AWS, "https://s3.us-east-1.amazonaws.com"),
        (AWS | {"region": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com"),
        (AWS | {"type": "cloudflare", "account_id": "abc1"}, "https://abc1.r2.cloudflarestorage.com"),
        (AWS | {"type": "digitalocean", "region": "fra1"}, "https://fra1.digitaloceanspaces.com"),
        (AZURE, "https://tapes.blob.core.windows.net"),
    ],
)
def test_each_service_has_its_address(given: dict[str, Any], address: str) -> None:
    assert endpoint(from_api(given)) == address


def test_settings_may_lead_elsewhere() -> None:
    assert endpoint(from_api(AWS), "http://minio:9000/") == "http://minio:9000"
    assert endpoint(from_api(AZURE), "http://azurite:10000") == "http://azurite:10000/tapes"


def test_of_an_answer_status_code_and_message_are_told_in_a_line() -> None:
    text = (
        "Generic S3 error: Error performing PUT http://h/b in 3ms - Server returned non-2xx status code: "
        "403 Forbidden: "
        "<Error><Code>AccessDenied</Code><Message>Access\nDenied</Message></Error>\n\nDebug source:\nGeneric {...}"
    )
    assert reply(Exception(text)) == "the service answered 403 Forbidden: AccessDenied: Access"
    assert reply(Exception("no answer\nat all\n\nDebug source: x")) == "no answer at all"
    assert len(reply(Exception("x" * 5000))) == 300


async def test_nobody_there_is_an_error_soon(tmp_path: Path, unused_tcp_port: int) -> None:
    (tmp_path / "f").write_bytes(b"x")
    storage = ObjectStorage(from_api(AWS), f"http://127.0.0.1:{unused_tcp_port}")
    async with asyncio.timeout(10):
        with pytest.raises(DestinationError, match="aws://b: ") as caught:
            await storage.put("f.mp4", tmp_path / "f")
    assert "hush-hush" not in str(caught.value)


class _Shelf(BaseHTTPRequestHandler):
    """Keeps what is put there; `denied` are the methods that the key may not use."""

    denied: frozenset[str] = frozenset()
    garbles = False
    files: dict[str, bytes] = {}  # noqa: RUF012

    def do_PUT(self) -> None:
        self.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(201)

    def do_GET(self) -> None:
        self._answer(200, b"other bytes" if self.garbles else self.files[self.path])

    def do_POST(self) -> None:
        """Delete, as obstore asks for it: a list of one."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if "DELETE" not in self.denied:
            self.files.clear()
        answer = _AZURES if "comp=batch" in self.path else _AMAZONS
        self._answer(*answer["DELETE" in self.denied])

    def _answer(self, status: int, body: bytes = b"", kind: str = "application/xml") -> None:
        if self.command in self.denied:
            status, body = 403, b""
        self.send_response(status)
        said = {"Content-Length": str(len(body)), "Content-Type": kind, "ETag": '"x"', "Last-Modified": _WHEN}
        for name, value in said.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


def _batch(status: bytes) -> tuple[int, bytes, str]:
    lines = (b"--batch", b"Content-Type: application/http", b"Content-ID: 0", b"", b"HTTP/1.1 " + status, b"", b"")
    return 202, b"\r\n".join((*lines, b"--batch--", b"")), "multipart/mixed; boundary=batch"


_KEY = b"<Key>probe</Key>"
_AMAZONS = [
    (200, b"<DeleteResult><Deleted>" + _KEY + b"</Deleted></DeleteResult>"),
    (200, b"<DeleteResult><Error>" + _KEY + b"<Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"),
]
_AZURES = [_batch(b"202 Accepted"), _batch(b"403 Not authorized")]
_WHEN = "Sun, 01 Mar 2026 12:00:00 GMT"


@contextmanager
def shelf(*denied: str, garbles: bool = False) -> Iterator[tuple[dict[str, bytes], int]]:
    """Yield what lies there, and the port."""
    files: dict[str, bytes] = {}
    handler = type("Shelf", (_Shelf,), {"denied": frozenset(denied), "files": files, "garbles": garbles})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield files, server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.mark.parametrize("given", [AWS, AZURE])
@pytest.mark.parametrize(
    ("methods", "denied"), [((), ()), (("GET",), ("read",)), (("DELETE",), ("delete",)),
                            (("GET", "DELETE"), ("read", "delete"))],
)  # fmt: skip
async def test_a_key_that_may_only_write_will_do(
    given: dict[str, Any], methods: tuple[str, ...], denied: tuple[str, ...]
) -> None:
    with shelf(*methods) as (files, port):
        assert await ObjectStorage(from_api(given), f"http://127.0.0.1:{port}").check("probe") == denied
    assert len(files) == ("DELETE" in methods)


async def test_a_test_that_fails_leaves_nothing_behind() -> None:
    with shelf(garbles=True) as (files, port), pytest.raises(DestinationError, match="other bytes"):
        await ObjectStorage(from_api(AWS), f"http://127.0.0.1:{port}").check("probe")
    assert files == {}
    with shelf("PUT") as (_, port), pytest.raises(DestinationError, match="403"):
        await ObjectStorage(from_api(AWS), f"http://127.0.0.1:{port}").check("probe")


async def test_redirects_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    async with serving({"/": content(b"inside")}) as inside:
        answers = {f"/b/{name}": redirect(inside.url("/")) for name in ("f.mp4", "probe")}
        async with serving(answers) as server:
            storage = ObjectStorage(from_api(AWS), server.url("/").rstrip("/"))
            with pytest.raises(DestinationError):
                await storage.put("f.mp4", tmp_path / "f")
            with pytest.raises(DestinationError):
                await storage.check("probe")
        assert inside.asked == []


async def test_a_slow_line_has_longer_for_a_part_than_for_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objectstore, "ANSWERED_WITHIN", "500ms")
    (tmp_path / "f").write_bytes(b"moving pictures")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            if head.startswith(b"PUT"):
                await reader.readexactly(15)
                await asyncio.sleep(1)
            lines = "HTTP/1.1 200 OK\r\nETag: 1\r\nLast-Modified: Fri, 02 Jan 2026 03:04:05 GMT\r\n"
            size = 15 if head.startswith(b"HEAD") else 0
            writer.write(f"{lines}Content-Length: {size}\r\n\r\n".encode())

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(20):
            await ObjectStorage(from_api(AWS), address).put("f.mp4", tmp_path / "f")
