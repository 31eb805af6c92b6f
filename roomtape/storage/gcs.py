"""Owns storing in Google Cloud Storage: Google's own client, in a thread, with resumable uploads."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, TypeVar

import jwt
import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import Credentials, Signing
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage  # type: ignore[attr-defined]
from google.cloud.exceptions import Forbidden, GoogleCloudError
from google.cloud.exceptions import NotFound as Missing
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse  # type: ignore[import-untyped]

from roomtape.domain.storage_config import StorageConfig, service_account
from roomtape.errors import DestinationError, NotFound
from roomtape.storage.bucket import content_type
from roomtape.storage.port import PROBE_TEXT, Method, Right

GOOGLE = "https://storage.googleapis.com"
PART_BYTES = 8 << 20
_AUDIENCE = f"{GOOGLE}/"
_TOKEN_S = 3600
_TIMEOUTS_S = (10.0, 120.0)  # to connect, to wait for bytes
_LONGEST_REPLY = 300
_FAILED = (
    GoogleAPICallError, GoogleCloudError, GoogleAuthError, InvalidResponse, DataCorruption,
    requests.RequestException, OSError, ValueError,
)  # fmt: skip
T = TypeVar("T")


class _Abandoned(Exception):
    """Nobody waits for the upload any more."""


class _Source:
    """A file that can be taken away from the thread that reads it, which nothing else can stop."""

    def __init__(self, file: IO[bytes], left: threading.Event) -> None:
        self._file = file
        self._left = left

    def read(self, size: int = -1) -> bytes:
        if self._left.is_set():
            raise _Abandoned
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _SelfSigned(Credentials, Signing):
    """Tokens that the service account signs itself (AIP-4111), for Cloud Storage only; and links.

    Google's own class asks further addresses besides (a token's, those of allowed regions); this one asks nobody.
    """

    def __init__(self, config: StorageConfig) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        account = service_account(config)
        try:
            key = load_pem_private_key(account["private_key"].encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise DestinationError(f"{config.place}: the private_key in the service account's JSON is none") from error
        if not isinstance(key, RSAPrivateKey):
            raise DestinationError(f"{config.place}: the private_key in the service account's JSON is no RSA key")
        self._key = key
        self._email, self._key_id = account["client_email"], account["private_key_id"]

    @property
    def signer_email(self) -> str:
        """Whose signature it is."""
        return self._email

    @property
    def signer(self) -> Any:
        """Google's interface has it, its code does without."""
        return None

    def sign_bytes(self, message: bytes) -> bytes:
        """Sign a link (RSA-SHA256, PKCS #1 v1.5)."""
        return self._key.sign(message, PKCS1v15(), SHA256())

    def refresh(self, request: Any) -> None:
        """Sign a new token."""
        now = int(time.time())
        claims = {"iss": self._email, "sub": self._email, "aud": _AUDIENCE, "iat": now, "exp": now + _TOKEN_S}
        self.token = jwt.encode(claims, self._key, "RS256", {"kid": self._key_id} if self._key_id else None)
        self.expiry = datetime.fromtimestamp(now + _TOKEN_S, UTC).replace(tzinfo=None)  # as Google's classes count


