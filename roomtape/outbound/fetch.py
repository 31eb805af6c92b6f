"""Owns fetching a file from a URL that a caller gave: through the guard, within bounds of size, time and redirects."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urljoin

import httpx

from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound.guard import Guard, Target

SCHEMES = frozenset({"http", "https"})
MOST_REDIRECTS = 5
CONNECTED_WITHIN_S = 5.0
_UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""What servers say that know nothing of a file."""


async def fetch(guard: Guard, url: str, limit_bytes: int, within_s: float, content_types: Sequence[str]) -> bytes:
    """Return what lies at `url`, at most `limit_bytes`, the whole of it within `within_s` seconds.

    Each redirect is checked as the URL was. The server may call it one of `content_types`, or nothing in particular;
    what it truly is, is for the caller to see. Raises InvalidRequest for a bad URL, and DestinationError.
    """
    try:
        async with asyncio.timeout(within_s):
            return await _followed(guard, url, limit_bytes, tuple(content_types))
    except TimeoutError as error:
        raise DestinationError(f"it was not received within {within_s:g} s") from error


async def _followed(guard: Guard, url: str, limit_bytes: int, content_types: tuple[str, ...]) -> bytes:
    for hop in range(MOST_REDIRECTS + 1):
        try:
            target = await guard.check(url, SCHEMES)
        except InvalidRequest as error:
            if hop == 0:
                raise
            raise DestinationError(f"it was redirected to a bad address: {error}") from error
        answer = await _asked(target, limit_bytes, content_types)
        if isinstance(answer, bytes):
            return answer
        try:
            url = urljoin(url, answer)
        except ValueError as error:
            raise DestinationError(f"{target.host} redirects to what is no URL") from error
    raise DestinationError(f"{target.host} redirects more than {MOST_REDIRECTS} times")


async def _asked(target: Target, limit_bytes: int, content_types: tuple[str, ...]) -> bytes | str:
    """Return the body, or where a redirect leads. The addresses are tried in turn until one accepts a connection."""
    context = await asyncio.to_thread(tls_context)
    timeout = httpx.Timeout(None, connect=CONNECTED_WITHIN_S)
    async with httpx.AsyncClient(verify=context, trust_env=False, timeout=timeout) as client:
        problem = ""
        for address in target.addresses:
            try:
                async with client.stream(
                    "GET",
                    pinned(target, address),
                    headers={
                        "Host": target.authority,
                        "Accept": ", ".join(content_types),
                        "Accept-Encoding": "identity",
                    },
                    extensions={"sni_hostname": target.host},
                ) as response:
                    return await _read(response, target, limit_bytes, content_types)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                problem = str(error) or "no answer"
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise DestinationError(f"{target.host} cannot be read: {error or type(error).__name__}") from error
    raise DestinationError(f"{target.host} cannot be reached: {problem}")


def pinned(target: Target, address: str) -> str:
    """The URL with the checked address in the host's place: there is no second look-up that could say otherwise."""
    host = f"[{address}]" if ":" in address else address
    return f"{target.scheme}://{host}:{target.port}{target.path}"


async def _read(
    response: httpx.Response, target: Target, limit_bytes: int, content_types: tuple[str, ...]
) -> bytes | str:
    if response.has_redirect_location:
        return response.headers["Location"]
    if response.status_code != 200:
        raise DestinationError(f"{target.host} answered {response.status_code} {response.reason_phrase}".rstrip())
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in _UNSAID and kind not in content_types:
        raise DestinationError(f"{target.host} sent {kind[:60]}; {', '.join(content_types)} are accepted")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise DestinationError(f"{target.host} sent it compressed though asked not to")
    too_large = DestinationError(f"it is larger than the {_size(limit_bytes)} that are accepted")
    said = response.headers.get("Content-Length", "0")
    if said.isdigit() and int(said) > limit_bytes:
        raise too_large
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > limit_bytes:
            raise too_large
    return bytes(body)


def _size(size_bytes: int) -> str:
    return f"{size_bytes >> 20} MiB" if size_bytes >= 1 << 20 else f"{size_bytes} bytes"


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """The usual authorities, or those of SSL_CERT_FILE: whoever has an authority of their own names it there."""
    return httpx.create_ssl_context()
