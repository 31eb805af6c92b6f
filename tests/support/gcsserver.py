"""A Google Cloud Storage for tests: gcp-storage-emulator, before which each request's token is checked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from gcp_storage_emulator.handlers import buckets
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage

BUCKET = "tapes"
EMAIL = "recorder@roomtape.example"


@lru_cache
def key() -> rsa.RSAPrivateKey:
    """Return the service account's key."""
    return rsa.generate_private_key(65537, 2048)


def service_account(signer: rsa.RSAPrivateKey) -> str:
    """Return the JSON of a service account that signs with this key."""
    pem = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    body = {"type": "service_account", "client_email": EMAIL, "private_key": pem, "private_key_id": "1"}
    return json.dumps(body | {"token_uri": "http://169.254.169.254/token"})  # nobody shall ask there


class _Handler(RequestHandler):  # type: ignore[misc]
    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if "X-Goog-Signature=" in self.path:
            if _is_signed(self.command, self.path, self.headers.get("Host", "")):
                return True
            self.send_error(403, "SignatureDoesNotMatch")
            return False
        try:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            jwt.decode(
                token, key().public_key(), ["RS256"], audience="https://storage.googleapis.com/", issuer=EMAIL
            )  # fmt: skip
        except jwt.InvalidTokenError:
            body = b'{"error": {"code": 401, "message": "Invalid Credentials"}}'
            self.send_response(401, "Unauthorized")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
            return False
        return True


def _is_signed(method: str, target: str, host: str) -> bool:
    """Check a V4 signed URL (cloud.google.com/storage/docs/authentication/signatures)."""
    path, _, query = target.partition("?")
    parts = query.split("&")
    said = {name: unquote(value) for name, _, value in (part.partition("=") for part in parts)}
    asked = "&".join(sorted(part for part in parts if not part.startswith("X-Goog-Signature=")))
    request = f"{method}\n{path}\n{asked}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    scope = said["X-Goog-Credential"].partition("/")[2]
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"GOOG4-RSA-SHA256\n{said['X-Goog-Date']}\n{scope}\n{digest}"
    until = datetime.strptime(said["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    try:
        key().public_key().verify(bytes.fromhex(said["X-Goog-Signature"]), text.encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return datetime.now(UTC) < until + timedelta(seconds=int(said["X-Goog-Expires"]))


class GcsServer:
    def __init__(self) -> None:
        self.storage = Storage(use_memory_fs=True)
        buckets.create_bucket(BUCKET, self.storage)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self.storage))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def files(self) -> dict[str, bytes]:
        """Return what lies in the bucket."""
        listed = self.storage.get_file_list(BUCKET)
        items = listed[0] if isinstance(listed, tuple) else listed
        return {item["name"]: bytes(self.storage.get_file(BUCKET, item["name"])) for item in items}

    def config(self, **more: Any) -> dict[str, Any]:
        """Return a storage_config that opens it."""
        return {"type": "gcs", "bucket": BUCKET, "secret": service_account(key()), **more}


@asynccontextmanager
async def gcs_server() -> AsyncIterator[GcsServer]:
    """Yield a running server with an empty bucket."""
    server = GcsServer()
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)