class GoogleStorage:
    """One bucket (`port.Destination`). Raises DestinationError for a service account whose key is none."""

    def __init__(self, config: StorageConfig, address: str | None = None) -> None:
        self._config = config
        self._address = address or GOOGLE
        self._signer = _SelfSigned(config)
        client = storage.Client(
            project="roomtape",
            credentials=self._signer,
            client_options=ClientOptions(api_endpoint=self._address),
        )
        self._client = client
        self._bucket = client.bucket(config.bucket)

    async def put(self, path: str, file: Path) -> None:
        """Store `file` in parts; the service and the client compare CRC32C and size."""
        await self._run(lambda left: self._put(path, file, left))

    def _put(self, path: str, file: Path, left: threading.Event) -> None:
        size = file.stat().st_size
        blob = self._bucket.blob(path, chunk_size=PART_BYTES)
        with file.open("rb") as content:
            blob.upload_from_file(
                _Source(content, left),
                size=size,
                content_type=content_type(path),
                timeout=_TIMEOUTS_S,
                checksum="crc32c",
                retry=None,
            )
        if blob.size is not None and int(blob.size) != size:
            raise ValueError(f"it has {blob.size} of the file's {size} bytes")

    async def check(self, path: str) -> tuple[Right, ...]:
        """Write, read and delete a small object."""
        return await self._run(lambda left: self._check(path))

    def _check(self, path: str) -> tuple[Right, ...]:
        blob = self._bucket.blob(path)
        blob.upload_from_string(PROBE_TEXT, timeout=_TIMEOUTS_S, retry=None)
        denied: list[Right] = []
        try:
            if blob.download_as_bytes(timeout=_TIMEOUTS_S, retry=None) != PROBE_TEXT:
                raise ValueError("it gave back other bytes than were written")
        except Forbidden:
            denied.append("read")
        finally:
            try:
                blob.delete(timeout=_TIMEOUTS_S, retry=None)
            except Forbidden:
                denied.append("delete")
        return tuple(denied)

    async def names(self, prefix: str) -> list[str]:
        """List a folder."""
        return await self._run(lambda left: self._names(prefix))

    def _names(self, prefix: str) -> list[str]:
        return [blob.name for blob in self._bucket.list_blobs(prefix=f"{prefix}/", timeout=_TIMEOUTS_S, retry=None)]

    async def delete(self, path: str) -> None:
        """Delete a file, or all that is in a folder."""
        await self._run(lambda left: self._delete(path))

    def _delete(self, path: str) -> None:
        for name in (*self._names(path), path):
            with contextlib.suppress(Missing):
                self._bucket.blob(name).delete(timeout=_TIMEOUTS_S, retry=None)

    async def size(self, path: str) -> int:
        """Return a file's bytes. Raises NotFound too."""
        return await self._run(lambda left: self._size(path))

    def _size(self, path: str) -> int:
        blob = self._bucket.blob(path)
        blob.reload(timeout=_TIMEOUTS_S, retry=None)
        return int(blob.size or 0)

    async def read(self, path: str, start: int, end: int) -> bytes:
        """Return a range of a file. Raises NotFound too."""
        return await self._run(lambda left: self._read(path, start, end)) if start < end else b""

    def _read(self, path: str, start: int, end: int) -> bytes:
        got = self._bucket.blob(path).download_as_bytes(
            start=start, end=end - 1, timeout=_TIMEOUTS_S, checksum=None, retry=None
        )
        return bytes(got)

    async def link(self, path: str, method: Method, seconds: int, disposition: str | None) -> str | None:
        """Sign a URL (V4); nobody is asked for it."""
        return await self._run(
            lambda left: str(self._bucket.blob(path).generate_signed_url(
                timedelta(seconds=seconds), self._address, method, version="v4", credentials=self._signer,
                response_disposition=disposition,
            ))
        )  # fmt: skip

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._client.close)

    async def _run(self, work: Callable[[threading.Event], T]) -> T:
        """Do blocking work in a thread. When the caller is cancelled, the thread ends at its next read."""
        left = threading.Event()
        try:
            return await asyncio.to_thread(work, left)
        except Missing as error:
            if "/o/" not in str(error):
                raise self._failed(error) from error
            raise NotFound("there is no such file in the bucket; it may have expired") from error
        except _FAILED as error:
            raise self._failed(error) from error
        finally:
            left.set()

    def _failed(self, error: Exception) -> DestinationError:
        return DestinationError(f"{self._config.place}: {self._config.scrubbed(_reply(error))}")


def _reply(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        text = " ".join(str(getattr(response, "text", "")).split())
        said = f"the service answered {response.status_code} {getattr(response, 'reason', '') or ''}".rstrip()
        return (f"{said}: {text}" if text else said)[:_LONGEST_REPLY]
    return (" ".join(str(error).split()) or type(error).__name__)[:_LONGEST_REPLY]
