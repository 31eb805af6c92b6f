"""Owns an RTMP server for tests: nginx with its rtmp module as our own child, and TLS in front of it."""

from __future__ import annotations

import asyncio
import datetime
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.wait import until

# One process, so that SIGKILL leaves nothing behind.
_CONFIG = """
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
{user}
daemon off; master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 64; }}
rtmp {{ server {{
  listen 127.0.0.1:{port};
  access_log {folder}/access.log;
  application live {{ live on; record all; record_unique on; record_path {folder}/received; }}
}} }}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class RtmpServer:
    """Records what is published to `/live/KEY`; `files` are the FLVs, one for each connection, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: asyncio.subprocess.Process | None = None
        (folder / "received").mkdir(parents=True)
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(_CONFIG.format(folder=folder, port=self.port, user=user))

    def files(self, key: str) -> list[Path]:
        return sorted((self.folder / "received").glob(f"{key}-*.flv"), key=lambda path: path.stat().st_ctime_ns)

    @property
    def log(self) -> str:
        return (self.folder / "error.log").read_text()

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            "/usr/sbin/nginx", "-p", str(self.folder), "-e", str(self.folder / "error.log"),
            "-c", str(self.folder / "nginx.conf"),
        )  # fmt: skip
        await until(self._listens, 10)

    async def kill(self) -> None:
        """kill -9."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@asynccontextmanager
async def rtmp_server(folder: Path) -> AsyncIterator[RtmpServer]:
    server = RtmpServer(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()


@asynccontextmanager
async def tls_front(folder: Path, port: int, name: str = "localhost") -> AsyncIterator[tuple[int, Path]]:
    """Yield a port that speaks TLS as `name` and leads to `port`, and the certificate of who vouches for it."""
    authority, chain = certificates(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(_copy(reader, inner[1]), _copy(inner[0], writer))
        except OSError:
            pass
        finally:
            inner[1].close()
            writer.close()

    server = await asyncio.start_server(passed, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], authority
    finally:
        server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()


def certificates(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate authority's certificate, and a key with its certificate for `name`, good for a day."""
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    authority = _signed(issuer, issuer, ours, ours, x509.BasicConstraints(ca=True, path_length=0))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    leaf = _signed(subject, issuer, theirs, ours, x509.SubjectAlternativeName([x509.DNSName(name)]))
    pem = serialization.Encoding.PEM
    key = theirs.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(key + leaf.public_bytes(pem))
    return folder / "authority.pem", folder / "server.pem"


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(extension, critical=True)
        .sign(by, hashes.SHA256())
    )
